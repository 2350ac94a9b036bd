//! Users, log-in attempts, sessions.

use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::accounts::Origin;
use super::audit::Deed;
use super::{Store, Tx, json_column};
use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::dto::{Role, SignIn, UserRecord, from_word, word};

/// Wrong passwords in a row before the name is locked.
const FREE_ATTEMPTS: i64 = 5;
/// The first lock; each further wrong password doubles it.
const FIRST_LOCK_MS: i64 = 30_000;
/// The longest lock.
const LONGEST_LOCK_MS: i64 = 15 * 60_000;
/// Attempts are forgotten after a day without any.
const FORGET_MS: i64 = 24 * 60 * 60_000;

/// A user with what is needed to log in.
#[derive(Clone, Default)]
pub(crate) struct StoredUser {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) display_name: String,
    pub(crate) password: String,
    pub(crate) roles: Vec<Role>,
    pub(crate) active: bool,
    /// Ids of units; only for who is to be made.
    pub(crate) units: Vec<String>,
    /// Counts changes.
    pub(crate) version: i64,
    /// Somebody else chose the password.
    pub(crate) must_change: bool,
    /// Sealed; only offered unless `totp_on`.
    pub(crate) totp_secret: Option<String>,
    pub(crate) totp_on: bool,
    pub(crate) sign_in: SignIn,
    /// To one identity of the provider.
    pub(crate) bound: bool,
}

/// May this log-in be looked at?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// Yes; it already counts as wrong until [`Store::login_succeeded`].
    Allowed,
    /// Not for so many seconds.
    Locked {
        /// Seconds.
        retry_after_s: i64,
    },
}

pub(super) fn read_user(row: &AnyRow) -> Result<StoredUser, sqlx::Error> {
    Ok(StoredUser {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        display_name: row.try_get("display_name")?,
        password: row.try_get("password")?,
        roles: json_column(row, "roles")?,
        active: row.try_get::<i64, _>("active")? != 0,
        units: Vec::new(),
        version: row.try_get("version")?,
        must_change: row.try_get::<i64, _>("must_change")? != 0,
        totp_secret: row.try_get("totp_secret")?,
        totp_on: row.try_get::<Option<i64>, _>("totp_since_ms")?.is_some(),
        sign_in: from_word(&row.try_get::<String, _>("sign_in")?).unwrap_or_default(),
        bound: row.try_get::<Option<String>, _>("oidc_subject")?.is_some(),
    })
}

impl Tx {
    /// Makes a user; `false` when the name is taken. `password` is the PHC string.
    pub(super) async fn insert_user(&mut self, user: &StoredUser, by: &str) -> Result<bool, sqlx::Error> {
        let roles = serde_json::to_string(&user.roles).expect("roles are words");
        let now_ms = self.now_ms();
        let done = sqlx::query(
            "INSERT INTO users (id, name, display_name, password, roles, active, created_ms, must_change, sign_in) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (name) DO NOTHING",
        )
        .bind(user.id.clone())
        .bind(user.name.clone())
        .bind(user.display_name.clone())
        .bind(user.password.clone())
        .bind(roles)
        .bind(i64::from(user.active))
        .bind(now_ms)
        .bind(i64::from(user.must_change))
        .bind(word(&user.sign_in))
        .execute(self.db())
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        self.put_units(&user.id, &user.units).await?;
        let details = json!({ "roles": user.roles, "units": user.units, "sign_in": user.sign_in });
        self.audit(Deed { actor: by, action: "user.add", object: &user.name, reason: None, details }).await?;
        Ok(true)
    }
}

