//! Deliveries to receivers: due, tried, given up, sent again; and what receivers call back with.

use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::audit::Deed;
use super::cases::{Moving, Step, case_row};
use super::packages::OUT_OF_HOUSE;
use super::receiver_secrets::opened;
use super::{Bind, Conditions, Scope, Store, Tx, word_column, word_column_opt};
use crate::auth::Actor;
use crate::clock::rfc3339;
use crate::dto::{CallbackTaken, CaseAct, CaseState, Delivery, DeliveryState, LiveKind, StatusCallback, TheirStatus, word};
use crate::error::ApiError;
use crate::lifecycle::backoff;
use crate::sealing::Sealer;

/// A delivery in the sender's hands is not due for others for so long.
const LEASE_MS: i64 = 60_000;
/// Deliveries taken in hand at once.
const BATCH: i64 = 20;

const DELIVERY: &str = "SELECT d.*, r.name AS receiver_name FROM deliveries d JOIN receivers r ON r.id = d.receiver \
                        JOIN cases c ON c.id = d.case_id";

/// A delivery that is due, with what the sender needs.
pub(crate) struct Due {
    pub(crate) id: String,
    pub(crate) case: String,
    pub(crate) seq: i64,
    pub(crate) url: String,
    /// `None` when it was sealed with a key that is gone.
    pub(crate) secret: Option<String>,
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tried {
    /// The receiver took it.
    Taken { status: u16 },
    /// It may go better later; the receiver may have named a pause.
    Later { status: Option<u16>, error: String, pause_ms: Option<i64> },
    /// The receiver will never take it.
    Refused { status: u16, error: String },
}

fn read(row: &AnyRow) -> Result<Delivery, sqlx::Error> {
    let state: DeliveryState = word_column(row, "state")?;
    let next_ms: i64 = row.try_get("next_ms")?;
    let at = |column| row.try_get::<Option<i64>, _>(column).map(|at| at.map(rfc3339));
    Ok(Delivery {
        id: row.try_get("id")?,
        case: row.try_get("case_id")?,
        receiver: row.try_get("receiver")?,
        receiver_name: row.try_get("receiver_name")?,
        state,
        attempts: row.try_get("attempts")?,
        next_at: (state == DeliveryState::Waiting).then(|| rfc3339(next_ms)),
        last_status: row.try_get("last_status")?,
        last_error: row.try_get("last_error")?,
        created_at: rfc3339(row.try_get("created_ms")?),
        done_at: at("done_ms")?,
        their_id: row.try_get("their_id")?,
        their_status: word_column_opt(row, "their_status")?,
        their_at: at("their_ms")?,
    })
}

impl Tx {
    /// Screens that show the case look again.
    async fn case_news(&mut self, case: &str, by: &str) -> Result<(), sqlx::Error> {
        let Some(row) = case_row(self.db(), case).await? else { return Ok(()) };
        let s = row.summary;
        let data = json!({ "id": s.id, "candidate": s.candidate, "state": s.state, "version": s.version, "by": by });
        self.live(LiveKind::CaseChanged, data).await
    }
}

impl Store {
    /// Takes due deliveries in hand: no other console sends them meanwhile.
    pub(crate) async fn due_deliveries(&self, sealer: &Sealer) -> Result<Vec<Due>, sqlx::Error> {
        let due = "SELECT d.id, d.case_id, d.seq, d.receiver, r.url, r.secret FROM deliveries d JOIN receivers r ON r.id = d.receiver \
                   WHERE d.state = 'waiting' AND r.active = 1 AND d.next_ms <= $1 ORDER BY d.next_ms, d.id LIMIT $2";
        let now_ms = self.clock.now_ms();
        // Most looks find nothing, and need not wait for the writer's lock.
        if sqlx::query(due).bind(now_ms).bind(1_i64).fetch_optional(&self.pool).await?.is_none() {
            return Ok(Vec::new());
        }
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let rows = sqlx::query(due).bind(now_ms).bind(BATCH).fetch_all(tx.db()).await?;
        let mut taken = Vec::new();
        for row in &rows {
            let id: String = row.try_get("id")?;
            let lease = sqlx::query("UPDATE deliveries SET next_ms = $1 WHERE id = $2").bind(now_ms + LEASE_MS).bind(id.clone());
            lease.execute(tx.db()).await?;
            taken.push(Due {
                id,
                case: row.try_get("case_id")?,
                seq: row.try_get("seq")?,
                url: row.try_get("url")?,
                secret: opened(sealer, &row.try_get::<String, _>("receiver")?, &row.try_get::<String, _>("secret")?),
            });
        }
        tx.commit().await?;
        Ok(taken)
    }

