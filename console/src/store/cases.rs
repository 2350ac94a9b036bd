//! Cases as rows: opened, read, and every step written with its history, its message and its place in the live stream.

use bus::Message;
use events::wire::v1::{self, CaseData, topic};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::outbox::SOURCE;
use super::recusals::NOT_RECUSED_CASE;
use super::{Bind, Conditions, Store, Tx, json_column, word_column, word_column_opt};
use crate::clock::rfc3339;
use crate::dto::{
    CaseAct, CaseCount, CaseEvent, CaseState, CaseSummary, Compliance, Decision, EvidenceMode, HeldCertificate, Kind, LiveKind,
    Recusal, SeenState, Subject, SubjectKind, Track, word,
};
use crate::lifecycle::compliance::Seen;
use crate::lifecycle::machine::{REVIEW_TARGET_MS, Standing};

/// A case with what its camera last said.
const CASE: &str = "SELECT c.*, k.seen_state, k.seen_ms FROM cases c JOIN candidates k ON k.id = c.candidate";

/// What a case is opened on.
pub(crate) struct Opening<'a> {
    pub(crate) candidate: &'a str,
    pub(crate) decision: &'a str,
    pub(crate) by: &'a str,
    pub(crate) note: Option<&'a str>,
    pub(crate) evidence_sha256: &'a str,
    pub(crate) certificate: Option<&'a HeldCertificate>,
}

/// What of a case changes in its life; the rest is frozen when it is opened.
#[derive(Debug, Clone)]
pub(super) struct Moving {
    pub(super) state: CaseState,
    pub(super) due_ms: Option<i64>,
    pub(super) taken_by: Option<String>,
    pub(super) legal_by: Option<String>,
    pub(super) matter: Option<String>,
    pub(super) subject: Option<Subject>,
    pub(super) warned_ms: Option<i64>,
    pub(super) warn_due_ms: Option<i64>,
    pub(super) exemption: Option<String>,
    pub(super) track: Option<Track>,
    pub(super) outcome: Option<String>,
    /// The fine that was last named, whole yuan.
    pub(super) expected_fine_yuan: Option<i64>,
    /// The most it may be since the party said something.
    pub(super) fine_cap_yuan: Option<i64>,
}

impl Moving {
    /// The party said something: what was named by then may not become more (article 45).
    pub(super) fn cap_fine(&mut self) {
        self.fine_cap_yuan = match (self.fine_cap_yuan, self.expected_fine_yuan) {
            (Some(cap), Some(named)) => Some(cap.min(named)),
            (cap, named) => cap.or(named),
        };
    }
}

/// A case's row.
#[derive(Debug, Clone)]
pub(crate) struct CaseRow {
    pub(crate) summary: CaseSummary,
    pub(super) moving: Moving,
    pub(super) first_seen_ms: i64,
    pub(super) raised_ms: i64,
    pub(super) look: Option<(SeenState, i64)>,
    pub(super) zone_version: String,
    pub(super) compliance: Compliance,
}

impl CaseRow {
    /// As the machine sees it.
    pub(super) fn standing(&self, warn_first: bool, defence_open: bool, recused: Vec<Recusal>) -> Standing {
        let summary = &self.summary;
        Standing {
            state: summary.state,
            version: summary.version,
            mode: summary.evidence_mode,
            first_officer: summary.opened_by.clone(),
            taken_by: summary.taken_by.clone(),
            legal_by: summary.legal_by.clone(),
            raised_ms: self.raised_ms,
            due_ms: self.moving.warn_due_ms,
            act_end_ms: self.look.map_or(self.raised_ms, |(_, at)| at.max(self.raised_ms)),
            warn_first,
            recused,
            defence_open,
        }
    }
}

/// A line of the history to be written.
pub(super) struct Step<'a> {
    pub(super) act: CaseAct,
    pub(super) from: Option<CaseState>,
    pub(super) decision: &'a str,
    pub(super) by: &'a str,
    pub(super) reason: Option<&'a str>,
    pub(super) note: Option<&'a str>,
    pub(super) certificate: Option<&'a str>,
    /// What was seen and chosen.
    pub(super) details: Value,
    /// Digest and key of the signed package that went out with this step.
    pub(super) package: Option<(String, String)>,
}

