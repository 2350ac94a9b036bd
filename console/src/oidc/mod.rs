//! Sign-in with the city's identity provider: OpenID Connect, authorization code with PKCE.
//!
//! The provider says who somebody is; who may enter is decided here. Its settings and keys are read when a sign-in begins, and
//! its keys once more when a token names one we do not know: a changed key shuts nobody out. Nothing of a sign-in on its way
//! is kept on our side: the browser carries it, sealed.

mod config;
mod fetch;
mod identity;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreIdToken};
use openidconnect::url::Url;
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, IssuerUrl, LogoutRequest, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl,
    RequestTokenError, Scope, SignatureVerificationError, TokenResponse,
};
use serde_json::Value;

pub use config::OidcConfig;
pub(crate) use identity::Identity;

use crate::config::ConsoleConfig;
use crate::dto::SignInRefusal;
use fetch::Fetcher;

/// The path below which the provider sends people back.
pub(crate) const CALLBACK: &str = "/api/v1/session/oidc/callback";
/// Clocks of two houses differ; a token that is over by less is taken, and one from the future by less too.
const SKEW_MS: i64 = 60_000;
/// A code is exchanged at once: an ID token older than this was not made for this sign-in.
const OLDEST_MS: i64 = 10 * 60_000;
/// Settings read so shortly ago are not read again: many sign-ins at once are one question.
const FRESH_MS: i64 = 10_000;
/// Logging out waits no longer for the provider.
const GOODBYE: Duration = Duration::from_secs(3);

/// Why a sign-in came to nothing: the word for the log-in page, and the cause for the log.
#[derive(Debug, thiserror::Error)]
#[error("{cause:#}")]
pub(crate) struct Refusal {
    pub(crate) why: SignInRefusal,
    pub(crate) cause: anyhow::Error,
}

impl Refusal {
    pub(crate) fn new(why: SignInRefusal, cause: impl Into<String>) -> Self {
        Self { why, cause: anyhow::anyhow!(cause.into()) }
    }
}

fn refusal(why: SignInRefusal) -> impl Fn(anyhow::Error) -> Refusal {
    move |cause| Refusal { why, cause }
}

/// What the browser carries until the person comes back.
pub(crate) struct Begun {
    /// Where to send them.
    pub(crate) url: String,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
}

/// Somebody whom the provider vouches for.
pub(crate) struct Vouched {
    pub(crate) identity: Identity,
    /// Shown to the provider when they log out.
    pub(crate) id_token: String,
}

/// Asks the identity provider for its settings and keys, as a sign-in would; its issuer, or `None` where none is configured.
///
/// # Errors
/// What of the configuration is wrong, or why the provider cannot be used.
pub async fn check_provider(config: &ConsoleConfig) -> anyhow::Result<Option<String>> {
    let Some(oidc) = &config.oidc else { return Ok(None) };
    let provider = Provider::new(oidc, config.public_url.as_deref())?;
    provider.metadata(0, i64::MAX).await?;
    Ok(Some(oidc.issuer.clone()))
}

/// Its settings and keys, and when they were read.
type Known = Option<(i64, Arc<ProviderMetadataWithLogout>)>;

/// The provider, as configured.
pub(crate) struct Provider {
    config: OidcConfig,
    secret: Option<ClientSecret>,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    after_logout: PostLogoutRedirectUrl,
    fetcher: Fetcher,
    known: Mutex<Known>,
}

impl Provider {
    /// `public_url` is where the provider sends people back to.
    ///
    /// # Errors
    /// What of the configuration is wrong. The provider is not asked.
    pub(crate) fn new(config: &OidcConfig, public_url: Option<&str>) -> anyhow::Result<Self> {
        config.check()?;
        let public_url = public_url.context("console.oidc needs console.public_url: the provider sends people back there")?;
        let home = public_url.trim_end_matches('/');
        Ok(Self {
            secret: config.secret()?.map(ClientSecret::new),
            issuer: IssuerUrl::new(config.issuer.clone())?,
            redirect: RedirectUrl::new(format!("{home}{CALLBACK}")).context("console.public_url is not a URL")?,
            after_logout: PostLogoutRedirectUrl::new(format!("{home}/login")).context("console.public_url is not a URL")?,
            fetcher: Fetcher::new()?,
            known: Mutex::default(),
            config: config.clone(),
        })
    }

