//! Candidates as the figures see them: of one cell from a time on, or of many cells around the moments that are asked about.

use sqlx::AssertSqlSafe;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::observed::{AT_ONCE, place};
use super::{CellOf, Store};
use crate::clearance::episode::{CaseFacts, Look, Ruling, Seen, Standing, standing};
use crate::clearance::interval::Ms;
use crate::dto::{Kind, word};

/// A stretch of time of a zone and kind that is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CellTime {
    pub(crate) camera: String,
    pub(crate) zone: String,
    pub(crate) kind: Kind,
    pub(crate) from: Ms,
    pub(crate) until: Ms,
}

/// What is read of a candidate `c` to tell what it counts as and when it stood.
const STOOD: &str = "c.id, c.state, c.reason, c.permitted, c.first_seen_ms, c.raised_ms, c.x1, c.y1, c.x2, c.y2, c.seen_state, c.seen_ms, \
    c.merged_into, k.state AS case_state, m.state AS carrier_state, m.permitted AS carrier_permitted, m.reason AS carrier_reason, \
    mk.state AS carrier_case_state";

/// What figures need besides.
const BESIDES: &str = "c.models, k.warned_ms, k.subject_ref, k.outcome, \
    (SELECT MAX(d.at_ms) FROM decisions d WHERE d.candidate = c.id) AS decided_ms, \
    (SELECT e.act FROM case_events e WHERE e.case_id = c.case_id AND e.from_state = 'legal_review' \
    AND e.act IN ('pass', 'reject', 'find_insufficient') ORDER BY e.seq DESC LIMIT 1) AS second_act, \
    (SELECT COUNT(*) FROM sample_items i JOIN second_looks l ON l.sample = i.sample AND l.decision = i.decision \
    WHERE i.candidate = c.id AND l.verdict <> 'unclear') AS looked, \
    (SELECT COUNT(*) FROM sample_items i JOIN second_looks l ON l.sample = i.sample AND l.decision = i.decision \
    WHERE i.candidate = c.id AND l.verdict <> 'unclear' AND l.verdict <> i.verdict) AS looked_against";

/// Its case, the one it was merged into, and that one's case.
const WITH_CASES: &str = "LEFT JOIN cases k ON k.id = c.case_id LEFT JOIN candidates m ON m.id = c.merged_into LEFT JOIN cases mk ON mk.id = m.case_id";

/// A name for the models of a candidate: short enough to read, with enough of the digest to tell versions apart.
fn model_name(models: &str) -> String {
    let models: Vec<serde_json::Value> = serde_json::from_str(models).unwrap_or_default();
    let one = |model: &serde_json::Value| {
        let sha = model["sha256"].as_str().unwrap_or_default();
        format!("{}@{}", model["name"].as_str().unwrap_or("?"), sha.get(..8).unwrap_or(sha))
    };
    models.iter().map(one).collect::<Vec<_>>().join(" + ")
}

fn text(row: &AnyRow, column: &str) -> Result<Option<String>, sqlx::Error> {
    row.try_get(column)
}

/// What it counts as, by its own state or that of its carrier.
fn standing_of(row: &AnyRow) -> Result<Standing, sqlx::Error> {
    let flag = |column| Ok::<_, sqlx::Error>(row.try_get::<i64, _>(column)? != 0);
    Ok(match text(row, "carrier_state")? {
        Some(carrier) => {
            let (reason, case) = (text(row, "carrier_reason")?, text(row, "carrier_case_state")?);
            Standing::carried(standing(&carrier, reason.as_deref(), flag("carrier_permitted")?, case.as_deref()))
        }
        None => {
            let (state, reason, case): (String, _, _) = (row.try_get("state")?, text(row, "reason")?, text(row, "case_state")?);
            standing(&state, reason.as_deref(), flag("permitted")?, case.as_deref())
        }
    })
}

/// As far as [`STOOD`] tells.
fn stood(row: &AnyRow) -> Result<Seen, sqlx::Error> {
    let look = match text(row, "seen_state")?.as_deref() {
        Some("present") => Some(Look::Present),
        Some("cleared") => Some(Look::Cleared),
        Some("lost") => Some(Look::Lost),
        _ => None,
    };
    Ok(Seen {
        id: row.try_get("id")?,
        view: 0,
        carrier: row.try_get("merged_into")?,
        first_seen: row.try_get("first_seen_ms")?,
        raised: row.try_get("raised_ms")?,
        bbox: events::BBox { x1: row.try_get("x1")?, y1: row.try_get("y1")?, x2: row.try_get("x2")?, y2: row.try_get("y2")? },
        standing: standing_of(row)?,
        decided: None,
        last_look: look.zip(row.try_get::<Option<i64>, _>("seen_ms")?),
        model: 0,
        case: CaseFacts::default(),
    })
}

