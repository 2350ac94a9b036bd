//! When cameras watched, and which kinds were judged then: everything that `Obs` is made of (DOMAIN 5.1), of many cameras at once.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::Store;
use super::judged::words;
use crate::clearance::interval::{IntervalSet, Ms};
use crate::dto::{Kind, word};

/// A stretch of a camera's time that is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CameraTime {
    pub(crate) camera: String,
    pub(crate) from: Ms,
    pub(crate) until: Ms,
}

impl CameraTime {
    /// From a time on, without an end.
    pub(crate) fn since(camera: &str, from: Ms) -> Self {
        Self { camera: camera.to_owned(), from, until: Ms::MAX / 2 }
    }
}

/// A worker's run looked at a camera; which kinds it judged.
#[derive(Debug, Clone)]
struct Judged {
    run: i64,
    span: (Ms, Ms),
    kinds: Vec<String>,
}

/// What is known of one camera's watching in a stretch of time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watching {
    /// Its beats said `ok`, and nobody worked on it.
    watched: IntervalSet,
    judged: Vec<Judged>,
    /// By run, when nothing was judged.
    holes: BTreeMap<i64, Vec<(Ms, Ms)>>,
}

impl Watching {
    /// When a kind was *not* judged, as far as workers gave account of it. Two workers may look at one camera while it goes from one
    /// to the other: one that judges is enough. Of time of which there is no account (a worker of an earlier version, or an account
    /// that was left out because nothing stood in it) nothing is said here, and the beats alone count.
    fn not_judged(&self, kind: Kind) -> IntervalSet {
        let kind = word(&kind);
        let mut by_run: BTreeMap<i64, Vec<(Ms, Ms)>> = BTreeMap::new();
        for one in self.judged.iter().filter(|one| one.kinds.contains(&kind)) {
            by_run.entry(one.run).or_default().push(one.span);
        }
        let judged = by_run.into_iter().map(|(run, spans)| {
            let holes = IntervalSet::of(self.holes.get(&run).cloned().unwrap_or_default());
            IntervalSet::of(spans).minus(&holes)
        });
        let judged = judged.fold(IntervalSet::empty(), |all, of_a_run| all.union(&of_a_run));
        IntervalSet::of(self.judged.iter().map(|one| one.span)).minus(&judged)
    }

    /// `Obs` of the camera; with `by_kind` only where the kind was judged, too.
    pub(crate) fn observed(&self, kind: Kind, by_kind: bool) -> IntervalSet {
        if by_kind { self.watched.minus(&self.not_judged(kind)) } else { self.watched.clone() }
    }
}

/// So many stretches are asked about in one statement.
pub(super) const AT_ONCE: usize = 200;

fn span(row: &AnyRow) -> Result<(Ms, Ms), sqlx::Error> {
    Ok((row.try_get("from_ms")?, row.try_get::<Option<Ms>, _>("until_ms")?.unwrap_or(Ms::MAX / 2)))
}

impl Store {
    /// What is known of these cameras' watching, in the order in which they were asked for; spans are whole, not cut to the stretch.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn watching(&self, asked: &[CameraTime]) -> Result<Vec<Watching>, sqlx::Error> {
        let mut out = Vec::with_capacity(asked.len());
        for some in asked.chunks(AT_ONCE) {
            out.extend(self.watching_of(some).await?);
        }
        Ok(out)
    }

    async fn watching_of(&self, asked: &[CameraTime]) -> Result<Vec<Watching>, sqlx::Error> {
        let mut out = vec![Watching::default(); asked.len()];
        let (mut watched, mut worked_on) = (vec![Vec::new(); asked.len()], vec![Vec::new(); asked.len()]);
        let ok = "s.health = 'ok' AND s.until_ms > s.from_ms AND s.until_ms > w.from_ms";
        for row in &self.spans("watch_spans", "s.from_ms, s.until_ms", ok, asked).await? {
            watched[place(row)?].push(span(row)?);
        }
        let open = "(s.until_ms IS NULL OR s.until_ms > w.from_ms)";
        for row in &self.spans("maintenance", "s.from_ms, s.until_ms", open, asked).await? {
            worked_on[place(row)?].push(span(row)?);
        }
        for (slot, (watched, worked_on)) in out.iter_mut().zip(watched.into_iter().zip(worked_on)) {
            slot.watched = IntervalSet::of(watched).minus(&IntervalSet::of(worked_on));
        }
        let later = "s.until_ms > w.from_ms";
        for row in &self.spans("judged_spans", "s.run, s.from_ms, s.until_ms, s.kinds", later, asked).await? {
            let kinds = words(&row.try_get::<String, _>("kinds")?);
            out[place(row)?].judged.push(Judged { run: row.try_get("run")?, span: span(row)?, kinds });
        }
        for row in &self.spans("unjudged_spans", "s.run, s.from_ms, s.until_ms", later, asked).await? {
            out[place(row)?].holes.entry(row.try_get("run")?).or_default().push(span(row)?);
        }
        Ok(out)
    }

    /// Rows of a table of spans that lie in these stretches, each with the place `n` of the stretch.
    async fn spans(&self, table: &str, columns: &str, lie: &str, asked: &[CameraTime]) -> Result<Vec<AnyRow>, sqlx::Error> {
        // Numbers are written out: they are ours, and a parameter of a VALUES list has no type in PostgreSQL.
        let row = |(n, time): (usize, &CameraTime)| format!("({n}, ${}, {}, {})", n + 1, time.from, time.until);
        let rows: Vec<String> = asked.iter().enumerate().map(row).collect();
        let sql = format!(
            "WITH w (n, camera, from_ms, until_ms) AS (VALUES {}) SELECT w.n, {columns} FROM w CROSS JOIN {table} s \
             WHERE s.camera = w.camera AND s.from_ms < w.until_ms AND {lie} ORDER BY w.n, s.from_ms",
            rows.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for time in asked {
            query = query.bind(time.camera.clone());
        }
        query.persistent(false).fetch_all(&self.pool).await
    }
}

/// Which of the stretches a row is of.
pub(super) fn place(row: &AnyRow) -> Result<usize, sqlx::Error> {
    // PostgreSQL gives a short number in a VALUES list as one of 32 bits, SQLite as one of 64.
    let n = row.try_get::<i64, _>("n").or_else(|_| row.try_get::<i32, _>("n").map(i64::from))?;
    Ok(usize::try_from(n).unwrap_or(0))
}
