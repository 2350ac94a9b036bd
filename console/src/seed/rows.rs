//! The history as rows, some thousand at a time.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::SeedOptions;
use super::city::SeedCamera;
use super::fate::{Fate, Step, matter};
use super::flow::FlowRows;
use super::places::SeedArea;
use super::random::Random;
use super::story::{Told, Verdict, reason};
use crate::dto::word;
use crate::store::{Bulk, Cell, Store};

/// Rows that are gathered before they are written.
const GATHER: usize = 4_000;

/// Names of the made-up officers. Their accounts are closed and have no password.
pub(super) const OFFICERS: [&str; 3] = ["seed.officer.1", "seed.officer.2", "seed.officer.3"];

const MODELS: [&str; 2] = [
    r#"[{"name":"street","sha256":"5eed000000000000000000000000000000000000000000000000000000000001"}]"#,
    r#"[{"name":"street","sha256":"5eed222200000000000000000000000000000000000000000000000000000002"}]"#,
];

const TICKS: &str = r#"{"true":true,"clear":true,"complete":true,"accurate":true}"#;

fn bulk(table: &'static str, columns: &'static [&'static str]) -> Bulk {
    Bulk::new(table, columns)
}

/// What the register said of a camera whose case came to a subject, and of all others.
const COVERED: &str = r#"{"register_version":null,"record":null,"reasons":[]}"#;
const NOT_COVERED: &str = r#"{"register_version":null,"record":null,"reasons":["no_record"]}"#;
/// The time that is given to put it right.
const WARNING_MS: i64 = 30 * 60_000;

/// What is waiting to be written.
pub(super) struct Rows<'a> {
    store: &'a Store,
    cameras: Bulk,
    versions: Bulk,
    zones: Bulk,
    spans: Bulk,
    flow: FlowRows,
    candidates: Bulk,
    observations: Bulk,
    decisions: Bulk,
    cases: Bulk,
    case_events: Bulk,
    late: Vec<Late>,
    /// Decisions made so far.
    pub(super) decided: u64,
    existing: bool,
    /// The history ends then.
    until_ms: i64,
}

/// A candidate whose decision comes at the very end.
struct Late {
    camera: String,
    told: Told,
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

fn digest(of: &str) -> String {
    hex::encode(Sha256::digest(of.as_bytes()))
}

impl<'a> Rows<'a> {
    pub(super) fn new(store: &'a Store, options: &SeedOptions) -> Self {
        Self {
            store,
            existing: options.into_existing,
            until_ms: options.until_ms,
            cameras: bulk(
                "cameras",
                &[
                    "id",
                    "name",
                    "district",
                    "street",
                    "version",
                    "site",
                    "health",
                    "health_ms",
                    "last_seen_ms",
                    "evidence_mode",
                    "retired",
                ],
            ),
            versions: bulk("camera_versions", &["camera", "version", "site", "at_ms", "by_name"]),
            zones: bulk("zones", &["camera", "zone", "name", "key_area"]),
            spans: bulk("watch_spans", &["camera", "from_ms", "until_ms", "health"]),
            flow: FlowRows::new(),
            candidates: bulk(
                "candidates",
                &[
                    "id",
                    "state",
                    "version",
                    "kind",
                    "camera",
                    "zone",
                    "zone_version",
                    "permitted",
                    "permit",
                    "run",
                    "first_seen_s",
                    "raised_s",
                    "first_seen_ms",
                    "raised_ms",
                    "received_ms",
                    "clock",
                    "x1",
                    "y1",
                    "x2",
                    "y2",
                    "score",
                    "why",
                    "models",
                    "wire",
                    "camera_name",
                    "district",
                    "street",
                    "zone_name",
                    "key_area",
                    "seen_state",
                    "seen_ms",
                    "ended_ms",
                    "case_id",
                    "reason",
                ],
            ),
            observations: bulk(
                "observations",
                &["id", "camera", "candidate", "state", "health", "run", "at_s", "at_ms", "box", "received_ms"],
            ),
            decisions: bulk(
                "decisions",
                &["id", "candidate", "seen_version", "user_id", "user_name", "verdict", "reason", "ticks", "at_ms"],
            ),
            cases: bulk(
                "cases",
                &[
                    "id",
                    "candidate",
                    "state",
                    "version",
                    "kind",
                    "camera",
                    "camera_name",
                    "zone",
                    "district",
                    "street",
                    "opened_by",
                    "opened_ms",
                    "evidence_mode",
                    "evidence_sha256",
                    "zone_version",
                    "first_seen_ms",
                    "raised_ms",
                    "compliance",
                    "state_ms",
                    "taken_by",
                    "legal_by",
                    "matter",
                    "subject_kind",
                    "subject_name",
                    "subject_ref",
                    "warned_ms",
                    "warn_due_ms",
                ],
            ),
            case_events: bulk(
                "case_events",
                &["case_id", "seq", "at_ms", "by_name", "from_state", "to_state", "decision", "evidence_sha256", "act"],
            ),
            late: Vec::new(),
            decided: 0,
        }
    }

