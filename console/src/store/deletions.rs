//! What is being deleted and what was: an intention is written before a file is touched, and a deletion after it is gone.
//!
//! ```text
//! (due, not held) ─claim─► row, deleted_ms null ──files gone──► deleted_ms, certificate ──signed──► certificate stays
//!                              │  a hold came, or the files cannot be deleted
//!                              └─► released, or tried again
//! ```
//! A process that dies in the middle leaves rows without `deleted_ms`: the next one looks at the files and goes on.

use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::candidates::read_item;
use super::holds::held;
use super::retention::{DuePictures, choice};
use super::{Store, Tx, word_column_opt};
use crate::clock::{DAY_MS, rfc3339};
use crate::dto::{LiveKind, PicturesDeleted, word};
use crate::retention::Adopted;
use crate::vault::Item;

/// A process that deletes pictures of a candidate is done with them within so long, or gives up.
pub(crate) const RUNNING_MS: i64 = 5 * 60_000;
/// What is in no place that we reach may lie on a worker's disk, waiting to be uploaded; after so long it is said to be absent.
const ABSENT_AFTER_MS: i64 = 30 * DAY_MS;
/// So long after a deletion it is looked whether the file came back.
const RELOOK_MS: i64 = 7 * DAY_MS;
/// The first pause after a failure, and the longest.
const PAUSES_MS: (i64, i64) = (5 * 60_000, DAY_MS);

