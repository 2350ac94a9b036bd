//! Templates of notices, kept as the lists of law are, and the notice that is made of one.

use jiff::tz::TimeZone;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::audit::Deed;
use super::case_acts::Record;
use super::cases::CaseRow;
use super::legal::{LegalList, answers_for, check_days, check_id, check_reason, check_text};
use super::legal_revise::last_day;
use super::{Store, Tx, word_column};
use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::days;
use crate::dto::{NewNoticeTemplate, Notice, NoticePurpose, NoticeTemplate, NoticeTemplateRevision, NoticeTemplates, word};
use crate::error::{ApiError, refused};
use crate::lifecycle::exemption::holds_on;
use crate::lifecycle::notice::{self, PLACEHOLDERS, Unfilled};

fn read(row: &AnyRow) -> Result<NoticeTemplate, sqlx::Error> {
    Ok(NoticeTemplate {
        id: row.try_get("id")?,
        purpose: word_column(row, "purpose")?,
        name: row.try_get("name")?,
        district: row.try_get("district")?,
        body: row.try_get("body")?,
        valid_from: row.try_get("valid_from")?,
        valid_until: row.try_get("valid_until")?,
        replaces: row.try_get("replaces")?,
        reason: row.try_get("reason")?,
        end_reason: row.try_get("end_reason")?,
        added_at: rfc3339(row.try_get("at_ms")?),
        added_by: row.try_get("by_name")?,
    })
}

fn check_body(body: &str) -> Result<(), ApiError> {
    check_text("body", body, 5000)?;
    match notice::unknown(body) {
        None => Ok(()),
        Some(name) => {
            let known = PLACEHOLDERS.join(", ");
            Err(refused("bad_template", format!("{{{name}}} is not known: in braces stand {known}")))
        }
    }
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// What a notice is to say.
pub(crate) struct Told<'a> {
    pub(crate) purpose: NoticePurpose,
    /// The template that was chosen; the one that holds where none was.
    pub(crate) template: Option<&'a str>,
    pub(crate) due_ms: Option<i64>,
    pub(crate) fine_yuan: Option<i64>,
    /// Where a party looks its case up.
    pub(crate) page: &'a str,
}

/// A time as people of the house read it.
fn local(ms: i64, zone: &TimeZone) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(ms).ok()?;
    Some(at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string())
}

/// The notice that would go out at this time.
pub(super) async fn made(
    db: &mut AnyConnection,
    case: &CaseRow,
    record: &Record,
    told: &Told<'_>,
    zone: &TimeZone,
    now_ms: i64,
) -> Result<Notice, ApiError> {
    let today = days::of_ms(now_ms, zone);
    let district = case.summary.district.clone();
    // A district's own before the city's, and of those the latest.
    let rows = sqlx::query(
        "SELECT * FROM notice_templates WHERE purpose = $1 AND (district = '' OR district = $2) \
         ORDER BY CASE WHEN district = '' THEN 1 ELSE 0 END, valid_from DESC, id",
    )
    .bind(word(&told.purpose))
    .bind(district)
    .fetch_all(db)
    .await?;
    let mut all = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    all.retain(|template| holds_on(&template.valid_from, template.valid_until.as_deref(), &today));
    let template = match told.template {
        Some(id) => all.into_iter().find(|template| template.id == id),
        None => all.into_iter().next(),
    };
    let template = template.ok_or_else(|| refused("no_template", "no such template of a notice holds today"))?;
    let summary = &case.summary;
    let place = [&summary.district, &summary.street, &summary.camera_name];
    let place: Vec<&str> = place.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let values: notice::Values = [
        case.moving.subject.as_ref().map(|subject| subject.name.clone()),
        Some(notice::case_no(&summary.id)),
        record.matter.as_ref().map(|matter| matter.name.clone()),
        record.matter.as_ref().map(|matter| matter.basis.clone()),
        Some(place.join(" ")),
        local(case.first_seen_ms, zone),
        told.due_ms.and_then(|ms| local(ms, zone)),
        told.fine_yuan.map(|yuan| yuan.to_string()),
        Some(told.page.to_owned()),
    ];
    let text = notice::render(&template.body, &values).map_err(|unfilled| match unfilled {
        Unfilled::Missing(name) => refused("notice_unfilled", format!("the notice needs {name}, and it is not known yet")),
        Unfilled::Unknown(name) => refused("bad_template", format!("the template names {{{name}}}, which is not known")),
    })?;
    Ok(Notice {
        purpose: told.purpose,
        template_sha256: sha256(&template.body),
        template: template.id,
        template_name: template.name,
        sha256: sha256(&text),
        text,
    })
}

