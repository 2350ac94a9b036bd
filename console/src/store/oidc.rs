//! Users who come by the identity provider.

use serde_json::json;
use sqlx::Row;

use super::audit::Deed;
use super::users::{StoredUser, read_user};
use super::{CITY, Store, Tx};
use crate::dto::{SignIn, SignInRefusal};
use crate::error::ApiError;
use crate::oidc::Identity;

/// Who changes users when the provider says something new.
const BY: &str = "identity provider";

/// May they enter?
pub(crate) enum Admitted {
    /// As this user.
    Yes(Box<StoredUser>),
    /// No, and why.
    No(SignInRefusal),
}

impl Tx {
    /// Ids of units by `city`, district, or `district/street`; those the tree does not know yet are put into it.
    async fn units_named(&mut self, names: &[String]) -> Result<Vec<String>, sqlx::Error> {
        let mut ids = Vec::new();
        for name in names {
            if name == CITY {
                ids.push(CITY.to_owned());
                continue;
            }
            let (district, street) = name.split_once('/').unwrap_or((name, ""));
            self.know_units(district, street).await?;
            ids.push(super::units::unit_id(district, Some(street).filter(|street| !street.is_empty())));
        }
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    async fn user_where(&mut self, sql: &'static str, value: &str) -> Result<Option<StoredUser>, sqlx::Error> {
        sqlx::query(sql).bind(value).fetch_optional(self.db()).await?.as_ref().map(read_user).transpose()
    }

    /// From now on this identity, and none other of that name, is the user.
    async fn bind_identity(&mut self, user: &StoredUser, identity: &Identity) -> Result<(), sqlx::Error> {
        let bind = sqlx::query("UPDATE users SET oidc_subject = $1, version = version + 1 WHERE id = $2");
        bind.bind(identity.subject.clone()).bind(user.id.clone()).execute(self.db()).await?;
        let details = json!({ "subject": identity.subject });
        self.audit(Deed { actor: BY, action: "user.bind", object: &user.name, reason: None, details }).await
    }

    /// Roles and units as groups give them now.
    async fn follow_groups(&mut self, user: &mut StoredUser, identity: &Identity) -> Result<(), sqlx::Error> {
        let Some(given) = &identity.groups else { return Ok(()) };
        let has = self.units_named(&given.units).await?;
        let rows = sqlx::query("SELECT unit FROM user_units WHERE user_id = $1 ORDER BY unit").bind(user.id.clone());
        let rows = rows.fetch_all(self.db()).await?;
        let had: Vec<String> = rows.iter().map(|row| row.try_get("unit")).collect::<Result<_, _>>()?;
        if (&user.roles, &user.display_name, &had) == (&given.roles, &identity.display_name, &has) {
            return Ok(());
        }
        sqlx::query("UPDATE users SET display_name = $1, roles = $2, version = version + 1 WHERE id = $3")
            .bind(identity.display_name.clone())
            .bind(serde_json::to_string(&given.roles).expect("roles are words"))
            .bind(user.id.clone())
            .execute(self.db())
            .await?;
        self.put_units(&user.id, &has).await?;
        let details = json!({
            "from": { "display_name": user.display_name, "roles": user.roles, "units": had },
            "to": { "display_name": identity.display_name, "roles": given.roles, "units": has },
        });
        self.audit(Deed { actor: BY, action: "user.change", object: &user.name, reason: None, details }).await?;
        user.roles.clone_from(&given.roles);
        user.display_name.clone_from(&identity.display_name);
        Ok(())
    }
}

impl Store {
    /// The user of an identity: known by its subject, or, the first time, by the name that an administrator made for the
    /// provider. Where groups decide, a user is made, and follows them.
    pub(crate) async fn admit_identity(&self, identity: &Identity) -> Result<Admitted, ApiError> {
        let mut tx = self.write().await?;
        let user = match tx.user_where("SELECT * FROM users WHERE oidc_subject = $1", &identity.subject).await? {
            Some(user) => user,
            None => match tx.user_where("SELECT * FROM users WHERE name = $1", &identity.name).await? {
                Some(user) if user.sign_in != SignIn::Provider => return Ok(Admitted::No(SignInRefusal::UsesPassword)),
                Some(user) if user.bound => return Ok(Admitted::No(SignInRefusal::OtherIdentity)),
                Some(user) => {
                    tx.bind_identity(&user, identity).await?;
                    user
                }
                None => match tx.make_by_groups(identity).await? {
                    Some(user) => user,
                    None => return Ok(Admitted::No(SignInRefusal::UnknownUser)),
                },
            },
        };
        let mut user = user;
        if !user.active {
            return Ok(Admitted::No(SignInRefusal::Inactive));
        }
        if tx.is_locked(&user.name).await? {
            return Ok(Admitted::No(SignInRefusal::Locked));
        }
        tx.follow_groups(&mut user, identity).await?;
        tx.commit().await?;
        Ok(Admitted::Yes(Box::new(user)))
    }

