//! Complaints and patrol finds: entered one by one or as a file, and what people say of their match.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::tz::TimeZone;

use crate::clock::DAY_MS;
use crate::dto::{FindImport, FindLineError, FindRecord, FindSource, FindsImported, Kind, NewFind, NewFindRuling, from_word};
use crate::error::{ApiError, refused};
use crate::extract::{JsonBody, PathOf};
use crate::gate::Session;
use crate::state::AppState;
use crate::store::PutFind;

/// Nothing older is entered: figures go back so far.
const OLDEST_MS: i64 = 400 * DAY_MS;

/// A file has so many lines at most.
const MOST_LINES: usize = 5000;

/// A time as people write it: RFC 3339, or local with or without seconds.
fn time(text: &str, zone: &TimeZone) -> Option<i64> {
    let text = text.trim();
    crate::clock::parse_ms(text).or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        // A day alone is no time.
        let with_time = text.len() > 10;
        civil.to_zoned(zone.clone()).ok().filter(|_| with_time).map(|at| at.timestamp().as_millisecond())
    })
}

fn checked(new: &NewFind, zone: &TimeZone, now_ms: i64) -> Result<PutFind, String> {
    let text = |name: &str, value: Option<&str>, most: usize| {
        let value = value.unwrap_or_default().trim().to_owned();
        let fits = value.chars().count() <= most && !value.contains('\0');
        if fits { Ok(value) } else { Err(format!("{name} has at most {most} characters")) }
    };
    let at = |name: &str, value: &str| {
        let wrong = || format!("{name} {value:?} is no time such as 2026-11-20 14:05 or 2026-11-20T14:05:00+08:00");
        let ms = time(value, zone).ok_or_else(wrong)?;
        if ms > now_ms {
            return Err(format!("{name} lies in the future"));
        }
        if ms < now_ms - OLDEST_MS { Err(format!("{name} lies more than 400 days back")) } else { Ok(ms) }
    };
    let number = text("number", new.number.as_deref(), 64)?;
    if number.is_empty() && new.source == FindSource::Hotline {
        return Err("a complaint to the hotline has a number".to_owned());
    }
    let camera = text("camera", Some(&new.camera), 64)?;
    if camera.is_empty() {
        return Err("camera is missing".to_owned());
    }
    let seen_ms = at("seen_at", &new.seen_at)?;
    let reported = new.reported_at.as_deref().filter(|text| !text.trim().is_empty());
    Ok(PutFind {
        source: new.source,
        number,
        kind: new.kind,
        camera,
        zone: text("zone", new.zone.as_deref(), 64)?,
        seen_ms,
        reported_ms: reported.map_or(Ok(seen_ms), |text| at("reported_at", text))?,
        note: text("note", new.note.as_deref(), 500)?,
    })
}

async fn one(state: &AppState, id: &str) -> Result<FindRecord, ApiError> {
    let parameters = state.store.clearance_definition().await?.parameters;
    let row = state.store.find(id).await?;
    let found = crate::recall::finds(state, &parameters, vec![row]).await?;
    found.into_iter().next().map(|find| find.record).ok_or(ApiError::NotFound("find"))
}

/// A complaint or patrol find, with what it was matched with.
#[utoipa::path(get, path = "/finds/{id}", tag = "finds", operation_id = "getFind",
    params(("id" = String, Path, description = "Find id")),
    responses((status = 200, description = "The find", body = FindRecord)))]
pub(super) async fn detail(
    State(state): State<AppState>,
    _session: Session,
    PathOf(id): PathOf<String>,
) -> Result<Json<FindRecord>, ApiError> {
    one(&state, &id).await.map(Json)
}

/// Enters a complaint or patrol find. It is never changed; what was entered by mistake is withdrawn.
#[utoipa::path(post, path = "/finds", tag = "finds", operation_id = "addFind", request_body = NewFind,
    responses((status = 201, description = "Entered", body = FindRecord)))]
pub(super) async fn add(
    State(state): State<AppState>,
    session: Session,
    JsonBody(new): JsonBody<NewFind>,
) -> Result<(StatusCode, Json<FindRecord>), ApiError> {
    let put = checked(&new, &state.clearance.time_zone, state.now_ms()).map_err(|message| refused("bad_find", message))?;
    let id = state.store.add_find(&put, &session.actor).await?;
    Ok((StatusCode::CREATED, Json(one(&state, &id).await?)))
}

/// What is in a cell of a line; a spreadsheet's mark before text is taken off.
fn cell<'a>(record: &'a csv::StringRecord, header: &csv::StringRecord, name: &str) -> Option<&'a str> {
    let index = header.iter().position(|column| column.trim() == name)?;
    let text = record.get(index)?.trim();
    let text = text.strip_prefix('\'').unwrap_or(text);
    Some(text).filter(|text| !text.is_empty())
}

fn line(record: &csv::StringRecord, header: &csv::StringRecord) -> Result<NewFind, String> {
    let needed = |name: &str| cell(record, header, name).ok_or_else(|| format!("{name} is missing"));
    let (source, kind) = (needed("source")?, needed("kind")?);
    Ok(NewFind {
        source: from_word(source).ok_or_else(|| format!("source {source:?} is none of 12345, patrol, other"))?,
        number: cell(record, header, "number").map(str::to_owned),
        kind: from_word::<Kind>(kind).ok_or_else(|| format!("{kind:?} is no kind"))?,
        camera: needed("camera")?.to_owned(),
        zone: cell(record, header, "zone").map(str::to_owned),
        seen_at: needed("seen_at")?.to_owned(),
        reported_at: cell(record, header, "reported_at").map(str::to_owned),
        note: cell(record, header, "note").map(str::to_owned),
    })
}

