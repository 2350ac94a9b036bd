//! The audit log: each row carries the digest of the row before and itself, the last digest stands apart in `heads`.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Bind, Conditions, Store, Tx, like};
use crate::clock::{parse_ms, rfc3339};
use crate::dto::{AuditEntry, AuditPage, AuditQuery};

/// What stands before the first row.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One row to be written.
pub(crate) struct Deed<'a> {
    /// Log-in name, or `system`.
    pub(crate) actor: &'a str,
    /// E.g. `evidence.look`.
    pub(crate) action: &'a str,
    /// What it was done to.
    pub(crate) object: &'a str,
    /// Why, where a reason is asked for.
    pub(crate) reason: Option<&'a str>,
    /// What else belongs to it.
    pub(crate) details: Value,
}

pub(super) struct Link {
    pub(super) seq: i64,
    at_ms: i64,
    actor: String,
    action: String,
    object: String,
    reason: Option<String>,
    details: String,
}

impl Link {
    /// SHA-256 over the digest before and the row as a JSON list, whose text is the same for the same values.
    pub(super) fn digest(&self, before: &str) -> String {
        let row = json!([self.seq, self.at_ms, self.actor, self.action, self.object, self.reason, self.details]);
        let mut hash = Sha256::new();
        hash.update(before.as_bytes());
        hash.update(b"\n");
        hash.update(row.to_string().as_bytes());
        hex::encode(hash.finalize())
    }

    pub(super) fn read(row: &AnyRow) -> Result<(Self, String), sqlx::Error> {
        let link = Self {
            seq: row.try_get("seq")?,
            at_ms: row.try_get("at_ms")?,
            actor: row.try_get("actor")?,
            action: row.try_get("action")?,
            object: row.try_get("object")?,
            reason: row.try_get("reason")?,
            details: row.try_get("details")?,
        };
        Ok((link, row.try_get("hash")?))
    }
}

impl Tx {
    /// Appends a row to the audit log. When this fails, so does the deed: it is in the same transaction.
    pub(crate) async fn audit(&mut self, deed: Deed<'_>) -> Result<(), sqlx::Error> {
        let seq = self.next("audit").await?;
        let before: String =
            sqlx::query("SELECT digest FROM heads WHERE name = 'audit'").fetch_one(self.db()).await?.try_get("digest")?;
        let link = Link {
            seq,
            at_ms: self.now_ms(),
            actor: deed.actor.to_owned(),
            action: deed.action.to_owned(),
            object: deed.object.to_owned(),
            reason: deed.reason.map(str::to_owned),
            details: deed.details.to_string(),
        };
        let digest = link.digest(if before.is_empty() { GENESIS } else { &before });
        sqlx::query(
            "INSERT INTO audit (seq, at_ms, actor, action, object, reason, details, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(link.seq)
        .bind(link.at_ms)
        .bind(link.actor)
        .bind(link.action)
        .bind(link.object)
        .bind(link.reason)
        .bind(link.details)
        .bind(digest.clone())
        .execute(self.db())
        .await?;
        sqlx::query("UPDATE heads SET digest = $1 WHERE name = 'audit'").bind(digest).execute(self.db()).await?;
        Ok(())
    }
}

impl Store {
    /// One row by itself, for what changes nothing else (a look, a refused log-in).
    pub(crate) async fn audit_alone(&self, deed: Deed<'_>) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        tx.audit(deed).await?;
        tx.commit().await
    }

    /// A page, newest first. `before` is the sequence number the page begins below.
    pub(crate) async fn audit_page(&self, query: &AuditQuery, before: Option<i64>, limit: i64) -> Result<AuditPage, sqlx::Error> {
        let mut conditions = Conditions::everywhere();
        for (column, value) in [("actor", &query.actor), ("action", &query.action), ("object", &query.object)] {
            if let Some(value) = value {
                conditions.and(&format!("{column} = ?"), [Bind::Text(value.clone())]);
            }
        }
        if let Some(q) = query.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
            let pattern = Bind::Text(format!("%{}%", like(&q.to_lowercase())));
            conditions.and(
                "(LOWER(object) LIKE ? ESCAPE '!' OR LOWER(details) LIKE ? ESCAPE '!' OR LOWER(action) LIKE ? ESCAPE '!' \
                 OR LOWER(actor) LIKE ? ESCAPE '!' OR LOWER(COALESCE(reason, '')) LIKE ? ESCAPE '!')",
                std::iter::repeat_n(pattern, 5),
            );
        }
        for (condition, time) in [("at_ms >= ?", &query.from), ("at_ms < ?", &query.until)] {
            if let Some(ms) = time.as_deref().and_then(parse_ms) {
                conditions.and(condition, [Bind::Int(ms)]);
            }
        }
        if let Some(before) = before {
            conditions.and("seq < ?", [Bind::Int(before)]);
        }
        let sql = format!("SELECT * FROM audit{} ORDER BY seq DESC LIMIT {}", conditions.sql(), limit + 1);
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        let mut items = Vec::with_capacity(rows.len());
        for row in &rows {
            let (link, hash) = Link::read(row)?;
            items.push(AuditEntry {
                seq: link.seq,
                at: rfc3339(link.at_ms),
                actor: link.actor,
                action: link.action,
                object: link.object,
                reason: link.reason,
                details: serde_json::from_str(&link.details).unwrap_or(Value::Null),
                hash,
            });
        }
        let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let next_cursor = if more { items.last().map(|entry| entry.seq.to_string()) } else { None };
        Ok(AuditPage { items, next_cursor })
    }
}
