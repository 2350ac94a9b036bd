//! Estimates of what the program misses, by place and kind, and the drawn minutes and finds behind them. Never a picture.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::clearance::{Selection, bad, by_word, file};
use super::{limit, words};
use crate::clearance::figures::By;
use crate::clearance::interval::Ms;
use crate::clearance::recall::RecallSum;
use crate::clearance::schedule::{date_of, day};
use crate::clock::rfc3339;
use crate::dto::{
    FindCover, FindPage, FindRecord, Kind, MinuteOutcome, RecallExport, RecallGroup, RecallListQuery, RecallMinute,
    RecallMinutePage, RecallQuery, RecallReport, from_word, word,
};
use crate::error::ApiError;
use crate::export;
use crate::extract::QueryOf;
use crate::gate::Session;
use crate::keeper::{AsOf, CellId, Matched};
use crate::recall::{Find, Minute};
use crate::state::AppState;
use crate::store::Scope;

/// Where a row lies, for the filters and the groups.
struct Spot<'a> {
    kind: Kind,
    camera: &'a str,
    camera_name: &'a str,
    zone: &'a str,
    zone_name: &'a str,
    district: &'a str,
    street: &'a str,
    area: Option<&'a str>,
}

impl<'a> Spot<'a> {
    fn of_minute(it: &'a RecallMinute) -> Self {
        Self {
            kind: it.kind,
            camera: &it.camera,
            camera_name: &it.camera_name,
            zone: &it.zone,
            zone_name: &it.zone_name,
            district: &it.district,
            street: &it.street,
            area: it.area.as_deref(),
        }
    }

    fn of_find(it: &'a FindRecord, cell: Option<&'a CellId>) -> Self {
        Self {
            kind: it.kind,
            camera: &it.camera,
            camera_name: &it.camera_name,
            zone: it.zone.as_deref().unwrap_or_default(),
            zone_name: &it.zone_name,
            district: &it.district,
            street: &it.street,
            area: cell.filter(|cell| cell.0.is_empty()).map(|cell| cell.1.as_str()),
        }
    }
}

/// The period of a selection in milliseconds.
async fn period(state: &AppState, selection: &Selection) -> Result<(Ms, Ms), ApiError> {
    let calendar = state.clearance.clocks(&state.store, &selection.definition.parameters).await?.calendar;
    Ok((day(&calendar, selection.from).0, day(&calendar, selection.until).1))
}

impl Selection {
    /// Was the cell under the clearance target on the day of the moment?
    fn was_key(&self, state: &AppState, cell: Option<&CellId>, at: Ms) -> bool {
        let calendar = events::schedule::Calendar { time_zone: state.clearance.time_zone.clone(), holidays: Default::default() };
        let day = self.loaded.days.get(&date_of(&calendar, at));
        cell.and_then(|cell| day?.get(cell)).is_some_and(|day| day.facts.key_area)
    }

    fn takes(&self, state: &AppState, spot: &Spot<'_>, cell: Option<&CellId>, at: Ms) -> bool {
        let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        same(&self.district, spot.district)
            && same(&self.street, spot.street)
            && same(&self.area, spot.area.unwrap_or_default())
            && same(&self.camera, spot.camera)
            && same(&self.zone, spot.zone)
            && (self.kinds.is_empty() || self.kinds.contains(&spot.kind))
            && self.key_area.is_none_or(|wanted| wanted == self.was_key(state, cell, at))
    }
}

/// What is kept of a period: all that was drawn and found in a scope, whatever else is selected.
async fn matched(state: &AppState, scope: &Scope, selection: &Selection) -> Result<Matched, ApiError> {
    // Answers and finds are no zone-days: they make what was matched before out of date as well.
    let head = state.store.recall_head().await?;
    let name = format!("{head} {} {} {} {scope:?}", selection.definition.version, selection.from, selection.until);
    Ok(state.clearance.matched(&selection.loaded, name).await)
}

