//! The routes, and the OpenAPI document that is made from them.

mod account;
mod admin;
mod areas;
mod audit_export;
mod backtest;
mod bulk;
mod cameras;
mod candidates;
mod cases;
mod certificates;
mod clearance;
mod evidence;
mod finds;
mod flow;
mod frame_audits;
mod handover;
mod live;
mod maintenance;
mod notices;
mod oidc;
mod originals;
mod party;
mod recall;
mod recusals;
mod register;
mod retention;
mod samples;
mod session;
mod site;
mod training;
mod units;
mod users;
mod views;
mod zones;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use std::sync::atomic::Ordering;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use bus::BusHealth;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::assets;
use crate::dto::{ErrorBody, SignInRefusal, from_word, word};
use crate::error::ApiError;
use crate::extract::MAX_BODY;
use crate::gate::{gate, secure_headers};
use crate::state::AppState;
use crate::store::{Bind, Conditions};

#[derive(OpenApi)]
#[openapi(
    info(title = "Kerbwatch console", version = "1", description = "Review queue, cases, cameras, users and audit."),
    components(schemas(ErrorBody, SignInRefusal))
)]
struct Document;

/// Everything under `/api/v1`.
pub(crate) fn v1() -> OpenApiRouter<AppState> {
    let v1 = OpenApiRouter::new()
        .routes(routes!(session::log_in, session::who_am_i, session::log_out))
        .routes(routes!(oidc::options))
        .routes(routes!(oidc::begin))
        .routes(routes!(oidc::finish))
        .routes(routes!(candidates::list))
        .routes(routes!(candidates::detail))
        .routes(routes!(candidates::claim, candidates::release))
        .routes(routes!(candidates::decide))
        .routes(routes!(bulk::preview))
        .routes(routes!(bulk::decide))
        .routes(routes!(cases::list))
        .routes(routes!(cases::detail))
        .routes(routes!(cases::act))
        .routes(routes!(recusals::on_candidate))
        .routes(routes!(recusals::on_case))
        .routes(routes!(notices::preview))
        .routes(routes!(party::make_code, party::revoke_code))
        .routes(routes!(party::look))
        .routes(routes!(party::state_defence))
        .routes(routes!(notices::list, notices::add))
        .routes(routes!(notices::revise))
        .routes(routes!(notices::end))
        .routes(routes!(handover::package))
        .routes(routes!(handover::resend))
        .routes(routes!(handover::deliveries))
        .routes(routes!(handover::receivers, handover::add_receiver))
        .routes(routes!(handover::change_receiver))
        .routes(routes!(handover::call_back))
        .routes(routes!(register::register, register::put_register))
        .routes(routes!(register::reminders))
        .routes(routes!(register::legal))
        .routes(routes!(register::add_matter))
        .routes(routes!(register::add_exemption))
        .routes(routes!(register::end_matter))
        .routes(routes!(register::end_exemption))
        .routes(routes!(register::revise_matter))
        .routes(routes!(register::revise_exemption))
        .routes(routes!(clearance::definitions, clearance::define))
        .routes(routes!(clearance::figures))
        .routes(routes!(clearance::days))
        .routes(routes!(clearance::one_day))
        .routes(routes!(clearance::export))
        .routes(routes!(recall::figures))
        .routes(routes!(recall::list_minutes))
        .routes(routes!(recall::list_finds))
        .routes(routes!(recall::export))
        .routes(routes!(finds::add))
        .routes(routes!(finds::import))
        .routes(routes!(finds::detail))
        .routes(routes!(finds::rule))
        .routes(routes!(maintenance::list, maintenance::add))
        .routes(routes!(maintenance::end))
        .routes(routes!(areas::list, areas::add))
        .routes(routes!(areas::change))
        .routes(routes!(cameras::list))
        .routes(routes!(cameras::detail))
        .routes(routes!(cameras::zones))
        .routes(routes!(flow::flow))
        .routes(routes!(cameras::import))
        .routes(routes!(site::summary))
        .routes(routes!(site::file))
        .routes(routes!(cameras::overview))
        .routes(routes!(zones::list))
        .routes(routes!(zones::check))
        .routes(routes!(zones::approvals, zones::set_approval))
        .routes(routes!(zones::desk, zones::save))
        .routes(routes!(zones::submit))
        .routes(routes!(zones::approve))
        .routes(routes!(zones::hand_back))
        .routes(routes!(zones::discard))
        .routes(routes!(zones::versions))
        .routes(routes!(zones::restore))
        .routes(routes!(zones::precision))
        .routes(routes!(backtest::run))
        .routes(routes!(backtest::still))
        .routes(routes!(views::list, views::ask))
        .routes(routes!(evidence::look))
        .routes(routes!(live::events))
        .routes(routes!(training::summary))
        .routes(routes!(training::export))
        .routes(routes!(originals::list, originals::ask))
        .routes(routes!(originals::rule))
        .routes(routes!(admin::users, admin::add_user))
        .routes(routes!(admin::audit))
        .routes(routes!(admin::audit_check))
        .routes(routes!(audit_export::export))
        .routes(routes!(samples::list, samples::draw))
        .routes(routes!(samples::detail))
        .routes(routes!(samples::look))
        .routes(routes!(frame_audits::list, frame_audits::draw))
        .routes(routes!(frame_audits::detail))
        .routes(routes!(frame_audits::answer))
        .routes(routes!(retention::overview))
        .routes(routes!(retention::plan))
        .routes(routes!(retention::certificates))
        .routes(routes!(retention::certificate))
        .routes(routes!(retention::holds, retention::place))
        .routes(routes!(retention::lift))
        .routes(routes!(account::change_password))
        .routes(routes!(account::offer_totp, account::confirm_totp))
        .routes(routes!(account::renew_codes))
        .routes(routes!(account::sessions))
        .routes(routes!(account::end_session))
        .routes(routes!(users::detail, users::change))
        .routes(routes!(users::reset_password))
        .routes(routes!(users::change_sign_in))
        .routes(routes!(users::unlock))
        .routes(routes!(users::remove_totp))
        .routes(routes!(users::sessions))
        .routes(routes!(users::revoke))
        .routes(routes!(certificates::of_user, certificates::put))
        .routes(routes!(certificates::reminders))
        .routes(routes!(units::list, units::add))
        .routes(routes!(units::label, units::remove));
    OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", v1)
}

