//! Claims and decisions. One transaction holds the decision, the case, its history, the message and the audit row.

use serde_json::{Value, json};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::candidates::read_decision;
use super::cases::Opening;
use super::{Store, Tx, word_column};
use crate::auth::{Actor, SECOND_EYES};
use crate::clock::rfc3339;
use crate::dto::{CandidateState, Claim, Decision, DecisionMade, LiveKind, NewDecision, RejectReason, Verdict, word};
use crate::error::{ApiError, refused};

/// A claim ends after two minutes unless it is renewed.
pub(crate) const CLAIM_MS: i64 = 2 * 60_000;

fn conflict(code: &'static str, message: impl Into<String>, details: Value) -> ApiError {
    ApiError::Conflict { code, message: message.into(), details }
}

/// What can be said of a decision by itself.
fn check(new: &NewDecision) -> Result<(), ApiError> {
    let note = new.note.as_deref().map_or(0, |note| note.chars().count());
    if note > 2000 {
        return Err(refused("note_too_long", "a note has at most 2000 characters"));
    }
    match new.verdict {
        Verdict::Confirm => {
            if !new.ticks.is_some_and(|ticks| ticks.all()) {
                return Err(refused("ticks_missing", "a record is confirmed only when it is true, clear, complete and accurate"));
            }
        }
        Verdict::Reject => match new.reason {
            None => return Err(refused("reason_missing", "a rejection needs a reason")),
            Some(RejectReason::Other) if note == 0 => {
                return Err(refused("note_missing", "the reason `other` needs a note that says which"));
            }
            Some(_) => {}
        },
        Verdict::Merge if new.into.is_none() => {
            return Err(refused("into_missing", "a merge names the candidate that shall carry this one"));
        }
        Verdict::Merge | Verdict::Escalate | Verdict::NeedsFieldCheck | Verdict::Undo => {}
    }
    let repeats = new.verdict == Verdict::Reject && new.reason == Some(RejectReason::Duplicate);
    if new.into.is_some() && new.verdict != Verdict::Merge && !repeats {
        return Err(refused("into_unexpected", "only a merge and a rejection as a duplicate name another candidate"));
    }
    if new.reason.is_some() && new.verdict != Verdict::Reject {
        return Err(refused("reason_unexpected", "only a rejection has a reason"));
    }
    Ok(())
}

/// What still holds of a list of decisions, oldest first: undone ones and undos are left out. State is folded, not stored.
fn effective(decisions: &[Decision]) -> Vec<&Decision> {
    let mut stack: Vec<&Decision> = Vec::new();
    for decision in decisions {
        if decision.verdict == Verdict::Undo {
            stack.pop();
        } else {
            stack.push(decision);
        }
    }
    stack
}

fn state_after(decisions: &[&Decision]) -> CandidateState {
    decisions.last().map_or(CandidateState::Open, |last| match last.verdict {
        Verdict::Confirm => CandidateState::Confirmed,
        Verdict::Reject => CandidateState::Rejected,
        Verdict::Escalate => CandidateState::Escalated,
        Verdict::NeedsFieldCheck => CandidateState::FieldCheck,
        Verdict::Merge => CandidateState::Merged,
        Verdict::Undo => CandidateState::Open,
    })
}

struct Current {
    state: CandidateState,
    version: i64,
    permitted: bool,
    received_ms: i64,
    case: Option<String>,
    decisions: Vec<Decision>,
}

impl Tx {
    async fn current(&mut self, id: &str) -> Result<Current, ApiError> {
        let row = sqlx::query("SELECT state, version, permitted, received_ms, case_id FROM candidates WHERE id = $1")
            .bind(id)
            .fetch_optional(self.db())
            .await?
            .ok_or(ApiError::NotFound("candidate"))?;
        let rows = sqlx::query("SELECT * FROM decisions WHERE candidate = $1 ORDER BY seen_version")
            .bind(id)
            .fetch_all(self.db())
            .await?;
        Ok(Current {
            state: word_column(&row, "state")?,
            version: row.try_get("version")?,
            permitted: row.try_get::<i64, _>("permitted")? != 0,
            received_ms: row.try_get("received_ms")?,
            case: row.try_get("case_id")?,
            decisions: rows.iter().map(read_decision).collect::<Result<_, _>>()?,
        })
    }

