//! Legal holds: placed by a supervisor, lifted by another one, never changed. While one stands nothing under it is deleted.

use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::{Bind, Conditions, Store, Thing, word_column};
use crate::auth::Actor;
use crate::clock::{parse_ms, rfc3339};
use crate::dto::{HoldLift, HoldSubject, LegalHold, LiftHold, NewHold, Role, word};
use crate::error::ApiError;

/// A period without an end ends then: 1 January 9999.
const FOR_EVER_MS: i64 = 253_370_764_800_000;

/// Hold `h` is on candidate `alias`.
fn on(alias: &str) -> String {
    format!(
        "((h.subject = 'candidate' AND h.object = {alias}.id) OR (h.subject = 'case' AND EXISTS (SELECT 1 FROM cases q \
         WHERE q.id = h.object AND q.candidate = {alias}.id)) OR (h.subject = 'camera' AND h.object = {alias}.camera AND \
         {alias}.raised_ms >= h.from_ms AND {alias}.raised_ms < h.until_ms) OR (h.subject = 'unit' AND (h.district = '' OR \
         h.district = {alias}.district) AND (h.street = '' OR h.street = {alias}.street) AND {alias}.raised_ms >= h.from_ms \
         AND {alias}.raised_ms < h.until_ms))"
    )
}

/// Hold `h` covers candidate `alias`: it is on it, or on the one that carries it.
fn covers(alias: &str) -> String {
    format!("({} OR EXISTS (SELECT 1 FROM candidates hc WHERE hc.id = {alias}.merged_into AND {}))", on(alias), on("hc"))
}

/// A hold stands over candidate `alias`.
pub(super) fn held(alias: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM legal_holds h WHERE NOT EXISTS (SELECT 1 FROM legal_hold_lifts hl WHERE hl.hold = h.id) \
         AND {})",
        covers(alias)
    )
}

/// A hold as it is to be placed, with its place.
struct Placed {
    label: String,
    district: String,
    street: String,
    period: (i64, i64),
}

fn refused(message: impl Into<String>) -> ApiError {
    ApiError::Refused { code: "bad_hold", message: message.into() }
}

fn worded(reason: &str, document: &str) -> Result<(), ApiError> {
    let (reason, document) = (reason.trim().chars().count(), document.trim().chars().count());
    if !(10..=1000).contains(&reason) {
        return Err(refused("a reason has 10 to 1000 characters"));
    }
    if !(1..=300).contains(&document) {
        return Err(refused("the document that asks for it is named in 1 to 300 characters"));
    }
    Ok(())
}

fn period(new: &NewHold) -> Result<(i64, i64), ApiError> {
    let read = |name: &str, text: &Option<String>| match text.as_deref() {
        None => Ok(None),
        Some(text) => parse_ms(text).map(Some).ok_or_else(|| refused(format!("{name} is not an RFC 3339 time"))),
    };
    let (from, until) = (read("from", &new.from)?, read("until", &new.until)?);
    match new.subject {
        HoldSubject::Candidate | HoldSubject::Case if from.is_some() || until.is_some() => {
            Err(refused("only a hold on a camera or unit has a period"))
        }
        HoldSubject::Candidate | HoldSubject::Case => Ok((0, FOR_EVER_MS)),
        HoldSubject::Camera | HoldSubject::Unit => {
            let from = from.ok_or_else(|| refused("a hold on a camera or unit says from when on"))?;
            let until = until.unwrap_or(FOR_EVER_MS);
            if from >= until { Err(refused("a period ends after it begins")) } else { Ok((from, until)) }
        }
    }
}

fn read_hold(row: &AnyRow, actor: &Actor) -> Result<LegalHold, sqlx::Error> {
    let subject: HoldSubject = word_column(row, "subject")?;
    let period = matches!(subject, HoldSubject::Camera | HoldSubject::Unit);
    let until_ms: i64 = row.try_get("until_ms")?;
    let lifted = match row.try_get::<Option<i64>, _>("lift_ms")? {
        None => None,
        Some(at_ms) => Some(HoldLift {
            by: row.try_get("lift_by")?,
            at: rfc3339(at_ms),
            reason: row.try_get("lift_reason")?,
            document: row.try_get("lift_document")?,
        }),
    };
    let theirs = row.try_get::<String, _>("by_id")? == actor.id;
    Ok(LegalHold {
        id: row.try_get("id")?,
        subject,
        object: row.try_get("object")?,
        label: row.try_get("label")?,
        district: row.try_get("district")?,
        street: row.try_get("street")?,
        from: if period { Some(rfc3339(row.try_get("from_ms")?)) } else { None },
        until: (period && until_ms < FOR_EVER_MS).then(|| rfc3339(until_ms)),
        reason: row.try_get("reason")?,
        document: row.try_get("document")?,
        by: row.try_get("by_name")?,
        at: rfc3339(row.try_get("at_ms")?),
        kept: row.try_get("kept")?,
        gone: row.try_get("gone")?,
        may_lift: lifted.is_none() && !theirs && actor.has_one_of(&[Role::Supervisor]),
        lifted,
    })
}