/// The drawn minutes of a selection, each picture once with its latest answer; newest first.
async fn minutes(state: &AppState, scope: &Scope, selection: &Selection) -> Result<AsOf<Minute>, ApiError> {
    let matched = matched(state, scope, selection).await?;
    let make = async || {
        let (from, until) = period(state, selection).await?;
        let as_of = state.now_ms();
        let rows = state.store.minutes_between(scope, from, until).await?;
        let mut rows = crate::recall::minutes(state, &selection.definition.parameters, rows).await?;
        let plans = state.store.audit_plans(&selection.from.to_string(), &selection.until.to_string()).await?;
        let calendar = &state.clearance.clocks(&state.store, &selection.definition.parameters).await?.calendar;
        let key_area = |one: &Minute| selection.was_key(state, Some(&one.cell), one.at);
        crate::recall::weigh(&mut rows, &plans, key_area, |at| date_of(calendar, at).to_string());
        Ok::<_, ApiError>(AsOf { as_of, rows })
    };
    let AsOf { as_of, rows: all } = matched.minutes.get_or_try_init(make).await?;
    let taken = |one: &&Minute| selection.takes(state, &Spot::of_minute(&one.record), Some(&one.cell), one.at);
    let mut all: Vec<Minute> = all.iter().filter(taken).cloned().collect();
    all.sort_by(|a, b| (b.answered, &b.record.audit).cmp(&(a.answered, &a.record.audit)));
    let mut seen = BTreeSet::new();
    all.retain(|one| {
        let it = &one.record;
        let picture = it.picture_at.clone().filter(|_| it.outcome != MinuteOutcome::NotSampled);
        picture.is_none_or(|at| seen.insert((it.camera.clone(), it.zone.clone(), it.kind, at)))
    });
    all.sort_by(|a, b| (b.at, &b.record.audit, b.record.position).cmp(&(a.at, &a.record.audit, a.record.position)));
    Ok(AsOf { as_of: *as_of, rows: all })
}

/// The finds of a selection, newest first; withdrawn ones among them.
async fn finds(state: &AppState, scope: &Scope, selection: &Selection) -> Result<AsOf<Find>, ApiError> {
    let matched = matched(state, scope, selection).await?;
    let make = async || {
        let (from, until) = period(state, selection).await?;
        let as_of = state.now_ms();
        let rows = state.store.finds_between(scope, from, until).await?;
        let rows = crate::recall::finds(state, &selection.definition.parameters, rows).await?;
        Ok::<_, ApiError>(AsOf { as_of, rows })
    };
    let AsOf { as_of, rows: all } = matched.finds.get_or_try_init(make).await?;
    let taken = |one: &&Find| selection.takes(state, &Spot::of_find(&one.record, one.cell.as_ref()), one.cell.as_ref(), one.at);
    Ok(AsOf { as_of: *as_of, rows: all.iter().rev().filter(taken).cloned().collect() })
}

fn group_of(spot: &Spot<'_>, by: By) -> RecallGroup {
    let zone_key = || format!("{}/{}", spot.camera, spot.zone);
    let zone_name =
        || if spot.zone.is_empty() { spot.camera_name.to_owned() } else { format!("{} · {}", spot.camera_name, spot.zone_name) };
    let (key, name) = match (by, spot.area) {
        (By::District, _) => (spot.district.to_owned(), spot.district.to_owned()),
        (By::Street, _) => (format!("{}/{}", spot.district, spot.street), spot.street.to_owned()),
        (By::Camera, _) => (spot.camera.to_owned(), spot.camera_name.to_owned()),
        (By::Area, Some(area)) => (area.to_owned(), zone_name()),
        (By::Area | By::Zone, _) => (zone_key(), zone_name()),
        (By::Kind, _) => (word(&spot.kind), word(&spot.kind)),
    };
    let keep = |wanted: &[By], text: &str| if wanted.contains(&by) { text.to_owned() } else { String::new() };
    let single = by == By::Zone || by == By::Area && spot.area.is_none();
    RecallGroup {
        key,
        name,
        district: keep(&[By::District, By::Street, By::Area, By::Camera, By::Zone], spot.district),
        street: keep(&[By::Street, By::Area, By::Camera, By::Zone], spot.street),
        area: spot.area.filter(|_| by == By::Area).map(str::to_owned),
        camera: (by == By::Camera || single).then(|| spot.camera.to_owned()),
        zone: (single && !spot.zone.is_empty()).then(|| spot.zone.to_owned()),
        kind: (by == By::Kind).then_some(spot.kind),
        figure: Default::default(),
    }
}