/// The OpenAPI document, as served at `/api/openapi.json` and kept in `console/openapi.json`.
pub fn openapi() -> Value {
    let (_, document) = v1().split_for_parts();
    let mut document = serde_json::to_value(document).expect("an OpenAPI document is JSON");
    document["components"]["securitySchemes"] = json!({ "session": { "type": "apiKey", "in": "cookie", "name": COOKIE } });
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
            let open = ["logIn", "callBack", "signInOptions", "beginSignIn", "finishSignIn", "partyLook", "partyState"];
            if operation["operationId"].as_str().is_some_and(|id| open.contains(&id)) {
                operation["security"] = json!([]);
            }
        }
    }
    document
}

/// Which words a query may have, by method and matched path, as the document says.
type QueryWords = HashMap<(String, String), HashSet<String>>;

/// The first word of this query that the document does not know for the route.
pub(crate) fn unknown_query_word(method: &Method, path: &str, query: &str) -> Option<String> {
    static WORDS: LazyLock<QueryWords> = LazyLock::new(|| {
        let document = openapi();
        let mut words = QueryWords::new();
        for (path, operations) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in operations.as_object().into_iter().flatten() {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let names = parameters.filter(|one| one["in"] == "query").filter_map(|one| one["name"].as_str());
                words.insert((method.to_uppercase(), path.clone()), names.map(str::to_owned).collect());
            }
        }
        words
    });
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let known = WORDS.get(&(method.to_owned(), path.to_owned()))?;
    let names = query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name)).filter(|name| !name.is_empty());
    names.into_iter().find(|name| !known.contains(*name)).map(str::to_owned)
}

/// The session cookie's name.
pub(crate) const COOKIE: &str = "kerbwatch_session";

/// The intake thread goes round four times a second; silent for so long, it hangs.
const INTAKE_SILENCE_MS: i64 = 30_000;

