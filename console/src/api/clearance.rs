//! Clearance: definitions, the report, the zone-days behind it. Never a picture.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;

use super::{limit, words};
use crate::areas::area_cell;
use crate::clearance::bundle::Row;
use crate::clearance::coverage::Coverage;
use crate::clearance::day::{Frame, violations};
use crate::clearance::episode::{End, Episode, Seen, Standing};
use crate::clearance::figures::{Asked, By, CellKey, ZoneDay, report};
use crate::clearance::interval::Ms;
use crate::clearance::proportion::ratio;
use crate::clearance::schedule::{date_of, day};
use crate::clock::rfc3339;
use crate::dto::{
    ClearanceDefinition, ClearanceDefinitions, ClearanceExport, ClearanceFilter, ClearanceQuery, ClearanceReport, CountsAs,
    DayCandidate, EpisodeEnd, Kind, NewClearanceDefinition, RestatedDay, ViolationEpisode, ZeroDay, ZoneDayDetail, ZoneDayKey,
    ZoneDayPage, ZoneDayQuery, ZoneDayRow, from_word,
};
use crate::error::ApiError;
use crate::export;
use crate::extract::{JsonBody, QueryOf};
use crate::gate::Session;
use crate::keeper::Loaded;
use crate::state::AppState;
use crate::store::{CellOf, Scope};

/// A report is of at most so many days.
const LONGEST_DAYS: i64 = 400;

/// What was asked for, read and checked.
pub(super) struct Selection {
    pub(super) definition: ClearanceDefinition,
    pub(super) loaded: Arc<Loaded>,
    pub(super) from: Date,
    pub(super) until: Date,
    scope: Scope,
    pub(super) district: Option<String>,
    pub(super) street: Option<String>,
    pub(super) area: Option<String>,
    pub(super) camera: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) kinds: Vec<Kind>,
    pub(super) key_area: Option<bool>,
}

pub(super) fn bad(text: impl std::fmt::Display) -> ApiError {
    ApiError::BadRequest(format!("the query: {text}"))
}

fn date(name: &str, text: &str) -> Result<Date, ApiError> {
    text.parse::<Date>().map_err(|_| bad(format!("{name} {text:?} is not a day such as 2026-11-01")))
}

impl Selection {
    pub(super) async fn read(state: &AppState, scope: &Scope, query: &ClearanceFilter) -> Result<Self, ApiError> {
        let definition = definition(state, query.definition).await?;
        let loaded = state.clearance.loaded(&state.store, definition.version).await?;
        let calendar = state.clearance.clocks(&state.store, &definition.parameters).await?.calendar;
        let until = match &query.until {
            Some(text) => date("until", text)?,
            None => date_of(&calendar, state.now_ms()),
        };
        let days = |count: i64| jiff::Span::new().days(count);
        let from = match &query.from {
            Some(text) => date("from", text)?,
            None => until.checked_sub(days(29)).unwrap_or(until),
        };
        if from > until {
            return Err(bad(format!("from {from} lies after until {until}")));
        }
        if until.since(from).is_ok_and(|span| i64::from(span.get_days()) >= LONGEST_DAYS) {
            return Err(bad(format!("a report is of at most {LONGEST_DAYS} days")));
        }
        for text in [&query.district, &query.street, &query.area, &query.camera, &query.zone].into_iter().flatten() {
            super::checked_text(text)?;
        }
        let kinds = words::<Kind>("kind", query.kind.as_deref())?;
        Ok(Self {
            definition,
            loaded,
            from,
            until,
            scope: scope.clone(),
            district: query.district.clone(),
            street: query.street.clone(),
            area: query.area.clone(),
            camera: query.camera.clone(),
            zone: query.zone.clone(),
            kinds: kinds.iter().filter_map(|kind| from_word(kind)).collect(),
            key_area: query.key_area,
        })
    }

    /// Everything that decides which zone-days these are.
    pub(super) fn name(&self) -> String {
        let place = (&self.scope, &self.district, &self.street, &self.area, &self.camera, &self.zone);
        format!("{} {} {} {place:?} {:?} {:?}", self.definition.version, self.from, self.until, self.kinds, self.key_area)
    }