/// A line of a file by its number: a find, or what is wrong with it.
type Line = (u64, Result<PutFind, String>);

/// Every line.
fn lines(text: &str, zone: &TimeZone, now_ms: i64) -> Result<Vec<Line>, ApiError> {
    let bad = |message: String| refused("bad_file", message);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| bad(error.to_string()))?.clone();
    let known = ["source", "number", "kind", "camera", "zone", "seen_at", "reported_at", "note"];
    if let Some(unknown) = header.iter().map(str::trim).find(|name| !known.contains(name)) {
        return Err(bad(format!("the column {unknown:?} is none of {}", known.join(", "))));
    }
    if let Some(missing) = ["source", "kind", "camera", "seen_at"].iter().find(|name| !header.iter().any(|h| h.trim() == **name))
    {
        return Err(bad(format!("the column {missing} is missing")));
    }
    let mut out = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| bad(error.to_string()))?;
        let number = record.position().map_or(0, csv::Position::line);
        let find = line(&record, &header).and_then(|new| checked(&new, zone, now_ms));
        out.push((number, find));
        if out.len() > MOST_LINES {
            return Err(bad(format!("a file has at most {MOST_LINES} lines")));
        }
    }
    Ok(out)
}

/// Enters finds from a CSV file: all of it, or nothing and what is wrong line by line.
#[utoipa::path(post, path = "/finds/import", tag = "finds", operation_id = "importFinds", request_body = FindImport,
    responses((status = 200, description = "What became of it", body = FindsImported)))]
pub(super) async fn import(
    State(state): State<AppState>,
    session: Session,
    JsonBody(file): JsonBody<FindImport>,
) -> Result<Json<FindsImported>, ApiError> {
    let read = lines(&file.csv, &state.clearance.time_zone, state.now_ms())?;
    let mut errors = Vec::new();
    let (mut numbers, mut finds) = (Vec::new(), Vec::new());
    for (line, find) in read {
        match find {
            Ok(find) => {
                numbers.push(line);
                finds.push(find);
            }
            Err(message) => errors.push(FindLineError { line, message }),
        }
    }
    if errors.is_empty() {
        let wrong = state.store.add_finds(&finds, &session.actor).await?;
        errors.extend(wrong.into_iter().map(|(index, message)| FindLineError { line: numbers[index], message }));
    }
    let added = if errors.is_empty() { finds.len() as u64 } else { 0 };
    Ok(Json(FindsImported { added, errors }))
}

/// Corrects a find's match, or takes the find back; with a reason, appended. 409 `ruled` when somebody has since.
#[utoipa::path(post, path = "/finds/{id}/rulings", tag = "finds", operation_id = "ruleFind", request_body = NewFindRuling,
    params(("id" = String, Path, description = "Find id")),
    responses((status = 201, description = "Noted: the find as it is now", body = FindRecord)))]
pub(super) async fn rule(
    State(state): State<AppState>,
    session: Session,
    PathOf(id): PathOf<String>,
    JsonBody(new): JsonBody<NewFindRuling>,
) -> Result<(StatusCode, Json<FindRecord>), ApiError> {
    state.store.rule_find(&id, &new, &session.actor).await?;
    Ok((StatusCode::CREATED, Json(one(&state, &id).await?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    fn shanghai() -> TimeZone {
        TimeZone::get("Asia/Shanghai").unwrap()
    }

    #[test]
    fn times_are_local_unless_they_say_otherwise() {
        let at = |text| time(text, &shanghai());
        assert_eq!(at("2027-01-15 16:00"), Some(NOW));
        assert_eq!(at("2027-01-15T16:00:00"), Some(NOW));
        assert_eq!(at("2027-01-15T08:00:00Z"), Some(NOW));
        for bad in ["2027-01-15", "16:00", "yesterday", "", "2027-01-15 25:00"] {
            assert_eq!(at(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn every_wrong_line_is_told_by_its_number() {
        let text = "\u{feff}source,number,kind,camera,zone,seen_at\n12345,A1,illegal_stall,c,z,2027-01-15 12:00\n\
                    phone,A2,illegal_stall,c,z,2027-01-15 12:00\n12345,,illegal_stall,c,z,2027-01-15 12:00\n\
                    patrol,,litter,c,z,2027-01-15 12:00\npatrol,,illegal_stall,,z,2027-01-15 12:00\n\
                    patrol,,illegal_stall,c,z,2027-01-16 12:00\npatrol,,illegal_stall,c,z,noon\n";
        let read = lines(text, &shanghai(), NOW).unwrap();
        let wrong: Vec<(u64, String)> = read.iter().filter_map(|(n, one)| Some((*n, one.clone().err()?))).collect();
        let begins = ["source", "a complaint", "\"litter\"", "camera is", "seen_at lies", "seen_at \"noon\""];
        assert_eq!(wrong.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [3, 4, 5, 6, 7, 8]);
        assert!(wrong.iter().zip(begins).all(|((_, said), begin)| said.starts_with(begin)), "{wrong:?}");
        let good = read[0].1.clone().unwrap();
        assert_eq!((good.number.as_str(), good.reported_ms == good.seen_ms), ("A1", true));
        assert!(lines("source,kind,camera\n", &shanghai(), NOW).is_err() && lines("a,b\n", &shanghai(), NOW).is_err());
    }
}
