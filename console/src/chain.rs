//! Looks at the chain of the audit log by itself: at start, and every hour. What it finds broken is said loudly, and stays said.

use std::time::Duration;

use crate::store::Store;

/// Rows since the last good look are few: looking costs next to nothing.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// After a look that the database did not let end.
const AGAIN: Duration = Duration::from_secs(60);

/// One look, told. `false` when the database failed.
pub(crate) async fn look(store: &Store) -> bool {
    let looked = store.audit_watch().await;
    let (reason, intact) = match &looked {
        Ok((check, _)) if check.ok => ("intact", Some(1.0)),
        Ok(_) => ("broken", Some(0.0)),
        Err(_) => ("failed", None),
    };
    metrics::counter!("kerbwatch_console_audit_checks_total", "reason" => reason).increment(1);
    if let Some(intact) = intact {
        metrics::gauge!("kerbwatch_console_audit_chain_intact").set(intact);
    }
    match looked {
        // The head in the log of the process: whoever rewrites the whole chain in the database does not rewrite this.
        Ok((check, complete)) if check.ok => {
            tracing::info!(complete, rows = check.rows, head = check.head, "the audit chain holds")
        }
        Ok((check, complete)) => tracing::error!(
            complete,
            row = check.broken_at,
            reason = check.reason,
            "the audit log was tampered with: its chain is broken"
        ),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "looking at the audit chain");
            return false;
        }
    }
    true
}

/// Looks until aborted.
pub(crate) async fn watch(store: Store) {
    loop {
        let looked = look(&store).await;
        tokio::time::sleep(if looked { EVERY } else { AGAIN }).await;
    }
}