impl Store {
    /// Makes a user; `false` when the name is taken. `password` is the PHC string.
    pub(crate) async fn insert_user(&self, user: &StoredUser, by: &str) -> Result<bool, sqlx::Error> {
        let mut tx = self.write().await?;
        let made = tx.insert_user(user, by).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Another password (the PHC string) for a user: open sessions end, and wrong attempts are forgotten.
    pub(crate) async fn set_password(&self, user: &StoredUser, password: &str, by: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE users SET password = $1, must_change = 0, version = version + 1 WHERE id = $2")
            .bind(password.to_owned())
            .bind(user.id.clone())
            .execute(tx.db())
            .await?;
        sqlx::query("DELETE FROM login_attempts WHERE name = $1").bind(user.name.clone()).execute(tx.db()).await?;
        sqlx::query("DELETE FROM sessions WHERE user_id = $1").bind(user.id.clone()).execute(tx.db()).await?;
        let details = json!({});
        tx.audit(Deed { actor: by, action: "user.password", object: &user.name, reason: None, details }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The user with this log-in name.
    pub(crate) async fn user_named(&self, name: &str) -> Result<Option<StoredUser>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM users WHERE name = $1").bind(name).fetch_optional(&self.pool).await?;
        row.as_ref().map(read_user).transpose()
    }

    /// All users, by name.
    pub(crate) async fn users(&self) -> Result<Vec<UserRecord>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT u.*, a.locked_until_ms FROM users u LEFT JOIN login_attempts a ON a.name = u.name ORDER BY u.name",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut units = self.units_by_user().await?;
        let now_ms = self.clock.now_ms();
        let record = |row: &AnyRow| -> Result<UserRecord, sqlx::Error> {
            let user = read_user(row)?;
            let locked: Option<i64> = row.try_get("locked_until_ms")?;
            Ok(UserRecord {
                units: units.remove(&user.id).unwrap_or_default(),
                id: user.id,
                name: user.name,
                display_name: user.display_name,
                roles: user.roles,
                active: user.active,
                version: user.version,
                must_change_password: user.must_change,
                totp: user.totp_on,
                sign_in: user.sign_in,
                created_at: rfc3339(row.try_get("created_ms")?),
                last_login_at: row.try_get::<Option<i64>, _>("last_login_ms")?.map(rfc3339),
                locked_until: locked.filter(|until| *until > now_ms).map(rfc3339),
            })
        };
        rows.iter().map(record).collect()
    }

    /// Counts an attempt as wrong before the password is looked at, so that many at once cannot outrun the count.
    pub(crate) async fn login_attempt(&self, name: &str) -> Result<Attempt, sqlx::Error> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        sqlx::query("DELETE FROM login_attempts WHERE last_ms < $1").bind(now_ms - FORGET_MS).execute(tx.db()).await?;
        let row = sqlx::query("SELECT failures, locked_until_ms FROM login_attempts WHERE name = $1")
            .bind(name)
            .fetch_optional(tx.db())
            .await?;
        let (failures, locked): (i64, i64) = match row {
            Some(row) => (row.try_get("failures")?, row.try_get("locked_until_ms")?),
            None => (0, 0),
        };
        if locked > now_ms {
            return Ok(Attempt::Locked { retry_after_s: (locked - now_ms + 999) / 1000 });
        }
        let failures = failures + 1;
        let lock = if failures >= FREE_ATTEMPTS {
            // 2^10 first locks are far beyond the longest.
            let doubled = u32::try_from(failures - FREE_ATTEMPTS).unwrap_or(u32::MAX).min(10);
            now_ms + (FIRST_LOCK_MS << doubled).min(LONGEST_LOCK_MS)
        } else {
            0
        };
        sqlx::query(
            "INSERT INTO login_attempts (name, failures, last_ms, locked_until_ms) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, last_ms = excluded.last_ms, \
             locked_until_ms = excluded.locked_until_ms",
        )
        .bind(name)
        .bind(failures)
        .bind(now_ms)
        .bind(lock)
        .execute(tx.db())
        .await?;
        tx.commit().await?;
        Ok(Attempt::Allowed)
    }

    /// Wrong attempts do not count any more.
    pub(crate) async fn forget_attempts(&self, name: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM login_attempts WHERE name = $1").bind(name).execute(tx.db()).await?;
        tx.commit().await
    }

    /// The password was right: forgets the attempts and opens a session.
    pub(crate) async fn login_succeeded(
        &self,
        user: &StoredUser,
        origin: &Origin<'_>,
        session_ms: i64,
    ) -> Result<(i64, i64), sqlx::Error> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        sqlx::query("DELETE FROM login_attempts WHERE name = $1").bind(user.name.clone()).execute(tx.db()).await?;
        sqlx::query("DELETE FROM sessions WHERE expires_ms < $1").bind(now_ms).execute(tx.db()).await?;
        sqlx::query("UPDATE users SET last_login_ms = $1 WHERE id = $2")
            .bind(now_ms)
            .bind(user.id.clone())
            .execute(tx.db())
            .await?;
        tx.open_session(&user.id, origin, session_ms).await?;
        let details = json!({ "address": origin.address, "sign_in": origin.sign_in });
        tx.audit(Deed { actor: &user.name, action: "session.login", object: &user.name, reason: None, details }).await?;
        tx.commit().await?;
        Ok((now_ms, now_ms + session_ms))
    }

    /// The session with this token, if it is alive: the actor, when it was last used, when it ends.
    pub(crate) async fn session(&self, token_hash: &str, idle_ms: i64) -> Result<Option<(Actor, i64, i64)>, sqlx::Error> {
        let now_ms = self.clock.now_ms();
        let row = sqlx::query(
            "SELECT u.*, s.used_ms, s.expires_ms, s.sign_in AS came_by, s.second_factor FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = $1 AND s.expires_ms > $2 AND s.used_ms > $3 AND u.active = 1",
        )
        .bind(token_hash)
        .bind(now_ms)
        .bind(now_ms - idle_ms)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let mut actor = self.actor(read_user(&row)?).await?;
        actor.sign_in = from_word(&row.try_get::<String, _>("came_by")?).unwrap_or_default();
        if actor.sign_in == SignIn::Provider {
            actor.totp = row.try_get::<i64, _>("second_factor")? != 0;
        }
        Ok(Some((actor, row.try_get("used_ms")?, row.try_get("expires_ms")?)))
    }

    /// The session was used now.
    pub(crate) async fn touch_session(&self, token_hash: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let touch = sqlx::query("UPDATE sessions SET used_ms = $1 WHERE token_hash = $2").bind(now_ms).bind(token_hash);
        touch.execute(tx.db()).await?;
        tx.commit().await
    }

    /// Ends a session.
    pub(crate) async fn end_session(&self, token_hash: &str, actor: &Actor) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM sessions WHERE token_hash = $1").bind(token_hash).execute(tx.db()).await?;
        sqlx::query("DELETE FROM claims WHERE user_id = $1").bind(actor.id.clone()).execute(tx.db()).await?;
        tx.audit(Deed { actor: &actor.name, action: "session.logout", object: &actor.name, reason: None, details: json!({}) })
            .await?;
        tx.commit().await
    }
}
