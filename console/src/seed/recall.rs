//! Frame audits and finds of a made-up history. They are drawn and matched by the same code as real ones; only what was seen is made up:
//! mostly what stood, now and then something that the program missed. The pictures do not exist.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::SeedOptions;
use super::city::{City, begin, calendar};
use super::random::Random;
use super::rows::OFFICERS;
use super::story::Told;
use crate::backtest::{KeptView, Light};
use crate::clearance::interval::{MINUTE, Ms};
use crate::clearance::schedule::{date_of, day};
use crate::clock::DAY_MS;
use crate::dto::{NotSampled, word};
use crate::frame_audit::{AuditFrame, pictured};
use crate::keeper::{Keeper, Place};
use crate::store::{Bulk, Cell, Store};

/// Audits: minutes, and only key areas?
const AUDITS: [(usize, bool); 3] = [(150, false), (150, false), (60, true)];
/// Days that audits look back over.
const BACK_DAYS: i64 = 14;
/// Finds besides those near a candidate.
const STRAY: usize = 40;
/// Candidates with a find near them.
pub(super) const PICKED: u64 = 60;

/// What is remembered of the story: candidates that somebody else found as well.
pub(super) type Picks = Vec<(usize, Told)>;

fn text(value: impl Into<String>) -> Cell {
    Cell::Text(value.into())
}

fn id(of: &str) -> String {
    hex::encode(&Sha256::digest(of.as_bytes())[..8])
}

fn tables() -> [Bulk; 5] {
    [
        Bulk::new(
            "frame_audits",
            &[
                "id",
                "seed",
                "from_day",
                "until_day",
                "district",
                "street",
                "kinds",
                "key_only",
                "definition",
                "frame_minutes",
                "frame_sha256",
                "user_id",
                "by_name",
                "at_ms",
            ],
        ),
        Bulk::new(
            "frame_audit_minutes",
            &[
                "audit",
                "position",
                "minute_ms",
                "kind",
                "area",
                "camera",
                "zone",
                "camera_name",
                "zone_name",
                "district",
                "street",
                "picture_ms",
                "picture",
                "polygon",
                "zone_version",
                "why_not",
            ],
        ),
        Bulk::new("frame_answers", &["audit", "position", "n", "verdict", "reason", "note", "blind", "by_name", "at_ms"]),
        Bulk::new(
            "finds",
            &[
                "id",
                "source",
                "number",
                "kind",
                "camera",
                "zone",
                "camera_name",
                "zone_name",
                "district",
                "street",
                "seen_ms",
                "reported_ms",
                "note",
                "by_name",
                "at_ms",
            ],
        ),
        Bulk::new("find_rulings", &["find", "n", "ruling", "candidate", "reason", "by_name", "at_ms"]),
    ]
}

/// Writes all of it; `now` is when the last audit was drawn.
pub(super) async fn recall(
    store: &Store,
    keeper: &Keeper,
    (city, options, picks): (&City, &SeedOptions, &Picks),
    now: Ms,
) -> Result<(), sqlx::Error> {
    let [mut audits, mut minutes, mut answers, mut finds, mut rulings] = tables();
    let definition = store.clearance_definition().await?;
    let calendar = calendar(options);
    let until_day = date_of(&calendar, options.until_ms - DAY_MS);
    let from_ms = begin(options).max(options.until_ms - BACK_DAYS * DAY_MS);
    let from_day = date_of(&calendar, from_ms).min(until_day);
    let period = (day(&calendar, from_day).0, day(&calendar, until_day).1);
    let names: HashMap<&str, &str> = city.cameras.iter().map(|camera| (camera.id.as_str(), camera.name.as_str())).collect();
    for (number, (wanted, key_only)) in AUDITS.into_iter().enumerate() {
        let places = keeper.places(store, &definition.parameters, period, key_only).await?;
        let frame = AuditFrame::of(&places);
        let seed = format!("seed-{}-{number}", options.seed);
        let audit = id(&seed);
        let drawn = frame.draw(&seed, wanted);
        let reach = Ms::from(definition.parameters.audit_picture_max_min) * MINUTE;
        let found = pictured(&drawn, reach, &pictures(&drawn, period, reach));
        audits.push(audit_row(&audit, &seed, (from_day, until_day), key_only, (definition.version, &frame), now));
        let mut random = Random::of(options.seed, 500 + number as u64);
        for (index, ((place, minute), picture)) in drawn.iter().zip(found).enumerate() {
            let position = index as i64 + 1;
            let view = picture.as_ref().ok().map_or(0, |(view, ..)| *view);
            let (camera, zone, kind) = &place.views[view].0;
            let (at, key, why) = match &picture {
                Ok((_, at, key)) => (Cell::Int(*at), key.clone(), String::new()),
                Err(why) => (Cell::NoInt, String::new(), word::<NotSampled>(why)),
            };
            let (polygon, version) = keeper.drawn(store, camera, zone, *minute).await?.unwrap_or_default();
            minutes.push(vec![
                text(&audit),
                Cell::Int(position),
                Cell::Int(*minute),
                text(word(kind)),
                text(&place.key.area),
                text(camera),
                text(zone),
                text(names.get(camera.as_str()).copied().unwrap_or(camera)),
                text(zone_name(zone)),
                text(&place.key.district),
                text(&place.key.street),
                at,
                text(key),
                text(serde_json::to_string(&polygon).expect("corners are JSON")),
                text(version),
                text(why),
            ]);
            let Ok((_, at, _)) = picture else { continue };
            let stood = store.stood_at((camera, zone, *kind), at).await?;
            answer(&mut answers, (&audit, position), stood, now, &mut random);
        }
    }
    found(&mut finds, &mut rulings, (city, options, picks), now);
    store.write_bulk(&mut [&mut audits, &mut minutes, &mut answers, &mut finds, &mut rulings]).await
}