fn summary(row: &AnyRow) -> Result<CaseSummary, sqlx::Error> {
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
        raised_at: rfc3339(row.try_get("raised_ms")?),
        evidence_mode: word_column(row, "evidence_mode")?,
        evidence_sha256: row.try_get("evidence_sha256")?,
        state_since: rfc3339(row.try_get("state_ms")?),
        due_at: row.try_get::<Option<i64>, _>("due_ms")?.map(rfc3339),
        taken_by: row.try_get("taken_by")?,
        legal_by: row.try_get("legal_by")?,
        seen_state: word_column_opt(row, "seen_state")?,
        seen_at: row.try_get::<Option<i64>, _>("seen_ms")?.map(rfc3339),
    })
}

fn subject(row: &AnyRow) -> Result<Option<Subject>, sqlx::Error> {
    let kind: Option<SubjectKind> = word_column_opt(row, "subject_kind")?;
    let Some(kind) = kind else { return Ok(None) };
    Ok(Some(Subject { kind, name: row.try_get("subject_name")?, reference: row.try_get("subject_ref")? }))
}

fn read(row: &AnyRow) -> Result<CaseRow, sqlx::Error> {
    let moving = Moving {
        state: word_column(row, "state")?,
        due_ms: row.try_get("due_ms")?,
        taken_by: row.try_get("taken_by")?,
        legal_by: row.try_get("legal_by")?,
        matter: row.try_get("matter")?,
        subject: subject(row)?,
        warned_ms: row.try_get("warned_ms")?,
        warn_due_ms: row.try_get("warn_due_ms")?,
        exemption: row.try_get("exemption")?,
        track: word_column_opt(row, "track")?,
        outcome: row.try_get("outcome")?,
        expected_fine_yuan: row.try_get("expected_fine_yuan")?,
        fine_cap_yuan: row.try_get("fine_cap_yuan")?,
    };
    let seen: Option<SeenState> = word_column_opt(row, "seen_state")?;
    Ok(CaseRow {
        summary: summary(row)?,
        moving,
        first_seen_ms: row.try_get("first_seen_ms")?,
        raised_ms: row.try_get("raised_ms")?,
        look: seen.zip(row.try_get::<Option<i64>, _>("seen_ms")?),
        zone_version: row.try_get("zone_version")?,
        compliance: json_column(row, "compliance")?,
    })
}

