//! Many rows at once, for a made-up history. The application itself never writes so.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Row};

use super::audit::Deed;
use super::{Store, Tx};
use crate::dto::{Kind, word};

/// Values a statement. SQLite looks each `$n` up among those before it: a statement of thousands takes seconds to be read.
/// Full ones of a table all have the same text, and are read once.
const VALUES: usize = 500;

/// One value. An absent one has a type, too: PostgreSQL wants to know it.
#[derive(Debug, Clone)]
pub(crate) enum Cell {
    Text(String),
    Int(i64),
    Float(f64),
    NoText,
    NoInt,
}

/// Rows of one table that wait to be written.
pub(crate) struct Bulk {
    table: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

impl Bulk {
    pub(crate) fn new(table: &'static str, columns: &'static [&'static str]) -> Self {
        Self { table, columns, rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: Vec<Cell>) {
        debug_assert_eq!(row.len(), self.columns.len(), "{}", self.table);
        self.rows.push(row);
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

impl Tx {
    async fn insert(&mut self, bulk: &mut Bulk) -> Result<(), sqlx::Error> {
        let rows = std::mem::take(&mut bulk.rows);
        let width = bulk.columns.len();
        let most = (VALUES / width).max(1);
        for chunk in rows.chunks(most) {
            let marks = |row: usize| {
                let marks: Vec<String> = (1..=width).map(|column| format!("${}", row * width + column)).collect();
                format!("({})", marks.join(", "))
            };
            let marks: Vec<String> = (0..chunk.len()).map(marks).collect();
            let sql = format!("INSERT INTO {} ({}) VALUES {}", bulk.table, bulk.columns.join(", "), marks.join(", "));
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for cell in chunk.iter().flatten() {
                query = match cell.clone() {
                    Cell::Text(text) => query.bind(text),
                    Cell::Int(number) => query.bind(number),
                    Cell::Float(number) => query.bind(number),
                    Cell::NoText => query.bind(None::<String>),
                    Cell::NoInt => query.bind(None::<i64>),
                };
            }
            // The last ones have many lengths, and would fill the cache of prepared statements.
            query.persistent(chunk.len() == most).execute(self.db()).await?;
        }
        Ok(())
    }
}

impl Store {
    /// How many cameras and candidates there are.
    pub(crate) async fn how_much(&self) -> Result<(i64, i64), sqlx::Error> {
        let sql = "SELECT (SELECT COUNT(*) FROM cameras) AS cameras, (SELECT COUNT(*) FROM candidates) AS candidates";
        let row = sqlx::query(sql).fetch_one(&self.pool).await?;
        Ok((row.try_get("cameras")?, row.try_get("candidates")?))
    }

    /// Writes what waits, table by table in this order, in one transaction.
    pub(crate) async fn write_bulk(&self, bulks: &mut [&mut Bulk]) -> Result<(), sqlx::Error> {
        if bulks.iter().all(|bulk| bulk.len() == 0) {
            return Ok(());
        }
        let mut tx = self.write().await?;
        for bulk in bulks {
            tx.insert(bulk).await?;
        }
        tx.commit().await
    }

    /// The state of candidates after a made-up decision: rejected for a reason, or confirmed.
    pub(crate) async fn set_states(&self, states: &[(String, Option<&'static str>)]) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        for (id, reason) in states {
            sqlx::query("UPDATE candidates SET state = $1, reason = $2, version = version + 1 WHERE id = $3")
                .bind(if reason.is_none() { "confirmed" } else { "rejected" })
                .bind(*reason)
                .bind(id.clone())
                .execute(tx.db())
                .await?;
        }
        tx.commit().await
    }

    /// Did something that is not rejected stand in a zone at a moment?
    pub(crate) async fn stood_at(&self, (camera, zone, kind): (&str, &str, Kind), at_ms: i64) -> Result<bool, sqlx::Error> {
        let sql = "SELECT id FROM candidates WHERE camera = $1 AND zone = $2 AND kind = $3 AND first_seen_ms <= $4 \
                   AND state <> 'rejected' AND (seen_state = 'present' OR seen_ms >= $4) LIMIT 1";
        let query = sqlx::query(sql).bind(camera).bind(zone).bind(word(&kind)).bind(at_ms);
        Ok(query.fetch_optional(&self.pool).await?.is_some())
    }

    /// Says in the chain that there is a made-up history.
    pub(crate) async fn tell_seeded(&self, details: Value) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        let reason = Some("a made-up history was written");
        tx.audit(Deed { actor: "command line", action: "seed", object: "console", reason, details }).await?;
        tx.commit().await
    }
}
