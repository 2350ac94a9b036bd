//! Posts signed case packages to receivers, and knows their call-backs by the secret shared with each.
//!
//! Nothing is sent from within a transaction: the delivery is a row, the sender takes due rows in hand, tries, and writes down how
//! it ended. Whatever dies in between, the delivery is due again; the receiver knows it by its id.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::{StatusCode, Url, header};
use serde_json::json;
use sha2::Sha256;

use crate::clock::rfc3339;
use crate::dto::word;
use crate::error::ApiError;
use crate::sealing::Sealer;
use crate::store::{Due, KeptPackage, Store, Tried};

/// A receiver that has not answered by then gets it again later.
const PATIENCE: Duration = Duration::from_secs(10);
/// Due deliveries are looked for this often, beside the bell.
const LOOK: Duration = Duration::from_secs(2);
/// A signed message older or newer than this is refused: whoever recorded it cannot play it again next week.
pub(crate) const SKEW_S: i64 = 300;

/// Where a receiver may be: over TLS anywhere, in the clear only within the house.
pub(crate) fn check_url(text: &str) -> Result<(), ApiError> {
    let refused = |message: &str| ApiError::Refused { code: "bad_url", message: message.to_owned() };
    let url = Url::parse(text).map_err(|_| refused("the address is not a URL"))?;
    if text.len() > 1000 || url.host_str().is_none() || !url.username().is_empty() || url.password().is_some() {
        return Err(refused("the address is at most 1000 characters, with a host and without a user"));
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if in_house(&url) => Ok(()),
        _ => Err(refused("the address is https://, or http:// to this machine or a private address")),
    }
}

fn in_house(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        Err(_) => host == "localhost",
    }
}

fn mac(secret: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

/// The value of `x-kerbwatch-signature`.
pub(crate) fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    format!("v1={}", hex::encode(mac(secret, timestamp, body).finalize().into_bytes()))
}

/// Was it signed with this secret, just now? Compared in constant time.
pub(crate) fn holds(secret: &str, timestamp: &str, body: &[u8], signature: &str, now_ms: i64) -> bool {
    let Some(at_s) = timestamp.parse::<i64>().ok().filter(|_| timestamp.len() <= 12) else { return false };
    let Some(sig) = signature.strip_prefix("v1=").and_then(|hex| hex::decode(hex).ok()) else { return false };
    let in_time = (now_ms.div_euclid(1000) - at_s).abs() <= SKEW_S;
    mac(secret, timestamp, body).verify_slice(&sig).is_ok() && in_time
}

/// The client for all receivers. It follows no redirects: a package goes where an administrator said, or nowhere.
///
/// # Errors
/// TLS cannot be set up on this machine.
pub(crate) fn client() -> reqwest::Result<reqwest::Client> {
    let agent = concat!("kerbwatch/", env!("CARGO_PKG_VERSION"));
    reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).user_agent(agent).build()
}

fn body(due: &Due, package: &KeptPackage) -> String {
    // The document is a text within the text: what was signed must come out byte for byte, whatever reads it.
    let body = json!({
        "id": due.id, "type": "kerbwatch.case_package.v1", "time": rfc3339(package.at_ms), "case": due.case,
        "document": package.document, "sha256": package.sha256, "signature": package.signature, "key_id": package.key_id,
        "public_key": package.public_key,
    });
    body.to_string()
}

fn pause_asked(headers: &header::HeaderMap) -> Option<i64> {
    let seconds: i64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    seconds.checked_mul(1000)
}

/// One try.
pub(crate) async fn post(client: &reqwest::Client, due: &Due, package: &KeptPackage, now_ms: i64) -> Tried {
    let Some(secret) = &due.secret else {
        // Its key may come back; until then a person can give the receiver a new secret.
        let error = "the receiver's secret was sealed with another key: give it a new secret".to_owned();
        return Tried::Later { status: None, error, pause_ms: None };
    };
    let body = body(due, package);
    let timestamp = now_ms.div_euclid(1000).to_string();
    let signature = signature(secret, &timestamp, body.as_bytes());
    let request = client
        .post(&due.url)
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-kerbwatch-event", &due.id)
        .header("x-kerbwatch-timestamp", &timestamp)
        .header("x-kerbwatch-signature", signature)
        .body(body);
    match request.send().await {
        Err(error) => {
            // Without the address: it may hold a key in its query.
            let error = error.without_url();
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            Tried::Later { status: None, error: format!("{error}{cause}"), pause_ms: None }
        }
        Ok(response) => judge(response.status(), pause_asked(response.headers())),
    }
}