    /// Writes down how a try ended. `luck` in 0..1 moves the next one.
    pub(crate) async fn settle_delivery(&self, due: &Due, tried: &Tried, luck: f64) -> Result<DeliveryState, sqlx::Error> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let row =
            sqlx::query("SELECT attempts, tries FROM deliveries WHERE id = $1").bind(due.id.clone()).fetch_one(tx.db()).await?;
        let (attempts, tries) = (row.try_get::<i64, _>("attempts")? + 1, row.try_get::<i64, _>("tries")? + 1);
        let (state, status, error, next_ms) = match tried {
            Tried::Taken { status } => (DeliveryState::Delivered, Some(*status), None, now_ms),
            Tried::Refused { status, error } => (DeliveryState::Dead, Some(*status), Some(error), now_ms),
            Tried::Later { status, error, .. } if tries >= backoff::MOST_TRIES => {
                (DeliveryState::Dead, *status, Some(error), now_ms)
            }
            Tried::Later { status, error, pause_ms } => {
                (DeliveryState::Waiting, *status, Some(error), now_ms + backoff::pause_ms(tries, luck, *pause_ms))
            }
        };
        let error = error.map(|error| error.replace('\0', "\u{fffd}").chars().take(500).collect::<String>());
        sqlx::query(
            "UPDATE deliveries SET state = $1, attempts = $2, tries = $3, next_ms = $4, last_status = $5, last_error = $6, \
             done_ms = $7 WHERE id = $8",
        )
        .bind(word(&state))
        .bind(attempts)
        .bind(tries)
        .bind(next_ms)
        .bind(status.map(i64::from))
        .bind(error.clone())
        .bind((state != DeliveryState::Waiting).then_some(now_ms))
        .bind(due.id.clone())
        .execute(tx.db())
        .await?;
        sqlx::query("INSERT INTO delivery_attempts (delivery, n, at_ms, status, error) VALUES ($1, $2, $3, $4, $5)")
            .bind(due.id.clone())
            .bind(attempts)
            .bind(now_ms)
            .bind(status.map(i64::from))
            .bind(error)
            .execute(tx.db())
            .await?;
        tx.case_news(&due.case, "system").await?;
        tx.commit().await?;
        Ok(state)
    }

