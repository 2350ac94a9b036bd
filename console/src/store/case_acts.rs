//! Acts on a case: one transaction holds the change, the history with what was seen, the message and the audit row.

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sqlx::{AnyConnection, Row};

use super::audit::Deed;
use super::candidates::{SAME_PLACE_IOU, bbox};
use super::cases::{CaseRow, Moving, Step, case_row, read_event};
use super::legal::{read_exemption, read_matter};
use super::notices::{self, Told};
use super::packages::{self, Leaving};
use super::{Scope, Store, Tx, party, recusals};
use crate::auth::Actor;
use crate::clock::{DAY_MS, parse_ms, rfc3339};
use crate::days;
use crate::dto::{
    ActOffer, CaseAct, CaseActDone, CaseState, Compliance, Defence, EarlierViolation, Exemption, ExemptionProposal, Ground,
    HeldCertificate, Matter, NewCaseAct, Notice, NoticePurpose, Recheck, RecheckProposal, Recusal, SeenState, Subject, Track,
    word,
};
use crate::error::{ApiError, refused};
use crate::lifecycle::machine::{self, REVIEW_TARGET_MS, Standing};
use crate::lifecycle::{exemption, recheck, track};
use crate::serve::Sign;

/// Candidates near the same place that are looked through for a box that overlaps.
const MOST_NEAR: i64 = 500;

/// The record around a case that proposals are made from.
pub(crate) struct Record {
    pub(crate) matters: Vec<Matter>,
    pub(crate) matter: Option<Matter>,
    pub(crate) recheck: Option<Recheck>,
    pub(crate) exemptions: Vec<ExemptionProposal>,
    pub(crate) recusals: Vec<Recusal>,
    pub(crate) defences: Vec<Defence>,
}

/// What a page shows of a case beside its row.
pub(crate) struct Surroundings {
    pub(crate) record: Record,
    pub(crate) acts: Vec<ActOffer>,
    pub(crate) subject: Option<Subject>,
    pub(crate) zone_version: String,
    pub(crate) compliance: Compliance,
    pub(crate) exemption: Option<String>,
    pub(crate) track: Option<Track>,
    pub(crate) outcome: Option<String>,
}

/// Matters of the case's kind and district that held on the day it was raised.
async fn matters(db: &mut AnyConnection, case: &CaseRow, day: &str) -> Result<Vec<Matter>, sqlx::Error> {
    let rows =
        sqlx::query("SELECT * FROM matters WHERE kind = $1 AND (district = '' OR district = $2) ORDER BY district DESC, id")
            .bind(word(&case.summary.kind))
            .bind(case.summary.district.clone())
            .fetch_all(db)
            .await?;
    let mut all = rows.iter().map(read_matter).collect::<Result<Vec<_>, _>>()?;
    all.retain(|matter| exemption::holds_on(&matter.valid_from, matter.valid_until.as_deref(), day));
    Ok(all)
}

/// The box of the case's candidate.
async fn place(db: &mut AnyConnection, case: &CaseRow) -> Result<events::BBox, sqlx::Error> {
    let row = sqlx::query("SELECT x1, y1, x2, y2 FROM candidates WHERE id = $1")
        .bind(case.summary.candidate.clone())
        .fetch_one(db)
        .await?;
    as_box(&row)
}

fn as_box(row: &sqlx::any::AnyRow) -> Result<events::BBox, sqlx::Error> {
    let [x1, y1, x2, y2] = bbox(row)?;
    Ok(events::BBox { x1, y1, x2, y2 })
}

/// A later candidate of the same kind at the same place, raised after it was seen to be gone.
async fn came_back(db: &mut AnyConnection, case: &CaseRow) -> Result<Option<(String, i64)>, sqlx::Error> {
    let Some((SeenState::Cleared, gone_ms)) = case.look else { return Ok(None) };
    let here = place(db, case).await?;
    let rows = sqlx::query(
        "SELECT id, raised_ms, x1, y1, x2, y2 FROM candidates WHERE camera = $1 AND zone = $2 AND kind = $3 AND raised_ms > $4 \
         AND id <> $5 AND permitted = 0 AND state <> 'rejected' ORDER BY raised_ms LIMIT $6",
    )
    .bind(case.summary.camera.clone())
    .bind(case.summary.zone.clone())
    .bind(word(&case.summary.kind))
    .bind(gone_ms)
    .bind(case.summary.candidate.clone())
    .bind(MOST_NEAR)
    .fetch_all(db)
    .await?;
    for row in &rows {
        if as_box(row)?.iou(&here) >= SAME_PLACE_IOU {
            return Ok(Some((row.try_get("id")?, row.try_get("raised_ms")?)));
        }
    }
    Ok(None)
}

