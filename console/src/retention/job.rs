//! The job that deletes: one process at a time, candidate by candidate, and the certificate after each round.

use std::sync::Arc;
use std::time::Duration;

use super::Adopted;
use crate::serve::Sign;
use crate::store::{ClaimedFile, Erased, RUNNING_MS, Store};
use crate::vault::{Item, Vault};

/// Between rounds that found nothing to do.
const EVERY: Duration = Duration::from_secs(60);
/// A process that is silent for so long is dead, and another takes over.
const LEASE_MS: i64 = 10 * 60_000;
/// Candidates of each rule in one round: a certificate lists them all.
const BATCH: i64 = 50;
/// Deleting the files of one candidate takes no longer: what is over then is tried again. A minute before it counts as dead.
const PATIENCE: Duration = Duration::from_millis(RUNNING_MS.unsigned_abs() - 60_000);

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Round {
    /// Candidates whose pictures were claimed.
    pub(crate) claimed: u64,
    /// Files that are gone.
    pub(crate) deleted: u64,
    /// Files that are not.
    pub(crate) failed: u64,
    /// Files that a hold took back.
    pub(crate) released: u64,
    /// Why it ended before all was looked at.
    pub(crate) stopped: Option<&'static str>,
}

/// Deletes what is due.
pub(crate) struct Job {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) policy: Arc<Adopted>,
    pub(crate) sign: Option<Sign>,
    /// Who deletes, as certificates say it: `system`, or a person.
    pub(crate) by: String,
    /// Names this process in the lease.
    pub(crate) name: String,
    /// Try at once what failed before, and do not wait for its time.
    pub(crate) all_pending: bool,
}

/// Why nothing is deleted now, if so.
pub(crate) async fn resting(store: &Store, policy: &Adopted, sign: Option<&Sign>) -> Result<Option<&'static str>, sqlx::Error> {
    Ok(if !policy.config.enabled {
        Some("off")
    } else if sign.is_none() {
        Some("no_key")
    } else if store.retention_version().await? != policy.version {
        Some("other_policy")
    } else if store.clock().now_ms() < policy.deletes_since_ms() {
        Some("notice")
    } else {
        None
    })
}

impl Job {
    /// For this process, under a name of its own.
    pub(crate) fn new(store: Store, vault: Vault, policy: Arc<Adopted>, sign: Option<Sign>, by: &str) -> Self {
        Self { store, vault, policy, sign, by: by.to_owned(), name: hex::encode(rand::random::<[u8; 8]>()), all_pending: false }
    }

    /// Goes round once; `None` while another process has the job, or it rests.
    pub(crate) async fn round(&self) -> Result<Option<Round>, sqlx::Error> {
        if !self.store.lease_retention(&self.name, LEASE_MS).await? {
            return Ok(None);
        }
        let resting = resting(&self.store, &self.policy, self.sign.as_ref()).await?;
        let done = match (resting, &self.sign) {
            (None, Some(sign)) => self.delete(sign).await.map(Some),
            _ => Ok(None),
        };
        let resting = resting.or(done.as_ref().ok().and_then(Option::as_ref).and_then(|round| round.stopped));
        metrics::gauge!("kerbwatch_console_retention_resting").set(f64::from(u8::from(resting.is_some())));
        if let Ok(failing) = self.store.failing_files().await {
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
            metrics::gauge!("kerbwatch_console_retention_failing").set(failing as f64);
        }
        // The lease goes back even so, unless the database is away: then it lapses.
        self.store.retention_went_round(&self.name, resting).await?;
        done
    }