/// One case, within or without a transaction.
pub(super) async fn case_row(db: &mut AnyConnection, id: &str) -> Result<Option<CaseRow>, sqlx::Error> {
    let sql = format!("{CASE} WHERE c.id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(db).await?;
    row.as_ref().map(read).transpose()
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
    /// Opens a case. What the camera's register said when it was seen is frozen into it.
    pub(crate) async fn open_case(&mut self, opening: &Opening<'_>) -> Result<String, sqlx::Error> {
        let id = case_id(opening.candidate, opening.decision);
        let now_ms = self.now_ms();
        let row = sqlx::query("SELECT camera, kind, first_seen_ms, raised_ms, clock FROM candidates WHERE id = $1")
            .bind(opening.candidate)
            .fetch_one(self.db())
            .await?;
        let (camera, kind, clock): (String, Kind, String) =
            (row.try_get("camera")?, word_column(&row, "kind")?, row.try_get("clock")?);
        let seen = Seen { from_ms: row.try_get("first_seen_ms")?, to_ms: row.try_get("raised_ms")? };
        let (mode, compliance) = self.compliance(&camera, kind, seen, &clock).await?;
        sqlx::query(
            "INSERT INTO cases (id, candidate, state, version, kind, camera, camera_name, zone, district, street, opened_by, \
             opened_ms, evidence_mode, evidence_sha256, zone_version, first_seen_ms, raised_ms, compliance, state_ms) \
             SELECT $1, k.id, 'opened', 0, k.kind, k.camera, k.camera_name, k.zone, k.district, k.street, $2, $3, $4, $5, \
             k.zone_version, k.first_seen_ms, k.raised_ms, $6, $7 FROM candidates k WHERE k.id = $8",
        )
        .bind(id.clone())
        .bind(opening.by)
        .bind(now_ms)
        .bind(word(&mode))
        .bind(opening.evidence_sha256)
        .bind(serde_json::to_string(&compliance).expect("what the register says is JSON"))
        .bind(now_ms)
        .bind(opening.candidate)
        .execute(self.db())
        .await?;
        let mut moving = self.moving(&id).await?;
        moving.due_ms = Some(now_ms + REVIEW_TARGET_MS);
        let step = Step {
            act: CaseAct::Open,
            from: None,
            decision: opening.decision,
            by: opening.by,
            reason: None,
            note: opening.note,
            certificate: opening.certificate.map(|held| held.record.number.as_str()),
            details: json!({ "evidence_mode": mode, "compliance": compliance, "officer": opening.certificate }),
            package: None,
        };
        self.case_step(&id, &moving, step).await?;
        Ok(id)
    }

    async fn moving(&mut self, id: &str) -> Result<Moving, sqlx::Error> {
        case_row(self.db(), id).await?.map(|case| case.moving).ok_or(sqlx::Error::RowNotFound)
    }

    /// Takes a case back; `false` when legal review has it.
    pub(crate) async fn withdraw_case(&mut self, id: &str, decision: &Decision, note: Option<&str>) -> Result<bool, sqlx::Error> {
        let mut moving = self.moving(id).await?;
        if moving.state != CaseState::Opened {
            return Ok(false);
        }
        moving.state = CaseState::Withdrawn;
        moving.due_ms = None;
        let step = Step {
            act: CaseAct::Withdraw,
            from: Some(CaseState::Opened),
            decision: &decision.id,
            by: &decision.by,
            reason: None,
            note,
            certificate: decision.certificate.as_ref().map(|held| held.record.number.as_str()),
            details: json!({ "officer": decision.certificate }),
            package: None,
        };
        self.case_step(id, &moving, step).await?;
        Ok(true)
    }

    /// A line of the history, the case as it is after it, the live event, and the message that tells others.
    pub(super) async fn case_step(&mut self, id: &str, after: &Moving, step: Step<'_>) -> Result<CaseEvent, sqlx::Error> {
        self.put_moving(id, after, step.from != Some(after.state)).await?;
        let case = case_row(self.db(), id).await?.ok_or(sqlx::Error::RowNotFound)?.summary;
        let now_ms = self.now_ms();
        sqlx::query(
            "INSERT INTO case_events (case_id, seq, at_ms, by_name, from_state, to_state, decision, note, evidence_sha256, act, \
             reason, certificate, details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(id)
        .bind(case.version)
        .bind(now_ms)
        .bind(step.by)
        .bind(step.from.map(|state| word(&state)))
        .bind(word(&case.state))
        .bind(step.decision)
        .bind(step.note.map(str::to_owned))
        .bind(case.evidence_sha256.clone())
        .bind(word(&step.act))
        .bind(step.reason.map(str::to_owned))
        .bind(step.certificate.map(str::to_owned))
        .bind(step.details.to_string())
        .execute(self.db())
        .await?;
        let live = json!({ "id": id, "candidate": case.candidate, "state": case.state, "version": case.version, "by": step.by });
        self.live(LiveKind::CaseChanged, live).await?;
        let event = CaseEvent {
            seq: case.version,
            at: rfc3339(now_ms),
            by: step.by.to_owned(),
            act: step.act,
            from: step.from,
            to: case.state,
            decision: step.decision.to_owned(),
            reason: step.reason.map(str::to_owned),
            note: step.note.map(str::to_owned),
            certificate: step.certificate.map(str::to_owned),
            details: step.details,
            evidence_sha256: case.evidence_sha256.clone(),
        };
        self.tell(case, after, &event, step.package).await?;
        Ok(event)
    }

    async fn put_moving(&mut self, id: &str, after: &Moving, entered: bool) -> Result<(), sqlx::Error> {
        let now_ms = self.now_ms();
        let subject = after.subject.clone();
        sqlx::query(
            "UPDATE cases SET state = $1, version = version + 1, state_ms = CASE WHEN $2 = 1 THEN $3 ELSE state_ms END, \
             due_ms = $4, taken_by = $5, legal_by = $6, matter = $7, subject_kind = $8, subject_name = $9, subject_ref = $10, \
             warned_ms = $11, warn_due_ms = $12, exemption = $13, track = $14, outcome = $15, expected_fine_yuan = $16, \
             fine_cap_yuan = $17 WHERE id = $18",
        )
        .bind(word(&after.state))
        .bind(i64::from(entered))
        .bind(now_ms)
        .bind(after.due_ms)
        .bind(after.taken_by.clone())
        .bind(after.legal_by.clone())
        .bind(after.matter.clone())
        .bind(subject.as_ref().map(|subject| word(&subject.kind)))
        .bind(subject.as_ref().map(|subject| subject.name.clone()))
        .bind(subject.map(|subject| subject.reference))
        .bind(after.warned_ms)
        .bind(after.warn_due_ms)
        .bind(after.exemption.clone())
        .bind(after.track.map(|track| word(&track)))
        .bind(after.outcome.clone())
        .bind(after.expected_fine_yuan)
        .bind(after.fine_cap_yuan)
        .bind(id)
        .execute(self.db())
        .await?;
        Ok(())
    }

    /// `kerbwatch.case.v1`: who is responsible is not in it, that stays in the house.
    async fn tell(
        &mut self,
        case: CaseSummary,
        after: &Moving,
        event: &CaseEvent,
        package: Option<(String, String)>,
    ) -> Result<(), sqlx::Error> {
        let (package_sha256, package_key_id) = package.unzip();
        let data = CaseData {
            id: case.id.clone(),
            candidate: case.candidate,
            camera: case.camera.clone(),
            zone: case.zone,
            kind: word(&case.kind),
            state: word(&case.state),
            opened_by: case.opened_by,
            opened_at: case.opened_at,
            evidence_sha256: case.evidence_sha256,
            version: Some(case.version.unsigned_abs()),
            act: Some(word(&event.act)),
            by: Some(event.by.clone()),
            at: Some(event.at.clone()),
            evidence_mode: Some(word(&case.evidence_mode)),
            matter: after.matter.clone(),
            track: after.track.map(|track| word(&track)),
            outcome: after.outcome.clone(),
            package_sha256,
            package_key_id,
        };
        self.send(&Message {
            topic: topic::CASES.to_owned(),
            key: case.camera,
            id: format!("{}-{}", case.id, case.version),
            kind: v1::CASE.to_owned(),
            source: SOURCE.to_owned(),
            time: event.at.clone(),
            data: Some(serde_json::to_vec(&data).expect("a case is JSON")),
        })
        .await
    }
}

/// A line of the history.
pub(super) fn read_event(row: &AnyRow) -> Result<CaseEvent, sqlx::Error> {
    Ok(CaseEvent {
        seq: row.try_get("seq")?,
        at: rfc3339(row.try_get("at_ms")?),
        by: row.try_get("by_name")?,
        act: word_column(row, "act")?,
        from: word_column_opt(row, "from_state")?,
        to: word_column(row, "to_state")?,
        decision: row.try_get("decision")?,
        reason: row.try_get("reason")?,
        note: row.try_get("note")?,
        certificate: row.try_get("certificate")?,
        details: json_column(row, "details")?,
        evidence_sha256: row.try_get("evidence_sha256")?,
    })
}

/// In which order cases are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CaseSort {
    /// Newest first.
    Newest,
    /// Oldest first: what has waited longest.
    Oldest,
}

impl CaseSort {
    /// As the end of a statement in which cases have this name.
    fn order(self, of: &str) -> String {
        let direction = if self == Self::Newest { " DESC" } else { "" };
        format!("{of}opened_ms{direction}, {of}id{direction}")
    }
}

impl Store {
    /// A page of cases. Conditions speak of cases as `c`.
    pub(crate) async fn cases(
        &self,
        conditions: &Conditions,
        sort: CaseSort,
        limit: i64,
    ) -> Result<Vec<CaseSummary>, sqlx::Error> {
        let sql = format!("{CASE}{} ORDER BY {} LIMIT {limit}", conditions.sql(), sort.order("c."));
        conditions.query(sql).fetch_all(&self.pool).await?.iter().map(summary).collect()
    }

    /// Those of them that this person may give the second review: waiting, or on their own desk, and not confirmed by themselves.
    /// Each of the two is walked in its own index until the page is full.
    pub(crate) async fn cases_for(
        &self,
        name: &str,
        conditions: &Conditions,
        sort: CaseSort,
        limit: i64,
    ) -> Result<Vec<CaseSummary>, sqlx::Error> {
        let mut conditions = conditions.clone();
        let name = Bind::Text(name.to_owned());
        let foreign = format!("c.opened_by <> ? AND {NOT_RECUSED_CASE}");
        let foreign = conditions.numbered(&foreign, [name.clone(), name.clone()]);
        let taken = conditions.numbered("c.taken_by = ?", [name]);
        let part = |place: &str| {
            let all = format!("{place} AND {foreign} AND {}", conditions.text());
            format!("SELECT * FROM ({CASE} WHERE {all} ORDER BY {} LIMIT {limit}) part", sort.order("c."))
        };
        let parts = [part("c.state = 'opened'"), part(&format!("c.state = 'legal_review' AND {taken}"))];
        let sql = format!("SELECT * FROM ({}) parts ORDER BY {} LIMIT {limit}", parts.join(" UNION ALL "), sort.order(""));
        conditions.query(sql).fetch_all(&self.pool).await?.iter().map(summary).collect()
    }

    /// How many of those there are of each state, under conditions that speak of nothing but place, kind and mode: all that wait
    /// are counted already, and of one's own there is an index. `CROSS JOIN` makes SQLite begin with the few who keep out of something.
    pub(crate) async fn case_counts_for(&self, name: &str, conditions: &Conditions) -> Result<Vec<CaseCount>, sqlx::Error> {
        let mut conditions = conditions.clone();
        let name = Bind::Text(name.to_owned());
        let own = conditions.numbered("c.opened_by = ?", [name.clone()]);
        let out = "r.user_name = ? AND c.opened_by <> ?";
        let out = conditions.numbered(out, [name.clone(), name.clone()]);
        let taken = format!("c.taken_by = ? AND c.opened_by <> ? AND {NOT_RECUSED_CASE}");
        let taken = conditions.numbered(&taken, [name.clone(), name.clone(), name]);
        let place = conditions.text();
        let sql = format!(
            "SELECT (SELECT CAST(COALESCE(SUM(c.n), 0) AS BIGINT) FROM case_counts c WHERE c.state = 'opened' AND {place}) - \
             (SELECT COUNT(*) FROM cases c WHERE c.state = 'opened' AND {own} AND {place}) - \
             (SELECT COUNT(*) FROM recusals r CROSS JOIN cases c WHERE c.candidate = r.candidate AND c.state = 'opened' AND {out} \
             AND {place}) AS waiting, \
             (SELECT COUNT(*) FROM cases c WHERE c.state = 'legal_review' AND {taken} AND {place}) AS taken"
        );
        let row = conditions.query(sql).fetch_one(&self.pool).await?;
        let counts = [(CaseState::Opened, row.try_get("waiting")?), (CaseState::LegalReview, row.try_get("taken")?)];
        Ok(counts.into_iter().filter(|(_, n)| *n > 0).map(|(state, n)| CaseCount { state, n }).collect())
    }

    /// How many there are of each state under the same conditions. `kept`: they speak of nothing but place, kind and mode, and
    /// what `case_counts` keeps is enough.
    pub(crate) async fn case_counts(&self, conditions: &Conditions, kept: bool) -> Result<Vec<CaseCount>, sqlx::Error> {
        let (what, table) = if kept { ("CAST(SUM(c.n) AS BIGINT)", "case_counts") } else { ("COUNT(*)", "cases") };
        let sql = format!("SELECT c.state, {what} AS n FROM {table} c{} GROUP BY c.state", conditions.sql());
        let rows = conditions.query(sql).fetch_all(&self.pool).await?;
        let read = |row: &AnyRow| Ok(CaseCount { state: word_column(row, "state")?, n: row.try_get("n")? });
        let mut counts = rows.iter().map(read).collect::<Result<Vec<CaseCount>, sqlx::Error>>()?;
        counts.sort_by_key(|count| count.state);
        Ok(counts)
    }

    /// One case.
    pub(crate) async fn case(&self, id: &str) -> Result<Option<CaseRow>, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        case_row(&mut connection, id).await
    }

    /// Its history, oldest first.
    pub(crate) async fn case_history(&self, id: &str) -> Result<Vec<CaseEvent>, sqlx::Error> {
        let rows =
            sqlx::query("SELECT * FROM case_events WHERE case_id = $1 ORDER BY seq").bind(id).fetch_all(&self.pool).await?;
        rows.iter().map(read_event).collect()
    }
}

