//! The party's side of a case: query codes (only their digest is kept), looks, statements and their answers.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::audit::Deed;
use super::cases::{CaseRow, Step, case_row};
use super::{Store, Tx, word_column};
use crate::auth::Actor;
use crate::clock::{DAY_MS, rfc3339};
use crate::dto::{
    CaseAct, CaseEvent, CaseState, Defence, DefenceAnswer, DefenceChannel, NewAnswer, NewDefence, Notice, PartyCode,
    PartyDefence, PartyLook, PartyNotice, PartyRecord, PartyState, PartyView, word,
};
use crate::error::{ApiError, refused};
use crate::lifecycle::machine;
use crate::lifecycle::notice;
use crate::vault::Item;

/// Stands where an officer's log-in name stands: no log-in name has brackets.
pub(crate) const PARTY: &str = "(party)";
/// Looks of one case in an hour. Each is a row of the audit log and decodes a picture.
const LOOKS_AN_HOUR: i64 = 60;
/// Statements of one case in an hour by the page. No limit to the defence: the next hour has as many, and paper has none.
const STATEMENTS_AN_HOUR: i64 = 10;
const HOUR_MS: i64 = 60 * 60_000;

/// What number and code say of themselves when they do not open anything; which of both is wrong, is not told.
fn wrong() -> ApiError {
    refused("wrong_party_code", "the number or the code is wrong, or the code holds no more")
}

/// What is kept of a code. It has eighty random bits: nobody finds it from this.
fn code_hash(code: &str) -> String {
    hex::encode(Sha256::digest([b"kerbwatch.party.v1\0", code.as_bytes()].concat()))
}

fn read_defence(row: &AnyRow) -> Result<Defence, sqlx::Error> {
    let answer = match row.try_get::<Option<i64>, _>("accepted")? {
        None => None,
        Some(accepted) => Some(DefenceAnswer {
            accepted: accepted != 0,
            reasons: row.try_get("reasons")?,
            by: row.try_get("answered_by")?,
            at: rfc3339(row.try_get("answered_ms")?),
        }),
    };
    Ok(Defence {
        id: row.try_get("id")?,
        channel: word_column(row, "channel")?,
        received_at: rfc3339(row.try_get("received_ms")?),
        text: row.try_get("said")?,
        attachment_sha256: row.try_get("attachment_sha256")?,
        entered_by: row.try_get("entered_by")?,
        entered_at: rfc3339(row.try_get("entered_ms")?),
        answer,
    })
}

/// Statements of a case with what was answered, oldest first.
pub(super) async fn defences(db: &mut AnyConnection, case: &str) -> Result<Vec<Defence>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT d.*, a.accepted, a.reasons, a.by_name AS answered_by, a.at_ms AS answered_ms FROM defences d \
         LEFT JOIN defence_answers a ON a.defence = d.id WHERE d.case_id = $1 ORDER BY d.n",
    )
    .bind(case)
    .fetch_all(db)
    .await?;
    rows.iter().map(read_defence).collect()
}

/// May the party still say something here? Before, it has not been told; after, the case is elsewhere.
pub(crate) fn may_state(state: CaseState) -> bool {
    machine::edge(state, CaseAct::RecordDefence).is_some()
}

/// States in which a code can be made: the party is known, and the case is still in the house.
const TELLABLE: [CaseState; 6] = [
    CaseState::SubjectMatched,
    CaseState::Warned,
    CaseState::Corrected,
    CaseState::NotCorrected,
    CaseState::Exempt,
    CaseState::Filed,
];

/// A case that a code opens.
pub(crate) struct Opened {
    pub(crate) case: CaseRow,
    pub(crate) code: String,
    pub(crate) until_ms: i64,
}