async fn look_again(db: &mut AnyConnection, case: &CaseRow, now_ms: i64) -> Result<Option<Recheck>, sqlx::Error> {
    let (Some(warned_ms), Some(due_ms)) = (case.moving.warned_ms, case.moving.warn_due_ms) else { return Ok(None) };
    let back = came_back(db, case).await?;
    let known = recheck::Known { warned_ms, due_ms, look: case.look, came_back_ms: back.as_ref().map(|(_, at)| *at) };
    Ok(Some(Recheck {
        warned_at: rfc3339(warned_ms),
        due_at: rfc3339(due_ms),
        proposal: recheck::propose(known, now_ms),
        look: case.look.map(|(state, _)| state),
        look_at: case.look.map(|(_, at)| rfc3339(at)),
        came_back: back.map(|(id, _)| id),
    }))
}

/// Cases within the window before that legal review passed and nothing overturned, of the same kind, at the same place or of
/// the same subject. Those that were exempted count: an exempted violation is a violation.
async fn earlier(
    db: &mut AnyConnection,
    case: &CaseRow,
    scope: &Scope,
    window_days: i64,
) -> Result<Vec<EarlierViolation>, sqlx::Error> {
    let here = place(db, case).await?;
    let subject = case.moving.subject.as_ref().map(|subject| subject.reference.clone());
    let rows = sqlx::query(
        "SELECT c.id, c.raised_ms, c.camera, c.zone, c.district, c.street, c.subject_ref, k.x1, k.y1, k.x2, k.y2 FROM cases c JOIN candidates k \
         ON k.id = c.candidate WHERE c.kind = $1 AND c.raised_ms < $2 AND c.raised_ms >= $3 AND c.id <> $4 \
         AND c.legal_by IS NOT NULL AND c.state NOT IN ('rejected', 'insufficient', 'withdrawn') \
         AND (c.outcome IS NULL OR c.outcome NOT IN ('not_found', 'revoked', 'lost')) \
         AND ((c.camera = $5 AND c.zone = $6) OR c.subject_ref = $7) ORDER BY c.raised_ms DESC LIMIT $8",
    )
    .bind(word(&case.summary.kind))
    .bind(case.raised_ms)
    .bind(case.raised_ms.saturating_sub(window_days.saturating_mul(DAY_MS)))
    .bind(case.summary.id.clone())
    .bind(case.summary.camera.clone())
    .bind(case.summary.zone.clone())
    .bind(subject.clone().unwrap_or_default())
    .bind(MOST_NEAR)
    .fetch_all(db)
    .await?;
    let mut found = Vec::new();
    for row in &rows {
        let near = row.try_get::<String, _>("camera")? == case.summary.camera
            && row.try_get::<String, _>("zone")? == case.summary.zone
            && as_box(row)?.iou(&here) >= SAME_PLACE_IOU;
        let theirs: Option<String> = row.try_get("subject_ref")?;
        let same_subject = subject.is_some() && theirs == subject;
        if near || same_subject {
            let raised_at = rfc3339(row.try_get("raised_ms")?);
            let seen = scope.holds(row.try_get("district")?, row.try_get("street")?);
            let id: String = row.try_get("id")?;
            found.push(EarlierViolation { case: seen.then_some(id), raised_at, same_place: near, same_subject });
        }
    }
    found.truncate(20);
    Ok(found)
}

