//! Candidates that are the same thing: what may be, as proposals; what an officer said is, as carried.
//!
//! An officer says so in two ways. A *merge* makes one decision of two, so only what can still be decided or is confirmed
//! carries. A *rejection as a duplicate* may name what it repeats, which may itself have been rejected or have run out. Both must
//! be of one kind, place and time, for the figures take them for one episode, and both stand in `merged_into`.

use std::collections::HashSet;

use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::candidates::{Full, SUMMARY, bbox, summary};
use super::{Bind, Conditions, Store, Tx};
use crate::auth::Actor;
use crate::dto::{CandidateState, CandidateSummary, MergeProposal, SameThing, SeenState, word};
use crate::error::{ApiError, refused};
use crate::view::View;

/// A candidate raised longer before or after is proposed no more: whoever cleared a place for two hours came back anew.
const NEAR_MS: i64 = 2 * 60 * 60_000;
/// The same camera and zone within such a gap is the same thing even where the boxes differ: it was moved, not replaced.
const GAP_MS: i64 = 15 * 60_000;
/// Boxes that share more (intersection over union) are of the same thing.
const SAME_BOX_IOU: f64 = 0.3;
/// Zones of the area that a zone shows; two marks, camera and zone. As a list, so that the index of places serves it.
const TWIN_ZONES: &str = "(c.camera, c.zone) IN (SELECT y.camera, y.zone FROM area_zones x JOIN area_zones y ON y.area = x.area \
     WHERE x.camera = ? AND x.zone = ?)";
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

    /// What may be the same thing, while this one is undecided and carries nothing: a re-alarm of the same place first, then
    /// other cameras of the street or area. First those that could carry it in a merge, then all that it may repeat.
    pub(crate) async fn proposals(
        &self,
        full: &Full,
        view: &View<'_>,
    ) -> Result<(Vec<MergeProposal>, Vec<MergeProposal>), sqlx::Error> {
        let c = &full.summary;
        let undecided = matches!(c.state, CandidateState::Open | CandidateState::Escalated | CandidateState::FieldCheck);
        if !undecided || c.carries > 0 {
            return Ok((Vec::new(), Vec::new()));
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
        let mut others = self.near(full, view, TWIN_ZONES, [&c.camera, &c.zone]).await?;
        if !c.street.is_empty() {
            others.extend(self.near(full, view, "c.district = ? AND c.street = ?", [&c.district, &c.street]).await?);
        }
        let mut known = HashSet::new();
        for row in others {
            let other_camera = row.try_get::<String, _>("camera")? != c.camera;
            let new = known.insert(row.try_get::<String, _>("id")?);
            if new && other_camera && Stay::of(&row, view.now_ms)?.gap(mine) == 0 {
                let apart = (row.try_get::<i64, _>("raised_ms")? - full.raised_ms).abs();
                found.push((SameThing::SecondCamera, apart as f64, summary(&row, view, "review")?));
            }
        }
        let order = |why: SameThing| i32::from(why == SameThing::SecondCamera);
        found.sort_by(|a, b| order(a.0).cmp(&order(b.0)).then(a.1.total_cmp(&b.1)));
        let repeats: Vec<MergeProposal> = found.into_iter().map(|(why, _, candidate)| MergeProposal { candidate, why }).collect();
        let most = |all: Vec<MergeProposal>| all.into_iter().take(MOST_PROPOSALS).collect();
        Ok((most(repeats.iter().filter(|other| may_carry(other.candidate.state)).cloned().collect()), most(repeats)))
    }

    /// Candidates of the same kind raised within [`NEAR_MS`] that are not themselves the same thing as another; `place` has two
    /// marks.
    async fn near(&self, full: &Full, view: &View<'_>, place: &str, values: [&String; 2]) -> Result<Vec<AnyRow>, sqlx::Error> {
        let c = &full.summary;
        let mut conditions = Conditions::within(&view.actor.scope, "c");
        conditions.and(place, values.map(|value| Bind::Text(value.clone())));
        conditions.and("c.kind = ?", [Bind::Text(word(&c.kind))]);
        let between = [full.raised_ms - NEAR_MS, full.raised_ms + NEAR_MS].map(Bind::Int);
        conditions.and("c.raised_ms BETWEEN ? AND ?", between);
        conditions.and("c.merged_into IS NULL AND c.id <> ?", [Bind::Text(c.id.clone())]);
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

/// A merge makes one decision of two: what is rejected or has run out has none to share.
fn may_carry(state: CandidateState) -> bool {
    match state {
        CandidateState::Open | CandidateState::Escalated | CandidateState::FieldCheck | CandidateState::Confirmed => true,
        CandidateState::Merged | CandidateState::Rejected | CandidateState::Expired => false,
    }
}

fn as_box([x1, y1, x2, y2]: [f64; 4]) -> events::BBox {
    events::BBox { x1, y1, x2, y2 }
}

impl Tx {
    /// May `id` be merged into `into`?
    pub(super) async fn check_merge(&mut self, id: &str, into: &str, actor: &Actor) -> Result<(), ApiError> {
        if id == into {
            return Err(refused("merge_with_itself", "a candidate cannot be merged into itself"));
        }
        let other = self.other(into, "candidate to merge into", actor).await?;
        let state: CandidateState = super::word_column(&other, "state")?;
        self.refuse_chain(id, into, &other).await?;
        if may_carry(state) {
            return self.refuse_apart(id, &other).await;
        }
        let message = format!("the other one is {}: it can carry nothing", word(&state));
        Err(ApiError::Conflict {
            code: "cannot_carry",
            message,
            details: json!({ "into": into, "state": state, "merged_into": null }),
        })
    }

    /// May `id` be rejected as a repeat of `of`? Only of what stood at that place at that time: its minutes become part of that
    /// one's episode. What came back later is a violation of its own, however alike it looks.
    pub(super) async fn check_repeat(&mut self, id: &str, of: &str, actor: &Actor) -> Result<(), ApiError> {
        if id == of {
            return Err(refused("repeats_itself", "a candidate cannot be a duplicate of itself"));
        }
        let other = self.other(of, "candidate that is repeated", actor).await?;
        self.refuse_chain(id, of, &other).await?;
        self.refuse_apart(id, &other).await
    }

    /// One violation is of one kind, at one place, at one time.
    async fn refuse_apart(&mut self, id: &str, other: &AnyRow) -> Result<(), ApiError> {
        let mine = sqlx::query("SELECT * FROM candidates WHERE id = $1").bind(id).fetch_one(self.db()).await?;
        let same = |column: &str| Ok::<_, sqlx::Error>(mine.try_get::<String, _>(column)? == other.try_get::<String, _>(column)?);
        if !same("kind")? {
            return Err(refused("another_kind", "that one is of another kind: the same thing is the same violation"));
        }
        let street = same("district")? && same("street")? && !mine.try_get::<String, _>("street")?.is_empty();
        if !same("camera")? && !street && !self.one_area(&mine, other).await? {
            return Err(refused("another_place", "that one is at another place: no camera, street or area is theirs together"));
        }
        let now_ms = self.now_ms();
        if Stay::of(&mine, now_ms)?.gap(Stay::of(other, now_ms)?) > NEAR_MS {
            return Err(refused(
                "another_time",
                "more than two hours lie between them: what came back is not the same violation",
            ));
        }
        Ok(())
    }

    /// The candidate that is named, if it is within the scope.
    async fn other(&mut self, id: &str, what: &'static str, actor: &Actor) -> Result<AnyRow, ApiError> {
        let row = sqlx::query("SELECT * FROM candidates WHERE id = $1").bind(id).fetch_optional(self.db()).await?;
        let row = row.ok_or(ApiError::NotFound(what))?;
        let seen = actor.scope.holds(row.try_get("district")?, row.try_get("street")?);
        if seen { Ok(row) } else { Err(ApiError::NotFound(what)) }
    }

    /// One candidate carries, the others are carried: there are no chains.
    async fn refuse_chain(&mut self, id: &str, into: &str, other: &AnyRow) -> Result<(), ApiError> {
        if let Some(carrier) = other.try_get::<Option<String>, _>("merged_into")? {
            let state: CandidateState = super::word_column(other, "state")?;
            let message = format!("the other one is itself the same thing as another: name {carrier}");
            let details = json!({ "into": into, "state": state, "merged_into": carrier });
            return Err(ApiError::Conflict { code: "cannot_carry", message, details });
        }
        if self.carries(id).await? > 0 {
            return Err(refused("carries_others", "it carries others: name it on the other one, or take those back first"));
        }
        Ok(())
    }

    /// Do the zones of two candidates show one area?
    async fn one_area(&mut self, a: &AnyRow, b: &AnyRow) -> Result<bool, sqlx::Error> {
        let mut query = sqlx::query(
            "SELECT 1 AS yes FROM area_zones x JOIN area_zones y ON y.area = x.area \
             WHERE x.camera = $1 AND x.zone = $2 AND y.camera = $3 AND y.zone = $4",
        );
        for row in [a, b] {
            query = query.bind(row.try_get::<String, _>("camera")?).bind(row.try_get::<String, _>("zone")?);
        }
        Ok(query.fetch_optional(self.db()).await?.is_some())
    }

    /// How many are said to be the same thing as a candidate.
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