    pub(crate) fn label(&self) -> Option<&str> {
        self.config.label.as_deref()
    }

    /// How long a session lasts at most that groups decided on.
    pub(crate) fn session_ms(&self) -> Option<i64> {
        self.config.by_groups().then(|| i64::from(self.config.session_s) * 1000)
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.config.issuer
    }

    /// Asks the provider for its settings and keys, unless that was done after `since_ms`.
    pub(crate) async fn metadata(&self, now_ms: i64, since_ms: i64) -> anyhow::Result<Arc<ProviderMetadataWithLogout>> {
        let known = self.known.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
        if let Some((_, known)) = known.filter(|(at_ms, _)| *at_ms > since_ms) {
            return Ok(known);
        }
        let read = ProviderMetadataWithLogout::discover_async(self.issuer.clone(), &self.fetcher);
        let read = Arc::new(read.await.with_context(|| format!("reading the settings of {}", self.config.issuer))?);
        *self.known.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some((now_ms, Arc::clone(&read)));
        Ok(read)
    }

    /// Where to send somebody who wants to sign in.
    pub(crate) async fn begin(&self, now_ms: i64) -> Result<Begun, Refusal> {
        let metadata = self.metadata(now_ms, now_ms - FRESH_MS).await.map_err(refusal(SignInRefusal::ProviderAway))?;
        let id = ClientId::new(self.config.client_id.clone());
        let client = CoreClient::from_provider_metadata((*metadata).clone(), id, None).set_redirect_uri(self.redirect.clone());
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let mut request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random).set_pkce_challenge(challenge);
        for scope in &self.config.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = request.url();
        Ok(Begun {
            url: url.to_string(),
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        })
    }

    /// Who came back with this code.
    pub(crate) async fn finish(&self, code: String, nonce: String, verifier: String, now_ms: i64) -> Result<Vouched, Refusal> {
        let away = refusal(SignInRefusal::ProviderAway);
        let metadata = self.metadata(now_ms, i64::MIN).await.map_err(&away)?;
        let id = ClientId::new(self.config.client_id.clone());
        let client = CoreClient::from_provider_metadata((*metadata).clone(), id, self.secret.clone())
            .set_redirect_uri(self.redirect.clone());
        let exchange = client.exchange_code(AuthorizationCode::new(code)).map_err(|error| away(error.into()))?;
        let exchanged = exchange.set_pkce_verifier(PkceCodeVerifier::new(verifier)).request_async(&self.fetcher).await;
        let tokens = exchanged.map_err(|error| match error {
            RequestTokenError::Request(error) => away(anyhow::Error::new(error).context("exchanging the code")),
            other => Refusal::new(SignInRefusal::ProviderRefused, format!("exchanging the code: {other}")),
        })?;
        let token = tokens.id_token().ok_or_else(|| Refusal::new(SignInRefusal::BadToken, "the provider gave no ID token"))?;
        let nonce = Nonce::new(nonce);
        let mut verified = self.verify(&metadata, token, &nonce, now_ms);
        let unknown = ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey);
        if verified.as_ref().is_err_and(|error| *error == unknown) {
            // The provider changed its keys between the way there and back.
            let metadata = self.metadata(now_ms, i64::MAX).await.map_err(&away)?;
            verified = self.verify(&metadata, token, &nonce, now_ms);
        }
        verified
            .map_err(|error| refusal(SignInRefusal::BadToken)(anyhow::Error::new(error).context("verifying the ID token")))?;
        let mut claims = payload(token).map_err(refusal(SignInRefusal::BadToken))?;
        if identity::wanted(&self.config).iter().any(|name| claims[*name].is_null()) {
            self.add_userinfo(&metadata, tokens.access_token().secret(), &mut claims).await?;
        }
        let identity = identity::identity(&self.config, &claims)?;
        Ok(Vouched { identity, id_token: token.to_string() })
    }

    /// Signature, issuer, audience, expiry, time of issue, nonce.
    fn verify(
        &self,
        metadata: &ProviderMetadataWithLogout,
        token: &CoreIdToken,
        nonce: &Nonce,
        now_ms: i64,
    ) -> Result<(), ClaimsVerificationError> {
        let at = |ms: i64| std::time::UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        let id = ClientId::new(self.config.client_id.clone());
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, self.secret.clone());
        let verifier = client.id_token_verifier().set_time_fn(move || at(now_ms - SKEW_MS).into()).set_issue_time_verifier_fn(
            move |issued| match issued.timestamp_millis() {
                ms if ms > now_ms + SKEW_MS => Err("the ID token was issued in the future: compare the clocks".to_owned()),
                ms if ms < now_ms - OLDEST_MS => Err("the ID token was issued too long ago".to_owned()),
                _ => Ok(()),
            },
        );
        token.claims(&verifier, nonce).map(drop)
    }

    /// Many providers put names and groups only into what they tell at the userinfo endpoint.
    async fn add_userinfo(
        &self,
        metadata: &ProviderMetadataWithLogout,
        access_token: &str,
        claims: &mut Value,
    ) -> Result<(), Refusal> {
        let Some(endpoint) = metadata.userinfo_endpoint() else { return Ok(()) };
        let told = self.fetcher.userinfo(endpoint.as_str(), access_token).await;
        let told = told.map_err(|error| refusal(SignInRefusal::ProviderAway)(error.context("asking for the user's claims")))?;
        if told["sub"].is_null() || told["sub"] != claims["sub"] {
            return Err(Refusal::new(SignInRefusal::BadToken, "the userinfo is of another subject than the ID token"));
        }
        for (name, value) in told.as_object().into_iter().flatten() {
            if claims[name].is_null() {
                claims[name] = value.clone();
            }
        }
        Ok(())
    }

    /// Where to send somebody who logs out here, so that they are logged out there; `None` where the provider has no such place,
    /// or is away.
    pub(crate) async fn after_log_out(&self, id_token: Option<&str>, now_ms: i64) -> Option<String> {
        let metadata = tokio::time::timeout(GOODBYE, self.metadata(now_ms, i64::MIN)).await.ok()?.ok()?;
        let endpoint = metadata.additional_metadata().end_session_endpoint.clone()?;
        let request = LogoutRequest::from(endpoint)
            .set_client_id(ClientId::new(self.config.client_id.clone()))
            .set_post_logout_redirect_uri(self.after_logout.clone());
        let request = match id_token.and_then(|text| text.parse::<CoreIdToken>().ok()) {
            Some(token) => request.set_id_token_hint(&token),
            None => request,
        };
        Some(request.http_get_url().to_string())
    }

    /// May a word of the provider about itself be believed? Only if it names the issuer that we went to (RFC 9207).
    pub(crate) fn is_from_here(&self, iss: Option<&str>) -> bool {
        let same = |a: &str, b: &str| Url::parse(a).ok().is_some_and(|a| Url::parse(b).is_ok_and(|b| a == b));
        iss.is_none_or(|iss| same(iss, &self.config.issuer))
    }
}

/// The claims as JSON, because which of them name a user is configured. Only of a token that was verified.
fn payload(token: &CoreIdToken) -> anyhow::Result<Value> {
    let text = token.to_string();
    let payload = text.split('.').nth(1).context("an ID token has three parts")?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?)
}
