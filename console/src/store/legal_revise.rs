//! A new version of an entry in the lists of law: the old one ends on the day before and keeps holding for its own days, so that a
//! case is held against what was law when it was seen.

use jiff::tz::TimeZone;
use serde_json::json;
use sqlx::Row;

use super::audit::Deed;
use super::legal::{LegalList, answers_for, check_bound, check_days, check_text, check_time, read_exemption};
use super::{Store, Tx};
use crate::auth::Actor;
use crate::days;
use crate::dto::{Exemption, ExemptionRevision, Matter, MatterRevision};
use crate::error::{ApiError, refused};

/// The day before the new version holds, on which the old one ends.
pub(super) fn last_day(old_from: &str, old_until: Option<&str>, valid_from: &str, today: &str) -> Result<String, ApiError> {
    check_days(valid_from, None)?;
    if valid_from < today {
        return Err(refused("too_early", format!("what held before today ({today}) stands: valid_from is today or later")));
    }
    if old_until.is_some_and(|until| until < valid_from) {
        let details = json!({ "valid_until": old_until });
        let message = "it ends before that day: add a new entry".to_owned();
        return Err(ApiError::Conflict { code: "ended", message, details });
    }
    let before = days::day(valid_from).and_then(|day| day.yesterday().ok()).map(|day| day.to_string());
    match before {
        Some(before) if before.as_str() >= old_from => Ok(before),
        _ => Err(refused("bad_day", format!("it holds from {old_from}: a new version begins on a later day"))),
    }
}

impl Tx {
    /// An id for the next version: that of the first one and a number.
    pub(super) async fn next_id(&mut self, list: LegalList, id: &str) -> Result<String, ApiError> {
        let base = match id.rsplit_once("-v") {
            Some((base, n)) if n.parse::<u32>().is_ok() => base,
            _ => id,
        };
        let base: String = base.chars().take(56).collect();
        for n in 2..10_000 {
            let id = format!("{base}-v{n}");
            if !self.taken(list, &id).await? {
                return Ok(id);
            }
        }
        Err(refused("id_taken", "there are too many versions of this entry"))
    }

    /// Somebody was faster: what they did is told.
    pub(super) async fn not_replaced(&mut self, list: LegalList, id: &str) -> Result<(), ApiError> {
        let sql = format!("SELECT id, by_name, valid_from FROM {} WHERE replaces = $1", list.table());
        let Some(row) = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(self.db()).await? else { return Ok(()) };
        let (by, new, from): (String, String, String) = (row.try_get("by_name")?, row.try_get("id")?, row.try_get("valid_from")?);
        let message = format!("{by} replaced it from {from} on");
        Err(ApiError::Conflict { code: "stale", message, details: json!({ "id": new, "by": by, "valid_from": from }) })
    }

    pub(super) async fn end_before(&mut self, list: LegalList, id: &str, until: &str, reason: &str) -> Result<(), sqlx::Error> {
        let sql = format!("UPDATE {} SET valid_until = $1, end_reason = $2 WHERE id = $3", list.table());
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(until).bind(reason).bind(id).execute(self.db()).await.map(drop)
    }

    async fn exemption(&mut self, id: &str) -> Result<Option<Exemption>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM exemptions WHERE id = $1").bind(id).fetch_optional(self.db()).await?;
        row.as_ref().map(read_exemption).transpose()
    }

    /// The clauses of a matter go on under the version that replaces it.
    async fn carry_clauses(&mut self, old: &Matter, new: &Matter, last: &str, actor: &Actor) -> Result<Vec<String>, ApiError> {
        let rows = sqlx::query("SELECT * FROM exemptions WHERE matter = $1 ORDER BY id").bind(old.id.clone());
        let rows = rows.fetch_all(self.db()).await?;
        let clauses = rows.iter().map(read_exemption).collect::<Result<Vec<_>, _>>()?;
        let reason = new.reason.clone().unwrap_or_default();
        let mut carried = Vec::new();
        for clause in clauses.into_iter().filter(|c| c.valid_until.as_deref().is_none_or(|until| until > last)) {
            let id = self.next_id(LegalList::Exemptions, &clause.id).await?;
            let valid_from = clause.valid_from.clone().max(new.valid_from.clone());
            if clause.valid_from.as_str() <= last {
                self.end_before(LegalList::Exemptions, &clause.id, last, &reason).await?;
            }
            let replaces = Some(clause.id.clone());
            let next = Exemption { id, matter: new.id.clone(), valid_from, replaces, reason: new.reason.clone(), ..clause };
            self.put_exemption(&next, actor).await?;
            carried.push(next.id);
        }
        Ok(carried)
    }
}