    fn holds(&self, cell: &CellKey, key_area: bool) -> bool {
        let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        self.scope.holds(&cell.district, &cell.street)
            && same(&self.district, &cell.district)
            && same(&self.street, &cell.street)
            && same(&self.area, &cell.area)
            && same(&self.camera, &cell.camera)
            && same(&self.zone, &cell.zone)
            && (self.kinds.is_empty() || self.kinds.contains(&cell.kind))
            && self.key_area.is_none_or(|wanted| wanted == key_area)
    }

    /// Is it of single cameras, each zone for itself whether it shows an area or not?
    fn of_zones(&self) -> bool {
        self.camera.is_some() || self.zone.is_some()
    }

    fn between(&self, from: Date, until: Date, zones: bool) -> Vec<&ZoneDay> {
        let days = self.loaded.days.range(from..=until);
        let level = |day: &&ZoneDay| if zones { !day.cell.of_area() } else { day.cell.counts() };
        days.flat_map(|(_, day)| day.zone_days()).filter(|day| level(day) && self.holds(&day.cell, day.facts.key_area)).collect()
    }

    /// The zone-days asked for, oldest first. Each place counts once, unless a camera or a zone is asked for.
    pub(super) fn days(&self) -> Vec<&ZoneDay> {
        self.between(self.from, self.until, self.of_zones())
    }

    /// What a report adds up: single zone-days where areas, cameras or zones are asked for or apart, else what they come to by street
    /// and kind.
    fn rows(&self, from: Date, until: Date, zones: bool, single: bool) -> Vec<Row<'_>> {
        if single || self.of_zones() || self.area.is_some() {
            return self.between(from, until, zones || self.of_zones()).into_iter().map(Row::One).collect();
        }
        let bundles = self.loaded.days.range(from..=until).flat_map(|(_, day)| day.bundles()).map(Row::Many);
        bundles.filter(|row| self.holds(row.cell(), row.key_area())).collect()
    }

    /// Rows of the whole, of the groups, and of the groups in the equally long period before.
    fn report_rows(&self, by: By) -> [Vec<Row<'_>>; 3] {
        let length = self.until.since(self.from).map_or(0, |span| i64::from(span.get_days())) + 1;
        let back = |date: Date, days: i64| date.checked_sub(jiff::Span::new().days(days)).unwrap_or(date);
        let (zones, single) = (by.zones(), by.zones() || by == By::Area);
        let whole = self.rows(self.from, self.until, false, false);
        let grouped = if single { self.rows(self.from, self.until, zones, single) } else { whole.clone() };
        [whole, grouped, self.rows(back(self.from, length), back(self.from, 1), zones, single)]
    }
}

/// What groups are, by its word.
pub(super) fn by_word(word: Option<&str>) -> Result<By, ApiError> {
    Ok(match word {
        None | Some("district") => By::District,
        Some("street") => By::Street,
        Some("area") => By::Area,
        Some("camera") => By::Camera,
        Some("zone") => By::Zone,
        Some("kind") => By::Kind,
        Some(other) => return Err(bad(format!("by {other:?} is none of district, street, area, camera, zone, kind"))),
    })
}

async fn definition(state: &AppState, version: Option<i64>) -> Result<ClearanceDefinition, ApiError> {
    match version {
        None => Ok(state.store.clearance_definition().await?),
        Some(version) => {
            let all = state.store.clearance_definitions().await?;
            all.into_iter().find(|d| d.version == version).ok_or(ApiError::NotFound("definition"))
        }
    }
}

/// All definitions of clearance, newest first; the first is in force.
#[utoipa::path(get, path = "/clearance/definitions", tag = "clearance", operation_id = "listClearanceDefinitions",
    responses((status = 200, description = "The definitions", body = ClearanceDefinitions)))]
pub(super) async fn definitions(State(state): State<AppState>) -> Result<Json<ClearanceDefinitions>, ApiError> {
    Ok(Json(ClearanceDefinitions { items: state.store.clearance_definitions().await? }))
}

/// Puts a new definition in force. Figures under the old one stay; those under the new one are made within minutes.
#[utoipa::path(post, path = "/clearance/definitions", tag = "clearance", operation_id = "defineClearance",
    request_body = NewClearanceDefinition,
    responses((status = 201, description = "In force", body = ClearanceDefinition)))]