impl Tx {
    async fn put_template(&mut self, template: &NoticeTemplate) -> Result<(), sqlx::Error> {
        let now_ms = self.now_ms();
        sqlx::query(
            "INSERT INTO notice_templates (id, purpose, name, district, body, valid_from, at_ms, by_name, replaces, reason) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(template.id.clone())
        .bind(word(&template.purpose))
        .bind(template.name.clone())
        .bind(template.district.clone())
        .bind(template.body.clone())
        .bind(template.valid_from.clone())
        .bind(now_ms)
        .bind(template.added_by.clone())
        .bind(template.replaces.clone())
        .bind(template.reason.clone())
        .execute(self.db())
        .await
        .map(drop)
    }
}

impl Store {
    /// All templates.
    pub(crate) async fn notice_templates(&self) -> Result<NoticeTemplates, sqlx::Error> {
        let rows = sqlx::query("SELECT * FROM notice_templates ORDER BY purpose DESC, district, valid_from, id")
            .fetch_all(&self.pool)
            .await?;
        let items = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(NoticeTemplates { items, placeholders: PLACEHOLDERS.iter().map(|name| (*name).to_owned()).collect() })
    }

    /// Adds a template.
    pub(crate) async fn add_template(&self, actor: &Actor, new: &NewNoticeTemplate) -> Result<NoticeTemplate, ApiError> {
        check_id(&new.id)?;
        check_text("name", &new.name, 200)?;
        check_body(&new.body)?;
        check_days(&new.valid_from, None)?;
        check_reason(new.reason.as_deref())?;
        let district = new.district.clone().unwrap_or_default();
        answers_for(actor, &district)?;
        if district.chars().count() > 200 {
            return Err(refused("bad_text", "district has at most 200 characters"));
        }
        let mut tx = self.write().await?;
        if tx.taken(LegalList::Templates, &new.id).await? {
            return Err(refused("id_taken", "there is a template of this id already"));
        }
        let template = NoticeTemplate {
            id: new.id.clone(),
            purpose: new.purpose,
            name: new.name.clone(),
            district,
            body: new.body.clone(),
            valid_from: new.valid_from.clone(),
            valid_until: None,
            replaces: None,
            reason: new.reason.clone(),
            end_reason: None,
            added_at: rfc3339(tx.now_ms()),
            added_by: actor.name.clone(),
        };
        tx.put_template(&template).await?;
        let deed = Deed {
            actor: &actor.name,
            action: "legal.template_add",
            object: &new.id,
            reason: new.reason.as_deref(),
            details: json!(new),
        };
        tx.audit(deed).await?;
        tx.commit().await?;
        Ok(template)
    }

    /// Replaces a template from a day on; what went out by the old one keeps its text.
    pub(crate) async fn revise_template(
        &self,
        id: &str,
        actor: &Actor,
        new: &NoticeTemplateRevision,
        zone: &TimeZone,
    ) -> Result<NoticeTemplate, ApiError> {
        check_text("reason", &new.reason, 500)?;
        check_text("name", &new.name, 200)?;
        check_body(&new.body)?;
        let mut tx = self.write().await?;
        let row = sqlx::query("SELECT * FROM notice_templates WHERE id = $1").bind(id).fetch_optional(tx.db()).await?;
        let old = read(&row.ok_or(ApiError::NotFound("entry"))?)?;
        answers_for(actor, &old.district)?;
        tx.not_replaced(LegalList::Templates, id).await?;
        let today = days::of_ms(tx.now_ms(), zone);
        let last = last_day(&old.valid_from, old.valid_until.as_deref(), &new.valid_from, &today)?;
        let next = NoticeTemplate {
            id: tx.next_id(LegalList::Templates, id).await?,
            name: new.name.clone(),
            body: new.body.clone(),
            valid_from: new.valid_from.clone(),
            valid_until: None,
            replaces: Some(old.id.clone()),
            reason: Some(new.reason.clone()),
            end_reason: None,
            added_at: rfc3339(tx.now_ms()),
            added_by: actor.name.clone(),
            ..old.clone()
        };
        tx.put_template(&next).await?;
        tx.end_before(LegalList::Templates, id, &last, &new.reason).await?;
        let details = json!({ "before": old, "after": new, "id": next.id });
        let deed = Deed { actor: &actor.name, action: "legal.template_revise", object: id, reason: Some(&new.reason), details };
        tx.audit(deed).await?;
        tx.commit().await?;
        Ok(next)
    }
}