fn zone_name(zone: &str) -> &'static str {
    if zone == "shops" { "Shop fronts" } else { "Pavement" }
}

/// One made-up picture an hour, of every camera that was drawn.
fn pictures(drawn: &[(&Place, Ms)], (from, until): (Ms, Ms), reach: Ms) -> BTreeMap<String, Vec<KeptView>> {
    let hour = 60 * MINUTE;
    let first = (from - reach).div_euclid(hour) * hour + 5 * MINUTE;
    let times = || (0..).map(|n| first + n * hour).take_while(|at| *at < until + reach);
    let kept = |at_ms: Ms| KeptView { at_ms, light: Light::Day, key: format!("made-up.view-{at_ms}.jpg") };
    let cameras = drawn.iter().flat_map(|(place, _)| place.views.iter().map(|((camera, ..), _)| camera.clone()));
    cameras.map(|camera| (camera, times().map(kept).collect())).collect()
}

fn audit_row(
    id: &str,
    seed: &str,
    (from, until): (Date, Date),
    key_only: bool,
    (definition, frame): (i64, &AuditFrame<'_>),
    now: Ms,
) -> Vec<Cell> {
    vec![
        text(id),
        text(seed),
        text(from.to_string()),
        text(until.to_string()),
        text(""),
        text(""),
        text("[]"),
        Cell::Int(i64::from(key_only)),
        Cell::Int(definition),
        Cell::Int(i64::try_from(frame.count).unwrap_or(i64::MAX)),
        text(&frame.sha256),
        text(OFFICERS[2]),
        text(OFFICERS[2]),
        Cell::Int(now),
    ]
}

/// What somebody saw: mostly what stood. Some pictures do not tell, some are left, some are answered again.
fn answer(answers: &mut Bulk, (audit, position): (&str, i64), stood: bool, now: Ms, random: &mut Random) {
    let lot = random.unit();
    let verdict = match lot {
        lot if lot < 0.06 => "cannot_tell",
        lot if lot < 0.10 => return,
        lot if stood || lot < 0.16 => "violation",
        _ => "none",
    };
    let mut push = |n: i64, verdict: &str, note: &str| {
        let reason = if verdict == "cannot_tell" { "dark" } else { "" };
        answers.push(vec![
            text(audit),
            Cell::Int(position),
            Cell::Int(n),
            text(verdict),
            text(reason),
            text(note),
            Cell::Int(i64::from(n == 1)),
            text(OFFICERS[2]),
            Cell::Int(now + n),
        ]);
    };
    push(1, verdict, "");
    if verdict == "violation" && random.chance(0.05) {
        push(2, "none", "a shop's own goods");
    }
}

/// Finds near candidates, and others anywhere.
fn found(finds: &mut Bulk, rulings: &mut Bulk, (city, options, picks): (&City, &SeedOptions, &Picks), now: Ms) {
    let mut random = Random::of(options.seed, 600);
    let mut number = 0i64;
    let mut put = |camera: usize, zone: &str, kind: &str, seen: Ms, random: &mut Random| {
        let camera = &city.cameras[camera];
        if seen >= options.until_ms || seen < begin(options) {
            return;
        }
        number += 1;
        let source = *random.pick(&["12345", "12345", "patrol", "other"]);
        let reported = (seen + random.between(0, 12) * MINUTE).min(now);
        let find = id(&format!("find {} {number}", options.seed));
        finds.push(vec![
            text(&find),
            text(source),
            text(if source == "other" { String::new() } else { format!("S{}-{number:04}", options.seed) }),
            text(kind),
            text(&camera.id),
            text(zone),
            text(&camera.name),
            text(if zone.is_empty() { "" } else { zone_name(zone) }),
            text(&camera.district),
            text(&camera.street),
            Cell::Int(seen),
            Cell::Int(reported),
            text(""),
            text(OFFICERS[1]),
            Cell::Int(now),
        ]);
        let ruling = match number % 20 {
            7 => "none",
            13 => "withdrawn",
            _ => return,
        };
        let row = [text(&find), Cell::Int(1), text(ruling), text(""), text("made up"), text(OFFICERS[2]), Cell::Int(now + 1)];
        rulings.push(row.to_vec());
    };
    for (camera, told) in picks {
        let seen = told.first_seen + random.between(-25, 45) * MINUTE;
        put(*camera, told.cell.zone, &word(&told.cell.kind), seen, &mut random);
    }
    for _ in 0..STRAY {
        let camera = random.between(0, city.cameras.len() as i64) as usize;
        let cell = random.pick(&city.cameras[camera].cells).clone();
        let zone = if random.chance(0.15) { "" } else { cell.zone };
        let seen = begin(options) + random.between(0, i64::from(options.days) * 24 * 60) * MINUTE;
        put(camera, zone, &word(&cell.kind), seen, &mut random);
    }
}