pub(super) async fn define(
    State(state): State<AppState>,
    session: Session,
    JsonBody(new): JsonBody<NewClearanceDefinition>,
) -> Result<(StatusCode, Json<ClearanceDefinition>), ApiError> {
    // One definition holds for all districts, so that they can be compared.
    if !session.actor.scope.is_city() {
        return Err(ApiError::Forbidden);
    }
    if !(1..=500).contains(&new.note.trim().chars().count()) {
        let message = "say why in 1 to 500 characters".to_owned();
        return Err(ApiError::Refused { code: "note_missing", message });
    }
    if let Some(message) = new.parameters.fault() {
        return Err(ApiError::Refused { code: "bad_parameter", message });
    }
    let made = state.store.define_clearance(&new, &session.actor.name).await?;
    state.clearance.wake();
    Ok((StatusCode::CREATED, Json(made)))
}

/// Every figure of a period, with the definition it was made under.
#[utoipa::path(get, path = "/clearance/report", tag = "clearance", operation_id = "getClearanceReport", params(ClearanceQuery),
    responses((status = 200, description = "The figures", body = ClearanceReport)))]
pub(super) async fn figures(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<ClearanceQuery>,
) -> Result<Response, ApiError> {
    let by = by_word(query.by.as_deref())?;
    let selection = Selection::read(&state, &session.actor.scope, &query.filter()).await?;
    let brief = query.brief.unwrap_or(false);
    let loaded = Arc::clone(&selection.loaded);
    let cell = state.clearance.report(&loaded, format!("{} {by:?} {brief}", selection.name())).await;
    let make = async || {
        let clocks = state.clearance.clocks(&state.store, &selection.definition.parameters).await?;
        let time_zone = state.settings.time_zone.clone();
        let made = tokio::task::spawn_blocking(move || {
            let definition = selection.definition.clone();
            let frame = Frame {
                calendar: &clocks.calendar,
                parameters: &definition.parameters,
                duty: &clocks.duty,
                as_of: selection.loaded.as_of,
            };
            let (from, until) = (selection.from, selection.until);
            let building = !selection.loaded.built;
            let asked = Asked { definition: definition.clone(), from, until, by, brief, frame, building, time_zone };
            let [whole, grouped, before] = selection.report_rows(by);
            serde_json::to_vec(&report(&whole, &grouped, &before, asked)).map(Bytes::from)
        });
        let made = made.await.map_err(|error| ApiError::internal("making the report", error))?;
        made.map_err(|error| ApiError::internal("writing the report", error))
    };
    let bytes = cell.get_or_try_init(make).await?.clone();
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes).into_response())
}

pub(super) fn row(day: &ZoneDay) -> ZoneDayRow {
    let facts = &day.facts;
    let minutes = |seconds: u32| f64::from(seconds) / 60.0;
    ZoneDayRow {
        camera: day.cell.camera.clone(),
        camera_name: day.cell.camera_name.clone(),
        zone: day.cell.zone.clone(),
        zone_name: day.cell.zone_name.clone(),
        district: day.cell.district.clone(),
        street: day.cell.street.clone(),
        area: Some(day.cell.area.clone()).filter(|area| !area.is_empty()),
        kind: day.cell.kind,
        day: day.date.to_string(),
        key_area: facts.key_area,
        zero: facts.zero,
        coverage: ratio(f64::from(facts.watched_s), f64::from(facts.force_s)),
        force_min: minutes(facts.force_s),
        watched_min: minutes(facts.watched_s),
        hole_min: minutes(facts.hole_s),
        ovm_min: minutes(facts.ovm_s),
        violations: facts.violations,
        open: u32::try_from(facts.open.len()).unwrap_or(u32::MAX),
        raised: facts.raised,
        undecided: u32::try_from(facts.undecided.len()).unwrap_or(u32::MAX),
        overdue: facts.overdue,
        restated: day.restated,
        as_of: rfc3339(day.as_of),
    }
}

