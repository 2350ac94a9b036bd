//! The certificate of a batch: what was deleted, under which rule, when, by whom; for who was not there.

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::dto::RetentionRule;

/// Names the document's form to who reads it.
const DOCUMENT: &str = "kerbwatch.deletion_certificate.v1";

/// A file that was deleted.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Listed {
    pub(crate) candidate: String,
    pub(crate) file: String,
    pub(crate) role: String,
    /// Where it lay.
    pub(crate) key: String,
    pub(crate) sha256: String,
    pub(crate) bytes: i64,
    pub(crate) rule: RetentionRule,
    /// Version of the policy.
    pub(crate) policy: i64,
    pub(crate) due_at: String,
    /// `deleted`, or `absent`: it was looked for and found in no place.
    pub(crate) outcome: String,
    pub(crate) at: String,
}

/// SHA-256 of a text, hex.
pub(crate) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The text that is signed. `times`: when the batch was begun, and when it was signed.
pub(crate) fn document(
    number: i64,
    district: &str,
    by: &str,
    times: (&str, &str),
    policies: &[Value],
    items: &[Listed],
    previous: Option<&str>,
) -> String {
    // Keys stand in order, so that the same batch is the same bytes.
    json!({
        "type": DOCUMENT, "number": number, "district": district, "by": by, "begun_at": times.0, "at": times.1,
        "policies": policies, "items": items, "files": items.len(),
        "bytes": items.iter().map(|item| item.bytes).sum::<i64>(), "previous": previous,
    })
    .to_string()
}
