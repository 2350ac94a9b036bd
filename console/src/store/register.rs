//! The register of cameras: appended, asked for any time in the past.

use jiff::tz::TimeZone;
use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::{Bind, Conditions, Scope, Store, Tx, json_column};
use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::days;
use crate::dto::{
    CameraRegister, ClueReason, Compliance, EvidenceMode, Expiring, Kind, KindCompliance, LiveKind, NewRegisterRecord,
    RegisterRecord, RegisterVersion, Reminder,
};
use crate::error::{ApiError, refused};
use crate::lifecycle::compliance::{self, Entry, Seen};

/// Reminders are a list for people, not an export.
const MOST_REMINDERS: i64 = 500;

/// The days of a record as times.
struct Span {
    from_ms: i64,
    until_ms: i64,
    technical_due_ms: Option<i64>,
}

fn entry(row: &AnyRow) -> Result<Entry, sqlx::Error> {
    Ok(Entry {
        version: row.try_get("version")?,
        record: json_column(row, "record")?,
        entered_ms: row.try_get("at_ms")?,
        from_ms: row.try_get("from_ms")?,
        until_ms: row.try_get("until_ms")?,
        technical_due_ms: row.try_get("technical_due_ms")?,
    })
}

/// The statement that says of each camera `c` whether what it shows now could be evidence for any kind.
pub(super) fn mode_now(now_ms: i64) -> String {
    format!(
        "(SELECT COUNT(*) FROM camera_register r WHERE r.camera = c.id AND r.complete = 1 AND r.from_ms <= {now_ms} \
         AND r.until_ms > {now_ms} AND r.technical_due_ms > {now_ms} AND r.version = (SELECT MAX(l.version) FROM camera_register l \
         WHERE l.camera = c.id)) AS covered"
    )
}

/// What [`mode_now`] counted.
pub(super) fn mode_of(row: &AnyRow) -> Result<EvidenceMode, sqlx::Error> {
    let covered: i64 = row.try_get("covered")?;
    Ok(if covered > 0 { EvidenceMode::OffsiteEvidence } else { EvidenceMode::ClueOnly })
}

fn text(field: &str, text: &str, most: usize) -> Result<(), ApiError> {
    let length = text.trim().chars().count();
    if (1..=most).contains(&length) { Ok(()) } else { Err(refused("bad_text", format!("{field} has 1 to {most} characters"))) }
}

fn day(field: &str, text: &str) -> Result<jiff::civil::Date, ApiError> {
    days::day(text).ok_or_else(|| refused("bad_day", format!("{field} {text:?} is not a day like 2026-03-01")))
}

/// Texts, days and their order.
fn check(record: &RegisterRecord, zone: &TimeZone) -> Result<Span, ApiError> {
    text("legal_basis", &record.legal_basis, 500)?;
    if let Some(review) = &record.legal_review {
        text("legal_review.body", &review.body, 200)?;
        text("legal_review.document", &review.document, 200)?;
        day("legal_review.date", &review.date)?;
    }
    for (name, proof) in [("signage", &record.signage), ("publication", &record.publication)] {
        if let Some(proof) = proof {
            text(&format!("{name}.document"), &proof.document, 500)?;
            day(&format!("{name}.date"), &proof.date)?;
        }
    }
    let outside = || refused("bad_day", "a day lies outside the calendar");
    let mut technical_due_ms = None;
    if let Some(review) = &record.technical_review {
        text("technical_review.body", &review.body, 200)?;
        text("technical_review.document", &review.document, 200)?;
        let (done, due) = (day("technical_review.date", &review.date)?, day("technical_review.next_due", &review.next_due)?);
        if due < done {
            return Err(refused("bad_day", "the technical review is due again before it was made"));
        }
        technical_due_ms = Some(days::end_ms(due, zone).ok_or_else(outside)?);
    }
    let (from, until) = (day("valid_from", &record.valid_from)?, day("valid_until", &record.valid_until)?);
    if until < from {
        return Err(refused("bad_day", "valid_until lies before valid_from"));
    }
    let from_ms = days::start_ms(from, zone).ok_or_else(outside)?;
    Ok(Span { from_ms, until_ms: days::end_ms(until, zone).ok_or_else(outside)?, technical_due_ms })
}

fn complete(record: &RegisterRecord) -> bool {
    record.legal_review.is_some()
        && record.technical_review.is_some()
        && record.signage.is_some()
        && record.publication.is_some()
        && !record.kinds.is_empty()
}

impl Tx {
    async fn register_entries(&mut self, camera: &str) -> Result<Vec<Entry>, sqlx::Error> {
        let rows = sqlx::query("SELECT * FROM camera_register WHERE camera = $1 ORDER BY version")
            .bind(camera)
            .fetch_all(self.db())
            .await?;
        rows.iter().map(entry).collect()
    }

    /// What the register says of something seen: the mode, and what is frozen into the case. `clock`: whose the times are.
    pub(super) async fn compliance(
        &mut self,
        camera: &str,
        kind: Kind,
        seen: Seen,
        clock: &str,
    ) -> Result<(EvidenceMode, Compliance), sqlx::Error> {
        let entries = self.register_entries(camera).await?;
        let mut reasons = compliance::reasons(&entries, kind, seen);
        if clock == "unknown" {
            reasons.push(ClueReason::TimeUnknown);
        }
        let held = compliance::in_force(&entries, seen).last();
        let told = Compliance {
            register_version: held.map(|entry| entry.version),
            record: held.map(|entry| entry.record.clone()),
            reasons,
        };
        Ok((compliance::mode(&told.reasons), told))
    }
}

