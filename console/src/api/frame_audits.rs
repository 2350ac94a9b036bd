//! Frame audits: pictures of randomly drawn watched minutes, looked at before the program's own answer is told.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::views::{listed, no_recordings};
use crate::backtest::KeptView;
use crate::clearance::interval::{MINUTE, Ms};
use crate::clearance::schedule::day;
use crate::dto::{
    FrameAudit, FrameAuditDetail, FrameAuditList, FrameMinute, FrameVerdict, MinuteOutcome, NewFrameAnswer, NewFrameAudit,
};
use crate::error::{ApiError, refused};
use crate::extract::{JsonBody, PathOf};
use crate::frame_audit::{AuditFrame, Picture, pictured};
use crate::gate::Session;
use crate::keeper::{CellId, Place};
use crate::state::AppState;
use crate::store::{DrawnMinute, MinuteRow, NewAudit};

/// The longest period, days: pictures are kept for thirty.
const LONGEST_DAYS: i32 = 31;

/// What the address of a picture says of why it is looked at; it stands in the log.
const PURPOSE: &str = "frame_audit";

fn bad(message: impl Into<String>) -> ApiError {
    refused("bad_audit", message)
}

/// Audits one may see, newest first.
#[utoipa::path(get, path = "/frame-audits", tag = "supervision", operation_id = "listFrameAudits",
    responses((status = 200, description = "Newest first", body = FrameAuditList)))]
pub(super) async fn list(State(state): State<AppState>, session: Session) -> Result<Json<FrameAuditList>, ApiError> {
    Ok(Json(FrameAuditList { items: state.store.frame_audits(&session.actor, None).await? }))
}

fn checked(new: &NewFrameAudit) -> Result<(jiff::civil::Date, jiff::civil::Date), ApiError> {
    let date = |name: &str, text: &str| crate::days::day(text).ok_or_else(|| bad(format!("{name} is a day such as 2026-11-01")));
    let (from, until) = (date("from", &new.from)?, date("until", &new.until)?);
    if from > until || from.until(until).map_or(LONGEST_DAYS, |span| span.get_days()) >= LONGEST_DAYS {
        return Err(bad(format!("until does not lie before from, and a period has at most {LONGEST_DAYS} days")));
    }
    if !(1..=500).contains(&new.minutes) {
        return Err(bad("1 to 500 minutes are drawn"));
    }
    if new.kinds.len() > 4 || new.seed.as_ref().is_some_and(|seed| seed.chars().count() > 64) {
        return Err(bad("there are four kinds, and a seed has at most 64 characters"));
    }
    Ok((from, until))
}

/// The kept pictures of these cameras, of a period and `reach` around it.
async fn kept(state: &AppState, cameras: BTreeSet<String>, since: Ms) -> Result<BTreeMap<String, Vec<KeptView>>, ApiError> {
    let keeper = state.hooks.backtest.clone().ok_or_else(no_recordings)?;
    listed(keeper, move |keeper| {
        let one = |camera: String| keeper.views(&camera, since).map(|views| (camera, views));
        cameras.into_iter().map(one).collect()
    })
    .await
}

async fn drawn(
    state: &AppState,
    (place, minute): (&Place, Ms),
    picture: Result<Picture, crate::dto::NotSampled>,
) -> Result<DrawnMinute, ApiError> {
    let watching = || place.views.iter().find(|(_, own)| own.holds(minute)).or(place.views.first());
    let view = match &picture {
        Ok((index, ..)) => place.views.get(*index),
        Err(_) => watching(),
    };
    let (camera, zone, kind): CellId = view.map_or_else(|| place.cell.clone(), |(id, _)| id.clone());
    let found = picture.as_ref().ok().map(|(_, at, key)| (*at, key.clone()));
    let at = found.as_ref().map_or(minute, |(at, _)| *at);
    let (polygon, zone_version) = state.clearance.drawn(&state.store, &camera, &zone, at).await?.unwrap_or_default();
    let (camera_name, zone_name) = state.store.zone_names(&camera, &zone).await?;
    Ok(DrawnMinute {
        minute_ms: minute,
        kind,
        area: place.key.area.clone(),
        camera_name,
        zone_name,
        camera,
        zone,
        district: place.key.district.clone(),
        street: place.key.street.clone(),
        picture: found,
        polygon,
        zone_version,
        why_not: picture.err(),
    })
}

/// Draws an audit among all minutes in which a zone of the period and places was in force and watched. Candidates take no part.
#[utoipa::path(post, path = "/frame-audits", tag = "supervision", operation_id = "drawFrameAudit", request_body = NewFrameAudit,
    responses((status = 201, description = "Drawn", body = FrameAudit)))]