async fn report(state: &AppState, scope: &Scope, selection: &Selection, by: By) -> Result<RecallReport, ApiError> {
    let (minutes, finds) = (minutes(state, scope, selection).await?, finds(state, scope, selection).await?);
    let as_of = minutes.as_of.min(finds.as_of);
    let (minutes, finds) = (minutes.rows, finds.rows);
    let mut total = RecallSum::default();
    let mut groups: BTreeMap<String, (RecallGroup, RecallSum)> = BTreeMap::new();
    let mut group = |spot: &Spot<'_>, add: &dyn Fn(&mut RecallSum)| {
        add(&mut total);
        let made = group_of(spot, by);
        add(&mut groups.entry(made.key.clone()).or_insert_with(|| (made, RecallSum::default())).1);
    };
    for one in &minutes {
        let it = &one.record;
        group(&Spot::of_minute(it), &|sum| sum.minute(it.outcome, it.revised, it.weight));
    }
    for one in finds.iter().filter(|one| !one.record.withdrawn) {
        group(&Spot::of_find(&one.record, one.cell.as_ref()), &|sum| sum.find(&one.fact));
    }
    let parameters = &selection.definition.parameters;
    Ok(RecallReport {
        definition: selection.definition.clone(),
        as_of: rfc3339(as_of),
        from: selection.from.to_string(),
        until: selection.until.to_string(),
        time_zone: state.settings.time_zone.clone(),
        audits: minutes.iter().map(|one| &one.record.audit).collect::<BTreeSet<_>>().len() as u64,
        total: total.figure(parameters),
        groups: groups.into_values().map(|(group, sum)| RecallGroup { figure: sum.figure(parameters), ..group }).collect(),
    })
}

/// The estimates of a period: what frame audits and finds say the program misses.
#[utoipa::path(get, path = "/clearance/recall", tag = "clearance", operation_id = "getRecall", params(RecallQuery),
    responses((status = 200, description = "The estimates", body = RecallReport)))]
pub(super) async fn figures(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<RecallQuery>,
) -> Result<Response, ApiError> {
    let by = by_word(query.by.as_deref())?;
    let selection = Selection::read(&state, &session.actor.scope, &query.filter()).await?;
    let loaded = Arc::clone(&selection.loaded);
    // Answers and finds are no zone-days: they make what was made before out of date as well.
    let name = format!("recall {} {} {by:?}", state.store.recall_head().await?, selection.name());
    let cell = state.clearance.report(&loaded, name).await;
    let make = async || {
        let made = report(&state, &session.actor.scope, &selection, by).await?;
        serde_json::to_vec(&made).map(Bytes::from).map_err(|error| ApiError::internal("writing the report", error))
    };
    let bytes = cell.get_or_try_init(make).await?.clone();
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes).into_response())
}

/// A page of a list, and where the next one begins.
fn paged<T>(all: Vec<T>, query: &RecallListQuery) -> Result<(Vec<T>, u64, Option<String>), ApiError> {
    let limit = usize::try_from(limit(query.limit, 50, 200)?).unwrap_or(50);
    let skip = match query.cursor.as_deref() {
        None => 0,
        Some(text) => text.parse::<usize>().map_err(|_| bad("the cursor is not one of ours"))?,
    };
    let total = all.len();
    let items: Vec<T> = all.into_iter().skip(skip).take(limit).collect();
    let next = skip.saturating_add(items.len());
    let cursor = (next < total && !items.is_empty()).then(|| next.to_string());
    Ok((items, total as u64, cursor))
}

