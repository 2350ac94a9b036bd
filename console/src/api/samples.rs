//! The supervisor's second look.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::clock::parse_ms;
use crate::dto::{Agreement, NewSample, NewSecondLook, Sample, SampleDetail, SampleItem, SampleList, SecondVerdict, word};
use crate::error::ApiError;
use crate::extract::{JsonBody, PathOf};
use crate::gate::Session;
use crate::state::AppState;
use crate::store::{Draw, Weighed};
use crate::zones::wilson;

/// The longest period of a sample.
const LONGEST_MS: i64 = 92 * 24 * 60 * 60_000;

fn refused(message: impl Into<String>) -> ApiError {
    ApiError::Refused { code: "bad_sample", message: message.into() }
}

/// `true` or `false` for a clear look.
fn agrees(one: &Weighed) -> Option<bool> {
    match one.item.second? {
        SecondVerdict::Unclear => None,
        clear => Some(word(&clear) == one.verdict),
    }
}

fn agreement<'a>(of: &str, items: impl Iterator<Item = &'a Weighed>) -> Agreement {
    let (mut n, mut agreed, mut unclear) = (0, 0, 0);
    for one in items {
        match agrees(one) {
            Some(yes) => {
                n += 1;
                agreed += i64::from(yes);
            }
            None => unclear += i64::from(one.item.second.is_some()),
        }
    }
    let interval = wilson(agreed, n);
    Agreement {
        of: of.to_owned(),
        n,
        agreed,
        unclear,
        rate: (n > 0).then(|| agreed as f64 / n as f64),
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
    }
}

/// One agreement for each value of `key`, in order.
fn by<'a>(items: &'a [Weighed], key: impl Fn(&'a SampleItem) -> String) -> Vec<Agreement> {
    let keys: std::collections::BTreeSet<String> = items.iter().map(|one| key(&one.item)).collect();
    keys.iter().map(|name| agreement(name, items.iter().filter(|one| key(&one.item) == *name))).collect()
}

/// Each stratum's rate by its size.
fn weighted(items: &[Weighed]) -> Option<f64> {
    let mut strata: std::collections::BTreeMap<(&str, String), (i64, i64, i64)> = Default::default();
    for one in items {
        let slot = strata.entry((&one.item.officer, word(&one.item.kind))).or_insert((one.stratum, 0, 0));
        if let Some(yes) = agrees(one) {
            slot.1 += 1;
            slot.2 += i64::from(yes);
        }
    }
    let (mut all, mut sum) = (0.0, 0.0);
    for (size, n, agreed) in strata.into_values() {
        if n == 0 {
            return None;
        }
        all += size as f64;
        sum += size as f64 * agreed as f64 / n as f64;
    }
    (all > 0.0).then(|| sum / all)
}

async fn detail_of(state: &AppState, session: &Session, id: &str) -> Result<SampleDetail, ApiError> {
    let sample = state.store.sample(id, &session.actor).await?;
    let items = state.store.sample_items(id, &state.view(&session.actor)).await?;
    Ok(SampleDetail {
        sample,
        total: agreement("all", items.iter()),
        weighted_rate: weighted(&items),
        officers: by(&items, |item| item.officer.clone()),
        kinds: by(&items, |item| word(&item.kind)),
        items: items.into_iter().map(|one| one.item).collect(),
    })
}

/// Samples one may see, newest first.
#[utoipa::path(get, path = "/samples", tag = "supervision", operation_id = "listSamples",
    responses((status = 200, description = "Newest first", body = SampleList)))]
pub(super) async fn list(State(state): State<AppState>, session: Session) -> Result<Json<SampleList>, ApiError> {
    Ok(Json(SampleList { items: state.store.samples(&session.actor, None).await? }))
}

/// Draws a sample of the decisions of others, equally many of each officer and kind.
#[utoipa::path(post, path = "/samples", tag = "supervision", operation_id = "drawSample", request_body = NewSample,
    responses((status = 201, description = "Drawn", body = Sample)))]
pub(super) async fn draw(
    State(state): State<AppState>,
    session: Session,
    JsonBody(new): JsonBody<NewSample>,
) -> Result<(StatusCode, Json<Sample>), ApiError> {
    let time = |name: &str, text: &str| parse_ms(text).ok_or_else(|| refused(format!("{name} is not an RFC 3339 time")));
    let (from_ms, until_ms) = (time("from", &new.from)?, time("until", &new.until)?);
    if from_ms >= until_ms || until_ms.saturating_sub(from_ms) > LONGEST_MS {
        return Err(refused("a period ends after it begins, and has at most 92 days"));
    }
    let per_stratum = usize::try_from(new.per_stratum).ok().filter(|n| (1..=100).contains(n));
    let per_stratum = per_stratum.ok_or_else(|| refused("per_stratum is 1 to 100"))?;
    let seed = new.seed.filter(|seed| !seed.trim().is_empty()).unwrap_or_else(|| hex::encode(rand::random::<[u8; 8]>()));
    if seed.chars().count() > 64 {
        return Err(refused("a seed has at most 64 characters"));
    }
    let id = state.store.draw_sample(&Draw { from_ms, until_ms, per_stratum, seed: &seed }, &session.actor).await?;
    Ok((StatusCode::CREATED, Json(state.store.sample(&id, &session.actor).await?)))
}

/// A sample with its decisions and how often the second look agreed.
#[utoipa::path(get, path = "/samples/{id}", tag = "supervision", operation_id = "getSample",
    params(("id" = String, Path, description = "Sample id")),
    responses((status = 200, description = "The sample", body = SampleDetail)))]
pub(super) async fn detail(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
) -> Result<Json<SampleDetail>, ApiError> {
    detail_of(&state, &session, &id).await.map(Json)
}

/// A second look, once for each decision. 409 `looked` when somebody was faster.
#[utoipa::path(post, path = "/samples/{id}/looks", tag = "supervision", operation_id = "lookAgain", request_body = NewSecondLook,
    params(("id" = String, Path, description = "Sample id")),
    responses((status = 201, description = "Noted: the sample as it is now", body = SampleDetail)))]
pub(super) async fn look(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(look): JsonBody<NewSecondLook>,
) -> Result<(StatusCode, Json<SampleDetail>), ApiError> {
    if look.note.as_ref().is_some_and(|note| note.chars().count() > 2000) {
        return Err(refused("a note has at most 2000 characters"));
    }
    state.store.sample(&id, &session.actor).await?;
    state.store.look_again(&id, &look, &session.actor).await?;
    Ok((StatusCode::CREATED, Json(detail_of(&state, &session, &id).await?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // Computed with statsmodels' proportion_confint(method="wilson").
        for (agreed, n, low, high) in
            [(9, 10, 0.595_850, 0.982_124), (0, 10, 0.0, 0.277_533), (10, 10, 0.722_467, 1.0), (81, 263, 0.255_289, 0.366_209)]
        {
            let (l, h) = wilson(agreed, n).unwrap();
            assert!((l - low).abs() < 1e-5 && (h - high).abs() < 1e-5, "{agreed}/{n}: {l} {h}");
        }
        assert_eq!(wilson(0, 0), None);
    }
}
