//! What workers did on each camera: accounts of some minutes as they come, later added up by the hour; and the runs.

use std::collections::BTreeMap;

use events::wire::v1::AccountData;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Store, Tx, json_column};
use crate::clearance::interval::Ms;
use crate::clock::{DAY_MS, parse_ms, rfc3339};
use crate::dto::{CameraRun, Kind, from_word};

/// Accounts are kept as they came for so long …
const WHOLE_MS: Ms = 2 * DAY_MS;
/// … and the hours they are added up to, and runs, for so long.
const KEPT_MS: Ms = 30 * DAY_MS;
const HOUR_MS: Ms = 3_600_000;
/// So many accounts are added up in one change: the writer's lock is held for a moment only.
const BATCH: i64 = 2000;
/// No account is of more than this: its worker gives one every five minutes, and one that could not is merged with none.
const LONGEST_MS: Ms = DAY_MS;

/// Frames in some time.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Flow {
    pub(crate) from: Ms,
    pub(crate) until: Ms,
    /// How much of it accounts were given of.
    pub(crate) length: Ms,
    pub(crate) received: i64,
    pub(crate) decoded: i64,
    pub(crate) inferred: i64,
    pub(crate) active: Ms,
    pub(crate) dropped: BTreeMap<String, i64>,
}

fn is_word(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b',')
}

/// An account that was read and holds together.
pub(crate) struct Checked {
    flow: Flow,
    decode: String,
    kinds: String,
    models: String,
    unjudged: Vec<(Ms, Ms, String)>,
    ended: Option<String>,
}