fn seen(row: &AnyRow, models: &mut Vec<String>) -> Result<Seen, sqlx::Error> {
    let name = model_name(&row.try_get::<String, _>("models")?);
    let model = models.iter().position(|known| *known == name).unwrap_or_else(|| {
        models.push(name);
        models.len() - 1
    });
    Ok(Seen {
        decided: row.try_get("decided_ms")?,
        model: u16::try_from(model).unwrap_or(u16::MAX),
        case: case_facts(row)?,
        ..stood(row)?
    })
}

fn case_facts(row: &AnyRow) -> Result<CaseFacts, sqlx::Error> {
    let second: Option<String> = row.try_get("second_act")?;
    let count = |column| Ok::<_, sqlx::Error>(u32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(u32::MAX));
    Ok(CaseFacts {
        warned: row.try_get("warned_ms")?,
        subject: row.try_get("subject_ref")?,
        overturned: second.map(|act| act != "pass"),
        looks: (count("looked")?, count("looked_against")?),
        ruling: row.try_get::<Option<String>, _>("outcome")?.as_deref().and_then(Ruling::of),
    })
}

impl Store {
    /// A cell's candidates that can matter from a time on: raised then or later, not seen to be gone before, or decided since.
    /// Sorted by when they were first seen; names of models that raised them are added to `models`.
    pub(crate) async fn cell_candidates(
        &self,
        cell: &CellOf<'_>,
        from_ms: i64,
        models: &mut Vec<String>,
    ) -> Result<Vec<Seen>, sqlx::Error> {
        let sql = format!(
            "SELECT {STOOD}, {BESIDES} FROM candidates c {WITH_CASES} WHERE c.camera = $1 AND c.zone = $2 AND c.kind = $3 AND (c.raised_ms >= $4 \
             OR c.seen_ms IS NULL OR c.seen_state = 'present' OR c.seen_ms >= $4 \
             OR EXISTS (SELECT 1 FROM decisions d WHERE d.candidate = c.id AND d.at_ms >= $4)) \
             ORDER BY c.first_seen_ms, c.id"
        );
        let query = sqlx::query(AssertSqlSafe(sql)).bind(cell.camera).bind(cell.zone).bind(word(&cell.kind)).bind(from_ms);
        query.fetch_all(&self.pool).await?.iter().map(|row| seen(row, models)).collect()
    }

    /// Candidates that stood some time in these stretches, as far as is known, in the order in which those were asked for; each
    /// stretch's are sorted by when they were first seen. Who raised and decided them, and what became of their cases, is not told.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn candidates_in(&self, asked: &[CellTime]) -> Result<Vec<Vec<Seen>>, sqlx::Error> {
        let mut out: Vec<Vec<Seen>> = vec![Vec::new(); asked.len()];
        for (some, slots) in asked.chunks(AT_ONCE).zip(out.chunks_mut(AT_ONCE)) {
            // Numbers are written out: they are ours, and a parameter of a VALUES list has no type in PostgreSQL.
            let row = |(n, time): (usize, &CellTime)| {
                let first = 3 * n + 1;
                format!("({n}, ${first}, ${}, ${}, {}, {})", first + 1, first + 2, time.from, time.until)
            };
            let rows: Vec<String> = some.iter().enumerate().map(row).collect();
            // One way into the index of what stood for what has ended, one for what has not: neither database takes both at once.
            let which = |ended: &str| {
                format!(
                    "SELECT w.n, c.id FROM w CROSS JOIN candidates c WHERE c.camera = w.camera AND c.zone = w.zone AND c.kind = w.kind \
                     AND c.first_seen_ms < w.until_ms AND c.ended_ms {ended}"
                )
            };
            let sql = format!(
                "WITH w (n, camera, zone, kind, from_ms, until_ms) AS (VALUES {}) SELECT p.n, {STOOD} \
                 FROM ({} UNION ALL {}) p CROSS JOIN candidates c {WITH_CASES} WHERE c.id = p.id ORDER BY p.n, c.first_seen_ms, c.id",
                rows.join(", "),
                which("IS NULL"),
                which(">= w.from_ms"),
            );
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for time in some {
                query = query.bind(time.camera.clone()).bind(time.zone.clone()).bind(word(&time.kind));
            }
            for row in &query.persistent(false).fetch_all(&self.pool).await? {
                slots[place(row)?].push(stood(row)?);
            }
        }
        Ok(out)
    }
}
