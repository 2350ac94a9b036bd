//! Frame audits: what was drawn, and what was answered. Appended, never changed.

use std::collections::HashMap;

use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::{Bind, Conditions, Scope, Store, Tx, json_column, word_column};
use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::dto::{FrameAnswer, FrameAudit, FrameVerdict, Kind, NewFrameAnswer, NotSampled, from_word, word};
use crate::error::{ApiError, refused};

/// An audit to be stored.
pub(crate) struct NewAudit {
    pub(crate) seed: String,
    pub(crate) from_day: String,
    pub(crate) until_day: String,
    pub(crate) district: String,
    pub(crate) street: String,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) key_only: bool,
    pub(crate) definition: i64,
    pub(crate) frame_minutes: i64,
    pub(crate) frame_sha256: String,
}

/// Of what an audit was drawn, and how densely.
#[derive(Debug, Clone)]
pub(crate) struct AuditPlan {
    pub(crate) id: String,
    /// Local days, both included.
    pub(crate) from_day: String,
    pub(crate) until_day: String,
    /// Empty: all of them.
    pub(crate) district: String,
    pub(crate) street: String,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) key_only: bool,
    /// What the person who drew it sees.
    pub(crate) units: Scope,
    /// Drawn minutes over all that could have been drawn.
    pub(crate) density: f64,
}

/// A drawn minute to be stored, with its picture or the reason why there is none.
#[derive(Debug, Clone)]
pub(crate) struct DrawnMinute {
    pub(crate) minute_ms: i64,
    pub(crate) kind: Kind,
    pub(crate) area: String,
    pub(crate) camera: String,
    pub(crate) zone: String,
    pub(crate) camera_name: String,
    pub(crate) zone_name: String,
    pub(crate) district: String,
    pub(crate) street: String,
    pub(crate) picture: Option<(i64, String)>,
    pub(crate) polygon: Vec<[f64; 2]>,
    pub(crate) zone_version: String,
    pub(crate) why_not: Option<NotSampled>,
}

/// A stored minute with its answers, oldest first.
#[derive(Debug, Clone)]
pub(crate) struct MinuteRow {
    pub(crate) audit: String,
    pub(crate) position: i64,
    pub(crate) drawn: DrawnMinute,
    pub(crate) answers: Vec<FrameAnswer>,
    /// When the last answer was given.
    pub(crate) answered_ms: i64,
}

fn read_audit(row: &AnyRow) -> Result<FrameAudit, sqlx::Error> {
    Ok(FrameAudit {
        id: row.try_get("id")?,
        seed: row.try_get("seed")?,
        from: row.try_get("from_day")?,
        until: row.try_get("until_day")?,
        district: row.try_get("district")?,
        street: row.try_get("street")?,
        kinds: json_column(row, "kinds")?,
        key_only: row.try_get::<i64, _>("key_only")? != 0,
        definition: row.try_get("definition")?,
        frame_minutes: row.try_get("frame_minutes")?,
        frame_sha256: row.try_get("frame_sha256")?,
        by: row.try_get("by_name")?,
        at: rfc3339(row.try_get("at_ms")?),
        minutes: row.try_get("minutes")?,
        not_sampled: row.try_get("not_sampled")?,
        answered: row.try_get("answered")?,
    })
}

fn read_minute(row: &AnyRow) -> Result<MinuteRow, sqlx::Error> {
    let picture_ms: Option<i64> = row.try_get("picture_ms")?;
    let key: String = row.try_get("picture")?;
    Ok(MinuteRow {
        audit: row.try_get("audit")?,
        position: row.try_get("position")?,
        drawn: DrawnMinute {
            minute_ms: row.try_get("minute_ms")?,
            kind: word_column(row, "kind")?,
            area: row.try_get("area")?,
            camera: row.try_get("camera")?,
            zone: row.try_get("zone")?,
            camera_name: row.try_get("camera_name")?,
            zone_name: row.try_get("zone_name")?,
            district: row.try_get("district")?,
            street: row.try_get("street")?,
            picture: picture_ms.map(|at| (at, key)),
            polygon: json_column(row, "polygon")?,
            zone_version: row.try_get("zone_version")?,
            why_not: from_word(&row.try_get::<String, _>("why_not")?),
        },
        answers: Vec::new(),
        answered_ms: 0,
    })
}

