//! Certificates of deletion: what a retention policy took away is not missing. Each is believed by its signature alone.

use std::collections::BTreeMap;
use std::path::Path;

use ed25519_dalek::{Signature, VerifyingKey};
use serde::Deserialize;

use super::{VerifyError, read_keys};
use crate::evidence::signer::key_id;

/// The form of the document, as the console writes it.
const DOCUMENT: &str = "kerbwatch.deletion_certificate.v1";
/// Names of the files that a certificate comes as.
const FILES: (&str, &str, &str) = ("certificate.json", "certificate.sig", "key.pem");

#[derive(Deserialize)]
struct Document {
    r#type: String,
    number: i64,
    items: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    sha256: String,
    bytes: u64,
    rule: String,
    outcome: String,
    at: String,
}

/// Files that certificates say were deleted, by SHA-256 and size.
#[derive(Debug, Clone, Default)]
pub struct Deleted(BTreeMap<(String, u64), String>);

impl Deleted {
    /// Adds what the certificate in a folder says: `certificate.json`, `certificate.sig` and `key.pem`, as the console packs them.
    /// `trusted`: keys that may have signed; empty: any.
    ///
    /// # Errors
    /// A file cannot be read, the signature does not fit, the key is not trusted, or it is no certificate.
    pub fn add(&mut self, folder: &Path, trusted: &[VerifyingKey]) -> Result<(), VerifyError> {
        let (document, signature, key) = (folder.join(FILES.0), folder.join(FILES.1), folder.join(FILES.2));
        let read = |path: &Path| std::fs::read(path).map_err(|source| VerifyError::Read { path: path.to_owned(), source });
        let not = |reason: String| VerifyError::Certificate { path: document.clone(), reason };
        let (text, signature) = (read(&document)?, read(&signature)?);
        let signer = read_keys(&key)?.into_iter().next();
        let signer = signer.ok_or_else(|| not("its key is missing".to_owned()))?;
        if !trusted.is_empty() && !trusted.iter().any(|one| key_id(one) == key_id(&signer)) {
            return Err(not(format!("it is signed by key {}, which is not among the trusted keys", key_id(&signer))));
        }
        let fits = Signature::from_slice(&signature).is_ok_and(|signature| signer.verify_strict(&text, &signature).is_ok());
        if !fits {
            return Err(not("the signature does not fit it".to_owned()));
        }
        let read: Document = serde_json::from_slice(&text).map_err(|error| not(error.to_string()))?;
        if read.r#type != DOCUMENT {
            return Err(not(format!("it is of type {:?}", read.r#type)));
        }
        for item in read.items {
            let how = if item.outcome == "absent" { "was found in no place until" } else { "was deleted on" };
            let text = format!("{how} {} under the rule {}, certificate {}", item.at, item.rule, read.number);
            self.0.insert((item.sha256, item.bytes), text);
        }
        Ok(())
    }

    /// How a file went, if a certificate says so.
    pub(super) fn of(&self, sha256: &str, bytes: u64) -> Option<&str> {
        self.0.get(&(sha256.to_owned(), bytes)).map(String::as_str)
    }
}
