//! Changes of accounts: roles and units, passwords, second factors, sessions.

use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::users::{StoredUser, read_user};
use super::{Store, Tx};
use crate::clock::rfc3339;
use crate::dto::{SessionRecord, SignIn, UserChange, from_word, word};
use crate::error::ApiError;
use crate::sealing::Sealer;
use crate::totp;

/// Where a log-in came from.
pub(crate) struct Origin<'a> {
    pub(crate) token_hash: &'a str,
    pub(crate) agent: &'a str,
    pub(crate) address: &'a str,
    pub(crate) sign_in: SignIn,
    /// The identity provider asked for one.
    pub(crate) second_factor: bool,
    /// Sealed.
    pub(crate) id_token: Option<&'a str>,
}

/// Which code opened the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Factor {
    /// Of the application.
    Totp,
    /// Of the list.
    Recovery,
}

fn missing() -> ApiError {
    ApiError::NotFound("user")
}

impl Tx {
    pub(crate) async fn user(&mut self, id: &str) -> Result<StoredUser, ApiError> {
        let row = sqlx::query("SELECT * FROM users WHERE id = $1").bind(id).fetch_optional(self.db()).await?;
        Ok(read_user(&row.ok_or_else(missing)?)?)
    }

    /// Ends a person's sessions, but for the one with this token.
    pub(super) async fn end_sessions(&mut self, user: &str, but: &str) -> Result<u64, sqlx::Error> {
        sqlx::query("DELETE FROM claims WHERE user_id = $1").bind(user).execute(self.db()).await?;
        let end = sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND token_hash <> $2").bind(user).bind(but);
        Ok(end.execute(self.db()).await?.rows_affected())
    }