impl Tx {
    /// Keeps a statement; what the history says of it.
    pub(super) async fn put_defence(
        &mut self,
        case: &str,
        new: &NewDefence,
        received_ms: i64,
        by: &str,
    ) -> Result<Value, sqlx::Error> {
        let id = hex::encode(rand::random::<[u8; 16]>());
        let now_ms = self.now_ms();
        sqlx::query(
            "INSERT INTO defences (id, case_id, n, channel, received_ms, said, attachment_sha256, entered_by, entered_ms) \
             SELECT $1, $2, COALESCE(MAX(d.n), 0) + 1, $3, $4, $5, $6, $7, $8 FROM defences d WHERE d.case_id = $9",
        )
        .bind(id.clone())
        .bind(case)
        .bind(word(&new.channel))
        .bind(received_ms)
        .bind(new.text.clone())
        .bind(new.attachment_sha256.clone())
        .bind(by)
        .bind(now_ms)
        .bind(case)
        .execute(self.db())
        .await?;
        Ok(json!({ "id": id, "channel": new.channel, "received_at": rfc3339(received_ms), "text": new.text,
                   "attachment_sha256": new.attachment_sha256 }))
    }

    /// Keeps an answer.
    pub(super) async fn put_answer(&mut self, answer: &NewAnswer, by: &str) -> Result<(), sqlx::Error> {
        let now_ms = self.now_ms();
        sqlx::query("INSERT INTO defence_answers (defence, accepted, reasons, by_name, at_ms) VALUES ($1, $2, $3, $4, $5)")
            .bind(answer.defence.clone())
            .bind(i64::from(answer.accepted))
            .bind(answer.reasons.clone())
            .bind(by)
            .bind(now_ms)
            .execute(self.db())
            .await
            .map(drop)
    }

    async fn end_codes(&mut self, case: &str, by: &str) -> Result<u64, sqlx::Error> {
        let now_ms = self.now_ms();
        let sql = "UPDATE party_codes SET revoked_ms = $1, revoked_by = $2 WHERE case_id = $3 AND revoked_ms IS NULL \
                   AND expires_ms > $4";
        let done = sqlx::query(sql).bind(now_ms).bind(by).bind(case).bind(now_ms).execute(self.db()).await?;
        Ok(done.rows_affected())
    }

    /// A line of the history that moves nothing.
    async fn beside(&mut self, case: &CaseRow, act: CaseAct, by: &str, details: Value) -> Result<(), ApiError> {
        let decision = hex::encode(rand::random::<[u8; 16]>());
        let step = Step {
            act,
            from: Some(case.summary.state),
            decision: &decision,
            by,
            reason: None,
            note: None,
            certificate: None,
            details,
            package: None,
        };
        self.case_step(&case.summary.id, &case.moving, step).await?;
        Ok(())
    }

    /// Refuses more than so many rows of a case within an hour.
    async fn at_most(&mut self, sql: &'static str, case: &str, most: i64) -> Result<(), ApiError> {
        let now_ms = self.now_ms();
        let row = sqlx::query(sql).bind(case).bind(now_ms - HOUR_MS).fetch_one(self.db()).await?;
        let (n, first): (i64, Option<i64>) = (row.try_get("n")?, row.try_get("first_ms")?);
        if n < most {
            return Ok(());
        }
        let wait_ms = first.map_or(HOUR_MS, |first| first + HOUR_MS - now_ms).max(1000);
        Err(ApiError::TooManyAttempts { retry_after_s: (wait_ms + 999) / 1000 })
    }
}