/// Every clause of the matter that held on that day, with what the record says to it.
async fn exemptions(
    db: &mut AnyConnection,
    case: &CaseRow,
    scope: &Scope,
    matter: &Matter,
    day: &str,
    now_ms: i64,
) -> Result<Vec<ExemptionProposal>, sqlx::Error> {
    let rows =
        sqlx::query("SELECT * FROM exemptions WHERE matter = $1 ORDER BY id").bind(matter.id.clone()).fetch_all(&mut *db).await?;
    let mut clauses = rows.iter().map(read_exemption).collect::<Result<Vec<Exemption>, _>>()?;
    clauses.retain(|clause| exemption::holds_on(&clause.valid_from, clause.valid_until.as_deref(), day));
    let gone_ms = match case.look {
        Some((SeenState::Cleared, at)) => at,
        Some((SeenState::Present | SeenState::Lost, _)) | None => now_ms,
    };
    #[expect(clippy::cast_precision_loss, reason = "some years of milliseconds")]
    let open_minutes = (gone_ms - case.first_seen_ms).max(0) as f64 / 60_000.0;
    let mut proposals = Vec::new();
    for clause in clauses {
        let before = match clause.ground {
            Ground::FirstViolation => earlier(db, case, scope, clause.window_days.unwrap_or(0)).await?,
            Ground::Minor => Vec::new(),
        };
        proposals.push(exemption::propose(clause, before, open_minutes));
    }
    Ok(proposals)
}

async fn record(
    db: &mut AnyConnection,
    case: &CaseRow,
    scope: &Scope,
    zone: &TimeZone,
    now_ms: i64,
) -> Result<Record, sqlx::Error> {
    let day = days::of_ms(case.raised_ms, zone);
    let matters = matters(db, case, &day).await?;
    let matter = match &case.moving.matter {
        None => None,
        Some(id) => {
            let row = sqlx::query("SELECT * FROM matters WHERE id = $1").bind(id.clone()).fetch_optional(&mut *db).await?;
            row.as_ref().map(read_matter).transpose()?
        }
    };
    let exemptions = match &matter {
        Some(matter) => exemptions(db, case, scope, matter, &day, now_ms).await?,
        None => Vec::new(),
    };
    let defences = party::defences(db, &case.summary.id).await?;
    let recusals = recusals::recusals(db, &case.summary.candidate).await?;
    Ok(Record { recheck: look_again(db, case, now_ms).await?, matters, matter, exemptions, recusals, defences })
}

/// As the machine sees it.
fn standing(case: &CaseRow, record: &Record) -> Standing {
    let open = record.defences.iter().any(|defence| defence.answer.is_none());
    case.standing(record.matter.as_ref().is_some_and(|matter| matter.warn_first), open, record.recusals.clone())
}

/// What an act changes, and what of it the history keeps.
struct Effect {
    after: Moving,
    reason: Option<String>,
    details: Value,
}

