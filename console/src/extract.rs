//! Reading requests: every refusal has the one error shape, and nothing a database would choke on gets through.

use axum::body::{Body, to_bytes};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::ApiError;

/// Larger bodies are refused: the largest good one is a site file of some thousand cameras.
pub(crate) const MAX_BODY: usize = 4 << 20;

/// A JSON body whose unknown fields, wrong types and NUL characters are refused with the place where they stand.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, _state: &S) -> Result<Self, ApiError> {
        let json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("application/json"));
        if !json {
            return Err(ApiError::NotJson);
        }
        let bytes = to_bytes(request.into_body(), MAX_BODY).await.map_err(|_| ApiError::TooLarge(MAX_BODY))?;
        let value: T = serde_json::from_slice(&bytes).map_err(|error| ApiError::BadRequest(format!("the body: {error}")))?;
        // PostgreSQL cannot store U+0000 in a text. A NUL can only be in the value as an escape, so look for it there.
        if bytes.windows(6).any(|window| window == br"\u0000") {
            return Err(ApiError::BadRequest("the body: the character U+0000 is not allowed".to_owned()));
        }
        Ok(Self(value))
    }
}

/// A query whose unknown fields are refused.
pub(crate) struct QueryOf<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for QueryOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(ApiError::BadRequest("the query: the character U+0000 is not allowed".to_owned()));
        }
        let Query(value) = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|rejection: QueryRejection| ApiError::BadRequest(format!("the query: {}", rejection.body_text())))?;
        Ok(Self(value))
    }
}

/// Parts of the path.
pub(crate) struct PathOf<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if parts.uri.path().contains("%00") {
            return Err(ApiError::NotFound("page"));
        }
        let Path(value) =
            Path::<T>::from_request_parts(parts, state).await.map_err(|_: PathRejection| ApiError::NotFound("page"))?;
        Ok(Self(value))
    }
}
