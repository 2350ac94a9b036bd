//! Officers' certificates: appended, and looked at in the moment somebody acts.

use jiff::tz::TimeZone;
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::audit::Deed;
use super::{Store, Tx, json_column};
use crate::auth::{Actor, DECIDE};
use crate::clock::{DAY_MS, rfc3339};
use crate::days;
use crate::dto::{
    CertificateRecord, CertificateReminder, CertificateReminders, CertificateStanding, CertificateState, CertificateVersion,
    HeldCertificate, NewCertificate, Role, UserCertificates,
};
use crate::error::{ApiError, refused};

/// As long before its end as the register of cameras reminds.
const REMINDER_MS: i64 = 30 * DAY_MS;

/// A version with its days turned into times.
struct Entry {
    version: i64,
    record: CertificateRecord,
    from_ms: i64,
    until_ms: i64,
}

fn entry(row: &AnyRow) -> Result<Entry, sqlx::Error> {
    Ok(Entry {
        version: row.try_get("version")?,
        record: json_column(row, "record")?,
        from_ms: row.try_get("from_ms")?,
        until_ms: row.try_get("until_ms")?,
    })
}

fn standing(entry: Option<&Entry>, now_ms: i64) -> CertificateStanding {
    let Some(entry) = entry else {
        return CertificateStanding { state: CertificateState::Missing, number: None, from: None, until: None };
    };
    let state = if now_ms < entry.from_ms {
        CertificateState::NotYet
    } else if now_ms >= entry.until_ms {
        CertificateState::Lapsed
    } else if now_ms >= entry.until_ms - REMINDER_MS {
        CertificateState::EndsSoon
    } else {
        CertificateState::Holds
    };
    CertificateStanding {
        state,
        number: Some(entry.record.number.clone()),
        from: Some(rfc3339(entry.from_ms)),
        until: Some(rfc3339(entry.until_ms)),
    }
}

/// What was entered last.
async fn latest(db: &mut AnyConnection, user: &str) -> Result<Option<Entry>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM officer_certificates WHERE user_id = $1 ORDER BY version DESC LIMIT 1")
        .bind(user)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(entry).transpose()
}

/// Texts, days and their order: when it begins and ends to hold.
fn check(record: &CertificateRecord, zone: &TimeZone) -> Result<(i64, i64), ApiError> {
    for (field, text, most) in [("number", &record.number, 64), ("issued_by", &record.issued_by, 200)] {
        if !(1..=most).contains(&text.trim().chars().count()) {
            return Err(refused("bad_text", format!("{field} has 1 to {most} characters")));
        }
    }
    let day = |field: &str, text: &str| {
        days::day(text).ok_or_else(|| refused("bad_day", format!("{field} {text:?} is not a day like 2026-03-01")))
    };
    let (from, until) = (day("valid_from", &record.valid_from)?, day("valid_until", &record.valid_until)?);
    if until < from {
        return Err(refused("bad_day", "valid_until lies before valid_from"));
    }
    let outside = || refused("bad_day", "a day lies outside the calendar");
    let from_ms = days::start_ms(from, zone).ok_or_else(outside)?;
    Ok((from_ms, days::end_ms(until, zone).ok_or_else(outside)?))
}

/// Why this certificate does not do for what needs one.
fn against(entry: Option<&Entry>, now_ms: i64) -> Result<(), ApiError> {
    match entry {
        None => Err(refused("certificate_missing", "no certificate of yours is on record: the administrator enters it")),
        Some(entry) if now_ms < entry.from_ms => {
            let CertificateRecord { number, valid_from, .. } = &entry.record;
            Err(refused("certificate_not_yet", format!("your certificate {number} holds from {valid_from} on")))
        }
        Some(entry) if now_ms >= entry.until_ms => {
            let CertificateRecord { number, valid_until, .. } = &entry.record;
            Err(refused("certificate_lapsed", format!("your certificate {number} held until {valid_until} and has lapsed")))
        }
        Some(_) => Ok(()),
    }
}

impl Tx {
    /// The certificate of whoever acts, as it is now. `needed`: the act is refused without one that holds, where the
    /// installation asks for it.
    pub(super) async fn officer(&mut self, actor: &Actor, needed: bool) -> Result<Option<HeldCertificate>, ApiError> {
        let now_ms = self.now_ms();
        let entry = latest(self.db(), &actor.id).await?;
        let holds = against(entry.as_ref(), now_ms);
        if needed && self.store.review().require_certificate {
            holds?;
            return Ok(entry.map(|entry| HeldCertificate { version: entry.version, record: entry.record, held: true }));
        }
        let held = holds.is_ok();
        Ok(entry.map(|entry| HeldCertificate { version: entry.version, record: entry.record, held }))
    }
}

impl Store {
    /// Why this person could not do now what needs a certificate; nothing where none is asked for.
    pub(super) async fn certificate_against(
        &self,
        db: &mut AnyConnection,
        actor: &Actor,
    ) -> Result<Option<ApiError>, sqlx::Error> {
        if !self.review().require_certificate {
            return Ok(None);
        }
        let entry = latest(db, &actor.id).await?;
        Ok(against(entry.as_ref(), self.clock.now_ms()).err())
    }

