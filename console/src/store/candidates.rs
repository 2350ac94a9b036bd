//! One candidate as it is read: its row, what belongs to it, what was at its place.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::deletions::pictures_deleted;
use super::{Bind, Conditions, Store, json_column, word_column, word_column_opt};
use crate::clock::rfc3339;
use crate::dto::{
    CandidateSummary, Claim, Decision, Evidence, Model, Observation, PlaceVisit, RejectReason, Ticks, Verdict, Why,
};
use crate::vault::Item;
use crate::view::View;

/// Same place within so long before counts as history.
const HISTORY_MS: i64 = 30 * 24 * 60 * 60_000;
/// Boxes that share this much (intersection over union) are the same place.
pub(super) const SAME_PLACE_IOU: f64 = 0.1;

/// Columns of a summary, its trigger still and its claim: of `candidates c` with `claims l`.
macro_rules! summary_columns {
    () => {
        "c.*, l.user_id AS claim_user, l.user_name AS claim_name, l.until_ms AS claim_until, \
         (SELECT MIN(e.file) FROM evidence_items e WHERE e.candidate = c.id AND e.role = 'trigger') AS still, \
         (SELECT COUNT(*) FROM candidates m WHERE m.merged_into = c.id) AS carries"
    };
}
pub(super) const SUMMARY_COLUMNS: &str = summary_columns!();
/// The same with where they come from.
pub(super) const SUMMARY: &str =
    concat!("SELECT ", summary_columns!(), " FROM candidates c LEFT JOIN claims l ON l.candidate = c.id");

pub(super) fn bbox(row: &AnyRow) -> Result<[f64; 4], sqlx::Error> {
    Ok([row.try_get("x1")?, row.try_get("y1")?, row.try_get("x2")?, row.try_get("y2")?])
}

pub(super) fn summary(row: &AnyRow, view: &View<'_>, purpose: &str) -> Result<CandidateSummary, sqlx::Error> {
    let id: String = row.try_get("id")?;
    let (first_seen_ms, raised_ms): (i64, i64) = (row.try_get("first_seen_ms")?, row.try_get("raised_ms")?);
    let (due_ms, received_ms): (i64, i64) = (row.try_get("due_ms")?, row.try_get("received_ms")?);
    let claim = match row.try_get::<Option<i64>, _>("claim_until")? {
        Some(until) if until > view.now_ms => Some(Claim {
            by: row.try_get("claim_name")?,
            mine: row.try_get::<String, _>("claim_user")? == view.actor.id,
            until: rfc3339(until),
        }),
        _ => None,
    };
    let pictures_deleted = pictures_deleted(row)?;
    let still = row.try_get::<Option<String>, _>("still")?.filter(|_| pictures_deleted.is_none());
    Ok(CandidateSummary {
        kind: word_column(row, "kind")?,
        state: word_column(row, "state")?,
        version: row.try_get("version")?,
        camera: row.try_get("camera")?,
        camera_name: row.try_get("camera_name")?,
        district: row.try_get("district")?,
        street: row.try_get("street")?,
        zone: row.try_get("zone")?,
        zone_name: row.try_get("zone_name")?,
        key_area: row.try_get::<i64, _>("key_area")? != 0,
        permitted: row.try_get::<i64, _>("permitted")? != 0,
        permit: row.try_get("permit")?,
        first_seen_at: rfc3339(first_seen_ms),
        raised_at: rfc3339(raised_ms),
        received_at: rfc3339(received_ms),
        dwell_s: (raised_ms - first_seen_ms) as f64 / 1000.0,
        bbox: bbox(row)?,
        score: row.try_get("score")?,
        seen_state: word_column_opt(row, "seen_state")?,
        seen_at: row.try_get::<Option<i64>, _>("seen_ms")?.map(rfc3339),
        due_at: rfc3339(due_ms),
        hard_stop_at: rfc3339(received_ms + view.hard_stop_ms),
        head_start_s: (due_ms - row.try_get::<i64, _>("rank_ms")?) as f64 / 1000.0,
        merged_into: row.try_get("merged_into")?,
        carries: row.try_get("carries")?,
        claim,
        still_url: still.and_then(|file| view.url(&id, &file, purpose)),
        case: row.try_get("case_id")?,
        pictures_deleted,
        id,
    })
}