/// Filters by what a case is, apart from its state.
pub(crate) fn overdue(conditions: &mut Conditions, now_ms: i64) {
    conditions.and("c.due_ms < ?", [Bind::Int(now_ms)]);
}

/// Those this person may give the second review, see [`Store::cases_for`], as a condition among others.
pub(crate) fn for_reviewer(conditions: &mut Conditions, name: &str) {
    let name = Bind::Text(name.to_owned());
    let text = format!(
        "c.opened_by <> ? AND (c.state = 'opened' OR (c.state = 'legal_review' AND c.taken_by = ?)) AND {NOT_RECUSED_CASE}"
    );
    conditions.and(&text, [name.clone(), name.clone(), name]);
}

/// Those with a statement of the party that nobody has answered.
pub(crate) fn unanswered(conditions: &mut Conditions) {
    let text = "EXISTS (SELECT 1 FROM defences d WHERE d.case_id = c.id AND NOT EXISTS (SELECT 1 FROM defence_answers a \
                WHERE a.defence = d.id))";
    conditions.and(text, []);
}

/// Whether a case's mode is this one.
pub(crate) fn of_mode(conditions: &mut Conditions, mode: EvidenceMode) {
    conditions.and("c.evidence_mode = ?", [Bind::Text(word(&mode))]);
}