    /// Deliveries of one case, oldest first.
    pub(crate) async fn deliveries_of(&self, case: &str) -> Result<Vec<Delivery>, sqlx::Error> {
        let sql = format!("{DELIVERY} WHERE d.case_id = $1 ORDER BY d.created_ms, d.id");
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(case).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Deliveries in these states, newest first.
    pub(crate) async fn deliveries(&self, scope: &Scope, states: &[String], limit: i64) -> Result<Vec<Delivery>, sqlx::Error> {
        let mut conditions = Conditions::within(scope, "c");
        if !states.is_empty() {
            conditions.one_of("d.state", states);
        }
        let sql = format!("{DELIVERY}{} ORDER BY d.created_ms DESC, d.id LIMIT {limit}", conditions.sql());
        conditions.query(sql).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Sends a dead letter of this case again.
    pub(crate) async fn resend(&self, case: &str, delivery: &str, actor: &Actor) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let mut conditions = Conditions::everywhere();
        conditions.and("id = ? AND case_id = ?", [Bind::Text(delivery.to_owned()), Bind::Text(case.to_owned())]);
        let row = conditions.query(format!("SELECT state FROM deliveries{}", conditions.sql())).fetch_optional(tx.db()).await?;
        let state: DeliveryState = word_column(&row.ok_or(ApiError::NotFound("delivery"))?, "state")?;
        if state != DeliveryState::Dead {
            let details = json!({ "state": state });
            return Err(ApiError::Conflict { code: "not_dead", message: "only a dead letter is sent again".to_owned(), details });
        }
        let now_ms = tx.now_ms();
        sqlx::query("UPDATE deliveries SET state = 'waiting', tries = 0, next_ms = $1, done_ms = NULL WHERE id = $2")
            .bind(now_ms)
            .bind(delivery)
            .execute(tx.db())
            .await?;
        let details = json!({ "delivery": delivery });
        tx.audit(Deed { actor: &actor.name, action: "case.resend", object: case, reason: None, details }).await?;
        tx.case_news(case, &actor.name).await?;
        tx.rings.1 = true;
        tx.commit().await?;
        Ok(())
    }

    /// Writes down that a package was taken out of the house by hand.
    pub(crate) async fn exported(&self, case: &str, actor: &Actor, sha256: &str) -> Result<(), sqlx::Error> {
        let mut tx = self.write().await?;
        let details = json!({ "sha256": sha256 });
        tx.audit(Deed { actor: &actor.name, action: "case.export", object: case, reason: None, details }).await?;
        tx.commit().await
    }

    /// A receiver's name and secret; no secret when it was sealed with a key that is gone.
    pub(crate) async fn receiver_secret(
        &self,
        id: &str,
        sealer: &Sealer,
    ) -> Result<Option<(String, Option<String>)>, sqlx::Error> {
        if id.contains('\0') {
            return Ok(None);
        }
        let row = sqlx::query("SELECT name, secret FROM receivers WHERE id = $1").bind(id).fetch_optional(&self.pool).await?;
        row.map(|row| Ok((row.try_get("name")?, opened(sealer, id, &row.try_get::<String, _>("secret")?)))).transpose()
    }

    /// Takes a call-back in, once. `body` is what was signed.
    pub(crate) async fn take_callback(
        &self,
        receiver: &str,
        name: &str,
        callback: &StatusCallback,
        body: &str,
    ) -> Result<CallbackTaken, ApiError> {
        let digest = hex::encode(Sha256::digest(body.as_bytes()));
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let case = case_row(tx.db(), &callback.case).await?.ok_or(ApiError::NotFound("case"))?;
        let delivered = sqlx::query("SELECT id FROM deliveries WHERE case_id = $1 AND receiver = $2 LIMIT 1")
            .bind(callback.case.clone())
            .bind(receiver)
            .fetch_optional(tx.db())
            .await?;
        if delivered.is_none() {
            return Err(ApiError::NotFound("case"));
        }
        let known = sqlx::query("SELECT body_sha256 FROM callbacks WHERE receiver = $1 AND event_id = $2")
            .bind(receiver)
            .bind(callback.event_id.clone())
            .fetch_optional(tx.db())
            .await?;
        if let Some(row) = known {
            let same = row.try_get::<String, _>("body_sha256")? == digest;
            let message = "this event_id came before with other content".to_owned();
            let conflict = ApiError::Conflict { code: "other_content", message, details: json!({}) };
            return if same { Ok(CallbackTaken { repeated: true, state: case.summary.state }) } else { Err(conflict) };
        }
        sqlx::query(
            "INSERT INTO callbacks (receiver, event_id, case_id, at_ms, body_sha256, body) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(receiver)
        .bind(callback.event_id.clone())
        .bind(callback.case.clone())
        .bind(now_ms)
        .bind(digest)
        .bind(body)
        .execute(tx.db())
        .await?;
        sqlx::query(
            "UPDATE deliveries SET their_status = $1, their_id = COALESCE($2, their_id), their_ms = $3 WHERE case_id = $4 \
             AND receiver = $5",
        )
        .bind(word(&callback.status))
        .bind(callback.their_id.clone())
        .bind(now_ms)
        .bind(callback.case.clone())
        .bind(receiver)
        .execute(tx.db())
        .await?;
        let by = format!("receiver {name}");
        let state = match closing(case.summary.state, callback.status) {
            Some(outcome) => {
                let after =
                    Moving { state: CaseState::Closed, due_ms: None, outcome: Some(outcome.to_owned()), ..case.moving.clone() };
                let step = Step {
                    act: CaseAct::Close,
                    from: Some(case.summary.state),
                    decision: &callback.event_id,
                    by: &by,
                    reason: None,
                    note: callback.note.as_deref(),
                    certificate: None,
                    details: json!({ "outcome": outcome, "their_id": callback.their_id }),
                    package: None,
                };
                tx.case_step(&callback.case, &after, step).await?.to
            }
            None => {
                tx.case_news(&callback.case, &by).await?;
                case.summary.state
            }
        };
        let details = json!({ "event_id": callback.event_id, "status": callback.status, "state": state });
        tx.audit(Deed { actor: &by, action: "case.callback", object: &callback.case, reason: None, details }).await?;
        tx.commit().await?;
        Ok(CallbackTaken { repeated: false, state })
    }
}

/// The outcome that a receiver's word gives the case, if it closes it. What was revoked or lost may come long after the close.
fn closing(state: CaseState, status: TheirStatus) -> Option<&'static str> {
    let (outcome, late) = match status {
        TheirStatus::Accepted | TheirStatus::InProgress | TheirStatus::Declined => return None,
        TheirStatus::Punished => ("punished", false),
        TheirStatus::NotPunished => ("not_punished", false),
        TheirStatus::DealtWith => ("dealt_with", false),
        TheirStatus::NotFound => ("not_found", false),
        TheirStatus::Revoked => ("revoked", true),
        TheirStatus::Lost => ("lost", true),
    };
    (OUT_OF_HOUSE.contains(&state) || (late && state == CaseState::Closed)).then_some(outcome)
}