const HOLD: &str = "SELECT h.*, l.reason AS lift_reason, l.document AS lift_document, l.by_name AS lift_by, l.at_ms AS lift_ms \
                    FROM legal_holds h LEFT JOIN legal_hold_lifts l ON l.hold = h.id";

impl Store {
    /// Where the thing lies, if the person sees it.
    async fn placed(&self, new: &NewHold, actor: &Actor) -> Result<Placed, ApiError> {
        let period = period(new)?;
        let (thing, sql) = match new.subject {
            HoldSubject::Candidate => {
                (Thing::Candidate, "SELECT camera_name AS label, district, street FROM candidates WHERE id = $1")
            }
            HoldSubject::Case => (Thing::Case, "SELECT camera_name AS label, district, street FROM cases WHERE id = $1"),
            HoldSubject::Camera => (Thing::Camera, "SELECT name AS label, district, street FROM cameras WHERE id = $1"),
            HoldSubject::Unit => (
                Thing::Nowhere,
                "SELECT label, COALESCE(district, '') AS district, COALESCE(street, '') AS street FROM units WHERE id = $1",
            ),
        };
        self.require(&actor.scope, thing, &new.object).await?;
        let missing = || ApiError::NotFound("thing to hold");
        if new.object.contains('\0') {
            return Err(missing());
        }
        let row = sqlx::query(sql).bind(new.object.clone()).fetch_optional(&self.pool).await?.ok_or_else(missing)?;
        let placed =
            Placed { label: row.try_get("label")?, district: row.try_get("district")?, street: row.try_get("street")?, period };
        // The whole city is nobody's but the city's.
        if new.subject == HoldSubject::Unit && !actor.scope.holds(&placed.district, &placed.street) {
            return Err(missing());
        }
        Ok(placed)
    }