impl Store {
    /// What the record holds of the party's side.
    pub(crate) async fn party_record(&self, case: &str) -> Result<PartyRecord, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let row = sqlx::query("SELECT * FROM party_codes WHERE case_id = $1 ORDER BY made_ms DESC, id LIMIT 1")
            .bind(case)
            .fetch_optional(&mut *connection)
            .await?;
        let read = |row: AnyRow| -> Result<PartyCode, sqlx::Error> {
            Ok(PartyCode {
                made_at: rfc3339(row.try_get("made_ms")?),
                by: row.try_get("by_name")?,
                expires_at: rfc3339(row.try_get("expires_ms")?),
                revoked_at: row.try_get::<Option<i64>, _>("revoked_ms")?.map(rfc3339),
                revoked_by: row.try_get("revoked_by")?,
            })
        };
        let looks = sqlx::query("SELECT COUNT(*) AS n FROM party_looks WHERE case_id = $1").bind(case);
        let looks: i64 = looks.fetch_one(&mut *connection).await?.try_get("n")?;
        let rows = sqlx::query("SELECT at_ms, still FROM party_looks WHERE case_id = $1 ORDER BY at_ms DESC, id LIMIT 20")
            .bind(case)
            .fetch_all(&mut *connection)
            .await?;
        let looked = |row: &AnyRow| -> Result<PartyLook, sqlx::Error> {
            Ok(PartyLook { at: rfc3339(row.try_get("at_ms")?), still: row.try_get::<i64, _>("still")? != 0 })
        };
        Ok(PartyRecord {
            case_no: notice::case_no(case),
            code: row.map(read).transpose()?,
            looks,
            looked_at: rows.iter().map(looked).collect::<Result<_, _>>()?,
            defences: defences(&mut connection, case).await?,
        })
    }

    /// Makes a code; the one before holds no more. The code, and until when it holds.
    pub(crate) async fn make_party_code(&self, case: &str, actor: &Actor, days: u32) -> Result<(String, i64), ApiError> {
        let code = notice::code_text(rand::random());
        let plain = notice::code_read(&code).expect("a code of ours can be read");
        let mut tx = self.write().await?;
        let row = case_row(tx.db(), case).await?.ok_or(ApiError::NotFound("case"))?;
        tx.refuse_if_recused(&row.summary.candidate, actor).await?;
        if !TELLABLE.contains(&row.summary.state) {
            let details = json!({ "state": row.summary.state });
            let message = "a code is made for a party that is known, while the case is in the house".to_owned();
            return Err(ApiError::Conflict { code: "not_from_here", message, details });
        }
        tx.end_codes(case, &actor.name).await?;
        let (now_ms, id) = (tx.now_ms(), hex::encode(rand::random::<[u8; 8]>()));
        let expires_ms = now_ms + i64::from(days) * DAY_MS;
        sqlx::query(
            "INSERT INTO party_codes (id, case_id, code_hash, made_ms, by_name, expires_ms) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(id.clone())
        .bind(case)
        .bind(code_hash(&plain))
        .bind(now_ms)
        .bind(actor.name.clone())
        .bind(expires_ms)
        .execute(tx.db())
        .await?;
        let details = json!({ "code": id, "expires_at": rfc3339(expires_ms) });
        tx.beside(&row, CaseAct::IssueCode, &actor.name, details.clone()).await?;
        tx.audit(Deed { actor: &actor.name, action: "party.code", object: case, reason: None, details }).await?;
        tx.commit().await?;
        Ok((code, expires_ms))
    }

    /// The code holds no more.
    pub(crate) async fn revoke_party_code(&self, case: &str, actor: &Actor) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let row = case_row(tx.db(), case).await?.ok_or(ApiError::NotFound("case"))?;
        tx.refuse_if_recused(&row.summary.candidate, actor).await?;
        if tx.end_codes(case, &actor.name).await? == 0 {
            return Err(refused("no_code", "there is no code that holds"));
        }
        tx.beside(&row, CaseAct::RevokeCode, &actor.name, json!({})).await?;
        tx.audit(Deed { actor: &actor.name, action: "party.code_revoke", object: case, reason: None, details: json!({}) })
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The case that a number and a code open. Attempts are counted and locked as those of a log-in are, by number.
    pub(crate) async fn party_opens(&self, number: &str, code: &str) -> Result<Opened, ApiError> {
        let Some(prefix) = notice::case_prefix(number) else { return Err(wrong()) };
        let attempts = format!("party:{prefix}");
        if let super::Attempt::Locked { retry_after_s } = self.login_attempt(&attempts).await? {
            return Err(ApiError::TooManyAttempts { retry_after_s });
        }
        let now_ms = self.clock.now_ms();
        let row = match notice::code_read(code) {
            None => None,
            Some(plain) => sqlx::query(
                "SELECT id, case_id, expires_ms FROM party_codes WHERE code_hash = $1 AND revoked_ms IS NULL AND expires_ms > $2",
            )
            .bind(code_hash(&plain))
            .bind(now_ms)
            .fetch_optional(&self.pool)
            .await?,
        };
        let found = match row {
            Some(row) => Some((row.try_get::<String, _>("case_id")?, row.try_get("id")?, row.try_get("expires_ms")?)),
            None => None,
        };
        let Some((id, code, until_ms)) = found.filter(|(id, ..)| id.starts_with(&prefix)) else {
            // Only of what there is: the log is no place for whatever strangers type.
            let there = sqlx::query("SELECT id FROM cases WHERE id >= $1 AND id < $2 LIMIT 1")
                .bind(prefix.clone())
                .bind(format!("{prefix}g"))
                .fetch_optional(&self.pool)
                .await?;
            if let Some(row) = there {
                let id: String = row.try_get("id")?;
                let deed = Deed { actor: PARTY, action: "party.refused", object: &id, reason: None, details: json!({}) };
                self.audit_alone(deed).await?;
            }
            return Err(wrong());
        };
        self.forget_attempts(&attempts).await?;
        let case = self.case(&id).await?.ok_or_else(wrong)?;
        Ok(Opened { case, code, until_ms })
    }

    /// A look of the party, written down before it is shown.
    pub(crate) async fn party_looked(&self, opened: &Opened, still: bool) -> Result<(), ApiError> {
        let mut tx = self.write().await?;
        let id = &opened.case.summary.id;
        let sql = "SELECT COUNT(*) AS n, MIN(at_ms) AS first_ms FROM party_looks WHERE case_id = $1 AND at_ms > $2";
        tx.at_most(sql, id, LOOKS_AN_HOUR).await?;
        let now_ms = tx.now_ms();
        sqlx::query("INSERT INTO party_looks (id, case_id, code, still, at_ms) VALUES ($1, $2, $3, $4, $5)")
            .bind(hex::encode(rand::random::<[u8; 16]>()))
            .bind(id.clone())
            .bind(opened.code.clone())
            .bind(i64::from(still))
            .bind(now_ms)
            .execute(tx.db())
            .await?;
        let details = json!({ "code": opened.code, "still": still });
        tx.audit(Deed { actor: PARTY, action: "party.look", object: id, reason: None, details }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The party says something by its page.
    pub(crate) async fn party_states(&self, opened: &Opened, text: &str) -> Result<(), ApiError> {
        if !(1..=5000).contains(&text.trim().chars().count()) {
            return Err(refused("bad_text", "a statement has 1 to 5000 characters"));
        }
        let mut tx = self.write().await?;
        let id = &opened.case.summary.id;
        let row = case_row(tx.db(), id).await?.ok_or_else(wrong)?;
        if !may_state(row.summary.state) {
            let message = "the case is not here any more, or not yet: turn to the authority named in the notice";
            return Err(refused("not_here", message));
        }
        let sql = "SELECT COUNT(*) AS n, MIN(entered_ms) AS first_ms FROM defences WHERE case_id = $1 AND entered_ms > $2 \
                   AND channel = 'online'";
        tx.at_most(sql, id, STATEMENTS_AN_HOUR).await?;
        let now_ms = tx.now_ms();
        let new =
            NewDefence { channel: DefenceChannel::Online, received_at: None, text: text.to_owned(), attachment_sha256: None };
        let said = tx.put_defence(id, &new, now_ms, PARTY).await?;
        let mut case = row;
        case.moving.cap_fine();
        tx.beside(&case, CaseAct::RecordDefence, PARTY, json!({ "defence": said })).await?;
        let details = json!({ "defence": said["id"], "code": opened.code });
        tx.audit(Deed { actor: PARTY, action: "party.state", object: id, reason: None, details }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Statements of a case with what was answered, oldest first.
    pub(crate) async fn defences_of(&self, case: &str) -> Result<Vec<Defence>, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        defences(&mut connection, case).await
    }

    /// The still that raised the candidate, and the box in it.
    pub(crate) async fn trigger_still(&self, candidate: &str) -> Result<Option<(Item, [f64; 4])>, sqlx::Error> {
        let row = sqlx::query(
            "SELECT e.item_key, e.sha256, e.bytes, c.x1, c.y1, c.x2, c.y2 FROM evidence_items e JOIN candidates c \
             ON c.id = e.candidate WHERE e.candidate = $1 AND e.role = 'trigger' AND c.gone_rule IS NULL ORDER BY e.file LIMIT 1",
        )
        .bind(candidate)
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| Ok((super::candidates::read_item(&row)?, super::candidates::bbox(&row)?))).transpose()
    }
}

fn party_state(state: CaseState) -> PartyState {
    match state {
        CaseState::Opened
        | CaseState::LegalReview
        | CaseState::Confirmed
        | CaseState::SubjectMatched
        | CaseState::ClueDispatched => PartyState::Examined,
        CaseState::Warned => PartyState::ToPutRight,
        CaseState::Corrected => PartyState::PutRight,
        CaseState::NotCorrected => PartyState::NotPutRight,
        CaseState::Exempt => PartyState::Exempt,
        CaseState::Filed => PartyState::Filed,
        CaseState::HandedOver => PartyState::HandedOver,
        CaseState::Referred => PartyState::Referred,
        CaseState::Closed | CaseState::Rejected | CaseState::Insufficient | CaseState::Expired | CaseState::Withdrawn => {
            PartyState::Ended
        }
    }
}

/// What of the history was told to the party.
fn party_notice(event: &CaseEvent) -> Option<PartyNotice> {
    let told: Notice = serde_json::from_value(event.details.get("notice")?.clone()).ok()?;
    let informed_at = event.details.get("informed_at")?.as_str()?.to_owned();
    Some(PartyNotice { purpose: told.purpose, informed_at, text: told.text, sha256: told.sha256 })
}

impl Store {
    /// What the party sees. Nothing of officers, scores, other cases or other pictures is in it.
    pub(crate) async fn party_view(
        &self,
        opened: &Opened,
        still: Option<String>,
        time_zone: &str,
    ) -> Result<PartyView, ApiError> {
        let case = &opened.case;
        let summary = &case.summary;
        let matter = match &case.moving.matter {
            None => None,
            Some(id) => {
                let row = sqlx::query("SELECT name, basis FROM matters WHERE id = $1").bind(id.clone());
                row.fetch_optional(&self.pool).await?
            }
        };
        let of = |column: &str| matter.as_ref().map(|row| row.try_get(column)).transpose();
        let place = [&summary.district, &summary.street, &summary.camera_name];
        let place: Vec<&str> = place.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        let statement = |defence: Defence| PartyDefence {
            channel: defence.channel,
            received_at: defence.received_at,
            text: defence.text,
            accepted: defence.answer.as_ref().map(|answer| answer.accepted),
            reasons: defence.answer.as_ref().map(|answer| answer.reasons.clone()),
            answered_at: defence.answer.map(|answer| answer.at),
        };
        let last_seen_ms = case.look.map_or(case.raised_ms, |(_, at)| at.max(case.raised_ms));
        Ok(PartyView {
            case_no: notice::case_no(&summary.id),
            kind: summary.kind,
            matter: of("name")?,
            basis: of("basis")?,
            place: place.join(" · "),
            first_seen_at: rfc3339(case.first_seen_ms),
            last_seen_at: rfc3339(last_seen_ms),
            due_at: case.moving.warn_due_ms.map(rfc3339),
            state: party_state(summary.state),
            notices: self.case_history(&summary.id).await?.iter().filter_map(party_notice).collect(),
            statements: self.defences_of(&summary.id).await?.into_iter().map(statement).collect(),
            may_state: may_state(summary.state),
            still,
            time_zone: time_zone.to_owned(),
            code_until: rfc3339(opened.until_ms),
        })
    }
}