    pub(super) async fn open_session(&mut self, user: &str, origin: &Origin<'_>, session_ms: i64) -> Result<(), sqlx::Error> {
        let now_ms = self.now_ms();
        let short = |text: &str| text.replace('\0', "").chars().take(200).collect::<String>();
        sqlx::query(
            "INSERT INTO sessions (token_hash, user_id, created_ms, used_ms, expires_ms, id, agent, address, sign_in, \
             second_factor, id_token) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(origin.token_hash)
        .bind(user)
        .bind(now_ms)
        .bind(now_ms)
        .bind(now_ms + session_ms)
        .bind(hex::encode(rand::random::<[u8; 8]>()))
        .bind(short(origin.agent))
        .bind(short(origin.address))
        .bind(word(&origin.sign_in))
        .bind(i64::from(origin.second_factor))
        .bind(origin.id_token)
        .execute(self.db())
        .await?;
        Ok(())
    }
}

impl Store {
    /// One user.
    pub(crate) async fn user(&self, id: &str) -> Result<StoredUser, ApiError> {
        if id.contains('\0') {
            return Err(missing());
        }
        let row = sqlx::query("SELECT * FROM users WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        Ok(read_user(&row.ok_or_else(missing)?)?)
    }

    /// Changes a user. Sessions of somebody who may not log in any more end at once; roles and units hold at once anyway.
    pub(crate) async fn change_user(&self, id: &str, change: &UserChange, by: &str) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let user = tx.user(id).await?;
        if user.version != change.seen_version {
            let details = json!({ "version": user.version, "display_name": user.display_name, "roles": user.roles,
                                  "active": user.active });
            let message = "somebody changed the user since you looked".to_owned();
            return Err(ApiError::Conflict { code: "stale", message, details });
        }
        sqlx::query("UPDATE users SET display_name = $1, roles = $2, active = $3, version = version + 1 WHERE id = $4")
            .bind(change.display_name.clone())
            .bind(serde_json::to_string(&change.roles).expect("roles are words"))
            .bind(i64::from(change.active))
            .bind(id)
            .execute(tx.db())
            .await?;
        tx.put_units(id, &change.units).await?;
        if !change.active {
            tx.end_sessions(id, "").await?;
        }
        let details = json!({
            "from": { "display_name": user.display_name, "roles": user.roles, "active": user.active },
            "to": { "display_name": change.display_name, "roles": change.roles, "active": change.active, "units": change.units },
        });
        tx.audit(Deed { actor: by, action: "user.change", object: &user.name, reason: None, details }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A password that somebody else chose (the PHC string): it must be changed, and what was open ends.
    pub(crate) async fn reset_by(&self, id: &str, password: &str, by: &str) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let user = tx.user(id).await?;
        sqlx::query("UPDATE users SET password = $1, must_change = 1, version = version + 1 WHERE id = $2")
            .bind(password)
            .bind(id)
            .execute(tx.db())
            .await?;
        sqlx::query("DELETE FROM login_attempts WHERE name = $1").bind(user.name.clone()).execute(tx.db()).await?;
        let ended = tx.end_sessions(id, "").await?;
        let details = json!({ "must_change": true, "sessions_ended": ended });
        tx.audit(Deed { actor: by, action: "user.password", object: &user.name, reason: None, details }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A password that its owner chose: all other sessions end.
    pub(crate) async fn change_own_password(&self, id: &str, password: &str, token_hash: &str) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let user = tx.user(id).await?;
        sqlx::query("UPDATE users SET password = $1, must_change = 0, version = version + 1 WHERE id = $2")
            .bind(password)
            .bind(id)
            .execute(tx.db())
            .await?;
        sqlx::query("DELETE FROM login_attempts WHERE name = $1").bind(user.name.clone()).execute(tx.db()).await?;
        let ended = tx.end_sessions(id, token_hash).await?;
        let details = json!({ "own": true, "sessions_ended": ended });
        tx.audit(Deed { actor: &user.name, action: "user.password", object: &user.name, reason: None, details }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets wrong attempts.
    pub(crate) async fn unlock(&self, id: &str, by: &str) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let user = tx.user(id).await?;
        sqlx::query("DELETE FROM login_attempts WHERE name = $1").bind(user.name.clone()).execute(tx.db()).await?;
        tx.audit(Deed { actor: by, action: "user.unlock", object: &user.name, reason: None, details: json!({}) }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Keeps a sealed secret that is only offered. 409 while another one counts.
    pub(crate) async fn offer_totp(&self, id: &str, sealed: &str) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let user = tx.user(id).await?;
        if user.totp_on {
            let message = "there is a second factor already: an administrator takes it away first".to_owned();
            return Err(ApiError::Conflict { code: "totp_on", message, details: json!({}) });
        }
        let offer = sqlx::query("UPDATE users SET totp_secret = $1, totp_step = 0 WHERE id = $2").bind(sealed).bind(id);
        offer.execute(tx.db()).await?;
        let details = json!({});
        tx.audit(Deed { actor: &user.name, action: "totp.offer", object: &user.name, reason: None, details }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// From now on the offered secret counts, if the code is of it. The recovery codes, or `None` for a wrong code.
    pub(crate) async fn confirm_totp(&self, id: &str, code: &str, sealer: &Sealer) -> Result<Option<Vec<String>>, ApiError> {
        let mut tx = self.write().await?;
        let user = tx.user(id).await?;
        if user.totp_on {
            let message = "there is a second factor already".to_owned();
            return Err(ApiError::Conflict { code: "totp_on", message, details: json!({}) });
        }
        let now_ms = tx.now_ms();
        let Some(step) = secret(&user, sealer).and_then(|secret| totp::step_of(&secret, code, now_ms)) else { return Ok(None) };
        sqlx::query("UPDATE users SET totp_since_ms = $1, totp_step = $2, version = version + 1 WHERE id = $3")
            .bind(now_ms)
            .bind(step)
            .bind(id)
            .execute(tx.db())
            .await?;
        let codes = put_recovery_codes(&mut tx, id).await?;
        let details = json!({});
        tx.audit(Deed { actor: &user.name, action: "totp.on", object: &user.name, reason: None, details }).await?;
        tx.commit().await?;
        Ok(Some(codes))
    }

    /// Other recovery codes; those so far are void.
    pub(crate) async fn renew_recovery_codes(&self, id: &str) -> Result<Vec<String>, ApiError> {
        let mut tx = self.write().await?;
        let user = tx.user(id).await?;
        let codes = put_recovery_codes(&mut tx, id).await?;
        let details = json!({});
        tx.audit(Deed { actor: &user.name, action: "totp.codes", object: &user.name, reason: None, details }).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Takes the second factor away, e.g. of a lost telephone; what was open ends.
    pub(crate) async fn remove_totp(&self, id: &str, by: &str) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let user = tx.user(id).await?;
        sqlx::query("UPDATE users SET totp_secret = NULL, totp_since_ms = NULL, version = version + 1 WHERE id = $1")
            .bind(id)
            .execute(tx.db())
            .await?;
        sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(id).execute(tx.db()).await?;
        let details = json!({ "sessions_ended": tx.end_sessions(id, "").await? });
        tx.audit(Deed { actor: by, action: "totp.off", object: &user.name, reason: None, details }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes a code, each once: of the application no step that was taken before, of the list what is still on it.
    pub(crate) async fn take_code(&self, id: &str, code: &str, sealer: &Sealer) -> Result<Option<Factor>, ApiError> {
        let mut tx = self.write().await?;
        let user = tx.user(id).await?;
        let now_ms = tx.now_ms();
        if let Some(step) = secret(&user, sealer).and_then(|secret| totp::step_of(&secret, code, now_ms)) {
            let take = sqlx::query("UPDATE users SET totp_step = $1 WHERE id = $2 AND totp_step < $1").bind(step).bind(id);
            if take.execute(tx.db()).await?.rows_affected() == 0 {
                return Ok(None);
            }
            tx.commit().await?;
            return Ok(Some(Factor::Totp));
        }
        let take = sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2")
            .bind(id)
            .bind(totp::recovery_hash(code));
        if take.execute(tx.db()).await?.rows_affected() == 0 {
            return Ok(None);
        }
        let left: i64 = sqlx::query("SELECT COUNT(*) AS n FROM recovery_codes WHERE user_id = $1")
            .bind(id)
            .fetch_one(tx.db())
            .await?
            .try_get("n")?;
        let details = json!({ "left": left });
        tx.audit(Deed { actor: &user.name, action: "totp.recovery", object: &user.name, reason: None, details }).await?;
        tx.commit().await?;
        Ok(Some(Factor::Recovery))
    }

    /// Live sessions, last used first; all of them, or one person's.
    pub(crate) async fn sessions(&self, of: Option<&str>, own: &str, idle_ms: i64) -> Result<Vec<SessionRecord>, sqlx::Error> {
        let now_ms = self.clock.now_ms();
        let rows = sqlx::query(
            "SELECT s.*, u.name, u.display_name FROM sessions s JOIN users u ON u.id = s.user_id \
             WHERE s.expires_ms > $1 AND s.used_ms > $2 AND ($3 = '' OR s.user_id = $3) ORDER BY s.used_ms DESC, s.id LIMIT 1000",
        )
        .bind(now_ms)
        .bind(now_ms - idle_ms)
        .bind(of.unwrap_or_default())
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &AnyRow| -> Result<SessionRecord, sqlx::Error> {
            Ok(SessionRecord {
                id: row.try_get("id")?,
                user: row.try_get("name")?,
                display_name: row.try_get("display_name")?,
                agent: row.try_get("agent")?,
                address: row.try_get("address")?,
                created_at: rfc3339(row.try_get("created_ms")?),
                used_at: rfc3339(row.try_get("used_ms")?),
                expires_at: rfc3339(row.try_get("expires_ms")?),
                sign_in: from_word(&row.try_get::<String, _>("sign_in")?).unwrap_or_default(),
                own: row.try_get::<String, _>("token_hash")? == own,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Ends a session by its id; only one's own unless `of` is nobody.
    pub(crate) async fn revoke_session(&self, id: &str, of: Option<&str>, by: &str) -> Result<(), ApiError> {
        let missing = || ApiError::NotFound("session");
        if id.is_empty() || id.contains('\0') {
            return Err(missing());
        }
        let mut tx = self.write().await?;
        let row = sqlx::query(
            "SELECT s.user_id, u.name FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1 AND ($2 = '' OR s.user_id = $2)",
        )
        .bind(id)
        .bind(of.unwrap_or_default())
        .fetch_optional(tx.db())
        .await?
        .ok_or_else(missing)?;
        let (user, name): (String, String) = (row.try_get("user_id")?, row.try_get("name")?);
        sqlx::query("DELETE FROM sessions WHERE id = $1").bind(id).execute(tx.db()).await?;
        sqlx::query("DELETE FROM claims WHERE user_id = $1").bind(user).execute(tx.db()).await?;
        let details = json!({ "session": id });
        tx.audit(Deed { actor: by, action: "session.revoke", object: &name, reason: None, details }).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// The secret, offered or in force.
fn secret(user: &StoredUser, sealer: &Sealer) -> Option<Vec<u8>> {
    sealer.open(&user.id, user.totp_secret.as_deref()?)
}

async fn put_recovery_codes(tx: &mut Tx, id: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(id).execute(tx.db()).await?;
    let codes = totp::recovery_codes();
    for code in &codes {
        sqlx::query("INSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)")
            .bind(id)
            .bind(totp::recovery_hash(code))
            .execute(tx.db())
            .await?;
    }
    Ok(codes)
}
