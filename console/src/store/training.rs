//! Decisions as examples, for the export to training.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::candidates::bbox;
use super::{Bind, Conditions, Store, word_column, word_column_opt};
use crate::dto::{Kind, RejectReason};

/// Decided candidates and the decision that stands: the one that saw the version before.
const DECIDED: &str = "FROM candidates c JOIN decisions d ON d.candidate = c.id AND d.seen_version = c.version - 1";

/// One decided candidate with its trigger still.
#[derive(Debug, Clone)]
pub(crate) struct TrainingRow {
    pub(crate) candidate: String,
    pub(crate) kind: Kind,
    /// Else rejected.
    pub(crate) confirmed: bool,
    pub(crate) reason: Option<RejectReason>,
    /// The candidate that it was rejected as a duplicate of, where the officer named one.
    pub(crate) repeats: Option<String>,
    pub(crate) camera: String,
    pub(crate) bbox: [f64; 4],
    pub(crate) decided_ms: i64,
    /// Where its trigger still lies in the evidence store, and its digest.
    pub(crate) key: Option<String>,
    pub(crate) sha256: Option<String>,
    /// It was deleted, or is being.
    pub(crate) deleted: bool,
}

/// Confirmed, or rejected for one of these reasons.
fn examples(conditions: &Conditions, reasons: &[RejectReason]) -> Conditions {
    let mut all = conditions.clone();
    if reasons.is_empty() {
        all.and("c.state = 'confirmed' AND d.verdict = 'confirm'", []);
    } else {
        let marks = vec!["?"; reasons.len()].join(", ");
        let text = format!(
            "((c.state = 'confirmed' AND d.verdict = 'confirm') OR (c.state = 'rejected' AND d.verdict = 'reject' \
             AND d.reason IN ({marks})))"
        );
        all.and(&text, reasons.iter().map(|reason| Bind::Text(crate::dto::word(reason))));
    }
    all
}

impl Store {
    /// Examples after a candidate, in the order of their ids.
    pub(crate) async fn training_rows(
        &self,
        conditions: &Conditions,
        reasons: &[RejectReason],
        after: &str,
        limit: i64,
    ) -> Result<Vec<TrainingRow>, sqlx::Error> {
        let mut conditions = examples(conditions, reasons);
        conditions.and("c.id > ?", [Bind::Text(after.to_owned())]);
        let sql = format!(
            "SELECT c.id, c.kind, c.state, c.camera, c.x1, c.y1, c.x2, c.y2, d.reason, d.merged_into, d.at_ms, e.item_key, e.sha256, c.gone_rule {DECIDED} \
             LEFT JOIN evidence_items e ON e.candidate = c.id AND e.role = 'trigger' AND e.file = (SELECT MIN(f.file) \
             FROM evidence_items f WHERE f.candidate = c.id AND f.role = 'trigger'){} ORDER BY c.id LIMIT {limit}",
            conditions.sql()
        );
        let read = |row: &AnyRow| -> Result<TrainingRow, sqlx::Error> {
            Ok(TrainingRow {
                candidate: row.try_get("id")?,
                kind: word_column(row, "kind")?,
                confirmed: row.try_get::<String, _>("state")? == "confirmed",
                reason: word_column_opt(row, "reason")?,
                repeats: row.try_get("merged_into")?,
                camera: row.try_get("camera")?,
                bbox: bbox(row)?,
                decided_ms: row.try_get("at_ms")?,
                key: row.try_get("item_key")?,
                sha256: row.try_get("sha256")?,
                deleted: row.try_get::<Option<String>, _>("gone_rule")?.is_some(),
            })
        };
        conditions.query(sql).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Of how many of those examples the pictures were deleted. `decided` as below.
    pub(crate) async fn training_deleted(
        &self,
        conditions: &Conditions,
        reasons: &[RejectReason],
        decided: bool,
    ) -> Result<u64, sqlx::Error> {
        let (mut conditions, from) = if decided {
            (examples(conditions, reasons), DECIDED)
        } else {
            let mut conditions = conditions.clone();
            let words: Vec<_> = reasons.iter().map(|reason| Bind::Text(crate::dto::word(reason))).collect();
            let rejected = match words.len() {
                0 => String::new(),
                n => format!(" OR (c.state = 'rejected' AND c.reason IN ({}))", vec!["?"; n].join(", ")),
            };
            conditions.and(&format!("(c.state = 'confirmed'{rejected})"), words);
            // Those whose pictures are gone come first, and their states after: SQLite else looks at every decided candidate.
            conditions.and("g.gone_rule IS NOT NULL AND g.state IN ('confirmed', 'rejected') AND c.id = g.id", []);
            (conditions, "FROM candidates g CROSS JOIN candidates c")
        };
        conditions.and("c.gone_rule IS NOT NULL", []);
        let sql = format!("SELECT COUNT(*) AS n {from}{}", conditions.sql());
        let n: i64 = conditions.query(sql).fetch_one(&self.pool).await?.try_get("n")?;
        Ok(n.unsigned_abs())
    }

    /// How many are confirmed, and how many rejected for each reason. `decided`: the conditions ask when, too; else the candidates alone
    /// tell.
    pub(crate) async fn training_counts(
        &self,
        conditions: &Conditions,
        decided: bool,
    ) -> Result<(u64, Vec<(RejectReason, u64)>), sqlx::Error> {
        let mut conditions = conditions.clone();
        let (reason, from) = if decided {
            conditions.and(
                "((c.state = 'confirmed' AND d.verdict = 'confirm') OR (c.state = 'rejected' AND d.verdict = 'reject'))",
                [],
            );
            ("d.reason", DECIDED)
        } else {
            conditions.and("c.state IN ('confirmed', 'rejected')", []);
            ("c.reason", "FROM candidates c")
        };
        // In the order of the index of examples.
        let sql = format!("SELECT {reason} AS why, COUNT(*) AS n {from}{} GROUP BY c.state, {reason}", conditions.sql());
        let (mut confirmed, mut rejected) = (0, Vec::new());
        for row in conditions.query(sql).fetch_all(&self.pool).await? {
            let n = u64::try_from(row.try_get::<i64, _>("n")?).unwrap_or(0);
            match word_column_opt::<RejectReason>(&row, "why")? {
                None => confirmed += n,
                Some(reason) => rejected.push((reason, n)),
            }
        }
        rejected.sort_by_key(|(reason, _)| crate::dto::word(reason));
        Ok((confirmed, rejected))
    }
}