    /// Places a hold. Refused while pictures under it are being deleted this moment: whoever asks again is told the truth.
    pub(crate) async fn place_hold(&self, new: &NewHold, actor: &Actor) -> Result<LegalHold, ApiError> {
        worded(&new.reason, &new.document)?;
        let placed = self.placed(new, actor).await?;
        let id = hex::encode(rand::random::<[u8; 8]>());
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        // Counted as the row itself would match, which does not exist yet and is never changed afterwards.
        let (kept, gone) = ("c.gone_ms IS NULL AND (c.pictures = 1 OR c.gone_rule IS NOT NULL)", "c.gone_ms IS NOT NULL");
        let of = |which: &str| format!("(SELECT COUNT(*) FROM candidates c WHERE {which} AND {})", covers("c"));
        let insert = format!(
            "INSERT INTO legal_holds (id, subject, object, label, district, street, from_ms, until_ms, reason, document, by_id, \
             by_name, at_ms, kept, gone) SELECT h.id, h.subject, h.object, h.label, h.district, h.street, h.from_ms, h.until_ms, \
             h.reason, h.document, h.by_id, h.by_name, h.at_ms, {}, {} FROM (SELECT CAST($1 AS TEXT) AS id, CAST($2 AS TEXT) \
             AS subject, CAST($3 AS TEXT) AS object, CAST($4 AS TEXT) AS label, CAST($5 AS TEXT) AS district, CAST($6 AS TEXT) \
             AS street, CAST($7 AS BIGINT) AS from_ms, CAST($8 AS BIGINT) AS until_ms, CAST($9 AS TEXT) AS reason, \
             CAST($10 AS TEXT) AS document, CAST($11 AS TEXT) AS by_id, CAST($12 AS TEXT) AS by_name, CAST($13 AS BIGINT) \
             AS at_ms) h",
            of(kept),
            of(gone)
        );
        sqlx::query(sqlx::AssertSqlSafe(insert))
            .bind(id.clone())
            .bind(word(&new.subject))
            .bind(new.object.clone())
            .bind(placed.label)
            .bind(placed.district)
            .bind(placed.street)
            .bind(placed.period.0)
            .bind(placed.period.1)
            .bind(new.reason.trim().to_owned())
            .bind(new.document.trim().to_owned())
            .bind(actor.id.clone())
            .bind(actor.name.clone())
            .bind(now_ms)
            .execute(tx.db())
            .await?;
        let running = format!(
            "SELECT COUNT(*) AS n FROM retention_deletions r JOIN candidates c ON c.id = r.candidate JOIN legal_holds h ON h.id = $1 \
             WHERE r.deleted_ms IS NULL AND r.running_ms > $2 AND {}",
            covers("c")
        );
        let running = sqlx::query(sqlx::AssertSqlSafe(running)).bind(id.clone()).bind(now_ms).fetch_one(tx.db()).await?;
        let running: i64 = running.try_get("n")?;
        if running > 0 {
            let message = "pictures under it are being deleted this moment: ask again in a minute".to_owned();
            return Err(ApiError::Conflict { code: "deletion_running", message, details: json!({ "files": running }) });
        }
        let sql = format!("{HOLD} WHERE h.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.clone()).fetch_one(tx.db()).await?;
        let hold = read_hold(&row, actor)?;
        let details = json!({ "subject": hold.subject, "object": hold.object, "from": hold.from, "until": hold.until,
                              "document": hold.document, "kept": hold.kept, "gone": hold.gone });
        let reason = Some(hold.reason.as_str());
        tx.audit(Deed { actor: &actor.name, action: "retention.hold", object: &id, reason, details }).await?;
        tx.commit().await?;
        Ok(hold)
    }

    /// Lifts a hold. Whoever placed it may not: what one person keeps, two let go.
    pub(crate) async fn lift_hold(&self, id: &str, lift: &LiftHold, actor: &Actor) -> Result<LegalHold, ApiError> {
        worded(&lift.reason, &lift.document)?;
        let missing = || ApiError::NotFound("hold");
        if id.contains('\0') {
            return Err(missing());
        }
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let sql = format!("{HOLD} WHERE h.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql.clone())).bind(id).fetch_optional(tx.db()).await?;
        let row = row.ok_or_else(missing)?;
        if !actor.scope.holds(row.try_get("district")?, row.try_get("street")?) {
            return Err(missing());
        }
        let hold = read_hold(&row, actor)?;
        if let Some(lifted) = hold.lifted {
            let message = format!("{} has lifted it", lifted.by);
            return Err(ApiError::Conflict { code: "lifted", message, details: json!({ "by": lifted.by, "at": lifted.at }) });
        }
        if row.try_get::<String, _>("by_id")? == actor.id {
            let message = "you placed it: another supervisor lifts it".to_owned();
            return Err(ApiError::Conflict { code: "same_person", message, details: json!({ "by": hold.by }) });
        }
        sqlx::query(
            "INSERT INTO legal_hold_lifts (hold, reason, document, by_id, by_name, at_ms) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id)
        .bind(lift.reason.trim().to_owned())
        .bind(lift.document.trim().to_owned())
        .bind(actor.id.clone())
        .bind(actor.name.clone())
        .bind(now_ms)
        .execute(tx.db())
        .await?;
        let details = json!({ "placed_by": hold.by, "document": lift.document.trim() });
        let reason = Some(lift.reason.trim());
        tx.audit(Deed { actor: &actor.name, action: "retention.hold_lifted", object: id, reason, details }).await?;
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_one(tx.db()).await?;
        let hold = read_hold(&row, actor)?;
        tx.commit().await?;
        Ok(hold)
    }

    /// Holds on what the person sees: those that stand first, newest first.
    pub(crate) async fn holds(&self, actor: &Actor) -> Result<Vec<LegalHold>, sqlx::Error> {
        let conditions = Conditions::within(&actor.scope, "h");
        let sql = format!(
            "{HOLD}{} ORDER BY CASE WHEN l.at_ms IS NULL THEN 0 ELSE 1 END, h.at_ms DESC, h.id LIMIT 500",
            conditions.sql()
        );
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        rows.iter().map(|row| read_hold(row, actor)).collect()
    }

    /// How many of them stand.
    pub(crate) async fn standing_holds(&self, actor: &Actor) -> Result<i64, sqlx::Error> {
        let mut conditions = Conditions::within(&actor.scope, "h");
        conditions.and("NOT EXISTS (SELECT 1 FROM legal_hold_lifts l WHERE l.hold = h.id)", []);
        let sql = format!("SELECT COUNT(*) AS n FROM legal_holds h{}", conditions.sql());
        conditions.query(sql).fetch_one(&self.pool).await?.try_get("n")
    }

    /// Holds that stand over a candidate, newest first.
    pub(crate) async fn holds_over(&self, candidate: &str, actor: &Actor) -> Result<Vec<LegalHold>, sqlx::Error> {
        let mut conditions = Conditions::everywhere();
        conditions.and("c.id = ?", [Bind::Text(candidate.to_owned())]);
        conditions.and("l.at_ms IS NULL", []);
        conditions.and(&covers("c"), []);
        let sql = format!("{} CROSS JOIN candidates c{} ORDER BY h.at_ms DESC, h.id LIMIT 20", HOLD, conditions.sql());
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        rows.iter().map(|row| read_hold(row, actor)).collect()
    }
}