fn effect(
    case: &CaseRow,
    record: &Record,
    actor: &Actor,
    new: &NewCaseAct,
    to: CaseState,
    notice: Option<&Notice>,
    now_ms: i64,
) -> Result<Effect, ApiError> {
    // What moves nothing leaves the clock that runs.
    let due_ms = if to == case.summary.state { case.moving.due_ms } else { None };
    let mut after = Moving { state: to, due_ms, ..case.moving.clone() };
    let mut reason = None;
    let look = case.look.map(|(state, at)| json!({ "state": state, "at": rfc3339(at) }));
    let details = match new.act {
        CaseAct::Take => {
            after.taken_by = Some(actor.name.clone());
            after.due_ms = case.moving.due_ms;
            json!({})
        }
        CaseAct::Release => {
            after.taken_by = None;
            after.due_ms = parse_ms(&case.summary.opened_at).map(|opened| opened + REVIEW_TARGET_MS);
            json!({})
        }
        CaseAct::Pass => {
            let chosen = record.matters.iter().find(|matter| Some(&matter.id) == new.matter.as_ref());
            let matter = chosen.ok_or_else(|| refused("no_matter", "no such matter held for this kind, place and day"))?;
            after.legal_by = Some(actor.name.clone());
            after.matter = Some(matter.id.clone());
            json!({ "ticks": new.ticks, "matter": matter })
        }
        CaseAct::Reject => {
            reason = new.reason.map(|reason| word(&reason));
            json!({})
        }
        CaseAct::FindInsufficient => {
            reason = new.defect.map(|defect| word(&defect));
            json!({ "look": look })
        }
        CaseAct::MatchSubject => {
            after.subject.clone_from(&new.subject);
            json!({ "subject": new.subject })
        }
        CaseAct::Warn | CaseAct::ExtendWarning => {
            let due_ms = new.due_at.as_deref().and_then(parse_ms);
            let informed_ms = new.informed_at.as_deref().and_then(parse_ms).unwrap_or(now_ms);
            (after.warn_due_ms, after.due_ms) = (due_ms, due_ms);
            if new.act == CaseAct::Warn {
                after.warned_ms = Some(informed_ms);
                json!({ "channel": new.channel, "due_at": due_ms.map(rfc3339), "look": look,
                        "informed_at": rfc3339(informed_ms), "notice": notice })
            } else {
                json!({ "channel": new.channel, "due_at": due_ms.map(rfc3339), "look": look })
            }
        }
        CaseAct::FindCorrected => found(new, record, RecheckProposal::Corrected)?,
        CaseAct::FindNotCorrected => found(new, record, RecheckProposal::NotCorrected)?,
        CaseAct::Exempt => {
            let wanted = record.exemptions.iter().find(|proposal| Some(&proposal.exemption.id) == new.exemption.as_ref());
            let proposal = wanted.ok_or_else(|| refused("no_clause", "no such clause held for this matter on that day"))?;
            if !proposal.holds {
                return Err(refused("record_against", "the record stands against this clause"));
            }
            after.exemption.clone_from(&new.exemption);
            json!({ "proposal": proposal, "look": look })
        }
        CaseAct::Inform => {
            after.expected_fine_yuan = not_heavier(case, new)?;
            let informed_ms = new.informed_at.as_deref().and_then(parse_ms).unwrap_or(now_ms);
            json!({ "channel": new.channel, "informed_at": rfc3339(informed_ms), "notice": notice })
        }
        CaseAct::RecordDefence => {
            after.cap_fine();
            json!({})
        }
        CaseAct::AnswerDefence => {
            answerable(record, actor, new)?;
            json!({ "answer": new.answer })
        }
        CaseAct::File => {
            after.expected_fine_yuan = not_heavier(case, new)?;
            let kind = case.moving.subject.as_ref().map(|subject| subject.kind);
            let track = track::track(case.summary.evidence_mode, kind, new.expected_fine_yuan.unwrap_or(0), new.track)?;
            after.track = Some(track);
            json!({ "track": track, "look": look })
        }
        CaseAct::Refer => json!({ "refer_to": new.refer_to }),
        CaseAct::Close => {
            after.outcome = new.outcome.map(|outcome| word(&outcome));
            json!({ "outcome": new.outcome })
        }
        CaseAct::HandOver
        | CaseAct::DispatchClue
        | CaseAct::Expire
        | CaseAct::Open
        | CaseAct::Withdraw
        | CaseAct::Recuse
        | CaseAct::IssueCode
        | CaseAct::RevokeCode => {
            json!({ "look": look })
        }
    };
    Ok(Effect { after, reason, details })
}

/// The number that stands in the history: that of the record where there is one, else what was typed.
fn certificate_of(new: &NewCaseAct, officer: Option<&HeldCertificate>) -> Result<Option<String>, ApiError> {
    let typed = new.certificate.as_deref().map(str::trim).filter(|typed| !typed.is_empty());
    match (typed, officer) {
        (Some(typed), Some(held)) if typed != held.record.number => {
            Err(refused("certificate_differs", format!("your certificate on record is {}", held.record.number)))
        }
        (_, Some(held)) => Ok(Some(held.record.number.clone())),
        (typed, None) => Ok(typed.map(str::to_owned)),
    }
}

/// The fine that is named now: since the party said something, it may not be more than before.
fn not_heavier(case: &CaseRow, new: &NewCaseAct) -> Result<Option<i64>, ApiError> {
    let yuan = new.expected_fine_yuan;
    match case.moving.fine_cap_yuan {
        Some(cap) if yuan.is_some_and(|yuan| yuan > cap) => {
            let message = format!("a defence makes no penalty heavier: {cap} yuan was named before the party spoke");
            Err(refused("heavier_after_defence", message))
        }
        _ => Ok(yuan),
    }
}