    async fn delete(&self, sign: &Sign) -> Result<Round, sqlx::Error> {
        let mut round = Round::default();
        // What a round before left first: files that are claimed must not wait behind new ones.
        for candidate in self.store.pending_pictures(self.all_pending, BATCH).await? {
            self.go_on(&candidate, &mut round).await?;
        }
        let mut renewed = self.store.clock().now_ms();
        for due in self.store.due_pictures(&self.policy.config, BATCH).await? {
            let now = self.store.clock().now_ms();
            if now - renewed > LEASE_MS / 4 {
                if !self.store.lease_retention(&self.name, LEASE_MS).await? {
                    break;
                }
                renewed = now;
            }
            let seen = match self.lying(self.store.unclaimed(&due.candidate).await?).await {
                Ok(seen) => seen,
                // Nothing is claimed that cannot be deleted.
                Err(why) => {
                    metrics::counter!("kerbwatch_console_retention_failures_total", "reason" => why).increment(1);
                    round.stopped = Some(why);
                    break;
                }
            };
            let files = self.store.claim_pictures(&due, &self.policy, &seen).await?;
            if !files.is_empty() {
                round.claimed += 1;
                self.erase(&due.candidate, &files, &mut round).await?;
            }
        }
        for (candidate, file) in self.store.to_look_again(BATCH).await? {
            let erased = match self.vault.erase(&file.item).await {
                Ok(true) => Erased::Deleted,
                Ok(false) => Erased::NotFound,
                Err(why) => Erased::Failed(why.word()),
            };
            self.store.looked_again(&candidate, &file.file, erased, &self.by).await?;
        }
        for number in self.store.open_batches().await? {
            self.store.certify(number, sign).await?;
        }
        Ok(round)
    }

    /// Pictures that were claimed before: by a process that died, or that could not be deleted then.
    async fn go_on(&self, candidate: &str, round: &mut Round) -> Result<(), sqlx::Error> {
        let claimed = self.store.claimed(candidate).await?;
        let files = claimed.into_iter().map(|file| (file.file, file.item)).collect();
        // A store that is away is told of as a failure, below.
        let lying = self.lying(files).await;
        let resumed = self.store.resume_pictures(candidate, lying.as_deref().unwrap_or_default()).await?;
        match lying {
            Ok(lying) if resumed.held => {
                round.released += resumed.files.len() as u64;
                self.store.release_pictures(candidate, &resumed.files, &lying, &self.by).await
            }
            Err(why) => {
                let outcomes: Vec<_> = resumed.files.into_iter().map(|file| (file.file, Erased::Failed(why))).collect();
                round.failed += outcomes.len() as u64;
                self.store.note_erased(candidate, &outcomes, &self.by).await
            }
            Ok(_) => self.erase(candidate, &resumed.files, round).await,
        }
    }

    async fn erase(&self, candidate: &str, files: &[ClaimedFile], round: &mut Round) -> Result<(), sqlx::Error> {
        let mut outcomes = Vec::with_capacity(files.len());
        let all = async {
            for file in files {
                outcomes.push((file.file.clone(), self.erased(file).await));
            }
        };
        let late = tokio::time::timeout(PATIENCE, all).await.is_err();
        if late {
            let known = outcomes.len();
            outcomes.extend(files[known..].iter().map(|file| (file.file.clone(), Erased::Failed("store_away"))));
        }
        for (_, erased) in &outcomes {
            *(if *erased == Erased::Deleted { &mut round.deleted } else { &mut round.failed }) += 1;
        }
        self.store.note_erased(candidate, &outcomes, &self.by).await
    }

    async fn erased(&self, file: &ClaimedFile) -> Erased {
        match self.vault.erase(&file.item).await {
            Ok(true) => Erased::Deleted,
            // Seen after it was claimed, and gone now: a process of ours deleted it and died before it could say so.
            Ok(false) if file.seen => Erased::Deleted,
            Ok(false) => Erased::NotFound,
            Err(why) => Erased::Failed(why.word()),
        }
    }

    /// Names of those files that are there.
    async fn lying(&self, files: Vec<(String, Item)>) -> Result<Vec<String>, &'static str> {
        let mut lying = Vec::new();
        for (file, item) in files {
            if self.vault.lies(&item).await.map_err(|why| why.word())? {
                lying.push(file);
            }
        }
        Ok(lying)
    }
}

/// Goes round until aborted.
pub(crate) async fn watch(job: Job) {
    loop {
        let pause = match job.round().await {
            // More may be due: go on, but let others write in between.
            Ok(Some(round)) if round.claimed > 0 => {
                tracing::info!(
                    candidates = round.claimed,
                    files = round.deleted,
                    "pictures were deleted by the retention policy"
                );
                Duration::from_secs(1)
            }
            Ok(_) => EVERY,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "deleting pictures that are due");
                EVERY
            }
        };
        tokio::time::sleep(pause).await;
    }
}
