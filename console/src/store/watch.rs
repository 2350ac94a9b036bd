//! When cameras watched: their beats, kept as unbroken stretches of one health.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Store, Tx, word_column};
use crate::clock::rfc3339;
use crate::dto::WatchSpan;

/// Workers send a beat a minute and camera. After three missed ones nobody knows what was.
pub(crate) const SILENCE_MS: i64 = 3 * 60_000;

impl Tx {
    /// A camera said at `at_ms` that it is so. The stretch it belongs to is extended, or a new one begins; a state that began
    /// before the last beat (it takes seconds to be believed) takes that time from the stretch before it. Beats may come
    /// twice and in any order.
    pub(crate) async fn mark_watch(&mut self, camera: &str, health: &str, at_ms: i64) -> Result<(), sqlx::Error> {
        let before = sqlx::query(
            "SELECT from_ms, until_ms, health FROM watch_spans WHERE camera = $1 AND from_ms <= $2 ORDER BY from_ms DESC LIMIT 1",
        )
        .bind(camera)
        .bind(at_ms)
        .fetch_optional(self.db())
        .await?;
        let mut from_ms = at_ms;
        if let Some(row) = before {
            let (from, until): (i64, i64) = (row.try_get("from_ms")?, row.try_get("until_ms")?);
            let same = row.try_get::<String, _>("health")? == health;
            if same && at_ms <= until {
                return Ok(());
            }
            let unbroken = at_ms - until <= SILENCE_MS;
            if same && unbroken {
                from_ms = from;
            } else if unbroken {
                // Until the change it was what it was; what was said of later times was said too early.
                self.put_span(camera, from, at_ms, None).await?;
            }
        }
        let mut until_ms = at_ms;
        let next = sqlx::query(
            "SELECT from_ms, until_ms, health FROM watch_spans WHERE camera = $1 AND from_ms > $2 ORDER BY from_ms LIMIT 1",
        )
        .bind(camera)
        .bind(at_ms)
        .fetch_optional(self.db())
        .await?;
        if let Some(row) = next {
            let (from, until): (i64, i64) = (row.try_get("from_ms")?, row.try_get("until_ms")?);
            if from - at_ms <= SILENCE_MS && row.try_get::<String, _>("health")? == health {
                let delete = sqlx::query("DELETE FROM watch_spans WHERE camera = $1 AND from_ms = $2").bind(camera).bind(from);
                delete.execute(self.db()).await?;
                until_ms = until;
            } else if from - at_ms <= SILENCE_MS {
                until_ms = from;
            }
        }
        self.put_span(camera, from_ms, until_ms, Some(health)).await
    }

    async fn put_span(&mut self, camera: &str, from_ms: i64, until_ms: i64, health: Option<&str>) -> Result<(), sqlx::Error> {
        let Some(health) = health else {
            let sql = "UPDATE watch_spans SET until_ms = $1 WHERE camera = $2 AND from_ms = $3";
            return sqlx::query(sql).bind(until_ms).bind(camera).bind(from_ms).execute(self.db()).await.map(drop);
        };
        let sql = "INSERT INTO watch_spans (camera, from_ms, until_ms, health) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (camera, from_ms) DO UPDATE SET until_ms = excluded.until_ms, health = excluded.health";
        let query = sqlx::query(sql).bind(camera).bind(from_ms).bind(until_ms).bind(health);
        query.execute(self.db()).await.map(drop)
    }
}

impl Store {
    /// How a camera was, from a time on: its stretches, oldest first; of many the latest.
    pub(crate) async fn watch_spans(&self, camera: &str, from_ms: i64, most: i64) -> Result<Vec<WatchSpan>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT from_ms, until_ms, health FROM watch_spans WHERE camera = $1 AND until_ms > $2 AND until_ms > from_ms \
             ORDER BY from_ms DESC LIMIT $3",
        )
        .bind(camera)
        .bind(from_ms)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &AnyRow| {
            Ok(WatchSpan {
                from: rfc3339(row.try_get("from_ms")?),
                until: rfc3339(row.try_get("until_ms")?),
                health: word_column(row, "health")?,
            })
        };
        rows.iter().rev().map(read).collect()
    }
}
