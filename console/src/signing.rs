//! Signed addresses of pictures: HMAC-SHA-256 (RFC 2104) over what, for whom, why and until when.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// An address is good for so long at most.
pub(crate) const LIFETIME_S: i64 = 300;
/// Addresses made within the same minute are the same, so that the browser's cache works.
const STEP_S: i64 = 60;

/// Signs and checks.
#[derive(Clone)]
pub(crate) struct Signer {
    key: [u8; 32],
}

/// What is signed.
pub(crate) struct Claims<'a> {
    pub(crate) user: &'a str,
    pub(crate) candidate: &'a str,
    pub(crate) file: &'a str,
    pub(crate) purpose: &'a str,
    pub(crate) expires: i64,
}

impl Signer {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    fn mac(&self, claims: &Claims<'_>) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        let expires = claims.expires.to_string();
        for part in ["kerbwatch.evidence.v1", claims.user, claims.candidate, claims.file, claims.purpose, &expires] {
            // With its length in front, no part can pass for the beginning of the next.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }

    /// The signed address, relative to the server.
    pub(crate) fn url(&self, user: &str, candidate: &str, file: &str, purpose: &str, now_ms: i64) -> String {
        let expires = now_ms.div_euclid(1000).div_euclid(STEP_S) * STEP_S + LIFETIME_S;
        let sig = hex::encode(self.mac(&Claims { user, candidate, file, purpose, expires }).finalize().into_bytes());
        format!("/api/v1/evidence/{candidate}/{file}?expires={expires}&purpose={purpose}&sig={sig}")
    }

    /// The signed address of a still that a camera's recording keeps, relative to the server.
    pub(crate) fn recorded_url(&self, user: &str, camera: &str, file: &str, purpose: &str, now_ms: i64) -> String {
        let expires = now_ms.div_euclid(1000).div_euclid(STEP_S) * STEP_S + LIFETIME_S;
        let object = format!("recorded/{camera}");
        let sig = hex::encode(self.mac(&Claims { user, candidate: &object, file, purpose, expires }).finalize().into_bytes());
        format!("/api/v1/cameras/{camera}/recorded/{file}?expires={expires}&purpose={purpose}&sig={sig}")
    }

    /// Is it ours, and not over? Compared in constant time.
    pub(crate) fn holds(&self, claims: &Claims<'_>, sig: &str, now_ms: i64) -> bool {
        let Ok(sig) = hex::decode(sig) else { return false };
        let now_s = now_ms.div_euclid(1000);
        let in_time = now_s < claims.expires && claims.expires <= now_s.saturating_add(LIFETIME_S);
        self.mac(claims).verify_slice(&sig).is_ok() && in_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (i64, String) {
        let expires = url.split("expires=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
        (expires, url.split("sig=").nth(1).unwrap().to_owned())
    }

    #[test]
    fn an_address_holds_for_its_person_file_and_time_only() {
        let signer = Signer::new([7; 32]);
        let now_ms = 1_800_000_012_345;
        let (expires, sig) = parts(&signer.url("u1", "c1", "a.jpg", "review", now_ms));
        let good = Claims { user: "u1", candidate: "c1", file: "a.jpg", purpose: "review", expires };
        assert!(signer.holds(&good, &sig, now_ms));
        assert!(signer.holds(&good, &sig, expires * 1000 - 1));
        assert!(!signer.holds(&good, &sig, expires * 1000), "over");
        assert!(!signer.holds(&good, &sig, now_ms - 10 * 60_000), "from the future");
        for bad in [
            Claims { user: "u2", ..good },
            Claims { candidate: "c2", ..good },
            Claims { file: "b.jpg", ..good },
            Claims { purpose: "case", ..good },
            Claims { expires: expires - 1, ..good },
        ] {
            assert!(!signer.holds(&bad, &sig, now_ms));
        }
        assert!(!Signer::new([8; 32]).holds(&good, &sig, now_ms), "another key");
        for sig in ["", "zz", &sig[..62]] {
            assert!(!signer.holds(&good, sig, now_ms), "{sig:?}");
        }
    }
}
