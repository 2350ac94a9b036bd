//! Cameras as a site file, for those who may have it.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::checked_text;
use crate::auth::IMPORT;
use crate::clock::rfc3339;
use crate::dto::{SiteExport, SiteFileQuery, SiteGroup, SiteQuery};
use crate::error::{ApiError, refused};
use crate::extract::QueryOf;
use crate::gate::Session;
use crate::site_export::{Group, by_calendar};
use crate::state::AppState;
use crate::store::Deed;

async fn groups(
    state: &AppState,
    session: &Session,
    district: Option<&str>,
    street: Option<&str>,
) -> Result<Vec<Group>, ApiError> {
    for text in [district, street].into_iter().flatten() {
        checked_text(text)?;
    }
    by_calendar(&state.store.site_texts(&session.actor.scope, district, street).await?)
}

/// What an export would hold: one file for each calendar.
#[utoipa::path(get, path = "/site", tag = "cameras", operation_id = "getSiteExport", params(SiteQuery),
    responses((status = 200, description = "Cameras by calendar", body = SiteExport)))]
pub(super) async fn summary(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<SiteQuery>,
) -> Result<Json<SiteExport>, ApiError> {
    let groups = groups(&state, &session, query.district.as_deref(), query.street.as_deref()).await?;
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let group = |group: &Group| SiteGroup {
        calendar: group.calendar.clone(),
        time_zone: group.site.calendar.time_zone.iana_name().unwrap_or("UTC").to_owned(),
        holidays: number(group.site.calendar.holidays.len()),
        cameras: number(group.site.cameras.len()),
        with_secrets: number(group.with_secrets()),
        bytes: number(group.file(false).len()),
    };
    Ok(Json(SiteExport { groups: groups.iter().map(group).collect(), may_have_secrets: session.actor.has_one_of(IMPORT) }))
}

/// The site file of the cameras one sees. It stands in the audit log, with whether secrets were in it.
#[utoipa::path(get, path = "/site/file", tag = "cameras", operation_id = "exportSite", params(SiteFileQuery),
    responses((status = 200, description = "A site.toml", content_type = "application/toml", body = String)))]
pub(super) async fn file(
    State(state): State<AppState>,
    session: Session,
    QueryOf(query): QueryOf<SiteFileQuery>,
) -> Result<Response, ApiError> {
    let secrets = query.secrets.unwrap_or(false);
    if secrets && !session.actor.has_one_of(IMPORT) {
        return Err(ApiError::Forbidden);
    }
    let groups = groups(&state, &session, query.district.as_deref(), query.street.as_deref()).await?;
    let group = match (&query.calendar, groups.as_slice()) {
        (Some(calendar), all) => all.iter().find(|group| group.calendar == *calendar).ok_or(ApiError::NotFound("calendar"))?,
        (None, [only]) => only,
        (None, []) => return Err(ApiError::NotFound("camera")),
        (None, _) => {
            return Err(refused(
                "several_calendars",
                "cameras differ in time zone or holidays, and a site file has one calendar: name it",
            ));
        }
    };
    let cameras = group.site.cameras.len();
    let details = json!({
        "cameras": cameras, "calendar": group.calendar, "district": query.district, "street": query.street, "secrets": secrets,
    });
    let deed = Deed { actor: &session.actor.name, action: "camera.export", object: "site", reason: None, details };
    state.store.audit_alone(deed).await?;
    let left_out = if secrets { "with the secrets of addresses" } else { "*** in an address: as the console has it" };
    let head = format!("# {cameras} cameras, exported {}; {left_out}\n", rfc3339(state.now_ms()));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/toml; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"site.toml\"")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, head + &group.file(secrets)).into_response())
}
