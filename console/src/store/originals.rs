//! Requests for originals and what a second person ruled. Appended; both run out.

use serde_json::{Value, json};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::{Store, json_column};
use crate::auth::Actor;
use crate::clock::{DAY_MS, rfc3339};
use crate::dto::{NewOriginalsRuling, OriginalsRequest, OriginalsState};
use crate::error::{ApiError, refused};
use crate::training::Order;

/// A request waits so long for a ruling.
const WAITS_MS: i64 = 7 * DAY_MS;
/// And what was approved may be exported so long.
const HOLDS_MS: i64 = DAY_MS;

const REQUEST: &str = "SELECT q.*, r.approved, r.note, r.by_name AS ruled_by, r.at_ms AS ruled_ms FROM originals_requests q \
                       LEFT JOIN originals_rulings r ON r.request = q.id";

/// Who asked is theirs; besides, who answers for the place may see and rule.
fn answers_for(actor: &Actor, district: &str) -> bool {
    actor.scope.is_city() || (!district.is_empty() && actor.scope.holds(district, ""))
}

fn read(row: &AnyRow, actor: &Actor, now_ms: i64) -> Result<(OriginalsRequest, bool), sqlx::Error> {
    let (by, at_ms): (String, i64) = (row.try_get("by_name")?, row.try_get("at_ms")?);
    let (approved, ruled_ms) = (row.try_get::<Option<i64>, _>("approved")?, row.try_get::<Option<i64>, _>("ruled_ms")?);
    let until_ms = ruled_ms.map_or(at_ms + WAITS_MS, |ruled| ruled + HOLDS_MS);
    let state = match approved {
        Some(0) => OriginalsState::Refused,
        _ if now_ms >= until_ms => OriginalsState::Expired,
        Some(_) => OriginalsState::Approved,
        None => OriginalsState::Waiting,
    };
    let answers = answers_for(actor, &row.try_get::<String, _>("district")?);
    let seen = answers || by == actor.name;
    let request = OriginalsRequest {
        id: row.try_get("id")?,
        may_rule: answers && by != actor.name && state == OriginalsState::Waiting,
        by,
        at: rfc3339(at_ms),
        reason: row.try_get("reason")?,
        asked: json_column(row, "asked")?,
        state,
        until: rfc3339(until_ms),
        ruled_by: row.try_get("ruled_by")?,
        ruled_at: ruled_ms.map(rfc3339),
        note: row.try_get("note")?,
    };
    Ok((request, seen))
}

impl Store {
    /// Those this person asked for or may rule on, newest first.
    pub(crate) async fn originals(&self, actor: &Actor) -> Result<Vec<OriginalsRequest>, sqlx::Error> {
        let sql = format!("{REQUEST} ORDER BY q.at_ms DESC, q.id LIMIT 1000");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        let now_ms = self.clock.now_ms();
        let all = rows.iter().map(|row| read(row, actor, now_ms)).collect::<Result<Vec<_>, _>>()?;
        Ok(all.into_iter().filter(|(_, seen)| *seen).map(|(request, _)| request).take(100).collect())
    }

    /// Asks for originals.
    pub(crate) async fn ask_originals(&self, actor: &Actor, order: &Order) -> Result<OriginalsRequest, ApiError> {
        let mut tx = self.write().await?;
        let (id, now_ms) = (hex::encode(rand::random::<[u8; 8]>()), tx.now_ms());
        let reason = order.reason.clone().unwrap_or_default();
        let asked = order.filters();
        let district = asked["asked"]["district"].as_str().unwrap_or_default().to_owned();
        sqlx::query(
            "INSERT INTO originals_requests (id, by_name, asked, district, reason, at_ms) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id.clone())
        .bind(actor.name.clone())
        .bind(asked.to_string())
        .bind(district)
        .bind(reason.clone())
        .bind(now_ms)
        .execute(tx.db())
        .await?;
        let deed =
            Deed { actor: &actor.name, action: "training.ask_originals", object: &id, reason: Some(&reason), details: asked };
        tx.audit(deed).await?;
        tx.commit().await?;
        self.one_request(&id, actor).await
    }

    async fn one_request(&self, id: &str, actor: &Actor) -> Result<OriginalsRequest, ApiError> {
        let sql = format!("{REQUEST} WHERE q.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&self.pool).await?;
        let row = row.ok_or(ApiError::NotFound("request"))?;
        let (request, seen) = read(&row, actor, self.clock.now_ms())?;
        if seen { Ok(request) } else { Err(ApiError::NotFound("request")) }
    }

    /// A second person's word on a request; it is the only one.
    pub(crate) async fn rule_originals(
        &self,
        id: &str,
        actor: &Actor,
        ruling: &NewOriginalsRuling,
    ) -> Result<OriginalsRequest, ApiError> {
        if ruling.note.as_deref().map_or(0, |note| note.chars().count()) > 500 {
            return Err(refused("note_too_long", "a note has at most 500 characters"));
        }
        let mut tx = self.write().await?;
        let sql = format!("{REQUEST} WHERE q.id = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(tx.db()).await?;
        let (request, seen) = read(&row.ok_or(ApiError::NotFound("request"))?, actor, tx.now_ms())?;
        if !seen {
            return Err(ApiError::NotFound("request"));
        }
        if request.by == actor.name {
            let message = "originals leave with a second person's word, not with one's own".to_owned();
            return Err(ApiError::Conflict { code: "same_person", message, details: json!({ "by": request.by }) });
        }
        if request.state != OriginalsState::Waiting {
            let details = json!({ "state": request.state, "by": request.ruled_by, "at": request.ruled_at });
            return Err(ApiError::Conflict { code: "ruled", message: "it does not wait any more".to_owned(), details });
        }
        let now_ms = tx.now_ms();
        let note = ruling.note.clone().filter(|note| !note.trim().is_empty());
        sqlx::query("INSERT INTO originals_rulings (request, approved, note, by_name, at_ms) VALUES ($1, $2, $3, $4, $5)")
            .bind(id)
            .bind(i64::from(ruling.approved))
            .bind(note.clone())
            .bind(actor.name.clone())
            .bind(now_ms)
            .execute(tx.db())
            .await?;
        let details = json!({ "approved": ruling.approved, "by": request.by, "asked": request.asked });
        let deed = Deed { actor: &actor.name, action: "training.rule_originals", object: id, reason: note.as_deref(), details };
        tx.audit(deed).await?;
        tx.commit().await?;
        self.one_request(id, actor).await
    }

    /// May these originals leave now? `filters` are those of the export that is to be made.
    pub(crate) async fn originals_approved(&self, id: Option<&str>, actor: &Actor, filters: &Value) -> Result<(), ApiError> {
        let missing = || refused("approval_missing", "originals leave with a second person's word: ask for it first");
        let request = match id {
            None => return Err(missing()),
            Some(id) => self.one_request(id, actor).await.map_err(|error| match error {
                ApiError::NotFound(_) => missing(),
                other => other,
            })?,
        };
        if request.by != actor.name || request.asked != *filters {
            return Err(refused("approval_differs", "what was approved is another export, or another person's"));
        }
        match request.state {
            OriginalsState::Approved => Ok(()),
            OriginalsState::Waiting => Err(refused("approval_waits", "nobody has approved it yet")),
            OriginalsState::Refused => Err(refused("approval_refused", "it was refused")),
            OriginalsState::Expired => Err(refused("approval_expired", "the approval is over: ask again")),
        }
    }
}
