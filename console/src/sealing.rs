//! What must be read again but not by whoever reads the database: sealed with AES-256-GCM (NIST SP 800-38D).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};

/// Bytes of the nonce.
const NONCE: usize = 12;
/// Bytes of the tag at the end.
const TAG: usize = 16;

/// Seals and opens. The key comes from a file beside the database when the configuration names one.
#[derive(Clone)]
pub(crate) struct Sealer {
    key: [u8; 32],
}

impl Sealer {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// Base64 of nonce, sealed text and tag. `whose` is bound in: the text opens for nobody else.
    pub(crate) fn seal(&self, whose: &str, plain: &[u8]) -> String {
        // Random nonces of 96 bits: a few thousand secrets are far from the 2^32 after which they might meet.
        let nonce = rand::random::<[u8; NONCE]>();
        let mut tag = [0; TAG];
        let sealed = encrypt_aead(Cipher::aes_256_gcm(), &self.key, Some(&nonce), whose.as_bytes(), plain, &mut tag)
            .expect("a short text can be sealed with a key of 32 bytes");
        STANDARD.encode([&nonce[..], &sealed, &tag].concat())
    }

    /// The text, if this key sealed it for this person.
    pub(crate) fn open(&self, whose: &str, sealed: &str) -> Option<Vec<u8>> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_at_checked(NONCE)?;
        let (sealed, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
        decrypt_aead(Cipher::aes_256_gcm(), &self.key, Some(nonce), whose.as_bytes(), sealed, tag).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_for_the_same_person_only() {
        let (sealer, other) = (Sealer::new([1; 32]), Sealer::new([2; 32]));
        let sealed = sealer.seal("ada", b"secret");
        assert_eq!(sealer.open("ada", &sealed).as_deref(), Some(&b"secret"[..]));
        assert_ne!(sealer.seal("ada", b"secret"), sealed, "a fresh nonce each time");
        assert_eq!(sealer.open("eve", &sealed), None);
        assert_eq!(other.open("ada", &sealed), None);
        let mut broken = STANDARD.decode(&sealed).unwrap();
        *broken.last_mut().unwrap() ^= 1;
        assert_eq!(sealer.open("ada", &STANDARD.encode(broken)), None);
        for nonsense in ["", "AAAA", "not base64!"] {
            assert_eq!(sealer.open("ada", nonsense), None);
        }
    }
}
