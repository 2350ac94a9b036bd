//! The clocks of the first review: set at intake, set again when the configuration says otherwise, and what happens when one
//! has run out.

use serde_json::json;
use sqlx::{AssertSqlSafe, Row};

use super::audit::Deed;
use super::{Store, Tx};
use crate::dto::{CandidateState, LiveKind, word};
use crate::sla::ReviewConfig;

/// The name under which the formula that the columns were made with is kept.
const APPLIED: &str = "review_clocks";
/// States in which a review is still owed.
pub(crate) const OWED: &str = "('open', 'escalated', 'field_check')";
/// How many expire in one transaction: others want to write too.
const BATCH: i64 = 200;

impl Store {
    /// The targets in force.
    pub(crate) fn review(&self) -> &ReviewConfig {
        self.review.get_or_init(ReviewConfig::default)
    }

    /// Takes the targets over. Where they differ from those the stored clocks were made with, all clocks of reviews that are
    /// owed are set again; those of past reviews stay as they were, for nobody was late by a target that came later.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn adopt_review(&self, config: &ReviewConfig) -> Result<(), sqlx::Error> {
        if self.review.set(config.clone()).is_err() {
            tracing::warn!("the review's targets were set before: the first stay");
        }
        let assignments = self.review().assignments();
        let mut tx = self.write().await?;
        let applied = sqlx::query("SELECT value FROM settings WHERE name = $1").bind(APPLIED).fetch_optional(tx.db()).await?;
        let same = applied.map(|row| row.try_get::<String, _>("value")).transpose()?.as_deref() == Some(&assignments);
        // Rows that something else than our intake wrote have no clock yet.
        let which = if same { "due_ms = 0".to_owned() } else { format!("due_ms = 0 OR state IN {OWED}") };
        let sql = format!("UPDATE candidates SET {assignments} WHERE {which}");
        sqlx::query(AssertSqlSafe(sql)).execute(tx.db()).await?;
        if !same {
            sqlx::query(
                "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )
            .bind(APPLIED)
            .bind(assignments)
            .execute(tx.db())
            .await?;
        }
        tx.commit().await
    }

    /// Closes what nobody decided before the hard stop, at most [`BATCH`]; how many there were.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn expire_unreviewed(&self) -> Result<usize, sqlx::Error> {
        let before = self.clock.now_ms() - self.review().hard_stop_ms();
        let sql =
            format!("SELECT id FROM candidates WHERE state IN {OWED} AND received_ms <= $1 ORDER BY received_ms LIMIT {BATCH}");
        // Looked for without the lock: nearly always there is nothing.
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(before).fetch_all(&self.pool).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let mut tx = self.write().await?;
        let mut closed = 0;
        for row in rows {
            closed += usize::from(tx.expire(&row.try_get::<String, _>("id")?).await?);
        }
        tx.commit().await?;
        metrics::counter!("kerbwatch_console_candidates_expired_total").increment(closed as u64);
        Ok(closed)
    }
}

impl Tx {
    /// Sets the clocks of one candidate.
    pub(super) async fn set_clocks(&mut self, candidate: &str) -> Result<(), sqlx::Error> {
        let sql = format!("UPDATE candidates SET {} WHERE id = $1", self.store.review().assignments());
        sqlx::query(AssertSqlSafe(sql)).bind(candidate).execute(self.db()).await?;
        Ok(())
    }

    /// Sets the clocks of a zone's candidates whose review is owed: their kind or key area became known.
    pub(super) async fn set_clocks_of_zone(&mut self, camera: &str, zone: &str) -> Result<(), sqlx::Error> {
        let assignments = self.store.review().assignments();
        let sql = format!("UPDATE candidates SET {assignments} WHERE camera = $1 AND zone = $2 AND state IN {OWED}");
        sqlx::query(AssertSqlSafe(sql)).bind(camera).bind(zone).execute(self.db()).await?;
        Ok(())
    }

    /// `false` when somebody decided in the last moment.
    async fn expire(&mut self, id: &str) -> Result<bool, sqlx::Error> {
        let sql = format!(
            "UPDATE candidates SET state = 'expired', version = version + 1 WHERE id = $1 AND state IN {OWED} RETURNING version"
        );
        let row = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(self.db()).await?;
        let Some(row) = row else { return Ok(false) };
        let version: i64 = row.try_get("version")?;
        sqlx::query("DELETE FROM claims WHERE candidate = $1").bind(id).execute(self.db()).await?;
        let state = word(&CandidateState::Expired);
        self.live(LiveKind::CandidateChanged, json!({ "id": id, "state": state, "version": version, "by": null })).await?;
        let details = json!({ "version": version, "hard_stop_s": self.store.review().hard_stop_s });
        let reason = Some("nobody decided before the hard stop");
        self.audit(Deed { actor: "system", action: "candidate.expired", object: id, reason, details }).await?;
        Ok(true)
    }
}
