//! Cameras, their zones, and whether anybody is watching.

use axum::Json;
use axum::extract::State;
use events::site::{Camera, Decode, Site, Zone, without_secrets};

use super::{checked_text, limit, page};
use crate::dto::{
    CameraDetail, CameraList, CameraQuery, ImportedSite, Kind, Overview, PermitDetail, RuleDetail, SiteImport, Watching,
    ZoneDetail, ZoneList, from_word,
};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf, QueryOf};
use crate::gate::Session;
use crate::site_export::{lacks_secret, put_back};
use crate::state::AppState;
use crate::store::{Scope, Thing};

fn points(points: &[events::Point]) -> Vec<[f64; 2]> {
    points.iter().map(|p| [p.x, p.y]).collect()
}

fn zone_detail(zone: &Zone) -> ZoneDetail {
    let weekly = |windows: &[events::schedule::WeeklyWindow]| windows.iter().map(|w| w.as_str().to_owned()).collect();
    let rules = zone.rules.iter().map(|(kind, rule)| RuleDetail {
        kind: Kind::from(*kind),
        dwell_s: rule.dwell.as_secs_f64(),
        clear_after_s: rule.clear_after.as_secs_f64(),
        min_area: rule.min_area,
        min_score: rule.min_score,
        weekly: weekly(&rule.weekly),
    });
    let permits = zone.permits.iter().map(|permit| PermitDetail {
        id: permit.id.to_string(),
        kinds: permit.kinds.iter().map(|kind| Kind::from(*kind)).collect(),
        polygon: permit.polygon.as_ref().map(|polygon| points(polygon.corners())),
        weekly: weekly(&permit.weekly),
        from: permit.from.map(|date| date.to_string()),
        until: permit.until.map(|date| date.to_string()),
        trade: permit.trade.clone(),
        document: permit.document.clone(),
    });
    ZoneDetail {
        id: zone.id.to_string(),
        name: zone.name.clone(),
        version: zone.version.clone(),
        polygon: points(zone.polygon.corners()),
        key_area: zone.key_area,
        shop_line: zone.shop_line.as_ref().map(|line| points(line.points())),
        rules: rules.collect(),
        permits: permits.collect(),
    }
}

/// The camera of a kept site text; `None` while only the camera's messages are known.
fn kept_camera(text: &str) -> Result<Option<Camera>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    let site = Site::parse("kept settings", text).map_err(|error| ApiError::internal("reading a camera's settings", error))?;
    Ok(site.cameras.into_iter().next())
}

/// Cameras, by id.
#[utoipa::path(get, path = "/cameras", tag = "cameras", operation_id = "listCameras", params(CameraQuery),
    responses((status = 200, description = "A page of cameras", body = CameraList)))]
pub(super) async fn list(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<CameraQuery>,
) -> Result<Json<CameraList>, ApiError> {
    let want = match query.watching.as_deref() {
        None => None,
        Some(word) => match from_word::<Watching>(word) {
            None => return Err(ApiError::BadRequest("the query: watching is watching, dark or unknown".to_owned())),
            want => want,
        },
    };
    for text in [&query.district, &query.street, &query.q, &query.cursor].into_iter().flatten() {
        checked_text(text)?;
    }
    let limit = limit(query.limit, 200, 500)?;
    let after = query.cursor.clone();
    let (items, last) =
        page(state.store.cameras(&session.actor.scope, &query, want, after, limit + 1, state.silent_since_ms()).await?, limit);
    let next_cursor = if last { None } else { items.last().map(|camera| camera.id.clone()) };
    Ok(Json(CameraList { items, next_cursor }))
}

/// How far back a camera's page says how it was.
const WATCH_MS: i64 = 7 * 86_400_000;
/// One that comes and goes by the minute has thousands of stretches.
const MOST_SPANS: i64 = 1000;

/// Everything about one camera.
#[utoipa::path(get, path = "/cameras/{id}", tag = "cameras", operation_id = "getCamera",
    params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "The camera", body = CameraDetail)))]
