//! The secrets shared with receivers: sealed in the database, opened for a signature and for nothing else.

use serde_json::json;
use sqlx::Row;

use super::audit::Deed;
use super::{Backend, Store};
use crate::sealing::Sealer;

/// What a sealed secret begins with; a plain one is hex.
const SEALED: &str = "sealed:";

fn whose(receiver: &str) -> String {
    format!("receiver {receiver}")
}

/// A secret as it is kept.
pub(super) fn kept(sealer: &Sealer, receiver: &str, secret: &str) -> String {
    format!("{SEALED}{}", sealer.seal(&whose(receiver), secret.as_bytes()))
}

/// The secret; `None` when it was sealed with another key.
pub(super) fn opened(sealer: &Sealer, receiver: &str, kept: &str) -> Option<String> {
    let sealed = kept.strip_prefix(SEALED)?;
    String::from_utf8(sealer.open(&whose(receiver), sealed)?).ok()
}

impl Store {
    /// Seals what an earlier version kept as it was, and sees to it that the plain text is not left on free pages; how many
    /// there were. Once done there is nothing to do.
    pub(crate) async fn seal_receivers(&self, sealer: &Sealer) -> Result<usize, sqlx::Error> {
        let mut tx = self.write().await?;
        let rows = sqlx::query("SELECT id, secret FROM receivers ORDER BY id").fetch_all(tx.db()).await?;
        let mut sealed = Vec::new();
        for row in rows {
            let (id, secret): (String, String) = (row.try_get("id")?, row.try_get("secret")?);
            if secret.starts_with(SEALED) {
                continue;
            }
            sqlx::query("UPDATE receivers SET secret = $1 WHERE id = $2")
                .bind(kept(sealer, &id, &secret))
                .bind(id.clone())
                .execute(tx.db())
                .await?;
            sealed.push(id);
        }
        if sealed.is_empty() {
            return Ok(0);
        }
        let details = json!({ "receivers": sealed });
        let deed = Deed { actor: "system", action: "receiver.seal", object: "receivers", reason: None, details };
        tx.audit(deed).await?;
        tx.commit().await?;
        self.forget_plain().await?;
        Ok(sealed.len())
    }

    /// Rewrites what may still hold the text that was just replaced.
    async fn forget_plain(&self) -> Result<(), sqlx::Error> {
        let sql = match self.backend {
            // Freed cells are zeroed (`secure_delete`); this takes the pages of before out of the log as well.
            Backend::Sqlite => "PRAGMA wal_checkpoint(TRUNCATE)",
            Backend::Postgres => "VACUUM (FULL) receivers",
        };
        sqlx::raw_sql(sql).execute(&self.pool).await.map(drop)
    }
}
