//! What the provider's claims mean here.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{OidcConfig, Refusal};
use crate::dto::{Role, SignInRefusal};

/// What the provider says of somebody, in our words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Issuer and subject: the only thing of theirs that never changes.
    pub(crate) subject: String,
    /// The log-in name.
    pub(crate) name: String,
    pub(crate) display_name: String,
    /// It asked for a second factor.
    pub(crate) second_factor: bool,
    /// Where groups decide.
    pub(crate) groups: Option<Given>,
}

/// What groups give. Never empty.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) roles: Vec<Role>,
    /// As the configuration names units.
    pub(crate) units: Vec<String>,
}

/// Which claims are looked for.
pub(super) fn wanted(config: &OidcConfig) -> Vec<&str> {
    let mut wanted = vec![config.name_claim.as_str()];
    if config.by_groups() {
        wanted.push(&config.groups_claim);
    }
    wanted
}

fn texts(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::String(one) => one.split([' ', ',']).filter(|word| !word.is_empty()).collect(),
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

/// `claims` are of a verified token.
pub(super) fn identity(config: &OidcConfig, claims: &Value) -> Result<Identity, Refusal> {
    let text = |name: &str| claims[name].as_str().map(str::trim).filter(|text| !text.is_empty());
    let missing = |name: &str| Refusal::new(SignInRefusal::NoName, format!("the provider gave no claim {name:?}"));
    let (issuer, subject) = (text("iss").ok_or_else(|| missing("iss"))?, text("sub").ok_or_else(|| missing("sub"))?);
    let name = text(&config.name_claim).ok_or_else(|| missing(&config.name_claim))?.to_lowercase();
    let (methods, class) = (texts(&claims["amr"]), text("acr"));
    let mut shown = config.second_factor.iter().map(String::as_str);
    let second_factor = shown.any(|value| methods.contains(value) || class == Some(value));
    let groups = if config.by_groups() { Some(given(config, &name, claims)?) } else { None };
    Ok(Identity {
        subject: format!("{issuer} {subject}"),
        display_name: text("name").unwrap_or(&name).chars().take(100).collect(),
        name,
        second_factor,
        groups,
    })
}

fn given(config: &OidcConfig, name: &str, claims: &Value) -> Result<Given, Refusal> {
    let groups = texts(&claims[&config.groups_claim]);
    let roles: BTreeSet<Role> = groups.iter().filter_map(|group| config.roles.get(*group)).flatten().copied().collect();
    let units: BTreeSet<&String> = groups.iter().filter_map(|group| config.units.get(*group)).collect();
    if roles.is_empty() || units.is_empty() {
        let why = format!("{name}: the groups {groups:?} give {} roles and {} units", roles.len(), units.len());
        return Err(Refusal::new(SignInRefusal::NoRole, why));
    }
    Ok(Given { roles: roles.into_iter().collect(), units: units.into_iter().cloned().collect() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::config::tests::config;
    use super::*;

    fn claims(more: Value) -> Value {
        let mut claims = json!({ "iss": "https://id.example", "sub": "7", "preferred_username": "Ada" });
        for (key, value) in more.as_object().unwrap() {
            claims[key] = value.clone();
        }
        claims
    }

    #[test]
    fn groups_become_roles_and_units_and_nothing_else_does() {
        let config = config(json!({
            "roles": { "ops": ["operator"], "law": ["legal_reviewer", "operator"] },
            "units": { "xuhui": "Xuhui", "hunan": "Xuhui/Hunan Road" },
        }));
        let of = |groups: Value| identity(&config, &claims(json!({ "groups": groups }))).map(|ada| ada.groups.unwrap());
        let given = of(json!(["ops", "law", "xuhui", "other", 7])).unwrap();
        assert_eq!((given.roles, given.units), (vec![Role::Operator, Role::LegalReviewer], vec!["Xuhui".to_owned()]));
        assert_eq!(of(json!("ops hunan")).unwrap().units, ["Xuhui/Hunan Road"]);
        for nothing in [json!(["ops"]), json!(["xuhui"]), json!([]), Value::Null, json!({ "ops": true })] {
            assert_eq!(of(nothing).unwrap_err().why, SignInRefusal::NoRole);
        }
    }

    #[test]
    fn a_name_is_needed_and_a_second_factor_is_believed_only_by_configured_values() {
        let ada = identity(&config(json!({})), &claims(json!({ "amr": ["pwd", "otp"], "acr": "mfa-like" }))).unwrap();
        assert_eq!((ada.subject.as_str(), ada.name.as_str(), ada.display_name.as_str()), ("https://id.example 7", "ada", "ada"));
        assert!(!ada.second_factor && ada.groups.is_none());
        let strong = |config: Value, more: Value| identity(&super::super::config::tests::config(config), &claims(more)).unwrap();
        assert!(strong(json!({}), json!({ "amr": ["pwd", "mfa"] })).second_factor);
        assert!(strong(json!({ "second_factor": ["gold"] }), json!({ "acr": "gold" })).second_factor);
        assert!(!strong(json!({ "second_factor": ["gold"] }), json!({ "amr": ["mfa"] })).second_factor);
        let named = config(json!({ "name_claim": "email" }));
        assert_eq!(identity(&named, &claims(json!({}))).unwrap_err().why, SignInRefusal::NoName);
        assert_eq!(identity(&named, &claims(json!({ "email": " A@B.c " }))).unwrap().name, "a@b.c");
    }
}