    /// The claim of somebody else, if it is alive.
    async fn foreign_claim(&mut self, id: &str, actor: &Actor) -> Result<Option<Claim>, sqlx::Error> {
        let now_ms = self.now_ms();
        let row = sqlx::query("SELECT user_name, until_ms FROM claims WHERE candidate = $1 AND until_ms > $2 AND user_id <> $3")
            .bind(id)
            .bind(now_ms)
            .bind(actor.id.clone())
            .fetch_optional(self.db())
            .await?;
        let read = |row: AnyRow| -> Result<Claim, sqlx::Error> {
            Ok(Claim { by: row.try_get("user_name")?, mine: false, until: rfc3339(row.try_get("until_ms")?) })
        };
        row.map(read).transpose()
    }

    async fn refuse_if_claimed(&mut self, id: &str, actor: &Actor) -> Result<(), ApiError> {
        match self.foreign_claim(id, actor).await? {
            None => Ok(()),
            Some(claim) => {
                let message = format!("{} has it on their screen", claim.by);
                Err(conflict("claimed", message, json!({ "by": claim.by, "until": claim.until })))
            }
        }
    }

    async fn insert_decision(&mut self, id: &str, decision: &Decision, actor: &Actor) -> Result<(), sqlx::Error> {
        let now_ms = self.now_ms();
        let ticks = decision.ticks.map(|ticks| serde_json::to_string(&ticks).expect("ticks are JSON"));
        sqlx::query(
            "INSERT INTO decisions (id, candidate, seen_version, user_id, user_name, verdict, reason, ticks, note, supersedes, \
             at_ms, merged_into, certificate) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(decision.id.clone())
        .bind(id)
        .bind(decision.seen_version)
        .bind(actor.id.clone())
        .bind(actor.name.clone())
        .bind(word(&decision.verdict))
        .bind(decision.reason.map(|reason| word(&reason)))
        .bind(ticks)
        .bind(decision.note.clone())
        .bind(decision.supersedes.clone())
        .bind(now_ms)
        .bind(decision.into.clone())
        .bind(decision.certificate.as_ref().map(|held| serde_json::to_string(held).expect("a certificate is JSON")))
        .execute(self.db())
        .await?;
        Ok(())
    }

    /// The digest of the manifest, without which no case is opened.
    async fn manifest_digest(&mut self, id: &str) -> Result<String, ApiError> {
        let row =
            sqlx::query("SELECT sha256 FROM evidence_items WHERE candidate = $1 AND role = 'manifest' ORDER BY file LIMIT 1")
                .bind(id)
                .fetch_optional(self.db())
                .await?;
        match row {
            Some(row) => Ok(row.try_get("sha256")?),
            None => Err(refused("no_manifest", "the evidence has no manifest: a case cannot be sealed on it")),
        }
    }
}

impl Store {
    /// Claims, or renews one's claim.
    pub(crate) async fn claim(&self, id: &str, actor: &Actor) -> Result<Claim, ApiError> {
        let mut tx = self.write().await?;
        tx.current(id).await?;
        tx.refuse_if_recused(id, actor).await?;
        tx.refuse_if_claimed(id, actor).await?;
        let until = tx.now_ms() + CLAIM_MS;
        sqlx::query(
            "INSERT INTO claims (candidate, user_id, user_name, until_ms) VALUES ($1, $2, $3, $4) ON CONFLICT (candidate) \
             DO UPDATE SET user_id = excluded.user_id, user_name = excluded.user_name, until_ms = excluded.until_ms",
        )
        .bind(id)
        .bind(actor.id.clone())
        .bind(actor.name.clone())
        .bind(until)
        .execute(tx.db())
        .await?;
        tx.live(LiveKind::ClaimChanged, json!({ "id": id, "by": actor.name, "until": rfc3339(until) })).await?;
        tx.commit().await?;
        Ok(Claim { by: actor.name.clone(), mine: true, until: rfc3339(until) })
    }