fn wanted(query: &ZoneDayQuery, as_of: Ms) -> Result<impl Fn(&ZoneDay) -> bool + use<>, ApiError> {
    let zeros: Vec<ZeroDay> =
        words::<ZeroDay>("zero-day", query.zero.as_deref())?.iter().filter_map(|word| from_word(word)).collect();
    let with: fn(&ZoneDay) -> bool = match query.with.as_deref() {
        None => |_| true,
        Some("violations") => |day| day.facts.violations > 0,
        Some("open") => |day| !day.facts.open.is_empty(),
        Some("overdue") => |day| day.facts.overdue,
        Some("recurred") => |day| day.facts.recurred[1].0 > 0,
        Some("undecided") => |day| !day.facts.undecided.is_empty(),
        Some("restated") => |day| day.restated,
        Some(other) => return Err(bad(format!("with {other:?} is not known"))),
    };
    let (weekday, hour, stood_ms) = (query.weekday, query.hour, query.stood_s.map(|seconds| i64::from(seconds) * 1000));
    if weekday.is_some_and(|day| !(1..=7).contains(&day)) || hour.is_some_and(|hour| hour > 23) {
        return Err(bad("weekday is 1 to 7 and hour 0 to 23"));
    }
    Ok(move |day: &ZoneDay| {
        let on_weekday = weekday.is_none_or(|wanted| day.date.weekday().to_monday_one_offset() == wanted as i8);
        let in_hour = hour.is_none_or(|hour| day.facts.ovm_by_hour.get(usize::from(hour)).is_some_and(|ovm| *ovm > 0));
        let longer = stood_ms.is_none_or(|least| {
            let ended = day.facts.clear.iter().any(|(seconds, _)| i64::from(*seconds) * 1000 > least);
            ended || day.facts.open.iter().any(|first_seen| as_of - first_seen > least)
        });
        (zeros.is_empty() || zeros.contains(&day.facts.zero)) && with(day) && on_weekday && in_hour && longer
    })
}

/// The zone-days behind a figure, newest day first.
#[utoipa::path(get, path = "/clearance/days", tag = "clearance", operation_id = "listZoneDays", params(ZoneDayQuery),
    responses((status = 200, description = "A page of zone-days", body = ZoneDayPage)))]
pub(super) async fn days(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<ZoneDayQuery>,
) -> Result<Json<ZoneDayPage>, ApiError> {
    let selection = Selection::read(&state, &session.actor.scope, &query.filter()).await?;
    let wanted = wanted(&query, selection.loaded.as_of)?;
    let limit = usize::try_from(limit(query.limit, 50, 200)?).unwrap_or(50);
    let skip = match query.cursor.as_deref() {
        None => 0,
        Some(text) => text.parse::<usize>().map_err(|_| bad("the cursor is not one of ours"))?,
    };
    let found: Vec<&ZoneDay> = selection.days().into_iter().rev().filter(|day| wanted(day)).collect();
    let items: Vec<ZoneDayRow> = found.iter().skip(skip).take(limit).map(|day| row(day)).collect();
    let next = skip.saturating_add(items.len());
    let next_cursor = (next < found.len() && !items.is_empty()).then(|| next.to_string());
    Ok(Json(ZoneDayPage { items, total: found.len() as u64, next_cursor }))
}

fn episode_row(episode: &Episode, due: Option<Ms>, as_of: Ms) -> ViolationEpisode {
    let stood = episode.stood_until(as_of);
    ViolationEpisode {
        candidates: episode.candidates.clone(),
        first_seen_at: rfc3339(episode.first_seen),
        raised_at: rfc3339(episode.raised),
        confirmed_at: episode.confirmed.map(rfc3339),
        end: match episode.end {
            End::Open => EpisodeEnd::Open,
            End::Cleared(_) => EpisodeEnd::Cleared,
            End::Between(..) => EpisodeEnd::Between,
            End::Unknown(_) => EpisodeEnd::Unknown,
        },
        stood_until: rfc3339(stood),
        lasted_s: episode.lasted(episode.first_seen, as_of).0,
        due_at: due.map(rfc3339),
    }
}

fn candidate_row(seen: &Seen) -> DayCandidate {
    let counts_as = match seen.standing {
        Standing::Confirmed => CountsAs::Confirmed,
        Standing::Pending => CountsAs::Pending,
        Standing::FalsePositive => CountsAs::FalsePositive,
        Standing::FoundPermitted => CountsAs::FoundPermitted,
        Standing::Permitted => CountsAs::Permitted,
        Standing::Expired => CountsAs::Expired,
        Standing::Carried | Standing::CarriedPending => CountsAs::Merged,
        Standing::Set => CountsAs::SetAside,
    };
    DayCandidate { id: seen.id.clone(), raised_at: rfc3339(seen.raised), counts_as }
}

/// Everything behind one zone-day: what stood, what was raised, when nobody watched, and what it said before.
#[utoipa::path(get, path = "/clearance/day", tag = "clearance", operation_id = "getZoneDay", params(ZoneDayKey),
    responses((status = 200, description = "The zone-day", body = ZoneDayDetail)))]
