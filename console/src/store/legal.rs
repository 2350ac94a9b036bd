//! The lists of law: matters and exemptions, with the days on which they hold. An entry ends; it is never taken out.

use serde_json::json;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::{Store, Tx, word_column};
use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::days;
use crate::dto::{EndEntry, Exemption, Ground, LegalLists, Matter, NewExemption, NewMatter, word};
use crate::error::{ApiError, refused};

pub(super) fn read_matter(row: &AnyRow) -> Result<Matter, sqlx::Error> {
    Ok(Matter {
        id: row.try_get("id")?,
        kind: word_column(row, "kind")?,
        name: row.try_get("name")?,
        basis: row.try_get("basis")?,
        district: row.try_get("district")?,
        warn_first: row.try_get::<i64, _>("warn_first")? != 0,
        correct_within_s: row.try_get("correct_within_s")?,
        valid_from: row.try_get("valid_from")?,
        valid_until: row.try_get("valid_until")?,
        replaces: row.try_get("replaces")?,
        reason: row.try_get("reason")?,
        end_reason: row.try_get("end_reason")?,
        added_at: rfc3339(row.try_get("at_ms")?),
        added_by: row.try_get("by_name")?,
    })
}

pub(super) fn read_exemption(row: &AnyRow) -> Result<Exemption, sqlx::Error> {
    Ok(Exemption {
        id: row.try_get("id")?,
        matter: row.try_get("matter")?,
        ground: word_column(row, "ground")?,
        clause: row.try_get("clause")?,
        window_days: row.try_get("window_days")?,
        most_open_minutes: row.try_get("most_open_minutes")?,
        valid_from: row.try_get("valid_from")?,
        valid_until: row.try_get("valid_until")?,
        replaces: row.try_get("replaces")?,
        reason: row.try_get("reason")?,
        end_reason: row.try_get("end_reason")?,
        added_at: rfc3339(row.try_get("at_ms")?),
        added_by: row.try_get("by_name")?,
    })
}

pub(super) fn check_id(id: &str) -> Result<(), ApiError> {
    let fits = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits { Ok(()) } else { Err(refused("bad_id", "an id is made of 1 to 64 of a-z, 0-9 and -")) }
}

pub(super) fn check_text(field: &str, text: &str, most: usize) -> Result<(), ApiError> {
    let length = text.trim().chars().count();
    if (1..=most).contains(&length) { Ok(()) } else { Err(refused("bad_text", format!("{field} has 1 to {most} characters"))) }
}

pub(super) fn check_days(from: &str, until: Option<&str>) -> Result<(), ApiError> {
    for text in [Some(from), until].into_iter().flatten() {
        if days::day(text).is_none() {
            return Err(refused("bad_day", format!("{text:?} is not a day like 2026-03-01")));
        }
    }
    if until.is_some_and(|until| until < from) {
        return Err(refused("bad_day", "valid_until lies before valid_from"));
    }
    Ok(())
}

pub(super) fn check_time(correct_within_s: i64) -> Result<(), ApiError> {
    let fits = (60..=7_776_000).contains(&correct_within_s);
    if fits { Ok(()) } else { Err(refused("bad_time", "correct_within_s is 60 to 7776000")) }
}

/// A ground has its own bound, and not the other's.
pub(super) fn check_bound(ground: Ground, window_days: Option<i64>, most_open_minutes: Option<i64>) -> Result<(), ApiError> {
    let fits = match (ground, (window_days, most_open_minutes)) {
        (Ground::FirstViolation, (Some(days), None)) => (1..=3660).contains(&days),
        (Ground::Minor, (None, Some(minutes))) => (1..=525_600).contains(&minutes),
        _ => false,
    };
    let message = "a first violation has window_days (1 to 3660) only, a minor one most_open_minutes (1 to 525600) only";
    if fits { Ok(()) } else { Err(refused("bad_bound", message)) }
}

pub(super) fn check_reason(reason: Option<&str>) -> Result<(), ApiError> {
    reason.map_or(Ok(()), |reason| check_text("reason", reason, 500))
}

/// The lists; names of tables are ours.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LegalList {
    /// 事项.
    Matters,
    /// 免罚清单.
    Exemptions,
    /// 告知文书模板.
    Templates,
}

