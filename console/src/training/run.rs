//! An export, row by row, and in the audit log what came of it. That it begins was written there before: see `Order::announce`.

use std::collections::BTreeMap;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::archive::Target;
use super::labels::Labels;
use super::order::Order;
use super::picture::{Look, Still, derive};
use crate::clock::rfc3339;
use crate::dto::word;
use crate::error::ApiError;
use crate::store::{Deed, Store, TrainingRow};
use crate::vault::{Item, Vault};

/// Rows read at a time.
const PAGE: i64 = 200;

/// What came of it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Examples.
    pub confirmed: u64,
    /// Hard negatives.
    pub rejected: u64,
    /// Why others were left out, and how many.
    pub left_out: BTreeMap<String, u64>,
}

/// Why there is no export, or none to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It may not be made.
    #[error("{0}")]
    Refused(String),
    /// The database failed.
    #[error("reading the decisions")]
    Database(#[from] sqlx::Error),
    /// The disk is full, or nobody reads any more.
    #[error("writing the export")]
    Write(#[from] std::io::Error),
}

/// The still of a row as it shall look, or why there is none.
fn still(runtime: &tokio::runtime::Handle, vault: &Vault, row: &TrainingRow, look: Look) -> Result<Still, &'static str> {
    if row.deleted {
        return Err("pictures_deleted");
    }
    let key = row.key.clone().ok_or("no_trigger_still")?;
    let sha256 = row.sha256.clone().unwrap_or_default();
    // Its size does not matter: stills are read whole, and known by their digest.
    let item = Item { key, sha256, bytes: 0 };
    let jpeg = vault.still_blocking(runtime, &item).map_err(|error| match error {
        ApiError::Conflict { .. } => "still_differs_from_its_digest",
        ApiError::EvidenceNotYet | ApiError::EvidenceAway => "still_not_in_the_store_now",
        _ => "still_missing",
    })?;
    // What is no longer what was sealed must not teach anybody anything.
    if row.sha256.as_deref() != Some(hex::encode(Sha256::digest(&jpeg)).as_str()) {
        return Err("still_differs_from_its_digest");
    }
    derive(jpeg, row.bbox, look).map_err(|error| {
        tracing::debug!(candidate = row.candidate, error = &error as &dyn std::error::Error, "a still cannot be exported");
        "still_unreadable"
    })
}

/// Exports into `to`. Blocks on pictures and on whoever reads: call it where blocking is allowed.
///
/// # Errors
/// The database failed or the target cannot be written; what is written so far has no labels and is of no use.
pub(crate) fn run(
    runtime: &tokio::runtime::Handle,
    store: &Store,
    vault: &Vault,
    order: &Order,
    to: &mut dyn Target,
) -> Result<Tally, ExportError> {
    let (mut labels, mut tally) = (Labels::new(order.format, order.masked), Tally::default());
    let mut after = String::new();
    loop {
        let rows = runtime.block_on(store.training_rows(&order.conditions, &order.reasons, &after, PAGE))?;
        let Some(last) = rows.last() else { break };
        after.clone_from(&last.candidate);
        for row in &rows {
            match still(runtime, vault, row, labels.look()) {
                Ok(picture) => {
                    labels.add(to, row, &picture, &hex::encode(Sha256::digest(&picture.jpeg)))?;
                    *(if row.confirmed { &mut tally.confirmed } else { &mut tally.rejected }) += 1;
                }
                Err(why) => *tally.left_out.entry(why.to_owned()).or_default() += 1,
            }
        }
    }
    let (_, rejections) = runtime.block_on(store.training_counts(&order.conditions, order.decided))?;
    for (reason, count) in rejections.into_iter().filter(|(reason, _)| !order.reasons.contains(reason)) {
        tally.left_out.insert(format!("rejected_as_{}", word(&reason)), count);
    }
    let labelled = labels.finish(to)?;
    let sha256 = hex::encode(Sha256::digest(&labelled));
    let details = json!({
        "format": order.format, "masked": order.masked, "confirmed": tally.confirmed, "rejected": tally.rejected,
        "left_out": tally.left_out, "labels_sha256": sha256,
    });
    let about =
        json!({ "made_at": rfc3339(store.clock().now_ms()), "made_by": order.actor, "asked": order.asked, "made": details });
    to.file("export.json", format!("{about:#}\n").as_bytes())?;
    to.finish()?;
    let deed =
        Deed { actor: &order.actor, action: "training.exported", object: "decisions", reason: order.reason.as_deref(), details };
    runtime.block_on(store.audit_alone(deed))?;
    Ok(tally)
}