pub(super) async fn draw(
    State(state): State<AppState>,
    session: Session,
    JsonBody(new): JsonBody<NewFrameAudit>,
) -> Result<(StatusCode, Json<FrameAudit>), ApiError> {
    let (from, until) = checked(&new)?;
    let definition = state.store.clearance_definition().await?;
    let parameters = &definition.parameters;
    let calendar = state.clearance.clocks(&state.store, parameters).await?.calendar;
    let period = (day(&calendar, from).0, day(&calendar, until).1.min(state.now_ms()));
    let mut places = state.clearance.places(&state.store, parameters, period, new.key_only).await?;
    let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted.is_empty() || wanted == is);
    places.retain(|place| {
        let key = &place.key;
        session.actor.scope.holds(&key.district, &key.street)
            && same(&new.district, &key.district)
            && same(&new.street, &key.street)
            && (new.kinds.is_empty() || new.kinds.contains(&key.kind))
    });
    let seed = new.seed.clone().filter(|seed| !seed.trim().is_empty());
    let seed = seed.unwrap_or_else(|| hex::encode(rand::random::<[u8; 8]>()));
    let frame = AuditFrame::of(&places);
    let minutes = frame.draw(&seed, usize::try_from(new.minutes).unwrap_or(1));
    if minutes.is_empty() {
        return Err(bad("nothing was in force and watched in this period and scope"));
    }
    let reach = Ms::from(parameters.audit_picture_max_min) * MINUTE;
    let cameras = minutes.iter().flat_map(|(place, _)| place.views.iter().map(|((camera, ..), _)| camera.clone()));
    let pictures = kept(&state, cameras.collect(), period.0 - reach).await?;
    let found = pictured(&minutes, reach, &pictures);
    let mut rows = Vec::with_capacity(minutes.len());
    for (minute, picture) in minutes.iter().zip(found) {
        rows.push(drawn(&state, *minute, picture).await?);
    }
    let audit = NewAudit {
        seed,
        from_day: from.to_string(),
        until_day: until.to_string(),
        district: new.district.unwrap_or_default(),
        street: new.street.unwrap_or_default(),
        kinds: new.kinds,
        key_only: new.key_only,
        definition: definition.version,
        frame_minutes: i64::try_from(frame.count).unwrap_or(i64::MAX),
        frame_sha256: frame.sha256.clone(),
    };
    let id = state.store.put_frame_audit(&audit, &rows, &session.actor).await?;
    Ok((StatusCode::CREATED, Json(state.store.frame_audit(&id, &session.actor).await?)))
}

/// Which of these pictures are kept still.
async fn still_kept(state: &AppState, rows: &[MinuteRow]) -> Result<BTreeSet<(String, String)>, ApiError> {
    let Some(keeper) = state.hooks.backtest.clone() else { return Ok(BTreeSet::new()) };
    let asked: Vec<(String, String)> =
        rows.iter().filter_map(|row| Some((row.drawn.camera.clone(), row.drawn.picture.as_ref()?.1.clone()))).collect();
    let look = move || {
        let there = |(camera, key): &(String, String)| keeper.still(camera, key).is_some_and(|path| path.is_file());
        asked.into_iter().filter(there).collect()
    };
    tokio::task::spawn_blocking(look).await.map_err(|error| ApiError::internal("looking for views", error))
}

async fn detail_of(state: &AppState, session: &Session, id: &str) -> Result<FrameAuditDetail, ApiError> {
    let audit = state.store.frame_audit(id, &session.actor).await?;
    let parameters = state.store.clearance_definition().await?.parameters;
    let rows = state.store.minutes_of(id).await?;
    let there = still_kept(state, &rows).await?;
    let view = state.view(&session.actor);
    let told = crate::recall::minutes(state, &parameters, rows.clone()).await?;
    let one = |(row, told): (MinuteRow, crate::recall::Minute)| {
        let drawn = row.drawn;
        let picture = drawn.picture.as_ref().map(|(_, key)| (drawn.camera.clone(), key.clone()));
        let picture = picture.filter(|picture| there.contains(picture) && told.record.outcome != MinuteOutcome::NotSampled);
        FrameMinute {
            position: row.position,
            minute_at: told.record.minute_at,
            picture_at: told.record.picture_at,
            not_sampled: drawn.why_not,
            kind: drawn.kind,
            picture_url: picture.and_then(|(camera, key)| view.recorded_url_for(&camera, &key, PURPOSE)),
            camera: drawn.camera,
            camera_name: drawn.camera_name,
            zone: drawn.zone,
            zone_name: drawn.zone_name,
            district: drawn.district,
            street: drawn.street,
            polygon: drawn.polygon,
            outcome: told.record.outcome,
            answers: row.answers,
            overlaps: told.record.overlaps,
        }
    };
    Ok(FrameAuditDetail { audit, minutes: rows.into_iter().zip(told).map(one).collect() })
}

/// An audit with its minutes, in the order of drawing. What the program had is told only of those that were answered.
#[utoipa::path(get, path = "/frame-audits/{id}", tag = "supervision", operation_id = "getFrameAudit",
    params(("id" = String, Path, description = "Audit id")),
    responses((status = 200, description = "The audit", body = FrameAuditDetail)))]
pub(super) async fn detail(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<Json<FrameAuditDetail>, ApiError> {
    detail_of(&state, &session, &id).await.map(Json)
}

/// An answer. It is never changed; another one takes its place with a note. 409 `answered` when somebody has answered since; 422
/// `picture_gone` where the picture is not kept any more and yet something is said of it.
#[utoipa::path(post, path = "/frame-audits/{id}/answers", tag = "supervision", operation_id = "answerFrame",
    request_body = NewFrameAnswer, params(("id" = String, Path, description = "Audit id")),
    responses((status = 201, description = "Noted: the audit as it is now", body = FrameAuditDetail)))]
pub(super) async fn answer(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<NewFrameAnswer>,
) -> Result<(StatusCode, Json<FrameAuditDetail>), ApiError> {
    state.store.frame_audit(&id, &session.actor).await?;
    if new.verdict != FrameVerdict::CannotTell {
        let rows = state.store.minutes_of(&id).await?;
        let asked: Vec<MinuteRow> =
            rows.into_iter().filter(|row| row.position == new.position && row.drawn.picture.is_some()).collect();
        if !asked.is_empty() && still_kept(&state, &asked).await?.is_empty() {
            return Err(refused(
                "picture_gone",
                "the picture of this minute is not kept any more: it can only be said that it cannot be told",
            ));
        }
    }
    state.store.answer_minute(&id, &new, &session.actor).await?;
    Ok((StatusCode::CREATED, Json(detail_of(&state, &session, &id).await?)))
}
