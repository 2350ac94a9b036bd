//! Live events: written in the transaction they tell of, numbered in the order of commit, kept for a while for resuming.

use serde_json::Value;
use sqlx::Row;

use super::{Store, Tx};
use crate::dto::{LiveKind, word};

/// How many are kept for those who come back: a few minutes of a busy city.
pub(crate) const KEPT: i64 = 4096;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LiveEvent {
    /// Without gaps, in the order of commit.
    pub(crate) id: i64,
    /// Its name on the stream.
    pub(crate) kind: String,
    /// JSON.
    pub(crate) data: String,
    /// District and street of what it tells of; none is for everybody.
    pub(crate) place: Option<(String, String)>,
}

impl Tx {
    /// Tells those who watch.
    pub(crate) async fn live(&mut self, kind: LiveKind, data: Value) -> Result<(), sqlx::Error> {
        let id = self.next("live").await?;
        let now_ms = self.now_ms();
        let (district, street) = self.live_place(kind, &data).await?.unzip();
        sqlx::query("INSERT INTO live_events (id, at_ms, kind, data, district, street) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(id)
            .bind(now_ms)
            .bind(word(&kind))
            .bind(data.to_string())
            .bind(district)
            .bind(street)
            .execute(self.db())
            .await?;
        sqlx::query("DELETE FROM live_events WHERE id <= $1").bind(id - KEPT).execute(self.db()).await?;
        self.rings.0 = true;
        Ok(())
    }
}

impl Store {
    /// Events after `id`, oldest first, at most [`KEPT`].
    pub(crate) async fn live_after(&self, id: i64) -> Result<Vec<LiveEvent>, sqlx::Error> {
        let rows = sqlx::query("SELECT id, kind, data, district, street FROM live_events WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(id)
            .bind(KEPT)
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &sqlx::any::AnyRow| -> Result<LiveEvent, sqlx::Error> {
            let district: Option<String> = row.try_get("district")?;
            Ok(LiveEvent {
                id: row.try_get("id")?,
                kind: row.try_get("kind")?,
                data: row.try_get("data")?,
                place: district.zip(row.try_get("street")?),
            })
        };
        rows.iter().map(read).collect()
    }
}