impl Store {
    /// Replaces a matter from a day on.
    pub(crate) async fn revise_matter(
        &self,
        id: &str,
        actor: &Actor,
        new: &MatterRevision,
        zone: &TimeZone,
    ) -> Result<Matter, ApiError> {
        check_text("reason", &new.reason, 500)?;
        check_text("name", &new.name, 200)?;
        check_text("basis", &new.basis, 500)?;
        check_time(new.correct_within_s)?;
        let mut tx = self.write().await?;
        let old = tx.matter(id).await?.ok_or(ApiError::NotFound("entry"))?;
        answers_for(actor, &old.district)?;
        tx.not_replaced(LegalList::Matters, id).await?;
        let today = days::of_ms(tx.now_ms(), zone);
        let last = last_day(&old.valid_from, old.valid_until.as_deref(), &new.valid_from, &today)?;
        let next = Matter {
            id: tx.next_id(LegalList::Matters, id).await?,
            name: new.name.clone(),
            basis: new.basis.clone(),
            warn_first: new.warn_first,
            correct_within_s: new.correct_within_s,
            valid_from: new.valid_from.clone(),
            replaces: Some(old.id.clone()),
            reason: Some(new.reason.clone()),
            ..old.clone()
        };
        tx.put_matter(&next, actor).await?;
        tx.end_before(LegalList::Matters, id, &last, &new.reason).await?;
        let carried = tx.carry_clauses(&old, &next, &last, actor).await?;
        let details = json!({ "before": old, "after": new, "id": next.id, "clauses": carried });
        let deed = Deed { actor: &actor.name, action: "legal.matter_revise", object: id, reason: Some(&new.reason), details };
        tx.audit(deed).await?;
        let made = tx.matter(&next.id).await?.ok_or(ApiError::NotFound("matter"))?;
        tx.commit().await?;
        Ok(made)
    }

    /// Replaces a clause of exemption from a day on.
    pub(crate) async fn revise_exemption(
        &self,
        id: &str,
        actor: &Actor,
        new: &ExemptionRevision,
        zone: &TimeZone,
    ) -> Result<Exemption, ApiError> {
        check_text("reason", &new.reason, 500)?;
        check_text("clause", &new.clause, 500)?;
        let mut tx = self.write().await?;
        let old = tx.exemption(id).await?.ok_or(ApiError::NotFound("entry"))?;
        let matter = tx.matter(&old.matter).await?.ok_or(ApiError::NotFound("matter"))?;
        answers_for(actor, &matter.district)?;
        check_bound(old.ground, new.window_days, new.most_open_minutes)?;
        tx.not_replaced(LegalList::Exemptions, id).await?;
        let today = days::of_ms(tx.now_ms(), zone);
        let last = last_day(&old.valid_from, old.valid_until.as_deref(), &new.valid_from, &today)?;
        let next = Exemption {
            id: tx.next_id(LegalList::Exemptions, id).await?,
            clause: new.clause.clone(),
            window_days: new.window_days,
            most_open_minutes: new.most_open_minutes,
            valid_from: new.valid_from.clone(),
            replaces: Some(old.id.clone()),
            reason: Some(new.reason.clone()),
            ..old.clone()
        };
        tx.put_exemption(&next, actor).await?;
        tx.end_before(LegalList::Exemptions, id, &last, &new.reason).await?;
        let details = json!({ "before": old, "after": new, "id": next.id });
        let deed = Deed { actor: &actor.name, action: "legal.exemption_revise", object: id, reason: Some(&new.reason), details };
        tx.audit(deed).await?;
        let made = tx.exemption(&next.id).await?.ok_or(ApiError::NotFound("clause"))?;
        tx.commit().await?;
        Ok(made)
    }
}
