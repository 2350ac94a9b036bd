//! What is to be published: written in the transaction it tells of, taken out when the bus has it.

use bus::Message;
use sqlx::Row;

use super::{Store, Tx};

/// CloudEvents `source` of what the console says.
pub(crate) const SOURCE: &str = "/kerbwatch/console";

impl Tx {
    /// Puts a message into the outbox.
    pub(crate) async fn send(&mut self, message: &Message) -> Result<(), sqlx::Error> {
        let id = self.next("outbox").await?;
        let data = message.data.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        sqlx::query(
            "INSERT INTO outbox (id, topic, message_key, event_id, kind, source, at, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id)
        .bind(message.topic.clone())
        .bind(message.key.clone())
        .bind(message.id.clone())
        .bind(message.kind.clone())
        .bind(message.source.clone())
        .bind(message.time.clone())
        .bind(data)
        .execute(self.db())
        .await?;
        self.rings.1 = true;
        Ok(())
    }
}

impl Store {
    /// The oldest messages that wait, with their numbers.
    pub(crate) async fn outbox_waiting(&self, limit: i64) -> Result<Vec<(i64, Message)>, sqlx::Error> {
        let rows = sqlx::query("SELECT * FROM outbox WHERE rejected IS NULL ORDER BY id LIMIT $1")
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &sqlx::any::AnyRow| -> Result<(i64, Message), sqlx::Error> {
            let data: Option<String> = row.try_get("data")?;
            let message = Message {
                topic: row.try_get("topic")?,
                key: row.try_get("message_key")?,
                id: row.try_get("event_id")?,
                kind: row.try_get("kind")?,
                source: row.try_get("source")?,
                time: row.try_get("at")?,
                data: data.map(String::into_bytes),
            };
            Ok((row.try_get("id")?, message))
        };
        rows.iter().map(read).collect()
    }

    /// Takes out what the bus has; marks what it will never take, so that people see it.
    pub(crate) async fn outbox_settle(&self, delivered: &[i64], rejected: &[(i64, String)]) -> Result<(), sqlx::Error> {
        if delivered.is_empty() && rejected.is_empty() {
            return Ok(());
        }
        let mut tx = self.write().await?;
        for id in delivered {
            sqlx::query("DELETE FROM outbox WHERE id = $1").bind(*id).execute(tx.db()).await?;
        }
        for (id, reason) in rejected {
            let mark = sqlx::query("UPDATE outbox SET rejected = $1 WHERE id = $2").bind(reason.clone()).bind(*id);
            mark.execute(tx.db()).await?;
        }
        tx.commit().await
    }
}
