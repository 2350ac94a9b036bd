//! Many decisions at once. Each is a decision like any other, in a transaction of its own: what one officer does to a hundred
//! candidates must not hold up all the others, and what is left out leaves no trace.

use super::candidates::{SUMMARY, summary};
use super::{Conditions, Filter, Store, Thing};
use crate::auth::{Actor, SECOND_EYES};
use crate::dto::{
    BulkItem, BulkLeft, BulkMade, BulkOrder, BulkPreview, BulkVerdict, CandidateState, CandidateSummary, LeftOut, NewDecision,
    Verdict, from_word,
};
use crate::error::ApiError;
use crate::view::View;

/// As many as one can look over.
pub(crate) const MOST: usize = 200;

/// Why a rejection would leave this one out; `None` when it would not.
fn left_out(item: &CandidateSummary, actor: &Actor) -> Option<BulkLeft> {
    let claim = item.claim.as_ref().filter(|claim| !claim.mine);
    let why = match item.state {
        CandidateState::Open | CandidateState::FieldCheck if claim.is_some() => LeftOut::Claimed,
        CandidateState::Open | CandidateState::FieldCheck => return None,
        CandidateState::Escalated if !actor.has_one_of(SECOND_EYES) => LeftOut::SecondEyes,
        CandidateState::Escalated if claim.is_some() => LeftOut::Claimed,
        CandidateState::Escalated => return None,
        CandidateState::Confirmed | CandidateState::Rejected | CandidateState::Merged | CandidateState::Expired => {
            LeftOut::NotPossible
        }
    };
    Some(BulkLeft { id: item.id.clone(), why, state: Some(item.state), by: claim.map(|claim| claim.by.clone()) })
}

/// What a refused decision means among many; the error itself where it is no matter of this one.
fn left_by(id: &str, error: ApiError) -> Result<BulkLeft, ApiError> {
    let left = |why, details: &serde_json::Value| {
        let last = &details["decisions"];
        let last = last.as_array().and_then(|all| all.last()).unwrap_or(last);
        let by = details["by"].as_str().or(last["by"].as_str()).or(details["decision"]["by"].as_str()).map(str::to_owned);
        let state = details["state"].as_str().and_then(from_word);
        Ok(BulkLeft { id: id.to_owned(), why, state, by })
    };
    match error {
        ApiError::NotFound(_) => left(LeftOut::Unknown, &serde_json::Value::Null),
        ApiError::Forbidden => left(LeftOut::SecondEyes, &serde_json::Value::Null),
        ApiError::Conflict { code: "claimed", details, .. } => left(LeftOut::Claimed, &details),
        ApiError::Conflict { code: "stale", details, .. } => left(LeftOut::Changed, &details),
        ApiError::Conflict { details, .. } => left(LeftOut::NotPossible, &details),
        ApiError::Refused { code: "nothing_to_undo", .. } => left(LeftOut::NotPossible, &serde_json::Value::Null),
        other => Err(other),
    }
}

impl Store {
    /// What a rejection of these would do, in the order in which they were named.
    pub(crate) async fn preview_ids(&self, ids: &[String], view: &View<'_>) -> Result<BulkPreview, sqlx::Error> {
        let mut preview = BulkPreview { items: Vec::new(), left_out: Vec::new(), more: false };
        if ids.is_empty() {
            return Ok(preview);
        }
        let mut conditions = Conditions::within(&view.actor.scope, "c");
        conditions.one_of("c.id", ids);
        let rows = conditions.query(format!("{SUMMARY}{}", conditions.sql())).fetch_all(&self.pool).await?;
        let found = rows.iter().map(|row| summary(row, view, "queue")).collect::<Result<Vec<_>, _>>()?;
        let mut seen = std::collections::BTreeSet::new();
        for id in ids.iter().filter(|id| seen.insert(id.as_str())) {
            match found.iter().find(|item| item.id == **id) {
                Some(item) => preview.add(item.clone(), view.actor),
                None => preview.left_out.push(BulkLeft { id: id.clone(), why: LeftOut::Unknown, state: None, by: None }),
            }
        }
        Ok(preview)
    }

    /// What a rejection of the first [`MOST`] of a list would do.
    pub(crate) async fn preview_filter(&self, filter: &Filter, view: &View<'_>) -> Result<BulkPreview, sqlx::Error> {
        let (items, next, _) = self.queue(filter, view).await?;
        let mut preview = BulkPreview { items: Vec::new(), left_out: Vec::new(), more: next.is_some() };
        for item in items {
            preview.add(item, view.actor);
        }
        Ok(preview)
    }

    /// Decides all that can be decided.
    pub(crate) async fn decide_many(&self, order: &BulkOrder, actor: &Actor) -> Result<BulkMade, ApiError> {
        let batch = hex::encode(rand::random::<[u8; 8]>());
        let mut result = BulkMade { batch: batch.clone(), made: Vec::new(), left_out: Vec::new() };
        for item in &order.items {
            let new = NewDecision {
                seen_version: item.seen_version,
                verdict: match order.verdict {
                    BulkVerdict::Reject => Verdict::Reject,
                    BulkVerdict::Undo => Verdict::Undo,
                },
                reason: order.reason,
                ticks: None,
                into: None,
                note: order.note.clone(),
            };
            // What lies outside of one's units is not there.
            let decided = match self.require(&actor.scope, Thing::Candidate, &item.id).await {
                Ok(()) => self.decide_in(&item.id, actor, &new, Some(&batch)).await,
                Err(error) => Err(error),
            };
            match decided {
                Ok(made) => result.made.push(BulkItem { id: item.id.clone(), seen_version: made.version }),
                Err(error) => result.left_out.push(left_by(&item.id, error)?),
            }
        }
        Ok(result)
    }
}

impl BulkPreview {
    fn add(&mut self, item: CandidateSummary, actor: &Actor) {
        match left_out(&item, actor) {
            None => self.items.push(item),
            Some(left) => self.left_out.push(left),
        }
    }
}