/// A candidate's row: summary, and what only the detail shows.
pub(crate) struct Full {
    pub(crate) summary: CandidateSummary,
    pub(crate) zone_version: String,
    pub(crate) run: i64,
    pub(crate) first_seen_s: f64,
    pub(crate) raised_s: f64,
    pub(crate) raised_ms: i64,
    pub(crate) first_seen_ms: i64,
    pub(crate) seen_ms: Option<i64>,
    pub(crate) clock: String,
    pub(crate) why: Why,
    pub(crate) models: Vec<Model>,
}

/// Of `evidence_items`.
pub(super) fn read_item(row: &AnyRow) -> Result<Item, sqlx::Error> {
    Ok(Item {
        key: row.try_get("item_key")?,
        sha256: row.try_get("sha256")?,
        bytes: row.try_get::<i64, _>("bytes")?.unsigned_abs(),
    })
}

impl Store {
    /// One candidate.
    pub(crate) async fn candidate(&self, id: &str, view: &View<'_>, purpose: &str) -> Result<Option<Full>, sqlx::Error> {
        let mut conditions = Conditions::everywhere();
        conditions.and("c.id = ?", [Bind::Text(id.to_owned())]);
        let sql = format!("{SUMMARY}{}", conditions.sql());
        let Some(row) = conditions.query(sql).fetch_optional(&self.pool).await? else { return Ok(None) };
        let why: events::wire::v1::WhyData = json_column(&row, "why")?;
        let fact = |fact: events::wire::v1::FactData| crate::dto::Fact {
            name: fact.name,
            value: fact.value,
            needed: fact.needed,
            unit: fact.unit,
        };
        Ok(Some(Full {
            summary: summary(&row, view, purpose)?,
            zone_version: row.try_get("zone_version")?,
            run: row.try_get("run")?,
            first_seen_s: row.try_get("first_seen_s")?,
            raised_s: row.try_get("raised_s")?,
            raised_ms: row.try_get("raised_ms")?,
            first_seen_ms: row.try_get("first_seen_ms")?,
            seen_ms: row.try_get("seen_ms")?,
            clock: row.try_get("clock")?,
            why: Why { text: why.text, facts: why.facts.into_iter().map(fact).collect() },
            models: json_column(&row, "models")?,
        }))
    }