/// Columns of an audit.
const AUDIT: &str = "SELECT a.*, (SELECT COUNT(*) FROM frame_audit_minutes m WHERE m.audit = a.id) AS minutes, \
    (SELECT COUNT(*) FROM frame_audit_minutes m WHERE m.audit = a.id AND m.why_not <> '') AS not_sampled, \
    (SELECT COUNT(*) FROM frame_answers w WHERE w.audit = a.id AND w.n = 1) AS answered FROM frame_audits a";

impl Store {
    /// Stores what was drawn; the audit's id.
    pub(crate) async fn put_frame_audit(
        &self,
        new: &NewAudit,
        minutes: &[DrawnMinute],
        actor: &Actor,
    ) -> Result<String, sqlx::Error> {
        let id = hex::encode(rand::random::<[u8; 8]>());
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        sqlx::query(
            "INSERT INTO frame_audits (id, seed, from_day, until_day, district, street, kinds, key_only, definition, frame_minutes, \
             frame_sha256, user_id, by_name, at_ms, units) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        )
        .bind(id.clone())
        .bind(new.seed.clone())
        .bind(new.from_day.clone())
        .bind(new.until_day.clone())
        .bind(new.district.clone())
        .bind(new.street.clone())
        .bind(serde_json::to_string(&new.kinds).expect("kinds are JSON"))
        .bind(i64::from(new.key_only))
        .bind(new.definition)
        .bind(new.frame_minutes)
        .bind(new.frame_sha256.clone())
        .bind(actor.id.clone())
        .bind(actor.name.clone())
        .bind(now_ms)
        .bind(serde_json::to_string(&actor.scope.units()).expect("units are JSON"))
        .execute(tx.db())
        .await?;
        for (index, minute) in minutes.iter().enumerate() {
            tx.put_drawn(&id, i64::try_from(index).unwrap_or(i64::MAX - 1) + 1, minute).await?;
        }
        tx.next("recall").await?;
        let details = json!({ "seed": new.seed, "from": new.from_day, "until": new.until_day, "minutes": minutes.len(),
            "frame_minutes": new.frame_minutes, "frame_sha256": new.frame_sha256 });
        tx.audit(Deed { actor: &actor.name, action: "frame_audit.draw", object: &id, reason: None, details }).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Audits this person may see, newest first: one's own, and all of them for the whole city.
    pub(crate) async fn frame_audits(&self, actor: &Actor, only: Option<&str>) -> Result<Vec<FrameAudit>, sqlx::Error> {
        let mut conditions = Conditions::everywhere();
        if !actor.scope.is_city() {
            conditions.and("a.user_id = ?", [Bind::Text(actor.id.clone())]);
        }
        if let Some(id) = only {
            conditions.and("a.id = ?", [Bind::Text(id.to_owned())]);
        }
        let sql = format!("{AUDIT}{} ORDER BY a.at_ms DESC, a.id LIMIT 200", conditions.sql());
        conditions.query(sql).fetch_all(&self.pool).await?.iter().map(read_audit).collect()
    }

    /// One of them.
    pub(crate) async fn frame_audit(&self, id: &str, actor: &Actor) -> Result<FrameAudit, ApiError> {
        let missing = || ApiError::NotFound("audit");
        if id.contains('\0') {
            return Err(missing());
        }
        self.frame_audits(actor, Some(id)).await?.pop().ok_or_else(missing)
    }

    async fn minutes_where(&self, conditions: Conditions) -> Result<Vec<MinuteRow>, sqlx::Error> {
        let sql = format!("SELECT m.* FROM frame_audit_minutes m{} ORDER BY m.audit, m.position", conditions.sql());
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        let mut minutes = rows.iter().map(read_minute).collect::<Result<Vec<_>, _>>()?;
        let sql = format!(
            "SELECT w.* FROM frame_answers w JOIN frame_audit_minutes m ON m.audit = w.audit AND m.position = w.position{} \
             ORDER BY w.audit, w.position, w.n",
            conditions.sql()
        );
        let mut answers: HashMap<(String, i64), Vec<(FrameAnswer, i64)>> = HashMap::new();
        for row in &conditions.query(sql).fetch_all(&self.pool).await? {
            let at_ms: i64 = row.try_get("at_ms")?;
            let answer = FrameAnswer {
                verdict: word_column(row, "verdict")?,
                reason: from_word(&row.try_get::<String, _>("reason")?),
                note: row.try_get("note")?,
                blind: row.try_get::<i64, _>("blind")? != 0,
                by: row.try_get("by_name")?,
                at: rfc3339(at_ms),
            };
            answers.entry((row.try_get("audit")?, row.try_get("position")?)).or_default().push((answer, at_ms));
        }
        for minute in &mut minutes {
            let given = answers.remove(&(minute.audit.clone(), minute.position)).unwrap_or_default();
            minute.answered_ms = given.last().map_or(0, |(_, at)| *at);
            minute.answers = given.into_iter().map(|(answer, _)| answer).collect();
        }
        Ok(minutes)
    }

    /// The minutes of an audit, in the order of drawing.
    pub(crate) async fn minutes_of(&self, audit: &str) -> Result<Vec<MinuteRow>, sqlx::Error> {
        let mut conditions = Conditions::everywhere();
        conditions.and("m.audit = ?", [Bind::Text(audit.to_owned())]);
        self.minutes_where(conditions).await
    }

    /// All minutes that were drawn of a period.
    pub(crate) async fn minutes_between(
        &self,
        scope: &Scope,
        from_ms: i64,
        until_ms: i64,
    ) -> Result<Vec<MinuteRow>, sqlx::Error> {
        let mut conditions = Conditions::within(scope, "m");
        conditions.and("m.minute_ms >= ? AND m.minute_ms < ?", [Bind::Int(from_ms), Bind::Int(until_ms)]);
        self.minutes_where(conditions).await
    }

    /// Of what every audit was drawn that shares a day with this period.
    pub(crate) async fn audit_plans(&self, from_day: &str, until_day: &str) -> Result<Vec<AuditPlan>, sqlx::Error> {
        let sql = "SELECT a.*, (SELECT COUNT(*) FROM frame_audit_minutes m WHERE m.audit = a.id) AS minutes FROM frame_audits a \
                   WHERE a.until_day >= $1 AND a.from_day <= $2 ORDER BY a.at_ms, a.id";
        let read = |row: &AnyRow| {
            let units: String = row.try_get("units")?;
            let units = if units.is_empty() { vec![(None, None)] } else { json_column(row, "units")? };
            let (drawn, of): (i64, i64) = (row.try_get("minutes")?, row.try_get("frame_minutes")?);
            Ok(AuditPlan {
                id: row.try_get("id")?,
                from_day: row.try_get("from_day")?,
                until_day: row.try_get("until_day")?,
                district: row.try_get("district")?,
                street: row.try_get("street")?,
                kinds: json_column(row, "kinds")?,
                key_only: row.try_get::<i64, _>("key_only")? != 0,
                units: Scope::of_units(&units),
                density: drawn as f64 / of.max(1) as f64,
            })
        };
        sqlx::query(sql).bind(from_day).bind(until_day).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// The names of a camera and its zone; what is gone is called by its id.
    pub(crate) async fn zone_names(&self, camera: &str, zone: &str) -> Result<(String, String), sqlx::Error> {
        let row = sqlx::query(
            "SELECT (SELECT name FROM cameras WHERE id = $1) AS camera_name, (SELECT name FROM zones WHERE camera = $1 AND zone = $2) AS zone_name",
        )
        .bind(camera)
        .bind(zone)
        .fetch_one(&self.pool)
        .await?;
        let name =
            |column, id: &str| Ok::<_, sqlx::Error>(row.try_get::<Option<String>, _>(column)?.unwrap_or_else(|| id.to_owned()));
        Ok((name("camera_name", camera)?, name("zone_name", zone)?))
    }

    /// Counts up with every audit, answer, find and ruling.
    pub(crate) async fn recall_head(&self) -> Result<i64, sqlx::Error> {
        sqlx::query("SELECT value FROM heads WHERE name = 'recall'").fetch_one(&self.pool).await?.try_get("value")
    }

    /// Appends an answer. 409 `answered` when somebody has answered since.
    pub(crate) async fn answer_minute(&self, audit: &str, new: &NewFrameAnswer, actor: &Actor) -> Result<(), ApiError> {
        let note = new.note.as_deref().unwrap_or_default().trim().to_owned();
        if note.chars().count() > 2000 {
            return Err(refused("bad_answer", "a note has at most 2000 characters"));
        }
        if (new.verdict == FrameVerdict::CannotTell) != new.reason.is_some() {
            return Err(refused("bad_answer", "a reason goes with cannot_tell, and with nothing else"));
        }
        let mut tx = self.write().await?;
        let row = sqlx::query("SELECT camera, zone, why_not FROM frame_audit_minutes WHERE audit = $1 AND position = $2")
            .bind(audit)
            .bind(new.position)
            .fetch_optional(tx.db())
            .await?
            .ok_or(ApiError::NotFound("minute in this audit"))?;
        if !row.try_get::<String, _>("why_not")?.is_empty() {
            return Err(refused("not_sampled", "there is no picture of this minute: it counts as not sampled"));
        }
        let last = sqlx::query(
            "SELECT n, verdict, by_name FROM frame_answers WHERE audit = $1 AND position = $2 ORDER BY n DESC LIMIT 1",
        )
        .bind(audit)
        .bind(new.position)
        .fetch_optional(tx.db())
        .await?;
        let given: i64 = last.as_ref().map_or(Ok(0), |last| last.try_get("n"))?;
        if given != new.seen_answers {
            let by: String = last.as_ref().map_or(Ok(String::new()), |last| last.try_get("by_name"))?;
            let details = json!({ "answers": given, "by": by });
            return Err(ApiError::Conflict { code: "answered", message: format!("{by} has answered since"), details });
        }
        if given > 0 && note.is_empty() {
            return Err(refused("bad_answer", "say why another answer takes the place of the one there is"));
        }
        let now_ms = tx.now_ms();
        sqlx::query(
            "INSERT INTO frame_answers (audit, position, n, verdict, reason, note, blind, by_name, at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(audit)
        .bind(new.position)
        .bind(given + 1)
        .bind(word(&new.verdict))
        .bind(new.reason.map(|reason| word(&reason)).unwrap_or_default())
        .bind(note.clone())
        .bind(i64::from(given == 0))
        .bind(actor.name.clone())
        .bind(now_ms)
        .execute(tx.db())
        .await?;
        tx.next("recall").await?;
        let camera: String = row.try_get("camera")?;
        let details = json!({ "position": new.position, "camera": camera, "verdict": new.verdict, "reason": new.reason, "answer": given + 1 });
        let reason = Some(note.as_str()).filter(|note| !note.is_empty());
        tx.audit(Deed { actor: &actor.name, action: "frame_audit.answer", object: audit, reason, details }).await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Tx {
    async fn put_drawn(&mut self, audit: &str, position: i64, minute: &DrawnMinute) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO frame_audit_minutes (audit, position, minute_ms, kind, area, camera, zone, camera_name, zone_name, district, \
             street, picture_ms, picture, polygon, zone_version, why_not) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .bind(audit)
        .bind(position)
        .bind(minute.minute_ms)
        .bind(word(&minute.kind))
        .bind(minute.area.clone())
        .bind(minute.camera.clone())
        .bind(minute.zone.clone())
        .bind(minute.camera_name.clone())
        .bind(minute.zone_name.clone())
        .bind(minute.district.clone())
        .bind(minute.street.clone())
        .bind(minute.picture.as_ref().map(|(at, _)| *at))
        .bind(minute.picture.as_ref().map(|(_, key)| key.clone()).unwrap_or_default())
        .bind(serde_json::to_string(&minute.polygon).expect("corners are JSON"))
        .bind(minute.zone_version.clone())
        .bind(minute.why_not.map(|why| word(&why)).unwrap_or_default())
        .execute(self.db())
        .await
        .map(drop)
    }
}