    /// Another way in: what was open ends, and what belonged to the way so far is gone. `password` is a PHC string.
    pub(crate) async fn change_sign_in(
        &self,
        id: &str,
        seen_version: i64,
        password: Option<&str>,
        by: &str,
    ) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let user = tx.user(id).await?;
        if user.version != seen_version {
            let details = json!({ "version": user.version, "sign_in": user.sign_in });
            let message = "somebody changed the user since you looked".to_owned();
            return Err(ApiError::Conflict { code: "stale", message, details });
        }
        let sign_in = if password.is_some() { SignIn::Password } else { SignIn::Provider };
        sqlx::query(
            "UPDATE users SET sign_in = $1, password = $2, must_change = $3, oidc_subject = NULL, totp_secret = NULL, \
             totp_since_ms = NULL, version = version + 1 WHERE id = $4",
        )
        .bind(crate::dto::word(&sign_in))
        .bind(password.unwrap_or_default())
        .bind(i64::from(password.is_some()))
        .bind(id)
        .execute(tx.db())
        .await?;
        sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(id).execute(tx.db()).await?;
        sqlx::query("DELETE FROM login_attempts WHERE name = $1").bind(user.name.clone()).execute(tx.db()).await?;
        let details = json!({ "from": user.sign_in, "to": sign_in, "sessions_ended": tx.end_sessions(id, "").await? });
        tx.audit(Deed { actor: by, action: "user.sign_in", object: &user.name, reason: None, details }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The sealed ID token that a session was opened with.
    pub(crate) async fn id_token_of(&self, token_hash: &str) -> Result<Option<String>, sqlx::Error> {
        let row = sqlx::query("SELECT id_token FROM sessions WHERE token_hash = $1").bind(token_hash);
        row.fetch_optional(&self.pool).await?.map_or(Ok(None), |row| row.try_get("id_token"))
    }
}

impl Tx {
    /// A user as groups say; `None` where groups decide nothing.
    async fn make_by_groups(&mut self, identity: &Identity) -> Result<Option<StoredUser>, sqlx::Error> {
        let Some(given) = &identity.groups else { return Ok(None) };
        let user = StoredUser {
            id: hex::encode(rand::random::<[u8; 16]>()),
            name: identity.name.clone(),
            display_name: identity.display_name.clone(),
            roles: given.roles.clone(),
            active: true,
            units: self.units_named(&given.units).await?,
            sign_in: SignIn::Provider,
            ..StoredUser::default()
        };
        if !self.insert_user(&user, BY).await? {
            return Ok(None);
        }
        self.bind_identity(&user, identity).await?;
        Ok(Some(user))
    }

    async fn is_locked(&mut self, name: &str) -> Result<bool, sqlx::Error> {
        let now_ms = self.now_ms();
        let row = sqlx::query("SELECT 1 FROM login_attempts WHERE name = $1 AND locked_until_ms > $2").bind(name).bind(now_ms);
        Ok(row.fetch_optional(self.db()).await?.is_some())
    }
}