/// The whole server: interface, health, metrics, web application. Tests call it without a port.
pub fn app(state: AppState) -> Router {
    let (v1, _) = v1().split_for_parts();
    let unknown = async || ApiError::NotFound("page");
    let v1 = v1.route_layer(middleware::from_fn_with_state(state.clone(), gate));
    // Pictures and clips are compressed already, and their ranges must stay what they are.
    let compress = DefaultPredicate::new()
        .and(NotForContentType::const_new("video/"))
        .and(NotForContentType::const_new("application/octet-stream"));
    Router::new()
        .merge(v1)
        .route("/api/openapi.json", get(async || Json(openapi())))
        .route("/api/{*rest}", axum::routing::any(unknown))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .fallback(assets::serve)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        // On the way to a desk in the same city a megabyte costs less than the time to make it small.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(compress))
        .layer(middleware::from_fn(secure_headers))
        .layer(TraceLayer::new_for_http())
        .with_state(state)
}

async fn metrics(State(state): State<AppState>) -> Response {
    let text = (state.hooks.metrics)();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

/// Ready: the database answers, intake goes round, the bus is there, and the process around us is ready too.
async fn ready(State(state): State<AppState>) -> Response {
    let mut parts = vec![("database", state.store.ping().await.map_err(|error| error.to_string()))];
    if let Some(bus) = state.bus.clone() {
        let health = tokio::task::spawn_blocking(move || bus.health()).await;
        parts.push((
            "bus",
            match health {
                Ok(BusHealth::Up) => Ok(()),
                Ok(BusHealth::Down { reason }) => Err(reason),
                Err(_) => Err("asking it panicked".to_owned()),
            },
        ));
        let (ms, ok) = (state.pulse.intake_ms.load(Ordering::Relaxed), state.pulse.intake_ok.load(Ordering::Relaxed));
        let silent = state.now_ms() - ms > INTAKE_SILENCE_MS;
        parts.push((
            "intake",
            match (silent, ok) {
                (true, _) => Err("it has not gone round".to_owned()),
                (false, false) => Err("the last batch could not be taken in".to_owned()),
                (false, true) => Ok(()),
            },
        ));
    }
    parts.push(("process", (state.hooks.ready)()));
    let ready = parts.iter().all(|(_, part)| part.is_ok());
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let text = |part: Result<(), String>| part.err().unwrap_or_else(|| "ok".to_owned());
    let parts: serde_json::Map<String, Value> =
        parts.into_iter().map(|(name, part)| (name.to_owned(), text(part).into())).collect();
    (status, Json(json!({ "ready": ready, "parts": parts }))).into_response()
}

/// A limit within its bounds.
fn limit(asked: Option<u32>, default: i64, most: i64) -> Result<i64, ApiError> {
    match asked.map(i64::from) {
        None => Ok(default),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(ApiError::BadRequest(format!("the query: limit is 1 to {most}"))),
    }
}

/// Cuts one row too many off; `true` when there was none, and this page is the last.
fn page<T>(mut items: Vec<T>, limit: i64) -> (Vec<T>, bool) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let last = items.len() <= limit;
    items.truncate(limit);
    (items, last)
}

/// Texts that could be in a column at all.
fn checked_text(text: &str) -> Result<(), ApiError> {
    if text.len() > 400 || text.contains('\0') {
        return Err(ApiError::BadRequest("the query: a text is too long".to_owned()));
    }
    Ok(())
}

/// `column = text` for those that are given.
fn text_filters(conditions: &mut Conditions, texts: &[(&str, &Option<String>)]) -> Result<(), ApiError> {
    for (column, text) in texts {
        if let Some(text) = text {
            checked_text(text)?;
            conditions.and(&format!("{column} = ?"), [Bind::Text(text.clone())]);
        }
    }
    Ok(())
}

/// Words of an enum, comma-separated; checked, so that a typing error is no empty list.
fn words<T: DeserializeOwned + Serialize>(name: &str, text: Option<&str>) -> Result<Vec<String>, ApiError> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let one = |part: &str| {
        let value: Option<T> = from_word(part.trim());
        value.map(|value| word(&value)).ok_or_else(|| ApiError::BadRequest(format!("the query: {part:?} is no {name}")))
    };
    text.split(',').map(one).collect()
}
