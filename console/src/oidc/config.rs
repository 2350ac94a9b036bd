//! What an installation says of its identity provider.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use openidconnect::url::{Host, Url};
use serde::Deserialize;

use crate::dto::Role;

/// The table `[console.oidc]`: sign-in with an identity provider (OpenID Connect, authorization code with PKCE).
///
/// Without `roles` and `units` only users that an administrator made for it may enter. With both, whoever the provider puts
/// into these groups may, and gets roles and units by them at each sign-in.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// Its address, e.g. `https://id.example`; its settings are read from `/.well-known/openid-configuration` below it.
    pub issuer: String,
    /// What it calls this console.
    pub client_id: String,
    /// A file with the client's secret. Without one, and without a variable, the client is public.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// The environment variable that holds the client's secret.
    #[serde(default)]
    pub client_secret_env: Option<String>,
    /// What the button on the log-in page says; the page's own words when absent.
    #[serde(default)]
    pub label: Option<String>,
    /// Asked for beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The claim that names the user here.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// Values of `amr` or `acr` by which the provider says that it asked for a second factor.
    #[serde(default = "second_factor")]
    pub second_factor: Vec<String>,
    /// The claim that lists a person's groups.
    #[serde(default = "groups_claim")]
    pub groups_claim: String,
    /// Group → roles.
    #[serde(default)]
    pub roles: BTreeMap<String, Vec<Role>>,
    /// Group → unit: `city`, a district, or `district/street` as cameras name them.
    #[serde(default)]
    pub units: BTreeMap<String, String>,
    /// Where groups decide, a session lasts so long at most, seconds: who is taken out of a group is out by then. A browser that
    /// is still signed in at the provider comes back without typing anything.
    #[serde(default = "session_s")]
    pub session_s: u32,
}

/// One hour.
fn session_s() -> u32 {
    3600
}

fn scopes() -> Vec<String> {
    vec!["profile".to_owned()]
}

fn name_claim() -> String {
    "preferred_username".to_owned()
}

/// RFC 8176: more than one factor was used.
fn second_factor() -> Vec<String> {
    vec!["mfa".to_owned()]
}

fn groups_claim() -> String {
    "groups".to_owned()
}

impl OidcConfig {
    /// Do groups decide who may enter as what?
    pub(crate) fn by_groups(&self) -> bool {
        !self.roles.is_empty()
    }

    /// What can be told without asking the provider.
    ///
    /// # Errors
    /// The first field that is wrong, in one sentence.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let issuer = Url::parse(&self.issuer).with_context(|| format!("console.oidc.issuer {:?} is not a URL", self.issuer))?;
        let here = match issuer.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        ensure!(
            issuer.scheme() == "https" || (issuer.scheme() == "http" && here),
            "console.oidc.issuer {:?} is neither https:// nor on this machine: who listens could be anybody",
            self.issuer
        );
        ensure!(
            issuer.query().is_none() && issuer.fragment().is_none() && issuer.username().is_empty(),
            "console.oidc.issuer {:?}: an issuer has no user, query or fragment",
            self.issuer
        );
        ensure!(!self.client_id.trim().is_empty(), "console.oidc.client_id is empty");
        if self.client_secret_file.is_some() && self.client_secret_env.is_some() {
            bail!("console.oidc: give client_secret_file or client_secret_env, not both");
        }
        ensure!((60..=86_400).contains(&self.session_s), "console.oidc.session_s is from 60 to 86400");
        ensure!(!self.name_claim.is_empty(), "console.oidc.name_claim is empty");
        ensure!(
            self.roles.is_empty() == self.units.is_empty(),
            "console.oidc: roles and units go together: who gets roles by their groups gets units by them too"
        );
        let length = self.label.as_ref().map_or(1, |label| label.trim().chars().count());
        ensure!((1..=60).contains(&length), "console.oidc.label has 1 to 60 characters");
        Ok(())
    }

    /// The client's secret, from where the configuration says it lies.
    pub(super) fn secret(&self) -> anyhow::Result<Option<String>> {
        let text = match (&self.client_secret_file, &self.client_secret_env) {
            (Some(path), _) => std::fs::read_to_string(path)
                .with_context(|| format!("console.oidc.client_secret_file: reading {}", path.display()))?,
            (None, Some(name)) => std::env::var(name)
                .map_err(|_| anyhow::anyhow!("console.oidc.client_secret_env: the environment variable {name} is not set"))?,
            (None, None) => return Ok(None),
        };
        let text = text.trim().to_owned();
        ensure!(!text.is_empty(), "console.oidc: the client's secret is empty");
        Ok(Some(text))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    pub(in crate::oidc) fn config(more: Value) -> OidcConfig {
        let mut config = json!({ "issuer": "https://id.example", "client_id": "kerbwatch" });
        for (key, value) in more.as_object().unwrap() {
            config[key] = value.clone();
        }
        serde_json::from_value(config).unwrap()
    }

    #[test]
    fn a_configuration_that_could_let_anybody_in_is_refused() {
        let check = |more: Value| config(more).check().map_err(|error| error.to_string());
        assert_eq!(check(json!({})), Ok(()));
        for good in ["http://127.0.0.1:9/a", "http://localhost/realms/x", "http://[::1]:8/", "https://id.example/realms/city"] {
            assert_eq!(check(json!({ "issuer": good })), Ok(()), "{good}");
        }
        for bad in ["http://id.example", "id.example", "https://id.example/?a=1", "ftp://127.0.0.1", "https://u@id.example"] {
            assert!(check(json!({ "issuer": bad })).unwrap_err().contains("issuer"), "{bad}");
        }
        assert!(check(json!({ "client_id": " " })).unwrap_err().contains("client_id"));
        assert!(check(json!({ "roles": { "ops": ["operator"] } })).unwrap_err().contains("go together"));
        assert!(check(json!({ "client_secret_file": "a", "client_secret_env": "B" })).unwrap_err().contains("not both"));
        assert!(check(json!({ "session_s": 5 })).unwrap_err().contains("session_s"));
        assert!(check(json!({ "label": "" })).unwrap_err().contains("label"));
        let unset = config(json!({ "client_secret_env": "KERBWATCH_NO_SUCH_SECRET" })).secret();
        assert!(unset.unwrap_err().to_string().contains("KERBWATCH_NO_SUCH_SECRET"));
    }
}
