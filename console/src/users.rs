//! Making users: the same rules on the command line and over HTTP.

use crate::auth::NOT_WITH_ADMINISTRATOR;
use crate::dto::{NewUser, Role, SignIn};
use crate::error::ApiError;
use crate::password::{self, PasswordCost, Passwords};
use crate::store::{CITY, Store, StoredUser};

/// Why a user cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// The name, the password or the roles are not allowed.
    #[error("{0}")]
    Refused(String),
    /// The name is taken.
    #[error("the name {0} is taken")]
    Taken(String),
    /// The database or the hashing failed.
    #[error("making the user {name}")]
    Failed {
        /// Which.
        name: String,
        /// Why.
        source: ApiError,
    },
}

/// Makes a user from outside the web interface, e.g. `kerbwatch console add-user`. Returns the user's id.
///
/// # Errors
/// A bad or taken name, a short password, roles that do not go together, or the database.
pub async fn create_user(store: &Store, name: &str, password: &str, roles: &[Role]) -> Result<String, UserError> {
    let new = NewUser {
        name: name.to_owned(),
        display_name: None,
        sign_in: SignIn::Password,
        password: Some(password.to_owned()),
        roles: roles.to_vec(),
        units: vec![CITY.to_owned()],
    };
    add(store, &Passwords::new(PasswordCost::Full), new, "command line").await
}

/// Gives a user that is there a new password, ends what was open under the old one, and forgets wrong attempts. `false` when
/// there is no such user.
///
/// # Errors
/// A short password, or the database.
pub async fn reset_password(store: &Store, name: &str, password: &str) -> Result<bool, UserError> {
    let failed = |source| UserError::Failed { name: name.to_owned(), source };
    let Some(user) = store.user_named(name).await.map_err(|error| failed(error.into()))? else { return Ok(false) };
    if user.sign_in == SignIn::Provider {
        let message = format!("{name} logs in by the identity provider and has no password here");
        return Err(UserError::Refused(message));
    }
    let as_new = NewUser {
        name: name.to_owned(),
        display_name: None,
        sign_in: SignIn::Password,
        password: Some(password.to_owned()),
        roles: user.roles.clone(),
        units: vec![CITY.to_owned()],
    };
    check(&as_new).map_err(UserError::Refused)?;
    let hashed = Passwords::new(PasswordCost::Full).hash(password.to_owned()).await.map_err(failed)?;
    store.set_password(&user, &hashed, "command line").await.map_err(|error| failed(error.into()))?;
    Ok(true)
}

/// Checks and makes.
pub(crate) async fn add(store: &Store, passwords: &Passwords, new: NewUser, by: &str) -> Result<String, UserError> {
    check(&new).map_err(UserError::Refused)?;
    let NewUser { name, display_name, sign_in, password, mut roles, mut units } = new;
    sort_out(&mut roles, &mut units);
    let failed = |source| UserError::Failed { name: name.clone(), source };
    let user = StoredUser {
        id: hex::encode(rand::random::<[u8; 16]>()),
        name: name.clone(),
        display_name: display_name.unwrap_or_else(|| name.clone()),
        password: match password {
            Some(password) => passwords.hash(password).await.map_err(failed)?,
            None => String::new(),
        },
        roles,
        active: true,
        units,
        sign_in,
        ..StoredUser::default()
    };
    if let Some(unknown) = store.unknown_unit(&user.units).await.map_err(|error| failed(error.into()))? {
        return Err(UserError::Refused(format!("there is no unit {unknown:?}")));
    }
    let made = store.insert_user(&user, by).await.map_err(|error| failed(error.into()))?;
    if made { Ok(user.id) } else { Err(UserError::Taken(name)) }
}

/// A log-in name.
pub(crate) fn fit_name(name: &str) -> Result<(), String> {
    let good = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
    if !(1..=64).contains(&name.len()) || !name.bytes().all(good) {
        return Err("a name has 1 to 64 characters of a-z, 0-9, '.', '_' and '-'".to_owned());
    }
    // Rows of the log that no person wrote carry these.
    if matches!(name, "system" | "bus") {
        return Err(format!("the name {name} is kept for the program itself"));
    }
    Ok(())
}

fn check(new: &NewUser) -> Result<(), String> {
    fit_name(&new.name)?;
    let display = new.display_name.as_deref().unwrap_or(&new.name);
    match (new.sign_in, &new.password) {
        (SignIn::Password, Some(password)) => {
            password::check(password, &[&new.name, display]).map_err(|weak| weak.to_string())?;
        }
        (SignIn::Password, None) => return Err("a user who logs in with a password needs one".to_owned()),
        (SignIn::Provider, Some(_)) => return Err("a user who logs in by the identity provider has no password here".to_owned()),
        (SignIn::Provider, None) => {}
    }
    fit(display, &new.roles, &new.units)
}

/// Each once, in order.
pub(crate) fn sort_out(roles: &mut Vec<Role>, units: &mut Vec<String>) {
    roles.sort();
    roles.dedup();
    units.sort();
    units.dedup();
}

/// What can be said of a user beside name and password: roles and units that go together.
pub(crate) fn fit(display_name: &str, roles: &[Role], units: &[String]) -> Result<(), String> {
    if display_name.trim().is_empty() || display_name.chars().count() > 100 {
        return Err("a display name has 1 to 100 characters".to_owned());
    }
    if roles.is_empty() {
        return Err("a user has at least one role".to_owned());
    }
    if roles.contains(&Role::Administrator) && roles.iter().any(|role| NOT_WITH_ADMINISTRATOR.contains(role)) {
        return Err("an administrator sees no pictures and decides nothing: give those roles to another user".to_owned());
    }
    if units.is_empty() {
        return Err("a user belongs to at least one unit".to_owned());
    }
    let whole = [Role::Administrator, Role::Auditor];
    if roles.iter().any(|role| whole.contains(role)) && !units.iter().any(|unit| unit == CITY) {
        return Err(
            "an administrator and an auditor belong to the whole city: users and the audit log have no district".to_owned()
        );
    }
    Ok(())
}
