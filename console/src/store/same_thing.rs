//! Candidates that are the same thing: what may be, as proposals; what an officer said is, as carried.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::candidates::{Full, SUMMARY, bbox, summary};
use super::{Bind, Conditions, Store, Tx};
use crate::auth::Actor;
use crate::dto::{CandidateState, CandidateSummary, MergeProposal, SameThing, SeenState, word};
use crate::error::ApiError;
use crate::view::View;

/// A candidate raised longer before or after is proposed no more: whoever cleared a place for two hours came back anew.
const NEAR_MS: i64 = 2 * 60 * 60_000;
/// The same camera and zone within such a gap is the same thing even where the boxes differ: it was moved, not replaced.
const GAP_MS: i64 = 15 * 60_000;
/// Boxes that share more (intersection over union) are of the same thing.
const SAME_BOX_IOU: f64 = 0.3;
/// As many as there are digits to choose by.
const MOST_PROPOSALS: usize = 9;
/// A candidate that carries more is a fault of somebody's; the screen shows the first.
const MOST_CARRIED: usize = 100;

/// From first seen until it was last known to be there.
#[derive(Clone, Copy)]
struct Stay {
    from_ms: i64,
    until_ms: i64,
}

impl Stay {
    fn of(row: &AnyRow, now_ms: i64) -> Result<Self, sqlx::Error> {
        let seen: Option<SeenState> = super::word_column_opt(row, "seen_state")?;
        let raised_ms: i64 = row.try_get("raised_ms")?;
        let until_ms = match (seen, row.try_get::<Option<i64>, _>("seen_ms")?) {
            (Some(SeenState::Cleared | SeenState::Lost), Some(at)) => at.max(raised_ms),
            // Nobody said that it went.
            _ => now_ms.max(raised_ms),
        };
        Ok(Self { from_ms: row.try_get("first_seen_ms")?, until_ms })
    }

    /// Milliseconds between the two; 0 when they overlap.
    fn gap(self, other: Self) -> i64 {
        (self.from_ms - other.until_ms).max(other.from_ms - self.until_ms).max(0)
    }
}

impl Store {
    /// What is merged into a candidate, oldest first.
    pub(crate) async fn carried(&self, id: &str, view: &View<'_>) -> Result<Vec<CandidateSummary>, sqlx::Error> {
        let mut conditions = Conditions::within(&view.actor.scope, "c");
        conditions.and("c.merged_into = ?", [Bind::Text(id.to_owned())]);
        let sql = format!("{SUMMARY}{} ORDER BY c.raised_ms, c.id LIMIT {MOST_CARRIED}", conditions.sql());
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        rows.iter().map(|row| summary(row, view, "review")).collect()
    }

    /// What may be the same thing: a re-alarm of the same place first, then other cameras of the street. Only what could carry
    /// this one, and only while this one is undecided.
    pub(crate) async fn proposals(&self, full: &Full, view: &View<'_>) -> Result<Vec<MergeProposal>, sqlx::Error> {
        let c = &full.summary;
        let undecided = matches!(c.state, CandidateState::Open | CandidateState::Escalated | CandidateState::FieldCheck);
        if !undecided || c.carries > 0 {
            return Ok(Vec::new());
        }
        let mine = full.stay(view.now_ms);
        let mut found = Vec::new();
        for row in self.near(full, view, "c.camera = ? AND c.zone = ?", [&c.camera, &c.zone]).await? {
            let overlap = as_box(bbox(&row)?).iou(&as_box(c.bbox));
            let gap = Stay::of(&row, view.now_ms)?.gap(mine);
            if gap < GAP_MS || overlap > SAME_BOX_IOU {
                found.push((SameThing::ReAlarm, -overlap, summary(&row, view, "review")?));
            }
        }
        if !c.street.is_empty() {
            for row in self.near(full, view, "c.district = ? AND c.street = ?", [&c.district, &c.street]).await? {
                let other_camera = row.try_get::<String, _>("camera")? != c.camera;
                if other_camera && Stay::of(&row, view.now_ms)?.gap(mine) == 0 {
                    let apart = (row.try_get::<i64, _>("raised_ms")? - full.raised_ms).abs();
                    found.push((SameThing::SecondCamera, apart as f64, summary(&row, view, "review")?));
                }
            }
        }
        let order = |why: SameThing| i32::from(why == SameThing::SecondCamera);
        found.sort_by(|a, b| order(a.0).cmp(&order(b.0)).then(a.1.total_cmp(&b.1)));
        found.truncate(MOST_PROPOSALS);
        Ok(found.into_iter().map(|(why, _, candidate)| MergeProposal { candidate, why }).collect())
    }

