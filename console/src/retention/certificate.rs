//! The certificate of a batch: what was deleted, under which rule, when, by whom; for who was not there.

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::dto::RetentionRule;

/// Names the document's form to who reads it: `deploy/schemas/deletion-certificate.v1.json`.
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What a certificate is against its schema: nothing, where it is as promised.
    pub(crate) fn complaints(document: &Value) -> Vec<String> {
        let schema = include_str!("../../../deploy/schemas/deletion-certificate.v1.json");
        let schema: Value = serde_json::from_str(schema).unwrap();
        let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        schema.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }

    fn listed(file: &str, role: &str, outcome: &str) -> Listed {
        Listed {
            candidate: "0".repeat(31) + "1",
            file: file.to_owned(),
            role: role.to_owned(),
            key: format!("{}1/{file}", "0".repeat(31)),
            sha256: "ab".repeat(32),
            bytes: 1012,
            rule: RetentionRule::Rejected,
            policy: 2,
            due_at: "2027-01-21T16:00:00.000Z".to_owned(),
            outcome: outcome.to_owned(),
            at: "2027-01-21T18:00:01.000Z".to_owned(),
        }
    }

    /// The form that courts and auditors keep does not change by accident; a diff of the file is a change of the contract.
    #[test]
    fn a_certificate_is_as_its_golden_file_and_its_schema_say() {
        let items = [listed("clip.mp4", "clip", "deleted"), listed("trigger.jpg", "trigger", "absent")];
        let days = json!({ "rejected_d": 7, "undecided_d": 30, "expired_d": 30, "permitted_d": 30, "case_ended_d": null });
        let policies = [json!({ "version": 2, "adopted_at": "2027-01-01T00:00:00.000Z", "days": days })];
        let times = ("2027-01-21T18:00:00.000Z", "2027-01-21T18:00:02.000Z");
        let made = document(7, "Xuhui", "system", times, &policies, &items, Some(&"cd".repeat(32)));
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/deletion-certificate.json");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, format!("{made}\n")).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap();
        assert_eq!(golden.trim_end(), made, "UPDATE_GOLDEN=1 rewrites {}", path.display());
        let golden: Value = serde_json::from_str(&golden).unwrap();
        assert_eq!(complaints(&golden), Vec::<String>::new());
        for (at, wrong) in [
            ("/type", json!("kerbwatch.deletion_certificate.v2")),
            ("/at", json!("yesterday")),
            ("/previous", json!("")),
            ("/items/0/sha256", json!("00")),
            ("/items/0/outcome", json!("lost")),
            ("/items/0/file", json!("../secret")),
            ("/policies/0/days/rejected_d", json!(-1)),
        ] {
            let mut spoilt = golden.clone();
            *spoilt.pointer_mut(at).unwrap() = wrong;
            assert!(!complaints(&spoilt).is_empty(), "{at}");
        }
    }
}