/// A file that is claimed.
#[derive(Debug, Clone)]
pub(crate) struct ClaimedFile {
    pub(crate) file: String,
    pub(crate) item: Item,
    /// It was there before, so that it is ours if it is gone.
    pub(crate) seen: bool,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Erased {
    /// It is gone, and was there.
    Deleted,
    /// It was in no place.
    NotFound,
    /// It is there still.
    Failed(&'static str),
}

/// Pictures that were claimed before and are not gone.
pub(crate) struct Resumed {
    pub(crate) files: Vec<ClaimedFile>,
    /// A hold came.
    pub(crate) held: bool,
}

fn read_claimed(row: &AnyRow) -> Result<ClaimedFile, sqlx::Error> {
    Ok(ClaimedFile { file: row.try_get("file")?, item: read_item(row)?, seen: row.try_get::<i64, _>("seen")? != 0 })
}

/// Of a row of `candidates`: what became of its pictures.
pub(super) fn pictures_deleted(row: &AnyRow) -> Result<Option<PicturesDeleted>, sqlx::Error> {
    let Some(rule) = word_column_opt(row, "gone_rule")? else { return Ok(None) };
    Ok(Some(PicturesDeleted {
        rule,
        at: row.try_get::<Option<i64>, _>("gone_ms")?.map(rfc3339),
        certificate: row.try_get("gone_certificate")?,
    }))
}

impl Tx {
    /// Sets whether a candidate has pictures that nobody has claimed.
    pub(super) async fn count_pictures(&mut self, candidate: &str) -> Result<(), sqlx::Error> {
        sqlx::query(
            "UPDATE candidates SET pictures = CASE WHEN EXISTS (SELECT 1 FROM evidence_items i WHERE i.candidate = $1 AND \
             i.role <> 'manifest' AND NOT EXISTS (SELECT 1 FROM retention_deletions r WHERE r.candidate = i.candidate AND \
             r.file = i.file)) THEN 1 ELSE 0 END WHERE id = $1",
        )
        .bind(candidate)
        .execute(self.db())
        .await?;
        Ok(())
    }

    /// Some or all pictures of a candidate were deleted, or are being.
    pub(super) async fn pictures_gone(&mut self, candidate: &str) -> Result<Option<PicturesDeleted>, sqlx::Error> {
        let row = sqlx::query("SELECT gone_rule, gone_ms, gone_certificate FROM candidates WHERE id = $1")
            .bind(candidate)
            .fetch_optional(self.db())
            .await?;
        row.as_ref().map(pictures_deleted).transpose().map(Option::flatten)
    }

    /// Once nothing of it is left, the candidate says so.
    async fn finish_candidate(&mut self, candidate: &str) -> Result<(), sqlx::Error> {
        let row = sqlx::query(
            "SELECT COUNT(*) AS n, COUNT(deleted_ms) AS gone, MAX(deleted_ms) AS at_ms, MAX(certificate) AS certificate, \
             MAX(rule) AS rule FROM retention_deletions WHERE candidate = $1",
        )
        .bind(candidate)
        .fetch_one(self.db())
        .await?;
        let (n, gone): (i64, i64) = (row.try_get("n")?, row.try_get("gone")?);
        let done = n > 0 && gone == n;
        sqlx::query("UPDATE candidates SET gone_rule = $1, gone_ms = $2, gone_certificate = $3 WHERE id = $4")
            .bind(row.try_get::<Option<String>, _>("rule")?)
            .bind(row.try_get::<Option<i64>, _>("at_ms")?.filter(|_| done))
            .bind(row.try_get::<Option<i64>, _>("certificate")?.filter(|_| done))
            .bind(candidate)
            .execute(self.db())
            .await?;
        self.count_pictures(candidate).await?;
        let data = json!({ "id": candidate, "pictures_deleted": done });
        self.live(LiveKind::CandidateChanged, data).await
    }
}

impl Store {
    /// Takes or renews the lease on the job; `false` while another process has it.
    pub(crate) async fn lease_retention(&self, by: &str, for_ms: i64) -> Result<bool, sqlx::Error> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let done =
            sqlx::query("UPDATE retention_progress SET lease = $1, lease_ms = $2 WHERE id = 1 AND (lease = $1 OR lease_ms < $3)")
                .bind(by)
                .bind(now_ms + for_ms)
                .bind(now_ms)
                .execute(tx.db())
                .await?;
        tx.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// The job went round, and rests for a reason or not; the lease is let go.
    pub(crate) async fn retention_went_round(&self, by: &str, resting: Option<&str>) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        sqlx::query("UPDATE retention_progress SET lease_ms = 0, round_ms = $1, resting = $2 WHERE id = 1 AND lease = $3")
            .bind(now_ms)
            .bind(resting)
            .bind(by)
            .execute(tx.db())
            .await?;
        tx.commit().await
    }

    /// When the job last went round, and why it rested or stopped then.
    pub(crate) async fn retention_round(&self) -> Result<(Option<i64>, Option<String>), sqlx::Error> {
        let query = sqlx::query("SELECT round_ms, resting FROM retention_progress WHERE id = 1");
        let row = query.fetch_one(&self.pool).await?;
        Ok((row.try_get("round_ms")?, row.try_get("resting")?))
    }

    /// Files that were claimed, tried, and did not go.
    pub(crate) async fn failing_files(&self) -> Result<i64, sqlx::Error> {
        let query = "SELECT COUNT(*) AS n FROM retention_deletions WHERE deleted_ms IS NULL AND failure IS NOT NULL";
        sqlx::query(query).fetch_one(&self.pool).await?.try_get("n")
    }

    /// Files of a candidate that nobody has claimed.
    pub(crate) async fn unclaimed(&self, candidate: &str) -> Result<Vec<(String, Item)>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT i.file, i.item_key, i.sha256, i.bytes FROM evidence_items i WHERE i.candidate = $1 AND i.role <> 'manifest' \
             AND NOT EXISTS (SELECT 1 FROM retention_deletions r WHERE r.candidate = i.candidate AND r.file = i.file) \
             ORDER BY i.file",
        )
        .bind(candidate)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok((row.try_get("file")?, read_item(row)?))).collect()
    }

    /// Claims the pictures of a candidate, if they are still due and no hold has come; `seen` are those that were there a moment
    /// ago. Nothing is claimed otherwise. From here on nobody may confirm it.
    pub(crate) async fn claim_pictures(
        &self,
        due: &DuePictures,
        policy: &Adopted,
        seen: &[String],
    ) -> Result<Vec<ClaimedFile>, sqlx::Error> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let Some((conditions, sql)) = choice(due.rule, &policy.config, now_ms, Some(&due.candidate), 1) else {
            return Ok(Vec::new());
        };
        let Some(row) = conditions.query(sql).fetch_optional(tx.db()).await? else { return Ok(Vec::new()) };
        let due_ms: i64 = row.try_get("due")?;
        let rows = sqlx::query(
            "INSERT INTO retention_deletions (candidate, file, role, item_key, sha256, bytes, district, rule, policy, due_ms, \
             claimed_ms, running_ms, seen, next_ms) SELECT i.candidate, i.file, i.role, i.item_key, i.sha256, i.bytes, \
             CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT), \
             0, CAST($5 AS BIGINT) FROM evidence_items i WHERE i.candidate = $7 AND i.role <> 'manifest' AND NOT EXISTS \
             (SELECT 1 FROM retention_deletions r WHERE r.candidate = i.candidate AND r.file = i.file) \
             RETURNING file, item_key, sha256, bytes, seen",
        )
        .bind(due.district.clone())
        .bind(word(&due.rule))
        .bind(policy.version)
        .bind(due_ms)
        .bind(now_ms)
        .bind(now_ms + RUNNING_MS)
        .bind(due.candidate.clone())
        .fetch_all(tx.db())
        .await?;
        let mut files = rows.iter().map(read_claimed).collect::<Result<Vec<_>, _>>()?;
        for file in &mut files {
            file.seen = seen.contains(&file.file);
            if file.seen {
                tx.saw(&due.candidate, &file.file).await?;
            }
        }
        tx.finish_candidate(&due.candidate).await?;
        tx.commit().await?;
        Ok(files)
    }

    /// Candidates with pictures that were claimed, are not gone, and that no process is at; `all`, or those whose time has come.
    pub(crate) async fn pending_pictures(&self, all: bool, limit: i64) -> Result<Vec<String>, sqlx::Error> {
        let now_ms = self.clock.now_ms();
        let rows = sqlx::query(
            "SELECT candidate FROM retention_deletions WHERE deleted_ms IS NULL AND next_ms <= $1 AND running_ms <= $2 \
             GROUP BY candidate ORDER BY MIN(next_ms), candidate LIMIT $3",
        )
        .bind(if all { i64::MAX } else { now_ms })
        .bind(now_ms)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| row.try_get("candidate")).collect()
    }

    /// Goes on with them. `lying`: those of its files that are there.
    pub(crate) async fn resume_pictures(&self, candidate: &str, lying: &[String]) -> Result<Resumed, sqlx::Error> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let sql = format!("SELECT COUNT(*) AS n FROM candidates c WHERE c.id = $1 AND {}", held("c"));
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(candidate).fetch_one(tx.db()).await?;
        let held = row.try_get::<i64, _>("n")? > 0;
        let running_ms = if held { 0 } else { now_ms + RUNNING_MS };
        let rows = sqlx::query(
            "UPDATE retention_deletions SET running_ms = $1 WHERE candidate = $2 AND deleted_ms IS NULL AND running_ms <= $3 \
             RETURNING file, item_key, sha256, bytes, seen",
        )
        .bind(running_ms)
        .bind(candidate)
        .bind(now_ms)
        .fetch_all(tx.db())
        .await?;
        let mut files = rows.iter().map(read_claimed).collect::<Result<Vec<_>, _>>()?;
        for file in &mut files {
            if !file.seen && lying.contains(&file.file) {
                file.seen = true;
                tx.saw(candidate, &file.file).await?;
            }
        }
        tx.commit().await?;
        Ok(Resumed { files, held })
    }

    /// Files of a candidate that are claimed and not gone.
    pub(crate) async fn claimed(&self, candidate: &str) -> Result<Vec<ClaimedFile>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT file, item_key, sha256, bytes, seen FROM retention_deletions WHERE candidate = $1 AND deleted_ms IS NULL",
        )
        .bind(candidate)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(read_claimed).collect()
    }

    /// Writes down what became of the files of a candidate. `by`: the job or the person that had them deleted.
    pub(crate) async fn note_erased(&self, candidate: &str, outcomes: &[(String, Erased)], by: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        for (file, erased) in outcomes {
            tx.note_file(candidate, file, *erased, by).await?;
        }
        tx.finish_candidate(candidate).await?;
        tx.commit().await
    }

    /// A hold came over pictures that were claimed: what is still there is kept, what is gone is said to be.
    pub(crate) async fn release_pictures(
        &self,
        candidate: &str,
        files: &[ClaimedFile],
        lying: &[String],
        by: &str,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        let mut kept = Vec::new();
        for file in files {
            if file.seen && !lying.contains(&file.file) {
                tx.note_file(candidate, &file.file, Erased::Deleted, by).await?;
                continue;
            }
            sqlx::query("DELETE FROM retention_deletions WHERE candidate = $1 AND file = $2 AND deleted_ms IS NULL")
                .bind(candidate)
                .bind(file.file.clone())
                .execute(tx.db())
                .await?;
            kept.push(&file.file);
        }
        let details = json!({ "files": kept });
        let reason = Some("a legal hold came before they were deleted");
        tx.audit(Deed { actor: by, action: "retention.released", object: candidate, reason, details }).await?;
        tx.finish_candidate(candidate).await?;
        tx.commit().await
    }

    /// Files that were deleted and have to be looked for again.
    pub(crate) async fn to_look_again(&self, limit: i64) -> Result<Vec<(String, ClaimedFile)>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT candidate, file, item_key, sha256, bytes, seen FROM retention_deletions WHERE relook_ms <= $1 \
             ORDER BY relook_ms LIMIT $2",
        )
        .bind(self.clock.now_ms())
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok((row.try_get("candidate")?, read_claimed(row)?))).collect()
    }

    /// A file was looked for after its deletion. One that had come back is deleted again, and that is in the audit log.
    pub(crate) async fn looked_again(&self, candidate: &str, file: &str, erased: Erased, by: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        let next = match erased {
            Erased::NotFound => None,
            Erased::Deleted => Some(tx.now_ms() + RELOOK_MS),
            Erased::Failed(_) => Some(tx.now_ms() + PAUSES_MS.1),
        };
        if erased == Erased::Deleted {
            let details = json!({ "file": file });
            let reason = Some("it had come back after its deletion, and was deleted again");
            tx.audit(Deed { actor: by, action: "retention.found_again", object: candidate, reason, details }).await?;
            metrics::counter!("kerbwatch_console_retention_found_again_total").increment(1);
        }
        sqlx::query("UPDATE retention_deletions SET relook_ms = $1 WHERE candidate = $2 AND file = $3")
            .bind(next)
            .bind(candidate)
            .bind(file)
            .execute(tx.db())
            .await?;
        tx.commit().await
    }

    /// What became of a file, if it was claimed.
    pub(crate) async fn file_gone(&self, candidate: &str, file: &str) -> Result<Option<PicturesDeleted>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT rule AS gone_rule, deleted_ms AS gone_ms, certificate AS gone_certificate FROM retention_deletions \
             WHERE candidate = $1 AND file = $2",
        )
        .bind(candidate)
        .bind(file)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(pictures_deleted).transpose().map(Option::flatten)
    }

    /// What became of the pictures of a candidate.
    pub(crate) async fn pictures_deleted(&self, candidate: &str) -> Result<Option<PicturesDeleted>, sqlx::Error> {
        let row = sqlx::query("SELECT gone_rule, gone_ms, gone_certificate FROM candidates WHERE id = $1")
            .bind(candidate)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(pictures_deleted).transpose().map(Option::flatten)
    }
}