    /// Candidates of the same kind raised within [`NEAR_MS`] that could carry this one; `place` has two marks.
    async fn near(&self, full: &Full, view: &View<'_>, place: &str, values: [&String; 2]) -> Result<Vec<AnyRow>, sqlx::Error> {
        let c = &full.summary;
        let mut conditions = Conditions::within(&view.actor.scope, "c");
        conditions.and(place, values.map(|value| Bind::Text(value.clone())));
        conditions.and("c.kind = ?", [Bind::Text(word(&c.kind))]);
        let between = [full.raised_ms - NEAR_MS, full.raised_ms + NEAR_MS].map(Bind::Int);
        conditions.and("c.raised_ms BETWEEN ? AND ?", between);
        conditions.and("c.state IN ('open', 'escalated', 'field_check', 'confirmed') AND c.id <> ?", [Bind::Text(c.id.clone())]);
        let sql = format!("{SUMMARY}{} ORDER BY c.raised_ms DESC LIMIT 100", conditions.sql());
        conditions.query(sql).fetch_all(&self.pool).await
    }
}

impl Full {
    fn stay(&self, now_ms: i64) -> Stay {
        let gone = matches!(self.summary.seen_state, Some(SeenState::Cleared | SeenState::Lost));
        let until_ms = if gone { self.seen_ms.unwrap_or(self.raised_ms) } else { now_ms };
        Stay { from_ms: self.first_seen_ms, until_ms: until_ms.max(self.raised_ms) }
    }
}

fn as_box([x1, y1, x2, y2]: [f64; 4]) -> events::BBox {
    events::BBox { x1, y1, x2, y2 }
}

impl Tx {
    /// May `id` be merged into `into`?
    pub(super) async fn check_merge(&mut self, id: &str, into: &str, actor: &Actor) -> Result<(), ApiError> {
        let refused = |code, message: String| Err(ApiError::Refused { code, message });
        if id == into {
            return refused("merge_with_itself", "a candidate cannot be merged into itself".to_owned());
        }
        let row = sqlx::query("SELECT state, merged_into, district, street FROM candidates WHERE id = $1")
            .bind(into)
            .fetch_optional(self.db())
            .await?
            .ok_or(ApiError::NotFound("candidate to merge into"))?;
        if !actor.scope.holds(row.try_get("district")?, row.try_get("street")?) {
            return Err(ApiError::NotFound("candidate to merge into"));
        }
        let state: CandidateState = super::word_column(&row, "state")?;
        match state {
            CandidateState::Open | CandidateState::Escalated | CandidateState::FieldCheck | CandidateState::Confirmed => {}
            CandidateState::Merged | CandidateState::Rejected | CandidateState::Expired => {
                let carrier: Option<String> = row.try_get("merged_into")?;
                let message = match &carrier {
                    Some(carrier) => format!("the other one is itself merged: merge into {carrier}"),
                    None => format!("the other one is {}: it can carry nothing", word(&state)),
                };
                let details = serde_json::json!({ "into": into, "state": state, "merged_into": carrier });
                return Err(ApiError::Conflict { code: "cannot_carry", message, details });
            }
        }
        if self.carries(id).await? > 0 {
            let message = "it carries others: merge the other one into it, or take those merges back first";
            return refused("carries_others", message.to_owned());
        }
        Ok(())
    }

    /// How many are merged into a candidate.
    pub(super) async fn carries(&mut self, id: &str) -> Result<i64, sqlx::Error> {
        let query = sqlx::query("SELECT COUNT(*) AS n FROM candidates WHERE merged_into = $1").bind(id);
        query.fetch_one(self.db()).await?.try_get("n")
    }

    /// Has somebody gone on with the case of the candidate that carries another? Then what it carries is part of it.
    pub(super) async fn carrier_is_taken(&mut self, carrier: &str) -> Result<bool, sqlx::Error> {
        let query = sqlx::query(
            "SELECT COUNT(*) AS n FROM candidates c JOIN case_events e ON e.case_id = c.case_id WHERE c.id = $1 AND e.seq > 1",
        );
        let n: i64 = query.bind(carrier).fetch_one(self.db()).await?.try_get("n")?;
        Ok(n > 0)
    }
}
