//! Recusals: appended. Who is named in one may not act on the candidate nor on its case, and is not offered them any more.

use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::audit::Deed;
use super::cases::{Step, case_row};
use super::{Store, Tx, word_column};
use crate::auth::{Actor, DECIDE};
use crate::clock::{parse_ms, rfc3339};
use crate::dto::{CaseAct, CaseState, LiveKind, NewRecusal, Recusal, Role, word};
use crate::error::ApiError;
use crate::lifecycle::machine::REVIEW_TARGET_MS;

/// Nobody is offered what they are kept out of; `c` is a candidate. One value: the log-in name.
pub(super) const NOT_RECUSED: &str = "NOT EXISTS (SELECT 1 FROM recusals r WHERE r.candidate = c.id AND r.user_name = ?)";
/// The same where `c` is a case.
pub(super) const NOT_RECUSED_CASE: &str =
    "NOT EXISTS (SELECT 1 FROM recusals r WHERE r.candidate = c.candidate AND r.user_name = ?)";

fn read(row: &AnyRow) -> Result<Recusal, sqlx::Error> {
    Ok(Recusal {
        user: row.try_get("user_name")?,
        ground: word_column(row, "ground")?,
        reason: row.try_get("reason")?,
        by: row.try_get("by_name")?,
        at: rfc3339(row.try_get("at_ms")?),
    })
}

/// Those of a candidate, oldest first.
pub(super) async fn recusals(db: &mut AnyConnection, candidate: &str) -> Result<Vec<Recusal>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM recusals WHERE candidate = $1 ORDER BY at_ms, user_name")
        .bind(candidate)
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

/// What somebody who is kept out is told.
pub(crate) fn kept_out(recusal: &Recusal) -> ApiError {
    ApiError::Conflict {
        code: "recused",
        message: "you are recused from this: another officer goes on with it".to_owned(),
        details: json!({ "by": recusal.by, "at": recusal.at, "ground": recusal.ground }),
    }
}

impl Tx {
    /// Nobody acts on what they are kept out of.
    pub(super) async fn refuse_if_recused(&mut self, candidate: &str, actor: &Actor) -> Result<(), ApiError> {
        let all = recusals(self.db(), candidate).await?;
        all.iter().find(|recusal| recusal.user == actor.name).map_or(Ok(()), |recusal| Err(kept_out(recusal)))
    }

    /// The case hears of it: whose desk it lay on is free again.
    async fn recuse_in_case(&mut self, case: &str, whom: &str, new: &NewRecusal, actor: &Actor) -> Result<(), ApiError> {
        let Some(row) = case_row(self.db(), case).await? else { return Ok(()) };
        let mut after = row.moving.clone();
        if after.state == CaseState::LegalReview && after.taken_by.as_deref() == Some(whom) {
            after.state = CaseState::Opened;
            after.taken_by = None;
            after.due_ms = parse_ms(&row.summary.opened_at).map(|opened| opened + REVIEW_TARGET_MS);
        }
        let decision = hex::encode(rand::random::<[u8; 16]>());
        let ground = word(&new.ground);
        let officer = self.officer(actor, false).await?;
        let step = Step {
            act: CaseAct::Recuse,
            from: Some(row.summary.state),
            decision: &decision,
            by: &actor.name,
            reason: Some(&ground),
            note: Some(&new.reason),
            certificate: officer.as_ref().map(|held| held.record.number.as_str()),
            details: json!({ "recused": whom, "officer": officer }),
            package: None,
        };
        self.case_step(case, &after, step).await?;
        Ok(())
    }
}

impl Store {
    /// Those of a candidate, oldest first.
    pub(crate) async fn recusals(&self, candidate: &str) -> Result<Vec<Recusal>, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        recusals(&mut connection, candidate).await
    }

    /// The candidate that a case was opened on.
    pub(crate) async fn candidate_of(&self, case: &str) -> Result<String, ApiError> {
        let row = sqlx::query("SELECT candidate FROM cases WHERE id = $1").bind(case).fetch_optional(&self.pool).await?;
        Ok(row.ok_or(ApiError::NotFound("case"))?.try_get("candidate")?)
    }

    /// Keeps somebody out of a candidate and its case.
    pub(crate) async fn recuse(&self, candidate: &str, actor: &Actor, new: &NewRecusal) -> Result<Vec<Recusal>, ApiError> {
        let refused = |code, message: &str| ApiError::Refused { code, message: message.to_owned() };
        if !(1..=1000).contains(&new.reason.trim().chars().count()) {
            return Err(refused("bad_text", "reason has 1 to 1000 characters"));
        }
        let whom = new.user.as_deref().map_or(actor.name.clone(), |name| name.trim().to_lowercase());
        if whom != actor.name && !actor.has_one_of(&[Role::Supervisor]) {
            return Err(ApiError::Forbidden);
        }
        let user = self.user_named(&whom).await?.filter(|user| user.roles.iter().any(|role| DECIDE.contains(role)));
        let user = user.ok_or_else(|| refused("no_officer", "there is no officer of this name"))?;
        let mut tx = self.write().await?;
        let row = sqlx::query("SELECT case_id FROM candidates WHERE id = $1").bind(candidate).fetch_optional(tx.db()).await?;
        let case: Option<String> = row.ok_or(ApiError::NotFound("candidate"))?.try_get("case_id")?;
        let before = recusals(tx.db(), candidate).await?;
        if let Some(already) = before.iter().find(|recusal| recusal.user == whom) {
            return Err(ApiError::Conflict {
                code: "already_recused",
                message: format!("{whom} is recused already"),
                details: json!({ "by": already.by, "at": already.at }),
            });
        }
        let now_ms = tx.now_ms();
        sqlx::query(
            "INSERT INTO recusals (candidate, user_name, user_id, ground, reason, by_name, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(candidate)
        .bind(whom.clone())
        .bind(user.id.clone())
        .bind(word(&new.ground))
        .bind(new.reason.clone())
        .bind(actor.name.clone())
        .bind(now_ms)
        .execute(tx.db())
        .await?;
        let freed = sqlx::query("DELETE FROM claims WHERE candidate = $1 AND user_id = $2").bind(candidate).bind(user.id);
        if freed.execute(tx.db()).await?.rows_affected() > 0 {
            tx.live(LiveKind::ClaimChanged, json!({ "id": candidate, "by": null, "until": null })).await?;
        }
        if let Some(case) = &case {
            tx.recuse_in_case(case, &whom, new, actor).await?;
        }
        let action = if whom == actor.name { "recusal.declare" } else { "recusal.order" };
        let details = json!({ "user": whom, "ground": new.ground, "case": case });
        tx.audit(Deed { actor: &actor.name, action, object: candidate, reason: Some(&new.reason), details }).await?;
        let all = recusals(tx.db(), candidate).await?;
        tx.commit().await?;
        Ok(all)
    }
}
