//! The routes, and the OpenAPI document that is made from them.

mod admin;
mod cameras;
mod candidates;
mod cases;
mod evidence;
mod live;
mod session;

use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::dto::ErrorBody;
use crate::state::AppState;

#[derive(OpenApi)]
#[openapi(
    info(title = "Kerbwatch console", version = "1", description = "Review queue, cases, cameras, users and audit."),
    components(schemas(ErrorBody))
)]
struct Document;

/// Everything under `/api/v1`.
pub(crate) fn v1() -> OpenApiRouter<AppState> {
    let v1 = OpenApiRouter::new()
        .routes(routes!(session::log_in, session::who_am_i, session::log_out))
        .routes(routes!(candidates::list))
        .routes(routes!(candidates::detail))
        .routes(routes!(candidates::claim, candidates::release))
        .routes(routes!(candidates::decide))
        .routes(routes!(cases::list))
        .routes(routes!(cases::detail))
        .routes(routes!(cameras::list))
        .routes(routes!(cameras::detail))
        .routes(routes!(cameras::zones))
        .routes(routes!(cameras::import))
        .routes(routes!(cameras::overview))
        .routes(routes!(evidence::look))
        .routes(routes!(live::events))
        .routes(routes!(admin::users, admin::add_user))
        .routes(routes!(admin::audit))
        .routes(routes!(admin::audit_check));
    OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", v1)
}

/// The OpenAPI document, as served at `/api/openapi.json` and kept in `console/openapi.json`.
pub fn openapi() -> Value {
    let (_, document) = v1().split_for_parts();
    let mut document = serde_json::to_value(document).expect("an OpenAPI document is JSON");
    document["components"]["securitySchemes"] =
        json!({ "session": { "type": "apiKey", "in": "cookie", "name": crate::api::COOKIE } });
    document["security"] = json!([{ "session": [] }]);
    let error = json!({
        "description": "Every refusal and failure has this shape",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/ErrorBody" } } }
    });
    let csrf = json!({
        "name": "x-kerbwatch", "in": "header", "required": true, "schema": { "type": "string", "enum": ["1"] },
        "description": "Shows that the request comes from this application: another site cannot set it"
    });
    let paths = document["paths"].as_object_mut().expect("paths are an object");
    for operations in paths.values_mut() {
        for (method, operation) in operations.as_object_mut().expect("a path item is an object") {
            operation["responses"]["default"] = error.clone();
            if matches!(method.as_str(), "post" | "put" | "patch" | "delete") {
                let parameters = operation.as_object_mut().expect("an operation is an object").entry("parameters");
                parameters.or_insert_with(|| json!([])).as_array_mut().expect("parameters are a list").push(csrf.clone());
            }
            if operation["operationId"] == "logIn" {
                operation["security"] = json!([]);
            }
        }
    }
    document
}

/// The session cookie's name.
pub(crate) const COOKIE: &str = "kerbwatch_session";
