//! What is exported, for whom, and why: read and refused here for the web and the command line alike.

use serde_json::{Value, json};

use crate::auth::Actor;
use crate::clock::parse_ms;
use crate::dto::{Kind, RejectReason, TrainingFormat, TrainingQuery, from_word, word};
use crate::error::ApiError;
use crate::store::{Bind, Conditions, Deed, Scope, Store};

/// An order that may be carried out.
pub(crate) struct Order {
    pub(crate) actor: String,
    pub(crate) format: TrainingFormat,
    pub(crate) masked: bool,
    pub(crate) reason: Option<String>,
    /// The request that a second person approved.
    pub(crate) approval: Option<String>,
    /// Rejections for these are hard negatives.
    pub(crate) reasons: Vec<RejectReason>,
    /// On candidates `c` and the decision `d` that stands.
    pub(crate) conditions: Conditions,
    /// Do they ask when it was decided?
    pub(crate) decided: bool,
    /// What was asked, for the log and for who opens the export.
    pub(crate) asked: Value,
}

fn bad(text: String) -> ApiError {
    ApiError::BadRequest(format!("the query: {text}"))
}

fn time(name: &str, text: &str) -> Result<i64, ApiError> {
    parse_ms(text).ok_or_else(|| bad(format!("{name} {text:?} is not an RFC 3339 time")))
}

fn conditions(query: &TrainingQuery, scope: &Scope) -> Result<Conditions, ApiError> {
    let mut conditions = Conditions::within(scope, "c");
    if let Some(kinds) = &query.kind {
        let one = |part: &str| {
            from_word::<Kind>(part.trim()).map(|kind| word(&kind)).ok_or_else(|| bad(format!("{part:?} is no kind")))
        };
        conditions.one_of("c.kind", &kinds.split(',').map(one).collect::<Result<Vec<_>, _>>()?);
    }
    for (column, text) in [("c.district", &query.district), ("c.camera", &query.camera)] {
        if let Some(text) = text {
            if text.len() > 400 || text.contains('\0') {
                return Err(bad("a text is too long".to_owned()));
            }
            conditions.and(&format!("{column} = ?"), [Bind::Text(text.clone())]);
        }
    }
    if let Some(since) = &query.since {
        conditions.and("d.at_ms >= ?", [Bind::Int(time("since", since)?)]);
    }
    if let Some(until) = &query.until {
        conditions.and("d.at_ms < ?", [Bind::Int(time("until", until)?)]);
    }
    Ok(conditions)
}

impl Order {
    /// # Errors
    /// A filter that cannot be read; originals without the right to them, or without a reason.
    pub(crate) fn read(query: &TrainingQuery, actor: &Actor) -> Result<Self, ApiError> {
        let unmasked = query.unmasked == Some(true);
        let reason = query.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty()).map(str::to_owned);
        let length = reason.as_deref().map_or(0, |reason| reason.chars().count());
        if length > 500 {
            return Err(bad("reason has at most 500 characters".to_owned()));
        }
        if unmasked && !actor.sees_unmasked() {
            return Err(ApiError::Forbidden);
        }
        if unmasked && length < 10 {
            let message = "originals are exported for a reason only: say it in 10 characters or more".to_owned();
            return Err(ApiError::Refused { code: "reason_missing", message });
        }
        Ok(Self {
            actor: actor.name.clone(),
            format: query.format.unwrap_or(TrainingFormat::Decisions),
            masked: !unmasked,
            reason,
            approval: query.approval.clone(),
            reasons: query.negatives.unwrap_or_default().reasons().to_vec(),
            conditions: conditions(query, &actor.scope)?,
            decided: query.since.is_some() || query.until.is_some(),
            asked: json!({
                "negatives": query.negatives.unwrap_or_default(), "kind": query.kind, "district": query.district,
                "camera": query.camera, "since": query.since, "until": query.until,
            }),
        })
    }

    /// What of the order an approval holds for.
    pub(crate) fn filters(&self) -> Value {
        json!({ "format": self.format, "asked": self.asked })
    }

    /// Originals leave with a second person's word, where the installation asks for it.
    ///
    /// # Errors
    /// There is none that holds for this export.
    pub(crate) async fn may_leave(&self, store: &Store, actor: &Actor, approval_needed: bool) -> Result<(), ApiError> {
        if self.masked || !approval_needed {
            return Ok(());
        }
        store.originals_approved(self.approval.as_deref(), actor, &self.filters()).await
    }

    /// Writes into the audit log that it begins. No row, no export.
    ///
    /// # Errors
    /// The database failed.
    pub(crate) async fn announce(&self, store: &Store) -> Result<(), sqlx::Error> {
        let details = json!({ "format": self.format, "masked": self.masked, "asked": self.asked, "approval": self.approval });
        let reason = self.reason.as_deref();
        store.audit_alone(Deed { actor: &self.actor, action: "training.export", object: "decisions", reason, details }).await
    }
}