    /// Accounts that decisions can name. Nobody can log in with them.
    pub(super) async fn officers(&mut self) -> Result<(), sqlx::Error> {
        let mut users = bulk("users", &["id", "name", "display_name", "password", "roles", "active", "created_ms"]);
        for name in OFFICERS {
            if self.existing && self.store.user_named(name).await?.is_some() {
                continue;
            }
            let roles = text(r#"["operator"]"#);
            users.push(vec![text(name), text(name), text("Made-up officer"), text("!"), roles, Cell::Int(0), Cell::Int(0)]);
        }
        self.store.write_bulk(&mut [&mut users]).await
    }

    /// A camera with its settings, beats and outages.
    pub(super) async fn camera(&mut self, camera: &SeedCamera, index: usize, options: &SeedOptions) -> Result<(), sqlx::Error> {
        let last = camera.versions.last().expect("a camera has settings");
        let down = camera.outages.last().filter(|(_, until, _)| camera.watched.spans().last().is_none_or(|s| s.1 < *until));
        let (health, since) = down.map_or(("ok", last.0), |(from, _, what)| (*what, *from));
        let seen = camera.watched.spans().last().map_or(last.0, |span| span.1);
        self.cameras.push(vec![
            text(&camera.id),
            text(&camera.name),
            text(&camera.district),
            text(&camera.street),
            Cell::Int(camera.versions.len() as i64),
            text(&last.1),
            text(health),
            Cell::Int(since),
            Cell::Int(seen.max(since)),
            text("clue_only"),
            Cell::Int(0),
        ]);
        for (index, (at, site)) in camera.versions.iter().enumerate() {
            let number = Cell::Int(index as i64 + 1);
            self.versions.push(vec![text(&camera.id), number, text(site), Cell::Int(*at), text("seed")]);
        }
        let key_area = last.1.contains("key_area = true");
        for (zone, name) in [("pavement", "Pavement"), ("shops", "Shop fronts")] {
            self.zones.push(vec![text(&camera.id), text(zone), text(name), Cell::Int(i64::from(key_area))]);
        }
        self.flow.camera(options, index, camera);
        for (from, until) in camera.watched.spans() {
            self.spans.push(vec![text(&camera.id), Cell::Int(*from), Cell::Int(*until), text("ok")]);
        }
        for (from, until, what) in &camera.outages {
            self.spans.push(vec![text(&camera.id), Cell::Int(*from), Cell::Int(*until), text(what)]);
            for (at, health) in [(*from, *what), (*until, "ok")] {
                self.health(camera, at, health);
            }
        }
        self.flush().await
    }

    /// Which pavements show one place; those whose names are taken are left out.
    pub(super) async fn areas(&self, areas: &[SeedArea<'_>], at: i64) -> Result<(), sqlx::Error> {
        let taken: Vec<(String, String)> = if self.existing {
            self.store.area_rows().await?.into_iter().map(|area| (area.district, area.name)).collect()
        } else {
            Vec::new()
        };
        let mut rows =
            bulk("areas", &["id", "district", "street", "name", "grade", "place", "version", "at_ms", "by_name", "note"]);
        let mut zones = ["area_zones", "area_zones_ever"].map(|table| bulk(table, &["area", "camera", "zone"]));
        for area in areas {
            let [first, ..] = area.cameras[..] else { continue };
            if taken.contains(&(first.district.clone(), area.name.clone())) {
                continue;
            }
            rows.push(vec![
                text(&area.id),
                text(&first.district),
                text(&first.street),
                text(&area.name),
                text(&word(&area.grade)),
                text(&word(&area.place)),
                Cell::Int(1),
                Cell::Int(at),
                text("seed"),
                text("made up"),
            ]);
            for camera in &area.cameras {
                for table in &mut zones {
                    table.push(vec![text(&area.id), text(&camera.id), text("pavement")]);
                }
            }
        }
        let [now, ever] = &mut zones;
        self.store.write_bulk(&mut [&mut rows, now, ever]).await
    }

    fn health(&mut self, camera: &SeedCamera, at: i64, health: &str) {
        self.observations.push(vec![
            text(&format!("{}-{health}-{at}", camera.id)),
            text(&camera.id),
            Cell::NoText,
            Cell::NoText,
            text(health),
            Cell::Int(1),
            Cell::Float(0.0),
            Cell::Int(at),
            Cell::NoText,
            Cell::Int(at + 500),
        ]);
    }

    /// A candidate with what was seen of it and decided on it.
    pub(super) async fn candidate(&mut self, camera: &SeedCamera, told: &Told) -> Result<(), sqlx::Error> {
        let case = told.verdict.filter(|verdict| verdict.reason.is_none()).map(|_| digest(&told.id)[..32].to_owned());
        let state = told.verdict.map_or("open", |verdict| if verdict.reason.is_none() { "confirmed" } else { "rejected" });
        let seconds = |ms: i64| Cell::Float((ms - camera.versions[0].0) as f64 / 1000.0);
        let [x1, y1, x2, y2] = told.spot;
        let why = json!({ "text": "made up", "facts": [] }).to_string();
        self.candidates.push(vec![
            text(&told.id),
            text(state),
            Cell::Int(if told.verdict.is_some() { 2 } else { 1 }),
            text(&word(&told.cell.kind)),
            text(&camera.id),
            text(told.cell.zone),
            text("seed"),
            Cell::Int(i64::from(told.permitted)),
            if told.permitted { text("market") } else { Cell::NoText },
            Cell::Int(1),
            seconds(told.first_seen),
            seconds(told.raised),
            Cell::Int(told.first_seen),
            Cell::Int(told.raised),
            Cell::Int(told.raised + 800),
            text("arrival"),
            Cell::Float(x1),
            Cell::Float(y1),
            Cell::Float(x2),
            Cell::Float(y2),
            Cell::Float(told.score),
            text(&why),
            text(MODELS[told.model]),
            text("{}"),
            text(&camera.name),
            text(&camera.district),
            text(&camera.street),
            text(told.cell.zone_name),
            Cell::Int(i64::from(told.cell.key_area)),
            text(told.look.0),
            Cell::Int(told.look.1),
            if told.look.0 == "present" { Cell::NoInt } else { Cell::Int(told.look.1.max(told.raised)) },
            case.clone().map_or(Cell::NoText, Cell::Text),
            told.verdict.and_then(|verdict| verdict.reason).map_or(Cell::NoText, text),
        ]);
        self.observations.push(vec![
            text(&format!("{}-{}", told.id, told.look.0)),
            text(&camera.id),
            text(&told.id),
            text(told.look.0),
            Cell::NoText,
            Cell::Int(1),
            seconds(told.look.1),
            Cell::Int(told.look.1),
            text(&json!(told.spot).to_string()),
            Cell::Int(told.look.1 + 800),
        ]);
        if let Some(verdict) = told.verdict {
            self.verdict(camera, told, verdict, case.as_deref());
        }
        if told.late {
            self.late.push(Late { camera: camera.id.clone(), told: told.clone() });
        }
        if self.candidates.len() >= GATHER { self.flush().await } else { Ok(()) }
    }

    fn verdict(&mut self, camera: &SeedCamera, told: &Told, verdict: Verdict, case: Option<&str>) {
        let decision = digest(&format!("decision {}", told.id))[..32].to_owned();
        let officer = self.officer();
        self.decisions.push(decision_row(&decision, &told.id, officer, verdict));
        self.decided += 1;
        let Some(case) = case else { return };
        self.case(camera, told, verdict.at, (case, &decision, officer));
    }

    /// The case of a confirmed candidate, as far as it has come.
    fn case(&mut self, camera: &SeedCamera, told: &Told, opened: i64, (case, decision, officer): (&str, &str, &'static str)) {
        let reviewer = OFFICERS.into_iter().find(|name| *name != officer).unwrap_or(officer);
        let fate = Fate::of(case, told, opened, reviewer, self.until_ms);
        let last = fate.steps.last().map_or(opened, |step| step.at);
        let reviewer = (!fate.steps.is_empty()).then_some(reviewer);
        let reviewed = fate.steps.len() > 1;
        let optional = |value: Option<&str>| value.map_or(Cell::NoText, text);
        let subject = fate.subject.as_deref();
        // A number that may be absent: PostgreSQL is told its type by the statement.
        let number = |value: Option<i64>| value.map_or(Cell::NoInt, Cell::Int);
        self.cases.push(vec![
            text(case),
            text(&told.id),
            text(fate.steps.last().map_or("opened", |step| step.to)),
            Cell::Int(fate.steps.len() as i64 + 1),
            text(&word(&told.cell.kind)),
            text(&camera.id),
            text(&camera.name),
            text(told.cell.zone),
            text(&camera.district),
            text(&camera.street),
            text(officer),
            Cell::Int(opened),
            text(if subject.is_some() { "offsite_evidence" } else { "clue_only" }),
            text(&digest(&told.id)),
            text("seed"),
            Cell::Int(told.first_seen),
            Cell::Int(told.raised),
            text(if subject.is_some() { COVERED } else { NOT_COVERED }),
            Cell::Int(last),
            optional(reviewer),
            optional(reviewer.filter(|_| reviewed)),
            optional(reviewer.filter(|_| reviewed).map(|_| matter(told))),
            optional(subject.map(|_| "person")),
            optional(subject.map(|_| "Made-up vendor")),
            optional(subject),
            number(fate.warned),
            number(fate.warned.map(|at| at + WARNING_MS)),
        ]);
        let opening = Step { at: opened, from: None, to: "opened", act: "open", by: officer };
        for (seq, step) in std::iter::once(&opening).chain(&fate.steps).enumerate() {
            self.case_events.push(vec![
                text(case),
                Cell::Int(seq as i64 + 1),
                Cell::Int(step.at),
                text(step.by),
                optional(step.from),
                text(step.to),
                text(decision),
                text(&digest(&told.id)),
                text(step.act),
            ]);
        }
    }

    fn officer(&self) -> &'static str {
        OFFICERS[usize::try_from(self.decided).unwrap_or(0) % OFFICERS.len()]
    }

    async fn flush(&mut self) -> Result<(), sqlx::Error> {
        let [judged, unjudged, runs, hours, accounts] = self.flow.all();
        // In the order of references: cameras before versions, candidates before decisions, cases before their history.
        self.store
            .write_bulk(&mut [
                &mut self.cameras,
                &mut self.versions,
                &mut self.zones,
                &mut self.spans,
                judged,
                unjudged,
                runs,
                hours,
                accounts,
                &mut self.candidates,
                &mut self.observations,
                &mut self.decisions,
                &mut self.cases,
                &mut self.case_events,
            ])
            .await
    }

    /// Writes what is left.
    pub(super) async fn finish(&mut self) -> Result<(), sqlx::Error> {
        self.flush().await
    }

    /// Decides what was left lying; most of it is rejected, some confirmed.
    pub(super) async fn late_reviews(&mut self, now_ms: i64) -> Result<u64, sqlx::Error> {
        let late = std::mem::take(&mut self.late);
        let mut states = Vec::with_capacity(late.len());
        for (index, Late { camera, told }) in late.iter().enumerate() {
            let mut random = Random::of(index as u64, 7);
            let verdict = Verdict { at: now_ms, reason: reason(&mut random) };
            let decision = digest(&format!("decision {}", told.id))[..32].to_owned();
            self.decisions.push(decision_row(&decision, &told.id, OFFICERS[0], verdict));
            states.push((told.id.clone(), verdict.reason));
            tracing::debug!(camera, candidate = told.id, "reviewed late");
        }
        self.flush().await?;
        self.store.set_states(&states).await?;
        Ok(late.len() as u64)
    }

    /// One row of the chain says that the history is made up.
    pub(super) async fn tell(&self, options: &SeedOptions) -> Result<(), sqlx::Error> {
        let details = json!({ "seed": options.seed, "cameras": options.cameras, "days": options.days,
            "candidates": options.candidates });
        self.store.tell_seeded(details).await
    }
}

fn decision_row(id: &str, candidate: &str, officer: &str, verdict: Verdict) -> Vec<Cell> {
    vec![
        text(id),
        text(candidate),
        Cell::Int(1),
        text(officer),
        text(officer),
        text(if verdict.reason.is_none() { "confirm" } else { "reject" }),
        verdict.reason.map_or(Cell::NoText, text),
        if verdict.reason.is_none() { text(TICKS) } else { Cell::NoText },
        Cell::Int(verdict.at),
    ]
}
