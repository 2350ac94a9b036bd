//! Officers' certificates, as the administrator enters them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::dto::{CertificateReminders, NewCertificate, UserCertificates};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf};
use crate::gate::Session;
use crate::state::AppState;

/// What is on record of a user's certificate.
#[utoipa::path(get, path = "/users/{id}/certificates", tag = "admin", operation_id = "getCertificates",
    params(("id" = String, Path, description = "User id")),
    responses((status = 200, description = "The certificates", body = UserCertificates)))]
pub(super) async fn of_user(
    State(state): State<AppState>,
    PathOf(id): PathOf<String>,
) -> Result<Json<UserCertificates>, ApiError> {
    state.store.certificates(&id).await.map(Json)
}

/// Enters a new version of a user's certificate. 409 `stale` when somebody did since you looked.
#[utoipa::path(post, path = "/users/{id}/certificates", tag = "admin", operation_id = "putCertificate",
    params(("id" = String, Path, description = "User id")), request_body = NewCertificate,
    responses((status = 201, description = "Entered", body = UserCertificates)))]
pub(super) async fn put(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<NewCertificate>,
) -> Result<(StatusCode, Json<UserCertificates>), ApiError> {
    state.store.put_certificate(&id, &session.actor, &new, &state.zone()).await?;
    Ok((StatusCode::CREATED, Json(state.store.certificates(&id).await?)))
}

/// Officers whose certificate ends within thirty days, has ended, or is missing where one is asked for.
#[utoipa::path(get, path = "/certificates/reminders", tag = "admin", operation_id = "listCertificateReminders",
    responses((status = 200, description = "The most urgent first", body = CertificateReminders)))]
pub(super) async fn reminders(State(state): State<AppState>) -> Result<Json<CertificateReminders>, ApiError> {
    Ok(Json(state.store.certificate_reminders().await?))
}
