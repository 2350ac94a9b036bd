//! Cases: opened and withdrawn in the transaction of the decision, read here.

use bus::Message;
use events::wire::v1::{self, CaseData, topic};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::outbox::SOURCE;
use super::{Bind, Conditions, Store, Tx, word_column, word_column_opt};
use crate::clock::rfc3339;
use crate::dto::{CaseEvent, CaseState, CaseSummary, LiveKind, word};

/// What a case is opened on.
pub(crate) struct Opening<'a> {
    pub(crate) candidate: &'a str,
    pub(crate) decision: &'a str,
    pub(crate) by: &'a str,
    pub(crate) note: Option<&'a str>,
    pub(crate) evidence_sha256: &'a str,
}

fn read(row: &AnyRow) -> Result<CaseSummary, sqlx::Error> {
    Ok(CaseSummary {
        id: row.try_get("id")?,
        state: word_column(row, "state")?,
        version: row.try_get("version")?,
        kind: word_column(row, "kind")?,
        candidate: row.try_get("candidate")?,
        camera: row.try_get("camera")?,
        camera_name: row.try_get("camera_name")?,
        zone: row.try_get("zone")?,
        district: row.try_get("district")?,
        street: row.try_get("street")?,
        opened_by: row.try_get("opened_by")?,
        opened_at: rfc3339(row.try_get("opened_ms")?),
        evidence_mode: word_column(row, "evidence_mode")?,
        evidence_sha256: row.try_get("evidence_sha256")?,
    })
}

/// Derived from the decision, so that it cannot be opened twice on one.
fn case_id(candidate: &str, decision: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"kerbwatch.case.v1\0");
    hash.update(candidate.as_bytes());
    hash.update([0]);
    hash.update(decision.as_bytes());
    hex::encode(&hash.finalize()[..16])
}

impl Tx {
    /// Opens a case. The camera's evidence mode is frozen into it.
    pub(crate) async fn open_case(&mut self, opening: &Opening<'_>) -> Result<String, sqlx::Error> {
        let id = case_id(opening.candidate, opening.decision);
        let now_ms = self.now_ms();
        sqlx::query(
            "INSERT INTO cases (id, candidate, state, version, kind, camera, camera_name, zone, district, street, opened_by, \
             opened_ms, evidence_mode, evidence_sha256) SELECT $1, c.id, 'opened', 0, c.kind, c.camera, c.camera_name, c.zone, \
             c.district, c.street, $2, $3, m.evidence_mode, $4 FROM candidates c JOIN cameras m ON m.id = c.camera WHERE c.id = $5",
        )
        .bind(id.clone())
        .bind(opening.by)
        .bind(now_ms)
        .bind(opening.evidence_sha256)
        .bind(opening.candidate)
        .execute(self.db())
        .await?;
        self.case_event(&id, None, CaseState::Opened, opening.decision, opening.by, opening.note).await?;
        Ok(id)
    }

    /// Takes a case back; `false` when somebody has gone on with it.
    pub(crate) async fn withdraw_case(
        &mut self,
        id: &str,
        decision: &str,
        by: &str,
        note: Option<&str>,
    ) -> Result<bool, sqlx::Error> {
        let row = sqlx::query("SELECT state FROM cases WHERE id = $1").bind(id).fetch_one(self.db()).await?;
        if word_column::<CaseState>(&row, "state")? != CaseState::Opened {
            return Ok(false);
        }
        self.case_event(id, Some(CaseState::Opened), CaseState::Withdrawn, decision, by, note).await?;
        Ok(true)
    }

    /// A line of the history, the case's new state and version, and the message that tells others.
    async fn case_event(
        &mut self,
        id: &str,
        from: Option<CaseState>,
        to: CaseState,
        decision: &str,
        by: &str,
        note: Option<&str>,
    ) -> Result<(), sqlx::Error> {
        let row = sqlx::query("UPDATE cases SET state = $1, version = version + 1 WHERE id = $2 RETURNING *")
            .bind(word(&to))
            .bind(id)
            .fetch_one(self.db())
            .await?;
        let case = read(&row)?;
        let now_ms = self.now_ms();
        sqlx::query(
            "INSERT INTO case_events (case_id, seq, at_ms, by_name, from_state, to_state, decision, note, evidence_sha256) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(id)
        .bind(case.version)
        .bind(now_ms)
        .bind(by)
        .bind(from.map(|state| word(&state)))
        .bind(word(&to))
        .bind(decision)
        .bind(note.map(str::to_owned))
        .bind(case.evidence_sha256.clone())
        .execute(self.db())
        .await?;
        let data = json!({ "id": id, "candidate": case.candidate, "state": to, "version": case.version, "by": by });
        self.live(LiveKind::CaseChanged, data).await?;
        let data = CaseData {
            id: id.to_owned(),
            candidate: case.candidate,
            camera: case.camera.clone(),
            zone: case.zone,
            kind: word(&case.kind),
            state: word(&to),
            opened_by: case.opened_by,
            opened_at: case.opened_at,
            evidence_sha256: case.evidence_sha256,
        };
        self.send(&Message {
            topic: topic::CASES.to_owned(),
            key: case.camera,
            id: format!("{id}-{}", case.version),
            kind: v1::CASE.to_owned(),
            source: SOURCE.to_owned(),
            time: rfc3339(now_ms),
            data: Some(serde_json::to_vec(&data).expect("a case is JSON")),
        })
        .await
    }
}

impl Store {
    /// A page of cases, newest first.
    pub(crate) async fn cases(&self, conditions: &Conditions, limit: i64) -> Result<Vec<CaseSummary>, sqlx::Error> {
        let sql = format!("SELECT * FROM cases{} ORDER BY opened_ms DESC, id DESC LIMIT {limit}", conditions.sql());
        conditions.query(sql).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// One case.
    pub(crate) async fn case(&self, id: &str) -> Result<Option<CaseSummary>, sqlx::Error> {
        let mut conditions = Conditions::everywhere();
        conditions.and("id = ?", [Bind::Text(id.to_owned())]);
        Ok(self.cases(&conditions, 1).await?.pop())
    }

    /// Its history, oldest first.
    pub(crate) async fn case_history(&self, id: &str) -> Result<Vec<CaseEvent>, sqlx::Error> {
        let rows =
            sqlx::query("SELECT * FROM case_events WHERE case_id = $1 ORDER BY seq").bind(id).fetch_all(&self.pool).await?;
        let read = |row: &AnyRow| -> Result<CaseEvent, sqlx::Error> {
            Ok(CaseEvent {
                seq: row.try_get("seq")?,
                at: rfc3339(row.try_get("at_ms")?),
                by: row.try_get("by_name")?,
                from: word_column_opt(row, "from_state")?,
                to: word_column(row, "to_state")?,
                decision: row.try_get("decision")?,
                note: row.try_get("note")?,
                evidence_sha256: row.try_get("evidence_sha256")?,
            })
        };
        rows.iter().map(read).collect()
    }
}