    /// The evidence of a candidate, in the order in which it is looked at.
    pub(crate) async fn evidence(&self, id: &str, view: &View<'_>, purpose: &str) -> Result<Vec<Evidence>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT i.file, i.role, i.sha256, i.bytes, r.rule AS gone_rule, r.deleted_ms AS gone_ms, r.certificate AS \
             gone_certificate FROM evidence_items i LEFT JOIN retention_deletions r ON r.candidate = i.candidate \
             AND r.file = i.file WHERE i.candidate = $1 ORDER BY i.file",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &AnyRow| -> Result<Evidence, sqlx::Error> {
            let (file, deleted): (String, _) = (row.try_get("file")?, pictures_deleted(row)?);
            Ok(Evidence {
                role: row.try_get("role")?,
                media_type: crate::evidence::media_type(&file).to_owned(),
                sha256: row.try_get("sha256")?,
                bytes: row.try_get("bytes")?,
                url: if deleted.is_none() { view.url(id, &file, purpose) } else { None },
                deleted,
                file,
            })
        };
        let mut items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let order = ["first_seen", "moment", "mid", "trigger", "clip", "after", "manifest"];
        items.sort_by_key(|item| order.iter().position(|role| *role == item.role).unwrap_or(order.len()));
        Ok(items)
    }

    /// One evidence file, as the candidate names it.
    pub(crate) async fn evidence_item(&self, candidate: &str, file: &str) -> Result<Option<Item>, sqlx::Error> {
        let row = sqlx::query("SELECT item_key, sha256, bytes FROM evidence_items WHERE candidate = $1 AND file = $2")
            .bind(candidate)
            .bind(file)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(read_item).transpose()
    }

    /// Later looks, oldest first.
    pub(crate) async fn looks(&self, id: &str) -> Result<Vec<Observation>, sqlx::Error> {
        let rows = sqlx::query("SELECT state, at_ms, box FROM observations WHERE candidate = $1 ORDER BY at_ms, id LIMIT 1000")
            .bind(id)
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &AnyRow| -> Result<Observation, sqlx::Error> {
            let bbox = match row.try_get::<Option<String>, _>("box")? {
                Some(_) => Some(json_column(row, "box")?),
                None => None,
            };
            Ok(Observation { state: word_column(row, "state")?, at: rfc3339(row.try_get("at_ms")?), bbox })
        };
        rows.iter().map(read).collect()
    }

    /// What was decided, oldest first.
    pub(crate) async fn decisions(&self, id: &str) -> Result<Vec<Decision>, sqlx::Error> {
        let rows = sqlx::query("SELECT * FROM decisions WHERE candidate = $1 ORDER BY seen_version")
            .bind(id)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read_decision).collect()
    }

    /// Same kind, camera and zone and an overlapping box within 30 days before, newest first, at most 20.
    pub(crate) async fn same_place(&self, full: &Full, view: &View<'_>) -> Result<Vec<PlaceVisit>, sqlx::Error> {
        let c = &full.summary;
        let rows = sqlx::query(
            "SELECT c.id, c.state, c.district, c.street, c.raised_ms, c.case_id, c.x1, c.y1, c.x2, c.y2, c.gone_rule, c.gone_ms, c.gone_certificate, (SELECT d.reason FROM decisions d \
             WHERE d.candidate = c.id AND d.seen_version = c.version - 1) AS reason FROM candidates c \
             WHERE c.camera = $1 AND c.zone = $2 AND c.kind = $3 AND c.raised_ms > $4 AND c.raised_ms <= $5 AND c.id <> $6 \
             ORDER BY c.raised_ms DESC LIMIT 500",
        )
        .bind(c.camera.clone())
        .bind(c.zone.clone())
        .bind(crate::dto::word(&c.kind))
        .bind(full.raised_ms - HISTORY_MS)
        .bind(full.raised_ms)
        .bind(c.id.clone())
        .fetch_all(&self.pool)
        .await?;
        let as_box = |[x1, y1, x2, y2]: [f64; 4]| events::BBox { x1, y1, x2, y2 };
        let mut visits = Vec::new();
        for row in &rows {
            // A camera may have stood in another district.
            let seen = view.actor.scope.holds(row.try_get("district")?, row.try_get("street")?);
            if !seen || as_box(bbox(row)?).iou(&as_box(c.bbox)) < SAME_PLACE_IOU {
                continue;
            }
            visits.push(PlaceVisit {
                id: row.try_get("id")?,
                state: word_column(row, "state")?,
                raised_at: rfc3339(row.try_get("raised_ms")?),
                reason: word_column_opt::<RejectReason>(row, "reason")?,
                case: row.try_get("case_id")?,
                pictures_deleted: pictures_deleted(row)?,
            });
            if visits.len() == 20 {
                break;
            }
        }
        Ok(visits)
    }
}

/// A decision's row.
pub(super) fn read_decision(row: &AnyRow) -> Result<Decision, sqlx::Error> {
    let ticks = match row.try_get::<Option<String>, _>("ticks")? {
        Some(_) => Some(json_column::<Ticks>(row, "ticks")?),
        None => None,
    };
    Ok(Decision {
        id: row.try_get("id")?,
        verdict: word_column::<Verdict>(row, "verdict")?,
        by: row.try_get("user_name")?,
        at: rfc3339(row.try_get("at_ms")?),
        seen_version: row.try_get("seen_version")?,
        reason: word_column_opt(row, "reason")?,
        ticks,
        into: row.try_get("merged_into")?,
        note: row.try_get("note")?,
        supersedes: row.try_get("supersedes")?,
        certificate: match row.try_get::<Option<String>, _>("certificate")? {
            Some(_) => Some(json_column(row, "certificate")?),
            None => None,
        },
    })
}
