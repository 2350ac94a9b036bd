//! Requests to the provider: our own client, no redirects, answers of a bounded size.

use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context, ensure};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde_json::Value;

/// The provider answers within this, or is away.
const PATIENCE: Duration = Duration::from_secs(10);
/// Settings, keys and tokens are a few kilobytes.
const LARGEST: usize = 1 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    /// The provider cannot be reached, or hangs.
    #[error("the provider does not answer")]
    Away(#[from] reqwest::Error),
    /// It sends more than any good answer.
    #[error("the provider's answer is larger than {LARGEST} bytes")]
    TooLarge,
}

/// The one client for the provider.
pub(super) struct Fetcher {
    http: reqwest::Client,
}

impl Fetcher {
    /// # Errors
    /// TLS cannot be set up on this machine.
    pub(super) fn new() -> anyhow::Result<Self> {
        let agent = concat!("kerbwatch/", env!("CARGO_PKG_VERSION"));
        // Redirects are not followed: a provider must not be able to send us anywhere within the house.
        let http = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).user_agent(agent);
        Ok(Self { http: http.build().context("setting up the client for the identity provider")? })
    }

    async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let (parts, body) = request.into_parts();
        let sent = http.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body).send().await;
        // Without the address: it may hold a code.
        let mut answer = sent.map_err(reqwest::Error::without_url)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
            if bytes.len() + chunk.len() > LARGEST {
                return Err(FetchError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        let mut response = HttpResponse::new(bytes);
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        Ok(response)
    }

    /// The claims that the holder of this token may read.
    pub(super) async fn userinfo(&self, endpoint: &str, access_token: &str) -> anyhow::Result<Value> {
        let request = self.http.get(endpoint).bearer_auth(access_token).header("accept", "application/json").build()?;
        let mut asked = HttpRequest::new(Vec::new());
        *asked.uri_mut() = endpoint.parse()?;
        *asked.headers_mut() = request.headers().clone();
        let answer = Self::send(self.http.clone(), asked).await?;
        ensure!(answer.status().is_success(), "the userinfo endpoint answered {}", answer.status());
        serde_json::from_slice(answer.body()).context("the userinfo is not JSON")
    }
}

impl<'c> AsyncHttpClient<'c> for Fetcher {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(Self::send(self.http.clone(), request))
    }
}