/// A statement is answered once, and not by who entered it.
fn answerable(record: &Record, actor: &Actor, new: &NewCaseAct) -> Result<(), ApiError> {
    let wanted = new.answer.as_ref().map(|answer| answer.defence.as_str());
    match record.defences.iter().find(|defence| Some(defence.id.as_str()) == wanted) {
        None => Err(refused("no_such_defence", "there is no such statement in this case")),
        Some(defence) if defence.answer.is_some() => Err(refused("answered", "this statement is answered already")),
        Some(defence) if defence.entered_by == actor.name => {
            Err(refused("entered_by_you", "you entered this statement: it is looked into by somebody else"))
        }
        Some(_) => Ok(()),
    }
}

/// A finding that is not what the camera proposes needs a word from whoever saw it otherwise.
fn found(new: &NewCaseAct, record: &Record, finding: RecheckProposal) -> Result<Value, ApiError> {
    let proposed = record.recheck.as_ref().map(|recheck| recheck.proposal);
    let noted = new.note.as_deref().is_some_and(|note| !note.trim().is_empty());
    if proposed != Some(finding) && !noted {
        return Err(refused("note_missing", "the camera does not say so: a note has to say how it was seen"));
    }
    Ok(json!({ "recheck": record.recheck }))
}

impl Tx {
    /// The case, if it is as it was on the screen.
    async fn fresh(&mut self, id: &str, seen_version: i64) -> Result<CaseRow, ApiError> {
        let case = case_row(self.db(), id).await?.ok_or(ApiError::NotFound("case"))?;
        if case.summary.version == seen_version {
            return Ok(case);
        }
        let rows = sqlx::query("SELECT * FROM case_events WHERE case_id = $1 AND seq > $2 ORDER BY seq")
            .bind(id)
            .bind(seen_version)
            .fetch_all(self.db())
            .await?;
        let mut events = rows.iter().map(read_event).collect::<Result<Vec<_>, _>>()?;
        for event in &mut events {
            event.details = json!({});
        }
        Err(ApiError::Conflict {
            code: "stale",
            message: "the case has moved on since you looked".to_owned(),
            details: json!({ "version": case.summary.version, "state": case.summary.state, "events": events }),
        })
    }
}

