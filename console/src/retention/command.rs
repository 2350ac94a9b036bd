//! Deleting by hand: the same choice, holds, order and certificates as the job of the console.

use std::sync::Arc;

use super::RetentionConfig;
use super::job::{Job, resting};
use crate::clock::DAY_MS;
use crate::config::ConsoleConfig;
use crate::dto::{RetentionLine, Role};
use crate::serve::Sign;
use crate::store::{Scope, Store};
use crate::vault::Vault;

/// What a run did, or would do.
#[derive(Debug, Clone)]
pub enum RetentionOutcome {
    /// Nothing was touched: what each rule would delete now and within the days asked for, and why nothing would be, if so.
    Dry {
        /// By rule.
        lines: Vec<RetentionLine>,
        /// `off`, `no_key`, `other_policy` or `notice`.
        resting: Option<&'static str>,
    },
    /// Done.
    Done {
        /// Candidates whose pictures were claimed.
        candidates: u64,
        /// Files that are gone.
        deleted: u64,
        /// Files that are not: see the page, or the log.
        failed: u64,
    },
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// It may not be.
    #[error("{0}")]
    Refused(String),
    /// The database failed.
    #[error("reading or writing the database")]
    Database(#[from] sqlx::Error),
}

/// Deletes what is due, as the administrator or supervisor `name`; without a name nothing is deleted, and it is told what would
/// be within `days`. The policy is the one that the console adopted, not that of the file here: only a console adopts one.
///
/// # Errors
/// Nobody of that name may, another process has the job, the policy rests, or the database failed.
pub async fn retention(
    store: &Store,
    config: &ConsoleConfig,
    sign: Option<Sign>,
    name: Option<&str>,
    days: u32,
) -> Result<RetentionOutcome, RetentionError> {
    let refused = |message: String| RetentionError::Refused(message);
    let adopted = store.adopted_retention().await?;
    let Some(name) = name else {
        let mut city = Scope::default();
        city.add(None, None);
        let until_ms = store.clock().now_ms() + i64::from(days) * DAY_MS;
        let policy = adopted.as_ref().map_or(&config.retention, |adopted| &adopted.config);
        let lines = store.retention_plan(&city, policy, until_ms).await?;
        let resting = match &adopted {
            None => Some("notice"),
            Some(adopted) => resting(store, adopted, sign.as_ref()).await?,
        };
        return Ok(RetentionOutcome::Dry { lines, resting });
    };
    let user = store.user_named(name).await?.filter(|user| user.active);
    let user = user.ok_or_else(|| refused(format!("there is no active user {name}")))?;
    if !store.actor(user).await?.has_one_of(&[Role::Administrator, Role::Supervisor]) {
        return Err(refused(format!("{name} is neither administrator nor supervisor")));
    }
    let adopted = adopted.ok_or_else(|| refused("no console has adopted a policy yet: start one first".to_owned()))?;
    if let Some(why) = resting(store, &adopted, sign.as_ref()).await? {
        return Err(refused(format!("nothing is deleted now: {}", said(why, &adopted.config))));
    }
    let vault = Vault::open(config).map_err(|error| refused(error.to_string()))?;
    let mut job = Job::new(store.clone(), vault, Arc::new(adopted), sign, name);
    job.all_pending = true;
    let (mut candidates, mut deleted, mut failed) = (0, 0, 0);
    loop {
        let round = job.round().await?.ok_or_else(|| refused("another process is deleting: try again in a minute".to_owned()))?;
        (candidates, deleted, failed) = (candidates + round.claimed, deleted + round.deleted, failed + round.failed);
        // What was just tried and failed is not tried again at once.
        job.all_pending = false;
        if round.claimed == 0 {
            return Ok(RetentionOutcome::Done { candidates, deleted, failed });
        }
    }
}

fn said(why: &str, config: &RetentionConfig) -> String {
    match why {
        "off" => "console.retention.enabled is false".to_owned(),
        "no_key" => "there is no key to sign a certificate with".to_owned(),
        "other_policy" => "a console has adopted another policy meanwhile".to_owned(),
        "notice" => format!("the policy is new, and waits {} hours", config.notice_h),
        other => other.to_owned(),
    }
}
