//! Work on cameras: what is entered, and what of it a camera's watching loses.

use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::{Store, Tx};
use crate::auth::Actor;
use crate::clock::{DAY_MS, parse_ms, rfc3339};
use crate::dto::{LiveKind, Maintenance, MaintenanceEnd, NewMaintenance};
use crate::error::{ApiError, refused};

/// So far from now work may lie.
const FAR_MS: i64 = 366 * DAY_MS;

/// The list holds so many.
const SHOWN: i64 = 200;

fn time(field: &str, text: &str, now_ms: i64) -> Result<i64, ApiError> {
    let ms = parse_ms(text).ok_or_else(|| refused("bad_time", format!("{field} {text:?} is not an RFC 3339 time")))?;
    if (ms - now_ms).abs() > FAR_MS {
        return Err(refused("bad_time", format!("{field} lies more than a year away")));
    }
    Ok(ms)
}

fn read(row: &AnyRow) -> Result<Maintenance, sqlx::Error> {
    Ok(Maintenance {
        id: row.try_get("id")?,
        from: rfc3339(row.try_get("from_ms")?),
        until: row.try_get::<Option<i64>, _>("until_ms")?.map(rfc3339),
        what: row.try_get("what")?,
        by: row.try_get("by_name")?,
        at: rfc3339(row.try_get("at_ms")?),
        ended_by: row.try_get("ended_by")?,
    })
}

impl Tx {
    async fn say_maintenance(
        &mut self,
        actor: &Actor,
        action: &str,
        camera: &str,
        details: serde_json::Value,
    ) -> Result<(), ApiError> {
        self.live(LiveKind::CameraChanged, json!({ "id": camera })).await?;
        self.audit(Deed { actor: &actor.name, action, object: camera, reason: None, details }).await?;
        Ok(())
    }
}

impl Store {
    /// Work on a camera, the newest first.
    pub(crate) async fn maintenance(&self, camera: &str) -> Result<Vec<Maintenance>, sqlx::Error> {
        let sql = "SELECT * FROM maintenance WHERE camera = $1 ORDER BY from_ms DESC, id LIMIT $2";
        sqlx::query(sql).bind(camera).bind(SHOWN).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Enters work on a camera.
    ///
    /// # Errors
    /// Times that cannot be, no words, no such camera, or the database failed.
    pub(crate) async fn add_maintenance(&self, camera: &str, actor: &Actor, new: &NewMaintenance) -> Result<(), ApiError> {
        let what = new.what.trim();
        if !(1..=500).contains(&what.chars().count()) || what.contains('\0') {
            return Err(refused("bad_text", "what is done has 1 to 500 characters"));
        }
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let from_ms = time("from", &new.from, now_ms)?;
        let until_ms = new.until.as_deref().map(|until| time("until", until, now_ms)).transpose()?;
        if until_ms.is_some_and(|until| until <= from_ms) {
            return Err(refused("bad_time", "until does not lie after from"));
        }
        let known = sqlx::query("SELECT id FROM cameras WHERE id = $1").bind(camera).fetch_optional(tx.db()).await?;
        if known.is_none() {
            return Err(ApiError::NotFound("camera"));
        }
        let id = hex::encode(rand::random::<[u8; 8]>());
        sqlx::query(
            "INSERT INTO maintenance (id, camera, from_ms, until_ms, what, by_name, at_ms, changed_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        )
        .bind(&id)
        .bind(camera)
        .bind(from_ms)
        .bind(until_ms)
        .bind(what)
        .bind(&actor.name)
        .bind(now_ms)
        .execute(tx.db())
        .await?;
        let details = json!({ "work": id, "from": rfc3339(from_ms), "until": until_ms.map(rfc3339), "what": what });
        tx.say_maintenance(actor, "camera.maintenance", camera, details).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Enters the end of work that has none.
    ///
    /// # Errors
    /// A time that cannot be, no such work, work that has ended, or the database failed.
    pub(crate) async fn end_maintenance(
        &self,
        camera: &str,
        work: &str,
        actor: &Actor,
        end: &MaintenanceEnd,
    ) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let found = sqlx::query("SELECT * FROM maintenance WHERE id = $1 AND camera = $2").bind(work).bind(camera);
        let found = found.fetch_optional(tx.db()).await?.ok_or(ApiError::NotFound("maintenance"))?;
        let until_ms = end.until.as_deref().map_or(Ok(now_ms), |until| time("until", until, now_ms))?;
        if until_ms < found.try_get::<i64, _>("from_ms")? {
            return Err(refused("bad_time", "until lies before it began"));
        }
        let sql = "UPDATE maintenance SET until_ms = $1, ended_by = $2, changed_ms = $3 WHERE id = $4 AND until_ms IS NULL";
        let done = sqlx::query(sql).bind(until_ms).bind(&actor.name).bind(now_ms).bind(work).execute(tx.db()).await?;
        if done.rows_affected() == 0 {
            return Err(ApiError::Conflict {
                code: "ended",
                message: "its end is entered already".to_owned(),
                details: json!({ "latest": read(&found)? }),
            });
        }
        let details = json!({ "work": work, "until": rfc3339(until_ms) });
        tx.say_maintenance(actor, "camera.maintenance_end", camera, details).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Cameras of which work was entered or ended since, with the earliest time it is about.
    pub(crate) async fn maintained_since(&self, since_ms: i64) -> Result<Vec<(String, i64)>, sqlx::Error> {
        let sql = "SELECT camera, MIN(from_ms) AS first_ms FROM maintenance WHERE changed_ms >= $1 GROUP BY camera";
        let rows = sqlx::query(sql).bind(since_ms).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get("camera")?, row.try_get("first_ms")?))).collect()
    }
}