    /// Lets one's claim go; nobody else's.
    pub(crate) async fn release(&self, id: &str, actor: &Actor) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        tx.current(id).await?;
        let done = sqlx::query("DELETE FROM claims WHERE candidate = $1 AND user_id = $2")
            .bind(id)
            .bind(actor.id.clone())
            .execute(tx.db())
            .await?;
        if done.rows_affected() > 0 {
            tx.live(LiveKind::ClaimChanged, json!({ "id": id, "by": null, "until": null })).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Decides. Nothing of it happens unless all of it does.
    pub(crate) async fn decide(&self, id: &str, actor: &Actor, new: &NewDecision) -> Result<DecisionMade, ApiError> {
        self.decide_in(id, actor, new, None).await
    }

    /// Decides, as one of a batch where it has a name.
    pub(super) async fn decide_in(
        &self,
        id: &str,
        actor: &Actor,
        new: &NewDecision,
        batch: Option<&str>,
    ) -> Result<DecisionMade, ApiError> {
        check(new)?;
        let mut tx = self.write().await?;
        let now = tx.current(id).await?;
        tx.refuse_if_recused(id, actor).await?;
        if now.version != new.seen_version {
            let since: Vec<&Decision> = now.decisions.iter().filter(|d| d.seen_version >= new.seen_version).collect();
            let details = json!({ "version": now.version, "state": now.state, "decisions": since });
            return Err(conflict("stale", "somebody decided since you looked", details));
        }
        tx.refuse_if_claimed(id, actor).await?;
        let standing = effective(&now.decisions);
        let last = standing.last().copied();
        let supersedes = last.map(|decision| decision.id.clone());
        may_follow(&now, last, actor, new.verdict)?;
        if new.verdict == Verdict::Confirm && tx.now_ms() >= now.received_ms + self.review().hard_stop_ms() {
            return Err(refused("too_late", "the hard stop of the review has passed: nobody may confirm it any more"));
        }
        if new.verdict == Verdict::Confirm && tx.pictures_gone(id).await?.is_some() {
            return Err(refused("evidence_deleted", "its pictures were deleted: a record without them is no evidence"));
        }
        let certificate = tx.officer(actor, new.verdict == Verdict::Confirm).await?;
        if let Some(into) = &new.into {
            tx.refuse_if_recused(into, actor).await?;
            match new.verdict {
                Verdict::Merge => tx.check_merge(id, into, actor).await?,
                _ => tx.check_repeat(id, into, actor).await?,
            }
        }
        // The other candidate whose screen changes with this decision.
        let merged = last.filter(|last| new.verdict == Verdict::Undo && last.into.is_some());
        // What was merged is part of the case; a rejection is not, and may be taken back as any other.
        if let Some(carrier) = merged.filter(|last| last.verdict == Verdict::Merge).and_then(|last| last.into.as_ref())
            && tx.carrier_is_taken(carrier).await?
        {
            let message = "somebody has gone on with the case of the candidate that carries it";
            return Err(conflict("case_taken", message, json!({ "into": carrier })));
        }
        let carrier = merged.and_then(|last| last.into.clone()).or_else(|| new.into.clone());

        let decision = Decision {
            id: hex::encode(rand::random::<[u8; 16]>()),
            verdict: new.verdict,
            by: actor.name.clone(),
            at: rfc3339(tx.now_ms()),
            seen_version: new.seen_version,
            reason: new.reason,
            ticks: new.ticks,
            into: new.into.clone(),
            note: new.note.clone().filter(|note| !note.trim().is_empty()),
            supersedes,
            certificate,
        };
        let mut all = now.decisions.clone();
        all.push(decision.clone());
        let standing = effective(&all);
        let state = state_after(&standing);
        let rejected_for = standing.last().and_then(|last| last.reason).filter(|_| state == CandidateState::Rejected);
        let merged_into = standing.last().and_then(|last| last.into.clone());
        let version = now.version + 1;
        tx.insert_decision(id, &decision, actor).await?;

        let note = decision.note.as_deref();
        let mut touched = None;
        let mut case_of_candidate = now.case.clone();
        if new.verdict == Verdict::Confirm {
            let sha256 = tx.manifest_digest(id).await?;
            let opening = Opening {
                candidate: id,
                decision: &decision.id,
                by: &actor.name,
                note,
                evidence_sha256: &sha256,
                certificate: decision.certificate.as_ref(),
            };
            let case = tx.open_case(&opening).await?;
            case_of_candidate = Some(case.clone());
            touched = Some(case);
        } else if let (Verdict::Undo, Some(case)) = (new.verdict, now.case) {
            if !tx.withdraw_case(&case, &decision, note).await? {
                return Err(conflict("case_taken", "somebody has gone on with the case", json!({ "case": case })));
            }
            case_of_candidate = None;
            touched = Some(case);
        }
        sqlx::query("UPDATE candidates SET state = $1, version = $2, case_id = $3, merged_into = $4, reason = $5 WHERE id = $6")
            .bind(word(&state))
            .bind(version)
            .bind(case_of_candidate)
            .bind(merged_into)
            .bind(rejected_for.map(|reason| word(&reason)))
            .bind(id)
            .execute(tx.db())
            .await?;
        sqlx::query("DELETE FROM claims WHERE candidate = $1").bind(id).execute(tx.db()).await?;
        let changed = json!({ "id": id, "state": state, "version": version, "by": actor.name });
        tx.live(LiveKind::CandidateChanged, changed).await?;
        if let Some(carrier) = &carrier {
            let carries = tx.carries(carrier).await?;
            tx.live(LiveKind::CandidateChanged, json!({ "id": carrier, "carries": carries })).await?;
        }
        let action = format!("decision.{}", word(&new.verdict));
        let reason = decision.reason.map(|reason| word(&reason));
        let details = json!({ "decision": decision.id, "seen_version": new.seen_version, "case": touched, "batch": batch,
                              "into": carrier });
        tx.audit(Deed { actor: &actor.name, action: &action, object: id, reason: reason.as_deref(), details }).await?;
        tx.commit().await?;
        metrics::counter!("kerbwatch_console_decisions_total", "reason" => word(&new.verdict)).increment(1);
        Ok(DecisionMade { decision, state, version, case: touched })
    }
}

/// May this verdict follow the state the candidate is in?
fn may_follow(now: &Current, last: Option<&Decision>, actor: &Actor, verdict: Verdict) -> Result<(), ApiError> {
    if now.state == CandidateState::Expired {
        let details = json!({ "state": now.state, "version": now.version });
        return Err(conflict("expired", "nobody decided before the hard stop: it is closed", details));
    }
    if verdict == Verdict::Undo {
        return match last {
            None => Err(refused("nothing_to_undo", "nothing was decided yet")),
            Some(last) if last.by != actor.name => {
                let details = json!({ "by": last.by, "at": last.at });
                Err(conflict("not_yours", "only who decided may take it back", details))
            }
            Some(_) => Ok(()),
        };
    }
    if verdict == Verdict::Confirm && now.permitted {
        return Err(refused("permitted", "a permit covers it: it can be rejected or escalated, not confirmed"));
    }
    match now.state {
        CandidateState::Open | CandidateState::FieldCheck => Ok(()),
        CandidateState::Escalated if actor.has_one_of(SECOND_EYES) => Ok(()),
        CandidateState::Escalated => Err(ApiError::Forbidden),
        CandidateState::Confirmed | CandidateState::Rejected | CandidateState::Merged | CandidateState::Expired => {
            let details = json!({ "state": now.state, "version": now.version, "decision": last });
            Err(conflict("decided", "it is decided; undo comes first", details))
        }
    }
}