/// The drawn minutes behind the estimates, newest first.
#[utoipa::path(get, path = "/clearance/recall/minutes", tag = "clearance", operation_id = "listRecallMinutes",
    params(RecallListQuery), responses((status = 200, description = "A page of drawn minutes", body = RecallMinutePage)))]
pub(super) async fn list_minutes(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<RecallListQuery>,
) -> Result<Json<RecallMinutePage>, ApiError> {
    let wanted: Vec<MinuteOutcome> =
        words::<MinuteOutcome>("outcome", query.with.as_deref())?.iter().filter_map(|word| from_word(word)).collect();
    let selection = Selection::read(&state, &session.actor.scope, &query.filter()).await?;
    let mut all = minutes(&state, &session.actor.scope, &selection).await?.rows;
    all.retain(|one| wanted.is_empty() || wanted.contains(&one.record.outcome));
    let (items, total, next_cursor) = paged(all, &query)?;
    Ok(Json(RecallMinutePage { items: items.into_iter().map(|one| one.record).collect(), total, next_cursor }))
}

fn is(find: &Find, word: &str) -> Option<bool> {
    let it = &find.record;
    let covered = it.cover == FindCover::Covered && !it.withdrawn;
    Some(match word {
        "withdrawn" => it.withdrawn,
        "missed" => covered && it.matched.is_none(),
        "matched" => covered && it.matched.is_some(),
        "first" => covered && it.lead_s.is_some(),
        word => from_word::<FindCover>(word)? == it.cover && !it.withdrawn,
    })
}

/// The finds behind the estimates, newest first.
#[utoipa::path(get, path = "/clearance/recall/finds", tag = "clearance", operation_id = "listFinds", params(RecallListQuery),
    responses((status = 200, description = "A page of finds", body = FindPage)))]
pub(super) async fn list_finds(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<RecallListQuery>,
) -> Result<Json<FindPage>, ApiError> {
    const WORDS: [&str; 8] = ["covered", "unwatched", "not_in_force", "no_zone", "missed", "matched", "first", "withdrawn"];
    let wanted: Vec<&str> = query.with.as_deref().map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default();
    if let Some(unknown) = wanted.iter().find(|word| !WORDS.contains(word)) {
        return Err(bad(format!("with {unknown:?} is not known")));
    }
    let selection = Selection::read(&state, &session.actor.scope, &query.filter()).await?;
    let mut all = finds(&state, &session.actor.scope, &selection).await?.rows;
    all.retain(|one| wanted.is_empty() || wanted.iter().any(|word| is(one, word) == Some(true)));
    let (items, total, next_cursor) = paged(all, &query)?;
    Ok(Json(FindPage { items: items.into_iter().map(|one| one.record).collect(), total, next_cursor }))
}

/// The drawn minutes or the finds of a period as CSV or Parquet, each with the definition it was matched under.
#[utoipa::path(get, path = "/clearance/recall/export", tag = "clearance", operation_id = "exportRecall", params(RecallExport),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")))]
pub(super) async fn export(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<RecallExport>,
) -> Result<Response, ApiError> {
    let selection = Selection::read(&state, &session.actor.scope, &query.filter()).await?;
    let (scope, definition) = (&session.actor.scope, &selection.definition);
    let time_zone = &state.settings.time_zone;
    let name = |of: &str| format!("recall-{of}-{}-{}-v{}", selection.from, selection.until, definition.version);
    match query.of.as_deref() {
        None | Some("minutes") => {
            let rows = minutes(&state, scope, &selection).await?.rows;
            let table = export::recall::minutes(rows.iter().map(|one| &one.record).collect(), definition, time_zone);
            file(&table, query.format.as_deref(), &name("minutes"))
        }
        Some("finds") => {
            let rows = finds(&state, scope, &selection).await?.rows;
            let table = export::recall::finds(rows.iter().map(|one| &one.record).collect(), definition, time_zone);
            file(&table, query.format.as_deref(), &name("finds"))
        }
        Some(other) => Err(bad(format!("of {other:?} is neither minutes nor finds"))),
    }
}