impl Tx {
    async fn saw(&mut self, candidate: &str, file: &str) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE retention_deletions SET seen = 1 WHERE candidate = $1 AND file = $2")
            .bind(candidate)
            .bind(file)
            .execute(self.db())
            .await?;
        Ok(())
    }

    async fn note_file(&mut self, candidate: &str, file: &str, erased: Erased, by: &str) -> Result<(), sqlx::Error> {
        let row = sqlx::query(
            "SELECT district, rule, bytes, claimed_ms, tries FROM retention_deletions WHERE candidate = $1 AND file = $2 \
             AND deleted_ms IS NULL",
        )
        .bind(candidate)
        .bind(file)
        .fetch_optional(self.db())
        .await?;
        let Some(row) = row else { return Ok(()) };
        let (now_ms, claimed_ms): (i64, i64) = (self.now_ms(), row.try_get("claimed_ms")?);
        let outcome = match erased {
            Erased::Deleted => Some("deleted"),
            Erased::NotFound if now_ms - claimed_ms >= ABSENT_AFTER_MS => Some("absent"),
            Erased::NotFound | Erased::Failed(_) => None,
        };
        let Some(outcome) = outcome else {
            let failure = match erased {
                Erased::Failed(why) => why,
                Erased::Deleted | Erased::NotFound => "not_found",
            };
            let tries: i64 = row.try_get("tries")?;
            let pause = PAUSES_MS.0.saturating_mul(1 << tries.clamp(0, 20)).min(PAUSES_MS.1);
            metrics::counter!("kerbwatch_console_retention_failures_total", "reason" => failure).increment(1);
            sqlx::query(
                "UPDATE retention_deletions SET running_ms = 0, tries = tries + 1, next_ms = $1, failure = $2 \
                 WHERE candidate = $3 AND file = $4",
            )
            .bind(now_ms + pause)
            .bind(failure)
            .bind(candidate)
            .bind(file)
            .execute(self.db())
            .await?;
            return Ok(());
        };
        let number = self.batch(&row.try_get::<String, _>("district")?, by).await?;
        sqlx::query(
            "UPDATE retention_deletions SET running_ms = 0, failure = NULL, outcome = $1, deleted_ms = $2, certificate = $3, \
             relook_ms = $4 WHERE candidate = $5 AND file = $6",
        )
        .bind(outcome)
        .bind(now_ms)
        .bind(number)
        .bind(now_ms + RELOOK_MS)
        .bind(candidate)
        .bind(file)
        .execute(self.db())
        .await?;
        let (rule, bytes): (String, i64) = (row.try_get("rule")?, row.try_get("bytes")?);
        metrics::counter!("kerbwatch_console_retention_deleted_files_total", "reason" => rule).increment(1);
        metrics::counter!("kerbwatch_console_retention_deleted_bytes_total").increment(bytes.unsigned_abs());
        Ok(())
    }
}