/// What of an account cannot be, in words; `until_ms` is the time of the observation that carries it.
pub(crate) fn check(account: &AccountData, until_ms: Ms) -> Result<Checked, String> {
    let time =
        |field: &str, text: &str| parse_ms(text).ok_or_else(|| format!("account: {field} {text:?} is not an RFC 3339 time"));
    let count = |field: &str, n: u64| i64::try_from(n).map_err(|_| format!("account: {field} {n} is too large"));
    let from = time("from", &account.from)?;
    if from > until_ms || until_ms - from > LONGEST_MS {
        return Err("account: it is of no time, or of more than a day".to_owned());
    }
    if !matches!(account.decode.as_str(), "keyframes" | "full") {
        return Err(format!("account: decode {:?} is not known", account.decode));
    }
    if account.dropped.len() > 64 || !account.dropped.keys().all(|reason| is_word(reason)) {
        return Err("account: dropped has more than 64 reasons, or one that is no word".to_owned());
    }
    if account.models.len() > 16 || !account.models.iter().all(|model| is_name(model)) {
        return Err("account: models has more than 16 names, or one that is none".to_owned());
    }
    let active = account.active_s * 1000.0;
    if !(0.0..=LONGEST_MS as f64).contains(&active) {
        return Err(format!("account: active_s {} cannot be", account.active_s));
    }
    if let Some(ended) = account.ended.as_deref().filter(|ended| !is_word(ended)) {
        return Err(format!("account: ended {ended:?} is no word"));
    }
    let mut unjudged = Vec::new();
    for hole in account.unjudged.iter().take(65) {
        let (a, b) = (time("unjudged.from", &hole.from)?, time("unjudged.until", &hole.until)?);
        if unjudged.len() == 64 || !is_word(&hole.why) || a < from || b < a || b > until_ms {
            return Err("account: unjudged has more than 64 stretches, or one that lies outside it".to_owned());
        }
        unjudged.push((a, b, hole.why.clone()));
    }
    // Kinds that a later version adds are of no concern here.
    let mut kinds: Vec<&str> =
        account.judged.iter().map(String::as_str).filter(|kind| from_word::<Kind>(kind).is_some()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut dropped = BTreeMap::new();
    for (reason, n) in &account.dropped {
        dropped.insert(reason.clone(), count("dropped", *n)?);
    }
    Ok(Checked {
        flow: Flow {
            from,
            until: until_ms,
            length: until_ms - from,
            received: count("received", account.received)?,
            decoded: count("decoded", account.decoded)?,
            inferred: count("inferred", account.inferred)?,
            active: active as Ms,
            dropped,
        },
        decode: account.decode.clone(),
        kinds: kinds.join(","),
        models: account.models.join(","),
        unjudged,
        ended: account.ended.clone(),
    })
}

impl Tx {
    /// A camera was heard of in a run, from and until when. 0 is none.
    pub(super) async fn mark_run(
        &mut self,
        camera: &str,
        run: i64,
        (from, until): (Ms, Ms),
        ended: Option<&str>,
    ) -> Result<(), sqlx::Error> {
        if run == 0 {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO camera_runs (camera, run, from_ms, until_ms, ended) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (camera, run) DO UPDATE SET \
             from_ms = CASE WHEN excluded.from_ms < camera_runs.from_ms THEN excluded.from_ms ELSE camera_runs.from_ms END, \
             until_ms = CASE WHEN excluded.until_ms > camera_runs.until_ms THEN excluded.until_ms ELSE camera_runs.until_ms END, \
             ended = COALESCE(excluded.ended, camera_runs.ended) \
             WHERE excluded.from_ms < camera_runs.from_ms OR excluded.until_ms > camera_runs.until_ms \
             OR (excluded.ended IS NOT NULL AND camera_runs.ended IS NULL)",
        )
        .bind(camera)
        .bind(run)
        .bind(from)
        .bind(until)
        .bind(ended)
        .execute(self.db())
        .await
        .map(drop)
    }

    /// Takes an account in; `false` when it was there. What is older than what is kept leaves its gaps only.
    pub(super) async fn take_account(&mut self, camera: &str, run: i64, account: &Checked) -> Result<bool, sqlx::Error> {
        let flow = &account.flow;
        self.mark_run(camera, run, (flow.from, flow.until), account.ended.as_deref()).await?;
        for (from, until, why) in &account.unjudged {
            self.put_unjudged(camera, run, (*from, *until), why).await?;
        }
        if flow.length > 0 {
            self.put_judged(camera, run, (flow.from, flow.until), (&account.kinds, &account.models)).await?;
        }
        if flow.until < self.now_ms() - KEPT_MS {
            return Ok(false);
        }
        if flow.until < self.now_ms() - WHOLE_MS {
            // It is late, or comes again: those of its time are added up already.
            let hour = flow.from.div_euclid(HOUR_MS) * HOUR_MS;
            return self.add_to_hour(camera, hour, std::slice::from_ref(flow)).await;
        }
        let done = sqlx::query(
            "INSERT INTO camera_flow (camera, run, from_ms, until_ms, received, decoded, inferred, dropped, decode, active_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (camera, from_ms, run) DO NOTHING",
        )
        .bind(camera)
        .bind(run)
        .bind(flow.from)
        .bind(flow.until)
        .bind(flow.received)
        .bind(flow.decoded)
        .bind(flow.inferred)
        .bind(serde_json::to_string(&flow.dropped).expect("counts are JSON"))
        .bind(account.decode.clone())
        .bind(flow.active)
        .execute(self.db())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Adds accounts to an hour, those that are in it already left out; `false` when all were.
    async fn add_to_hour(&mut self, camera: &str, hour: Ms, accounts: &[Flow]) -> Result<bool, sqlx::Error> {
        let sql = "SELECT * FROM camera_flow_hours WHERE camera = $1 AND hour_ms = $2";
        let row = sqlx::query(sql).bind(camera).bind(hour).fetch_optional(self.db()).await?;
        let (mut sum, mut parts): (Flow, Vec<Ms>) = match &row {
            Some(row) => (of_hour(row)?, json_column(row, "parts")?),
            None => Default::default(),
        };
        let known = parts.len();
        for account in accounts {
            let part = account.from - hour;
            if parts.contains(&part) {
                continue;
            }
            parts.push(part);
            sum.add(account);
        }
        sqlx::query(
            "INSERT INTO camera_flow_hours (camera, hour_ms, length_ms, received, decoded, inferred, dropped, active_ms, parts) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (camera, hour_ms) DO UPDATE SET \
             length_ms = excluded.length_ms, received = excluded.received, decoded = excluded.decoded, \
             inferred = excluded.inferred, dropped = excluded.dropped, active_ms = excluded.active_ms, parts = excluded.parts",
        )
        .bind(camera)
        .bind(hour)
        .bind(sum.length)
        .bind(sum.received)
        .bind(sum.decoded)
        .bind(sum.inferred)
        .bind(serde_json::to_string(&sum.dropped).expect("counts are JSON"))
        .bind(sum.active)
        .bind(serde_json::to_string(&parts).expect("times are JSON"))
        .execute(self.db())
        .await?;
        Ok(parts.len() > known)
    }
}

impl Flow {
    /// Adds counts; times stay.
    pub(crate) fn add(&mut self, other: &Self) {
        self.length += other.length;
        self.received += other.received;
        self.decoded += other.decoded;
        self.inferred += other.inferred;
        self.active += other.active;
        for (reason, n) in &other.dropped {
            *self.dropped.entry(reason.clone()).or_default() += n;
        }
    }

    /// The part of it that lies within `[from, until)`, as if frames came evenly.
    pub(crate) fn within(&self, from: Ms, until: Ms) -> Self {
        let (a, b) = (self.from.max(from), self.until.min(until));
        let instant = self.from == self.until && from <= self.from && self.from < until;
        if instant || (a < b && (a, b) == (self.from, self.until)) {
            return self.clone();
        }
        if b <= a {
            return Self::default();
        }
        let share = (b - a) as f64 / (self.until - self.from) as f64;
        let part = |n: i64| (n as f64 * share).round() as i64;
        Self {
            from: a,
            until: b,
            length: part(self.length),
            received: part(self.received),
            decoded: part(self.decoded),
            inferred: part(self.inferred),
            active: part(self.active),
            dropped: self.dropped.iter().map(|(reason, n)| (reason.clone(), part(*n))).collect(),
        }
    }
}

fn counts(row: &AnyRow) -> Result<Flow, sqlx::Error> {
    Ok(Flow {
        received: row.try_get("received")?,
        decoded: row.try_get("decoded")?,
        inferred: row.try_get("inferred")?,
        active: row.try_get("active_ms")?,
        dropped: json_column(row, "dropped")?,
        ..Flow::default()
    })
}

fn of_account(row: &AnyRow) -> Result<Flow, sqlx::Error> {
    let (from, until): (Ms, Ms) = (row.try_get("from_ms")?, row.try_get("until_ms")?);
    Ok(Flow { from, until, length: until - from, ..counts(row)? })
}

fn of_hour(row: &AnyRow) -> Result<Flow, sqlx::Error> {
    let from: Ms = row.try_get("hour_ms")?;
    Ok(Flow { from, until: from + HOUR_MS, length: row.try_get("length_ms")?, ..counts(row)? })
}

impl Store {
    /// Adds up accounts that are two days old, by the hour in which they began, and forgets what is older than a month. Gives
    /// how many were added up; there may be more.
    pub(crate) async fn fold_flow(&self) -> Result<usize, sqlx::Error> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let sql = "SELECT * FROM camera_flow WHERE until_ms < $1 ORDER BY camera, from_ms LIMIT $2";
        let rows = sqlx::query(sql).bind(now_ms - WHOLE_MS).bind(BATCH).fetch_all(tx.db()).await?;
        let mut hours: BTreeMap<(String, Ms), Vec<Flow>> = BTreeMap::new();
        for row in &rows {
            let account = of_account(row)?;
            let (camera, run): (String, i64) = (row.try_get("camera")?, row.try_get("run")?);
            let delete = sqlx::query("DELETE FROM camera_flow WHERE camera = $1 AND from_ms = $2 AND run = $3");
            delete.bind(&camera).bind(account.from).bind(run).execute(tx.db()).await?;
            hours.entry((camera, account.from.div_euclid(HOUR_MS) * HOUR_MS)).or_default().push(account);
        }
        for ((camera, hour), accounts) in &hours {
            tx.add_to_hour(camera, *hour, accounts).await?;
        }
        for sql in ["DELETE FROM camera_flow_hours WHERE hour_ms < $1", "DELETE FROM camera_runs WHERE until_ms < $1"] {
            sqlx::query(sql).bind(now_ms - KEPT_MS).execute(tx.db()).await?;
        }
        tx.commit().await?;
        Ok(rows.len())
    }

    /// What was done on a camera in `[from, until)`, oldest first: by account where they are kept, else by the hour.
    pub(crate) async fn flow(&self, camera: &str, from: Ms, until: Ms) -> Result<Vec<Flow>, sqlx::Error> {
        let sql = "SELECT * FROM camera_flow_hours WHERE camera = $1 AND hour_ms > $2 AND hour_ms < $3 ORDER BY hour_ms";
        let hours = sqlx::query(sql).bind(camera).bind(from - HOUR_MS).bind(until).fetch_all(&self.pool).await?;
        let sql =
            "SELECT * FROM camera_flow WHERE camera = $1 AND from_ms > $2 AND from_ms < $3 AND until_ms > $4 ORDER BY from_ms";
        let accounts = sqlx::query(sql).bind(camera).bind(from - LONGEST_MS).bind(until).bind(from).fetch_all(&self.pool).await?;
        let mut all = hours.iter().map(of_hour).chain(accounts.iter().map(of_account)).collect::<Result<Vec<_>, _>>()?;
        all.sort_by_key(|flow| flow.from);
        Ok(all)
    }

    /// What a camera's newest account says of how it is decoded, and when it ended.
    pub(crate) async fn newest_account(&self, camera: &str) -> Result<Option<(String, Ms)>, sqlx::Error> {
        let sql = "SELECT decode, until_ms FROM camera_flow WHERE camera = $1 ORDER BY from_ms DESC LIMIT 1";
        let row = sqlx::query(sql).bind(camera).fetch_optional(&self.pool).await?;
        row.map(|row| Ok((row.try_get("decode")?, row.try_get("until_ms")?))).transpose()
    }

    /// Runs of a camera, newest first, and how many there were in the month that is kept.
    pub(crate) async fn camera_runs(&self, camera: &str, most: i64) -> Result<(Vec<CameraRun>, i64), sqlx::Error> {
        let sql =
            "SELECT run, from_ms, until_ms, ended FROM camera_runs WHERE camera = $1 ORDER BY from_ms DESC, run DESC LIMIT $2";
        let rows = sqlx::query(sql).bind(camera).bind(most).fetch_all(&self.pool).await?;
        let count = sqlx::query("SELECT COUNT(*) AS n FROM camera_runs WHERE camera = $1").bind(camera);
        let read = |row: &AnyRow| {
            Ok::<_, sqlx::Error>(CameraRun {
                run: row.try_get("run")?,
                from: rfc3339(row.try_get("from_ms")?),
                until: rfc3339(row.try_get("until_ms")?),
                ended: row.try_get("ended")?,
            })
        };
        Ok((rows.iter().map(read).collect::<Result<_, _>>()?, count.fetch_one(&self.pool).await?.try_get("n")?))
    }
}