impl LegalList {
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Matters => "matters",
            Self::Exemptions => "exemptions",
            Self::Templates => "notice_templates",
        }
    }
}

/// A list of law that binds a district is for who answers for that district; one for everywhere, for who answers for all.
pub(super) fn answers_for(actor: &Actor, district: &str) -> Result<(), ApiError> {
    if actor.scope.holds(district, "") { Ok(()) } else { Err(ApiError::Forbidden) }
}

impl Tx {
    pub(super) async fn taken(&mut self, list: LegalList, id: &str) -> Result<bool, sqlx::Error> {
        let sql = format!("SELECT id FROM {} WHERE id = $1", list.table());
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(self.db()).await?;
        Ok(row.is_some())
    }

    /// One matter, whether or not it holds today.
    pub(super) async fn matter(&mut self, id: &str) -> Result<Option<Matter>, sqlx::Error> {
        let row = sqlx::query("SELECT * FROM matters WHERE id = $1").bind(id).fetch_optional(self.db()).await?;
        row.as_ref().map(read_matter).transpose()
    }

    /// Writes a matter, entered now by whoever acts.
    pub(super) async fn put_matter(&mut self, matter: &Matter, actor: &Actor) -> Result<(), sqlx::Error> {
        let now_ms = self.now_ms();
        sqlx::query(
            "INSERT INTO matters (id, kind, name, basis, district, warn_first, correct_within_s, valid_from, valid_until, at_ms, \
             by_name, replaces, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(matter.id.clone())
        .bind(word(&matter.kind))
        .bind(matter.name.clone())
        .bind(matter.basis.clone())
        .bind(matter.district.clone())
        .bind(i64::from(matter.warn_first))
        .bind(matter.correct_within_s)
        .bind(matter.valid_from.clone())
        .bind(matter.valid_until.clone())
        .bind(now_ms)
        .bind(actor.name.clone())
        .bind(matter.replaces.clone())
        .bind(matter.reason.clone())
        .execute(self.db())
        .await
        .map(drop)
    }

    /// Writes a clause, entered now by whoever acts.
    pub(super) async fn put_exemption(&mut self, clause: &Exemption, actor: &Actor) -> Result<(), sqlx::Error> {
        let now_ms = self.now_ms();
        sqlx::query(
            "INSERT INTO exemptions (id, matter, ground, clause, window_days, most_open_minutes, valid_from, valid_until, at_ms, \
             by_name, replaces, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(clause.id.clone())
        .bind(clause.matter.clone())
        .bind(word(&clause.ground))
        .bind(clause.clause.clone())
        .bind(clause.window_days)
        .bind(clause.most_open_minutes)
        .bind(clause.valid_from.clone())
        .bind(clause.valid_until.clone())
        .bind(now_ms)
        .bind(actor.name.clone())
        .bind(clause.replaces.clone())
        .bind(clause.reason.clone())
        .execute(self.db())
        .await
        .map(drop)
    }
}

impl Store {
    /// Both lists.
    pub(crate) async fn legal_lists(&self) -> Result<LegalLists, sqlx::Error> {
        let matters = sqlx::query("SELECT * FROM matters ORDER BY kind, valid_from, id").fetch_all(&self.pool).await?;
        let exemptions = sqlx::query("SELECT * FROM exemptions ORDER BY matter, valid_from, id").fetch_all(&self.pool).await?;
        Ok(LegalLists {
            matters: matters.iter().map(read_matter).collect::<Result<_, _>>()?,
            exemptions: exemptions.iter().map(read_exemption).collect::<Result<_, _>>()?,
        })
    }

    /// Adds a matter.
    pub(crate) async fn add_matter(&self, actor: &Actor, new: &NewMatter) -> Result<Matter, ApiError> {
        check_id(&new.id)?;
        check_text("name", &new.name, 200)?;
        check_text("basis", &new.basis, 500)?;
        check_days(&new.valid_from, new.valid_until.as_deref())?;
        let district = new.district.clone().unwrap_or_default();
        answers_for(actor, &district)?;
        if district.chars().count() > 200 {
            return Err(refused("bad_text", "district has at most 200 characters"));
        }
        check_time(new.correct_within_s)?;
        check_reason(new.reason.as_deref())?;
        let mut tx = self.write().await?;
        if tx.taken(LegalList::Matters, &new.id).await? {
            return Err(refused("id_taken", "there is a matter of this id already"));
        }
        let matter = Matter {
            id: new.id.clone(),
            kind: new.kind,
            name: new.name.clone(),
            basis: new.basis.clone(),
            district,
            warn_first: new.warn_first,
            correct_within_s: new.correct_within_s,
            valid_from: new.valid_from.clone(),
            valid_until: new.valid_until.clone(),
            replaces: None,
            reason: new.reason.clone(),
            end_reason: None,
            added_at: rfc3339(tx.now_ms()),
            added_by: actor.name.clone(),
        };
        tx.put_matter(&matter, actor).await?;
        let details = json!(new);
        tx.audit(Deed {
            actor: &actor.name,
            action: "legal.matter_add",
            object: &new.id,
            reason: new.reason.as_deref(),
            details,
        })
        .await?;
        tx.commit().await?;
        Ok(matter)
    }

    /// Adds a clause.
    pub(crate) async fn add_exemption(&self, actor: &Actor, new: &NewExemption) -> Result<Exemption, ApiError> {
        check_id(&new.id)?;
        check_text("clause", &new.clause, 500)?;
        check_days(&new.valid_from, new.valid_until.as_deref())?;
        check_bound(new.ground, new.window_days, new.most_open_minutes)?;
        check_reason(new.reason.as_deref())?;
        let mut tx = self.write().await?;
        let Some(matter) = tx.matter(&new.matter).await? else {
            return Err(refused("no_matter", "there is no such matter"));
        };
        answers_for(actor, &matter.district)?;
        if tx.taken(LegalList::Exemptions, &new.id).await? {
            return Err(refused("id_taken", "there is a clause of this id already"));
        }
        let exemption = Exemption {
            id: new.id.clone(),
            matter: new.matter.clone(),
            ground: new.ground,
            clause: new.clause.clone(),
            window_days: new.window_days,
            most_open_minutes: new.most_open_minutes,
            valid_from: new.valid_from.clone(),
            valid_until: new.valid_until.clone(),
            replaces: None,
            reason: new.reason.clone(),
            end_reason: None,
            added_at: rfc3339(tx.now_ms()),
            added_by: actor.name.clone(),
        };
        tx.put_exemption(&exemption, actor).await?;
        let details = json!(new);
        tx.audit(Deed {
            actor: &actor.name,
            action: "legal.exemption_add",
            object: &new.id,
            reason: new.reason.as_deref(),
            details,
        })
        .await?;
        tx.commit().await?;
        Ok(exemption)
    }

    /// Ends an entry: it keeps holding for what was seen on its days.
    pub(crate) async fn end_entry(&self, list: LegalList, id: &str, actor: &Actor, end: &EndEntry) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let sql = match list {
            LegalList::Matters => "SELECT valid_from, district FROM matters WHERE id = $1",
            LegalList::Templates => "SELECT valid_from, district FROM notice_templates WHERE id = $1",
            LegalList::Exemptions => {
                "SELECT e.valid_from, m.district FROM exemptions e JOIN matters m ON m.id = e.matter WHERE e.id = $1"
            }
        };
        let row = sqlx::query(sql).bind(id).fetch_optional(tx.db()).await?;
        let row = row.ok_or(ApiError::NotFound("entry"))?;
        answers_for(actor, row.try_get("district")?)?;
        check_days(&row.try_get::<String, _>("valid_from")?, Some(&end.valid_until))?;
        check_reason(end.reason.as_deref())?;
        if matches!(list, LegalList::Templates) {
            tx.not_replaced(list, id).await?;
        }
        let sql = format!("UPDATE {} SET valid_until = $1, end_reason = $2 WHERE id = $3", list.table());
        let update = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(end.valid_until.clone()).bind(end.reason.clone()).bind(id);
        update.execute(tx.db()).await?;
        let action = format!("legal.{}_end", list.table().trim_start_matches("notice_").trim_end_matches('s'));
        let details = json!({ "valid_until": end.valid_until });
        tx.audit(Deed { actor: &actor.name, action: &action, object: id, reason: end.reason.as_deref(), details }).await?;
        tx.commit().await?;
        Ok(())
    }
}