pub(super) async fn one_day(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<ZoneDayKey>,
) -> Result<Json<ZoneDayDetail>, ApiError> {
    let kind: Kind = from_word(&query.kind).ok_or_else(|| bad(format!("{:?} is no kind", query.kind)))?;
    let date = date("day", &query.day)?;
    let definition = definition(&state, query.definition).await?;
    let loaded = state.clearance.loaded(&state.store, definition.version).await?;
    let cell = match (&query.camera, &query.zone, &query.area) {
        (Some(camera), Some(zone), None) if !camera.is_empty() => (camera.clone(), zone.clone(), kind),
        (None, None, Some(area)) => area_cell(area, kind),
        _ => return Err(bad("name a camera and its zone, or an area")),
    };
    let scope = &session.actor.scope;
    let found =
        loaded.days.get(&date).and_then(|cells| cells.get(&cell)).filter(|day| scope.holds(&day.cell.district, &day.cell.street));
    let found = found.ok_or(ApiError::NotFound("zone-day"))?;
    let calendar = state.clearance.clocks(&state.store, &definition.parameters).await?.calendar;
    let (start, end) = day(&calendar, date);
    let behind = state.clearance.behind(&state.store, &definition.parameters, &cell, start).await?;
    let as_of = loaded.as_of;
    let parameters = &definition.parameters;
    let frame = Frame { calendar: &calendar, parameters, duty: &behind.clocks.duty, as_of };
    let stood = |episode: &Episode| episode.first_seen < end && episode.stood_until(as_of) > start;
    let violations = violations(&behind.cell, as_of, parameters);
    let violations = violations.iter().filter(|episode| stood(episode));
    let violations =
        violations.map(|episode| episode_row(episode, frame.deadline(behind.cell.limit, episode.first_seen), as_of)).collect();
    let coverage = Coverage::of(&behind.cell.views, start, end.min(as_of));
    let unwatched = coverage.force.minus(&coverage.watched);
    let of = CellOf { camera: &cell.0, zone: &cell.1, kind };
    let restatements = state.store.restatements(definition.version, &of, &query.day).await?;
    let raised = behind.cell.seen.iter().filter(|seen| (start..end).contains(&seen.raised));
    Ok(Json(ZoneDayDetail {
        day: row(found),
        definition: definition.version,
        unwatched: unwatched.spans().iter().map(|(from, until)| (rfc3339(*from), rfc3339(*until))).collect(),
        violations,
        candidates: raised.map(candidate_row).collect(),
        restatements: restatements
            .into_iter()
            .map(|r| RestatedDay { old_as_of: rfc3339(r.old_as_of_ms), as_of: rfc3339(r.as_of_ms), changed: r.changed })
            .collect(),
    }))
}

/// The zone-days of a period as CSV or Parquet, each with its definition.
#[utoipa::path(get, path = "/clearance/export", tag = "clearance", operation_id = "exportClearance", params(ClearanceExport),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")))]
pub(super) async fn export(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<ClearanceExport>,
) -> Result<Response, ApiError> {
    let selection = Selection::read(&state, &session.actor.scope, &query.filter()).await?;
    let name = format!("clearance-{}-{}-v{}", selection.from, selection.until, selection.definition.version);
    let time_zone = state.settings.time_zone.clone();
    let made = tokio::task::spawn_blocking(move || {
        let table = export::zone_days::table(selection.days(), &selection.definition, &time_zone);
        file(&table, query.format.as_deref(), &name)
    });
    made.await.map_err(|error| ApiError::internal("writing the file", error))?
}

/// A table as a file to be kept.
pub(super) fn file<R>(table: &export::Table<'_, R>, format: Option<&str>, name: &str) -> Result<Response, ApiError> {
    let (format, media_type) = match format {
        None | Some("csv") => ("csv", "text/csv; charset=utf-8"),
        Some("parquet") => ("parquet", "application/vnd.apache.parquet"),
        Some(other) => return Err(bad(format!("format {other:?} is neither csv nor parquet"))),
    };
    let bytes = match format {
        "csv" => export::csv(table).map_err(|error| ApiError::internal("writing CSV", error)),
        _ => export::parquet(table).map_err(|error| ApiError::internal("writing Parquet", error)),
    }?;
    let disposition = format!("attachment; filename=\"{name}.{format}\"");
    let headers = [(header::CONTENT_TYPE, media_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    Ok((headers, bytes).into_response())
}