impl Store {
    /// The register of a camera; `None` when there is no such camera.
    pub(crate) async fn register(&self, camera: &str) -> Result<Option<CameraRegister>, sqlx::Error> {
        let known = sqlx::query("SELECT id FROM cameras WHERE id = $1").bind(camera).fetch_optional(&self.pool).await?;
        if known.is_none() {
            return Ok(None);
        }
        let rows = sqlx::query("SELECT * FROM camera_register WHERE camera = $1 ORDER BY version")
            .bind(camera)
            .fetch_all(&self.pool)
            .await?;
        let entries = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let now_ms = self.clock.now_ms();
        let now = events::Kind::ALL.into_iter().map(|kind| {
            let reasons = compliance::reasons(&entries, Kind::from(kind), Seen { from_ms: now_ms, to_ms: now_ms });
            KindCompliance { kind: Kind::from(kind), mode: compliance::mode(&reasons), reasons }
        });
        let read = |row: &AnyRow| -> Result<RegisterVersion, sqlx::Error> {
            Ok(RegisterVersion {
                version: row.try_get("version")?,
                record: json_column(row, "record")?,
                at: rfc3339(row.try_get("at_ms")?),
                by: row.try_get("by_name")?,
                note: row.try_get("note")?,
            })
        };
        Ok(Some(CameraRegister {
            camera: camera.to_owned(),
            version: entries.last().map_or(0, |entry| entry.version),
            now: now.collect(),
            versions: rows.iter().rev().map(read).collect::<Result<_, _>>()?,
        }))
    }

    /// Appends a version.
    pub(crate) async fn put_register(
        &self,
        camera: &str,
        actor: &Actor,
        new: &NewRegisterRecord,
        zone: &TimeZone,
    ) -> Result<(), ApiError> {
        let span = check(&new.record, zone)?;
        if new.note.as_deref().map_or(0, |note| note.chars().count()) > 2000 {
            return Err(refused("note_too_long", "a note has at most 2000 characters"));
        }
        let mut tx = self.write().await?;
        let known = sqlx::query("SELECT id FROM cameras WHERE id = $1").bind(camera).fetch_optional(tx.db()).await?;
        if known.is_none() {
            return Err(ApiError::NotFound("camera"));
        }
        let entries = tx.register_entries(camera).await?;
        let version = entries.last().map_or(0, |entry| entry.version);
        if version != new.seen_version {
            let last = entries.last().map(|entry| json!({ "record": entry.record, "at": rfc3339(entry.entered_ms) }));
            return Err(ApiError::Conflict {
                code: "stale",
                message: "the register was changed since you looked".to_owned(),
                details: json!({ "version": version, "latest": last }),
            });
        }
        let now_ms = tx.now_ms();
        sqlx::query(
            "INSERT INTO camera_register (camera, version, record, complete, from_ms, until_ms, technical_due_ms, note, at_ms, \
             by_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(camera)
        .bind(version + 1)
        .bind(serde_json::to_string(&new.record).expect("a record is JSON"))
        .bind(i64::from(complete(&new.record)))
        .bind(span.from_ms)
        .bind(span.until_ms)
        .bind(span.technical_due_ms)
        .bind(new.note.clone().filter(|note| !note.trim().is_empty()))
        .bind(now_ms)
        .bind(actor.name.clone())
        .execute(tx.db())
        .await?;
        tx.live(LiveKind::CameraChanged, json!({ "id": camera })).await?;
        let details = json!({ "version": version + 1, "record": new.record });
        let reason = new.note.as_deref();
        tx.audit(Deed { actor: &actor.name, action: "camera.register", object: camera, reason, details }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Cameras whose record or technical review ends before `until_ms`, or has ended, the most urgent first.
    pub(crate) async fn reminders(&self, scope: &Scope, until_ms: i64) -> Result<Vec<Reminder>, sqlx::Error> {
        let mut conditions = Conditions::within(scope, "c");
        conditions.and("c.retired = 0", []);
        conditions.and("r.complete = 1", []);
        conditions.and("r.version = (SELECT MAX(l.version) FROM camera_register l WHERE l.camera = c.id)", []);
        let until = Bind::Int(until_ms);
        conditions.and("(r.until_ms <= ? OR r.technical_due_ms <= ?)", [until.clone(), until]);
        let ends = "CASE WHEN r.technical_due_ms < r.until_ms THEN r.technical_due_ms ELSE r.until_ms END";
        let sql = format!(
            "SELECT c.id, c.name, c.district, r.until_ms, r.technical_due_ms, {ends} AS ends_ms FROM camera_register r \
             JOIN cameras c ON c.id = r.camera{} ORDER BY ends_ms, c.id LIMIT {MOST_REMINDERS}",
            conditions.sql()
        );
        let now_ms = self.clock.now_ms();
        let read = |row: &AnyRow| -> Result<Reminder, sqlx::Error> {
            let ends_ms: i64 = row.try_get("ends_ms")?;
            let whole = ends_ms == row.try_get::<i64, _>("until_ms")?;
            Ok(Reminder {
                camera: row.try_get("id")?,
                camera_name: row.try_get("name")?,
                district: row.try_get("district")?,
                what: if whole { Expiring::Record } else { Expiring::TechnicalReview },
                ends_at: rfc3339(ends_ms),
                lapsed: ends_ms <= now_ms,
            })
        };
        conditions.query(sql).fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}
