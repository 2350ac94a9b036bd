//! The second factor: codes of an authenticator application (TOTP, RFC 6238) and recovery codes.
//!
//! SHA-1, six digits, thirty seconds: what every application can do. One step of clock error is forgiven each way, and no step
//! is taken twice (`store/accounts.rs` keeps the last one).

use qrcode::QrCode;
use qrcode::render::svg;
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};

/// What the application shows above the code.
const ISSUER: &str = "Kerbwatch";
/// How many recovery codes one gets.
pub(crate) const RECOVERY_CODES: usize = 10;
/// Without letters and digits that look alike.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789_";

/// A secret to be put into an application.
pub(crate) struct Offer {
    pub(crate) secret: [u8; 20],
    /// For typing.
    pub(crate) base32: String,
    /// For a link on the same device.
    pub(crate) uri: String,
    /// For the camera of another.
    pub(crate) svg: String,
}

fn totp(secret: &[u8], account: &str) -> Totp {
    Builder::new()
        .with_secret(Secret::from(secret.to_vec()))
        .with_issuer(Some(ISSUER))
        .with_account_name(account)
        .build()
        .expect("160 bits, six digits, and a log-in name without a colon")
}

/// A fresh secret of 160 bits, as RFC 4226 recommends.
pub(crate) fn offer(account: &str) -> Offer {
    let secret = rand::random::<[u8; 20]>();
    let totp = totp(&secret, account);
    let uri = totp.to_url().expect("a log-in name is an account name");
    let code = QrCode::new(uri.as_bytes()).expect("an address of 150 bytes fits into a QR code");
    let svg = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    Offer { secret, base32: totp.secret().to_base32(), uri, svg }
}

/// The time step this code belongs to, if it is one of now.
pub(crate) fn step_of(secret: &[u8], code: &str, now_ms: i64) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if secret.len() < 16 || code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let step = totp(secret, "nobody").check(&code, u64::try_from(now_ms / 1000).ok()?)?;
    i64::try_from(step).ok()
}

/// Codes for when the application is gone, 80 bits each.
pub(crate) fn recovery_codes() -> Vec<String> {
    let one = || {
        let bytes = rand::random::<[u8; 16]>();
        // The last of the alphabet is left out: 31 letters, and what falls on it is drawn again.
        let mut letters: Vec<u8> = bytes.iter().map(|b| ALPHABET[usize::from(b & 31)]).collect();
        for letter in &mut letters {
            while *letter == b'_' {
                *letter = ALPHABET[usize::from(rand::random::<u8>() & 31)];
            }
        }
        let groups: Vec<&str> = letters.chunks(4).map(|group| std::str::from_utf8(group).expect("ASCII")).collect();
        groups.join("-")
    };
    (0..RECOVERY_CODES).map(|_| one()).collect()
}

/// What is kept of a recovery code; spaces, dashes and capitals do not matter.
pub(crate) fn recovery_hash(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    hex::encode(Sha256::digest(format!("kerbwatch.recovery.v1\0{plain}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1: the last six of its eight digits.
        let secret = b"12345678901234567890";
        for (second, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")] {
            assert_eq!(step_of(secret, code, second * 1000), Some(second / 30), "{second}");
            assert_eq!(step_of(secret, code, (second + 30) * 1000), Some(second / 30), "a clock that is behind");
            assert_eq!(step_of(secret, code, (second + 90) * 1000), None);
        }
        assert_eq!(step_of(secret, "287 082", 59_000), Some(1), "as applications show it");
        for bad in ["", "28708", "2870822", "287o82", "２８７０８２"] {
            assert_eq!(step_of(secret, bad, 59_000), None, "{bad}");
        }
    }

    #[test]
    fn an_offer_can_be_scanned_typed_and_clicked() {
        let offer = offer("ada");
        assert!(offer.uri.starts_with("otpauth://totp/Kerbwatch:ada?") && offer.uri.contains(&offer.base32), "{}", offer.uri);
        assert!(offer.svg.contains("<svg") && !offer.svg.contains("script"));
        assert_eq!(Secret::try_from_base32(&offer.base32).unwrap().as_bytes(), offer.secret);
    }

    #[test]
    fn recovery_codes_are_many_different_and_forgiving() {
        let codes = recovery_codes();
        let different: std::collections::HashSet<_> = codes.iter().map(|code| recovery_hash(code)).collect();
        assert_eq!((codes.len(), different.len()), (RECOVERY_CODES, RECOVERY_CODES));
        assert!(codes.iter().all(|code| code.len() == 19 && !code.contains('_')), "{codes:?}");
        assert_eq!(recovery_hash(&codes[0]), recovery_hash(&codes[0].to_uppercase().replace('-', " ")));
    }
}