    /// Where the certificate of a person stands.
    pub(crate) async fn certificate_standing(&self, user: &str) -> Result<CertificateStanding, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        Ok(standing(latest(&mut connection, user).await?.as_ref(), self.clock.now_ms()))
    }

    /// All that was entered for a user.
    pub(crate) async fn certificates(&self, user: &str) -> Result<UserCertificates, ApiError> {
        self.user(user).await?;
        let rows = sqlx::query("SELECT * FROM officer_certificates WHERE user_id = $1 ORDER BY version DESC")
            .bind(user)
            .fetch_all(&self.pool)
            .await?;
        let last = rows.first().map(entry).transpose()?;
        let read = |row: &AnyRow| -> Result<CertificateVersion, sqlx::Error> {
            Ok(CertificateVersion {
                version: row.try_get("version")?,
                record: json_column(row, "record")?,
                at: rfc3339(row.try_get("at_ms")?),
                by: row.try_get("by_name")?,
                note: row.try_get("note")?,
            })
        };
        Ok(UserCertificates {
            user: user.to_owned(),
            version: last.as_ref().map_or(0, |entry| entry.version),
            now: standing(last.as_ref(), self.clock.now_ms()),
            required: self.review().require_certificate,
            versions: rows.iter().map(read).collect::<Result<_, _>>()?,
        })
    }

    /// Appends a version.
    pub(crate) async fn put_certificate(
        &self,
        user: &str,
        actor: &Actor,
        new: &NewCertificate,
        zone: &TimeZone,
    ) -> Result<(), ApiError> {
        let (from_ms, until_ms) = check(&new.record, zone)?;
        if new.note.as_deref().map_or(0, |note| note.chars().count()) > 2000 {
            return Err(refused("note_too_long", "a note has at most 2000 characters"));
        }
        let whose = self.user(user).await?;
        let mut tx = self.write().await?;
        let last = latest(tx.db(), user).await?;
        let version = last.as_ref().map_or(0, |entry| entry.version);
        if version != new.seen_version {
            return Err(ApiError::Conflict {
                code: "stale",
                message: "the certificate was changed since you looked".to_owned(),
                details: json!({ "version": version, "latest": last.map(|entry| entry.record) }),
            });
        }
        let now_ms = tx.now_ms();
        sqlx::query(
            "INSERT INTO officer_certificates (user_id, version, record, from_ms, until_ms, note, at_ms, by_name) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(user)
        .bind(version + 1)
        .bind(serde_json::to_string(&new.record).expect("a record is JSON"))
        .bind(from_ms)
        .bind(until_ms)
        .bind(new.note.clone().filter(|note| !note.trim().is_empty()))
        .bind(now_ms)
        .bind(actor.name.clone())
        .execute(tx.db())
        .await?;
        let details = json!({ "version": version + 1, "record": new.record });
        let reason = new.note.as_deref();
        tx.audit(Deed { actor: &actor.name, action: "user.certificate", object: &whose.name, reason, details }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Those who decide and whose certificate ends within thirty days, or has ended; where one is asked for, also those who
    /// have none.
    pub(crate) async fn certificate_reminders(&self) -> Result<CertificateReminders, sqlx::Error> {
        let required = self.review().require_certificate;
        let rows = sqlx::query(
            "SELECT u.id, u.name, u.display_name, u.roles, c.version, c.record, c.from_ms, c.until_ms FROM users u \
             LEFT JOIN officer_certificates c ON c.user_id = u.id AND c.version = (SELECT MAX(l.version) FROM \
             officer_certificates l WHERE l.user_id = u.id) WHERE u.active = 1 ORDER BY c.until_ms, u.name",
        )
        .fetch_all(&self.pool)
        .await?;
        let now_ms = self.clock.now_ms();
        let mut items = Vec::new();
        for row in &rows {
            let roles: Vec<Role> = json_column(row, "roles")?;
            if !roles.iter().any(|role| DECIDE.contains(role)) {
                continue;
            }
            let there = row.try_get::<Option<i64>, _>("version")?.is_some();
            let entry = if there { Some(entry(row)?) } else { None };
            let standing = standing(entry.as_ref(), now_ms);
            let told = match standing.state {
                CertificateState::Lapsed | CertificateState::EndsSoon => true,
                CertificateState::Missing | CertificateState::NotYet => required,
                CertificateState::Holds => false,
            };
            if told {
                let (user, name) = (row.try_get("id")?, row.try_get("name")?);
                items.push(CertificateReminder { user, name, display_name: row.try_get("display_name")?, standing });
            }
        }
        // Who has none is as urgent as who has one no more; databases differ in where they put what is null.
        items.sort_by(|a, b| a.standing.until.cmp(&b.standing.until).then_with(|| a.name.cmp(&b.name)));
        Ok(CertificateReminders { required, items })
    }
}