impl Store {
    /// Does something with a case. Nothing of it happens unless all of it does. `page`: where a party looks its case up.
    pub(crate) async fn act(
        &self,
        id: &str,
        actor: &Actor,
        new: &NewCaseAct,
        zone: &TimeZone,
        sign: Option<&Sign>,
        page: &str,
    ) -> Result<CaseActDone, ApiError> {
        let mut tx = self.write().await?;
        let now_ms = tx.now_ms();
        let case = tx.fresh(id, new.seen_version).await?;
        let record = record(tx.db(), &case, &actor.scope, zone, now_ms).await?;
        let standing = standing(&case, &record);
        let edge = machine::admit(&standing, actor, new.act, now_ms)?;
        machine::needs(&standing, new, now_ms)?;
        // What goes out would be a record without what it rests on.
        if matches!(new.act, CaseAct::File | CaseAct::HandOver | CaseAct::Refer)
            && let Some(deleted) = tx.pictures_gone(&case.summary.candidate).await?
        {
            let when = deleted.at.unwrap_or_else(|| "this moment".to_owned());
            let message = format!("its pictures were deleted ({when}, rule {}): it cannot leave the house", word(&deleted.rule));
            return Err(refused("evidence_deleted", message));
        }
        let officer = tx.officer(actor, machine::CERTIFIED.contains(&new.act)).await?;
        let certificate = certificate_of(new, officer.as_ref())?;
        let purpose = match new.act {
            CaseAct::Warn => Some(NoticePurpose::Warning),
            CaseAct::Inform => Some(NoticePurpose::Informing),
            _ => None,
        };
        let notice = match purpose {
            None => None,
            Some(purpose) => {
                let (template, due_ms) = (new.template.as_deref(), new.due_at.as_deref().and_then(parse_ms));
                let told = Told { purpose, template, due_ms, fine_yuan: new.expected_fine_yuan, page };
                Some(notices::made(tx.db(), &case, &record, &told, zone, now_ms).await?)
            }
        };
        let mut effect = effect(&case, &record, actor, new, edge.to, notice.as_ref(), now_ms)?;
        effect.details["officer"] = json!(officer);
        let leaving = Leaving { case: &case, record: &record, after: &effect.after, new, actor, officer: officer.as_ref() };
        let package = match sign.filter(|_| packages::leaves(new.act)) {
            Some(sign) => Some(tx.package(&leaving, sign).await?),
            None if new.act == CaseAct::HandOver => {
                return Err(refused("no_signing_key", "this console has no key to sign a package with"));
            }
            None => None,
        };
        if let Some(defence) = &new.defence {
            let received_ms = defence.received_at.as_deref().and_then(parse_ms).unwrap_or(now_ms);
            effect.details["defence"] = tx.put_defence(id, defence, received_ms, &actor.name).await?;
        }
        if let Some(answer) = &new.answer {
            tx.put_answer(answer, &actor.name).await?;
        }
        if let Some(package) = &package {
            effect.details["package_sha256"] = json!(package.sha256);
        }
        let decision = hex::encode(rand::random::<[u8; 16]>());
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let note = given(&new.note);
        let step = Step {
            act: new.act,
            from: Some(case.summary.state),
            decision: &decision,
            by: &actor.name,
            reason: effect.reason.as_deref(),
            note: note.as_deref(),
            certificate: certificate.as_deref(),
            details: effect.details,
            package: package.as_ref().map(|package| (package.sha256.clone(), package.key_id().to_owned())),
        };
        let event = tx.case_step(id, &effect.after, step).await?;
        if let Some(package) = &package {
            tx.hand_out(&case, event.seq, package).await?;
        }
        let details = json!({ "decision": decision, "seen_version": new.seen_version, "to": event.to });
        let action = format!("case.{}", word(&new.act));
        let reason = effect.reason.as_deref();
        tx.audit(Deed { actor: &actor.name, action: &action, object: id, reason, details }).await?;
        tx.commit().await?;
        metrics::counter!("kerbwatch_console_case_acts_total", "reason" => word(&new.act)).increment(1);
        Ok(CaseActDone { state: event.to, version: event.seq, event })
    }

    /// The notice as it would go out now.
    pub(crate) async fn preview_notice(
        &self,
        id: &str,
        actor: &Actor,
        told: &Told<'_>,
        zone: &TimeZone,
    ) -> Result<Notice, ApiError> {
        let mut connection = self.pool.acquire().await?;
        let now_ms = self.clock.now_ms();
        let case = case_row(&mut connection, id).await?.ok_or(ApiError::NotFound("case"))?;
        let record = record(&mut connection, &case, &actor.scope, zone, now_ms).await?;
        notices::made(&mut connection, &case, &record, told, zone, now_ms).await
    }

    /// What a page shows of a case beside its row.
    pub(crate) async fn surroundings(&self, case: &CaseRow, actor: &Actor, zone: &TimeZone) -> Result<Surroundings, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        let now_ms = self.clock.now_ms();
        let record = record(&mut connection, case, &actor.scope, zone, now_ms).await?;
        let standing = standing(case, &record);
        let mut acts = machine::offers(&standing, actor, now_ms);
        let uncertified = self.certificate_against(&mut connection, actor).await?;
        if let Some((code, why)) = uncertified.as_ref().and_then(ApiError::told) {
            for offer in acts.iter_mut().filter(|o| o.held_up.is_none() && machine::CERTIFIED.contains(&o.act)) {
                (offer.held_up, offer.why) = (Some(code.to_owned()), Some(why.clone()));
            }
        }
        Ok(Surroundings {
            acts,
            subject: case.moving.subject.clone().filter(|_| actor.sees_pictures()),
            zone_version: case.zone_version.clone(),
            compliance: case.compliance.clone(),
            exemption: case.moving.exemption.clone(),
            track: case.moving.track,
            outcome: case.moving.outcome.clone(),
            record,
        })
    }
}
