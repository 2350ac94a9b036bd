//! The export as a command: the same rights, refusals and rows in the audit log as over the web.

use std::path::Path;

use super::archive::{Folder, Tape, Target};
use super::{ExportError, Order, Tally, run};
use crate::config::ConsoleConfig;
use crate::dto::TrainingQuery;
use crate::error::ApiError;
use crate::store::Store;
use crate::vault::Vault;

/// Exports decisions as the user `name`, who must have the right to: into a folder that is new or empty, or as a tape archive
/// on standard output where there is none. Blocks; call it outside the runtime.
///
/// # Errors
/// Nobody of that name may, the order is refused, the database failed, or the target cannot be written.
pub fn export_training(
    runtime: &tokio::runtime::Handle,
    store: &Store,
    config: &ConsoleConfig,
    name: &str,
    query: &TrainingQuery,
    folder: Option<&Path>,
) -> Result<Tally, ExportError> {
    let user = runtime.block_on(store.user_named(name))?.filter(|user| user.active);
    let user = user.ok_or_else(|| ExportError::Refused(format!("there is no active user {name}")))?;
    let actor = runtime.block_on(store.actor(user))?;
    if !actor.exports_training() {
        return Err(ExportError::Refused(format!("{name} has no role that may export training data")));
    }
    let vault = Vault::open(config).map_err(|error| ExportError::Refused(error.to_string()))?;
    let order = Order::read(query, &actor).map_err(|error| match error {
        ApiError::Forbidden => ExportError::Refused(format!("{name} has no role that may export originals")),
        other => ExportError::Refused(other.to_string()),
    })?;
    runtime
        .block_on(order.may_leave(store, &actor, config.review.originals_need_approval))
        .map_err(|error| ExportError::Refused(error.to_string()))?;
    // The target first: an export that cannot be written is none, and the log shall not say otherwise.
    let mut target: Box<dyn Target> = match folder {
        Some(folder) => Box::new(Folder::new(folder.to_owned())?),
        None => Box::new(Tape::new(std::io::BufWriter::new(std::io::stdout()))),
    };
    runtime.block_on(order.announce(store))?;
    run(runtime, store, &vault, &order, target.as_mut())
}