pub(super) async fn detail(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<Json<CameraDetail>, ApiError> {
    let (camera, site) = state.store.camera(&id, state.silent_since_ms()).await?.ok_or(ApiError::NotFound("camera"))?;
    let kept = kept_camera(&site)?;
    let view = state.view(&session.actor);
    let still = state.store.latest_still(&id).await?;
    let decode = kept.as_ref().map(|camera| camera.decode).unwrap_or_default();
    Ok(Json(CameraDetail {
        camera,
        source: kept.as_ref().map(|camera| without_secrets(&camera.source)).unwrap_or_default(),
        decode_idle: match decode.idle {
            Decode::KeyFrames => "keyframes".to_owned(),
            Decode::Full => "full".to_owned(),
        },
        active_fps: decode.active_fps,
        min_fps: decode.min_fps,
        zones: kept.iter().flat_map(|camera| &camera.zones).map(zone_detail).collect(),
        still_url: still.and_then(|(candidate, file)| view.url(&candidate, &file, "camera")),
        watch: state.store.watch_spans(&id, state.now_ms() - WATCH_MS, MOST_SPANS).await?,
    }))
}

/// The zones of a camera, with rules and permits.
#[utoipa::path(get, path = "/cameras/{id}/zones", tag = "cameras", operation_id = "listZones",
    params(("id" = String, Path, description = "Camera id")),
    responses((status = 200, description = "Its zones", body = ZoneList)))]
pub(super) async fn zones(State(state): State<AppState>, PathOf(id): PathOf<String>) -> Result<Json<ZoneList>, ApiError> {
    let (camera, site) = state.store.camera(&id, state.silent_since_ms()).await?.ok_or(ApiError::NotFound("camera"))?;
    let kept = kept_camera(&site)?;
    let zones = kept.iter().flat_map(|camera| &camera.zones).map(zone_detail).collect();
    Ok(Json(ZoneList { camera: id, version: camera.version, zones }))
}

/// Nobody puts cameras where they do not belong, nor takes cameras over from there.
async fn within_scope(state: &AppState, scope: &Scope, site: &Site) -> Result<(), ApiError> {
    if scope.is_city() {
        return Ok(());
    }
    for camera in &site.cameras {
        if !scope.holds(&camera.district, &camera.street) {
            let message = format!("{}: {:?}, {:?} is not one of your units", camera.id, camera.district, camera.street);
            return Err(ApiError::Refused { code: "outside_scope", message });
        }
        if state.store.camera(camera.id.as_str(), 0).await?.is_some() {
            state.store.require(scope, Thing::Camera, camera.id.as_str()).await?;
        }
    }
    Ok(())
}

/// Takes over a site file: new and changed cameras get a new version and go out to the workers. `***` in an address, as an
/// export has it in place of a secret, means what is kept; 422 `secret_left_out` where the rest of the address is another.
#[utoipa::path(post, path = "/cameras/import", tag = "cameras", operation_id = "importSite", request_body = SiteImport,
    responses((status = 200, description = "Taken over", body = ImportedSite)))]
pub(super) async fn import(
    State(state): State<AppState>,
    session: Session,
    JsonBody(import): JsonBody<SiteImport>,
) -> Result<Json<ImportedSite>, ApiError> {
    let mut site = Site::parse("site.toml", &import.site)
        .map_err(|error| ApiError::Refused { code: "bad_site", message: error.to_string() })?;
    within_scope(&state, &session.actor.scope, &site).await?;
    for camera in site.cameras.iter_mut().filter(|camera| lacks_secret(camera)) {
        let kept = state.store.camera(camera.id.as_str(), 0).await?.map(|(_, text)| kept_camera(&text)).transpose()?.flatten();
        put_back(camera, kept.as_ref())?;
    }
    Ok(Json(state.store.import_site(&site, &session.actor.name).await?))
}

/// Is an empty queue good news? Counts of cameras, candidates and cases, and the age of the last word.
#[utoipa::path(get, path = "/overview", tag = "cameras", operation_id = "getOverview",
    responses((status = 200, description = "The overview", body = Overview)))]
pub(super) async fn overview(State(state): State<AppState>, session: Session) -> Result<Json<Overview>, ApiError> {
    Ok(Json(state.store.overview(&session.actor.scope, state.silent_since_ms()).await?))
}