/// What an answer means: taken, try later, or never.
fn judge(answer: StatusCode, pause_ms: Option<i64>) -> Tried {
    let (status, error) = (answer.as_u16(), format!("the receiver answered {answer}"));
    let later = matches!(answer, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS);
    if answer.is_success() {
        Tried::Taken { status }
    } else if later || answer.is_server_error() {
        Tried::Later { status: Some(status), error, pause_ms }
    } else {
        Tried::Refused { status, error }
    }
}

/// Tries everything that is due; how many there were. `luck` gives numbers in 0..1.
pub(crate) async fn deliver_due(
    store: &Store,
    sealer: &Sealer,
    client: &reqwest::Client,
    luck: impl Fn() -> f64,
) -> Result<usize, sqlx::Error> {
    let due = store.due_deliveries(sealer).await?;
    for one in &due {
        let tried = match store.package_of(&one.case, one.seq).await? {
            Some(package) => post(client, one, &package, store.clock().now_ms()).await,
            None => Tried::Refused { status: 0, error: "its package is not there".to_owned() },
        };
        let state = store.settle_delivery(one, &tried, luck()).await?;
        metrics::counter!("kerbwatch_console_deliveries_total", "reason" => word(&state)).increment(1);
        if let Tried::Later { error, .. } | Tried::Refused { error, .. } = &tried {
            tracing::warn!(delivery = one.id, error, state = word(&state), "a case package was not taken");
        }
    }
    Ok(due.len())
}

/// Sends until aborted.
pub(crate) async fn run(store: Store, sealer: Sealer, client: reqwest::Client) {
    let bell = Arc::clone(store.delivery_bell());
    loop {
        match deliver_due(&store, &sealer, &client, rand::random::<f64>).await {
            Ok(0) => {}
            Ok(_) => continue,
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "delivering case packages"),
        }
        let _ = tokio::time::timeout(LOOK, bell.notified()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receivers_are_reached_over_tls_or_within_the_house() {
        for good in [
            "https://cases.example/in?x=1",
            "http://127.0.0.1:9/x",
            "http://[::1]/x",
            "http://10.2.3.4/x",
            "http://192.168.1.9:8080/",
            "http://localhost/x",
        ] {
            assert!(check_url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://cases.example/in",
            "http://8.8.8.8/",
            "ftp://10.0.0.1/",
            "https://user:pass@cases.example/",
            "file:///etc/passwd",
            "cases.example",
            "",
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_signature_holds_for_its_secret_body_and_time_only() {
        let now_ms = 1_800_000_012_345;
        let sig = signature("s", "1800000012", b"body");
        assert!(holds("s", "1800000012", b"body", &sig, now_ms));
        assert!(holds("s", "1800000012", b"body", &sig, now_ms + SKEW_S * 1000 - 400));
        assert!(!holds("s", "1800000012", b"body", &sig, now_ms + (SKEW_S + 1) * 1000), "old");
        assert!(!holds("s", "1800000013", b"body", &sig, now_ms), "another time");
        assert!(!holds("t", "1800000012", b"body", &sig, now_ms), "another secret");
        assert!(!holds("s", "1800000012", b"bodY", &sig, now_ms), "another body");
        for sig in ["", "v1=", "v1=zz", &sig[3..], "v2=00"] {
            assert!(!holds("s", "1800000012", b"body", sig, now_ms), "{sig:?}");
        }
        // RFC 2104 by another implementation: printf '1.x' | openssl dgst -sha256 -hmac k
        assert_eq!(signature("k", "1", b"x"), KNOWN);
    }

    #[test]
    fn answers_are_taken_tried_again_or_given_up() {
        let kind = |code: u16| judge(StatusCode::from_u16(code).unwrap(), None);
        for code in [200, 201, 202, 204] {
            assert!(matches!(kind(code), Tried::Taken { .. }), "{code}");
        }
        for code in [408, 425, 429, 500, 502, 503] {
            assert!(matches!(kind(code), Tried::Later { .. }), "{code}");
        }
        for code in [301, 307, 400, 401, 403, 404, 410, 422] {
            assert!(matches!(kind(code), Tried::Refused { .. }), "{code}");
        }
    }

    const KNOWN: &str = "v1=976cb87e4f568d1c0f03f32859e90af8597cf00b978ba37c229c97d3a15b8449";
}
