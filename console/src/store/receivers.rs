//! Receivers of packages, and the secret shared with each.

use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::Store;
use super::audit::Deed;
use super::receiver_secrets::kept;
use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::dto::{NewReceiver, Receiver, ReceiverChange, ReceiverMade};
use crate::error::{ApiError, refused};
use crate::sealing::Sealer;
use crate::webhook::check_url;

const RECEIVER: &str = "SELECT r.*, (SELECT COUNT(*) FROM deliveries d WHERE d.receiver = r.id AND d.state = 'waiting') AS waiting, \
                        (SELECT COUNT(*) FROM deliveries d WHERE d.receiver = r.id AND d.state = 'dead') AS dead FROM receivers r";

fn read(row: &AnyRow) -> Result<Receiver, sqlx::Error> {
    Ok(Receiver {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        district: row.try_get("district")?,
        url: row.try_get("url")?,
        active: row.try_get::<i64, _>("active")? != 0,
        version: row.try_get("version")?,
        waiting: row.try_get("waiting")?,
        dead: row.try_get("dead")?,
        created_at: rfc3339(row.try_get("created_ms")?),
        created_by: row.try_get("created_by")?,
    })
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let length = name.trim().chars().count();
    if (1..=200).contains(&length) { Ok(()) } else { Err(refused("bad_text", "a name has 1 to 200 characters")) }
}

fn secret() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

impl Store {
    /// By name.
    pub(crate) async fn receivers(&self) -> Result<Vec<Receiver>, sqlx::Error> {
        let sql = format!("{RECEIVER} ORDER BY r.name, r.id");
        sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    async fn receiver(&self, id: &str) -> Result<Receiver, ApiError> {
        let sql = format!("{RECEIVER} WHERE r.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&self.pool).await?;
        Ok(read(&row.ok_or(ApiError::NotFound("receiver"))?)?)
    }

    /// Adds one, and tells its secret.
    pub(crate) async fn add_receiver(&self, actor: &Actor, new: &NewReceiver, sealer: &Sealer) -> Result<ReceiverMade, ApiError> {
        check_name(&new.name)?;
        check_url(&new.url)?;
        let district = new.district.clone().unwrap_or_default();
        if district.chars().count() > 200 {
            return Err(refused("bad_text", "a district has at most 200 characters"));
        }
        let (id, secret) = (hex::encode(rand::random::<[u8; 8]>()), secret());
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        sqlx::query(
            "INSERT INTO receivers (id, name, district, url, secret, active, version, created_ms, created_by) \
             VALUES ($1, $2, $3, $4, $5, 1, 1, $6, $7)",
        )
        .bind(id.clone())
        .bind(new.name.trim())
        .bind(district.clone())
        .bind(new.url.clone())
        .bind(kept(sealer, &id, &secret))
        .bind(now_ms)
        .bind(actor.name.clone())
        .execute(tx.db())
        .await?;
        let details = json!({ "name": new.name, "district": district, "url": new.url });
        tx.audit(Deed { actor: &actor.name, action: "receiver.add", object: &id, reason: None, details }).await?;
        tx.commit().await?;
        Ok(ReceiverMade { receiver: self.receiver(&id).await?, secret: Some(secret) })
    }

    /// Changes one.
    pub(crate) async fn change_receiver(
        &self,
        id: &str,
        actor: &Actor,
        change: &ReceiverChange,
        sealer: &Sealer,
    ) -> Result<ReceiverMade, ApiError> {
        if let Some(name) = &change.name {
            check_name(name)?;
        }
        if let Some(url) = &change.url {
            check_url(url)?;
        }
        let mut tx = self.write().await?;
        let row = sqlx::query("SELECT version FROM receivers WHERE id = $1").bind(id).fetch_optional(tx.db()).await?;
        let version: i64 = row.ok_or(ApiError::NotFound("receiver"))?.try_get("version")?;
        if version != change.seen_version {
            return Err(ApiError::Conflict {
                code: "stale",
                message: "the receiver was changed since you looked".to_owned(),
                details: json!({ "version": version }),
            });
        }
        let secret = change.new_secret.then(secret);
        sqlx::query(
            "UPDATE receivers SET name = COALESCE($1, name), url = COALESCE($2, url), active = COALESCE($3, active), \
             secret = COALESCE($4, secret), version = version + 1 WHERE id = $5",
        )
        .bind(change.name.as_deref().map(|name| name.trim().to_owned()))
        .bind(change.url.clone())
        .bind(change.active.map(i64::from))
        .bind(secret.as_deref().map(|secret| kept(sealer, id, secret)))
        .bind(id)
        .execute(tx.db())
        .await?;
        let details = json!({ "name": change.name, "url": change.url, "active": change.active, "new_secret": change.new_secret });
        tx.audit(Deed { actor: &actor.name, action: "receiver.change", object: id, reason: None, details }).await?;
        tx.commit().await?;
        Ok(ReceiverMade { receiver: self.receiver(id).await?, secret })
    }
}
