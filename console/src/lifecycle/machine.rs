//! States and acts: which act leads where, who may do it, and what it needs.

use serde_json::json;

use crate::auth::Actor;
use crate::clock::DAY_MS;
use crate::dto::{ActOffer, CaseAct, CaseState, Defect, EvidenceMode, NewCaseAct, Recusal, RejectReason, Role, word};
use crate::error::{ApiError, refused};
use crate::store::kept_out;

/// A record must be reviewed within five days of what it shows. The rule for road traffic (Provisions on the procedure for
/// road traffic violations, article 18), for want of one of our own.
pub(crate) const REVIEW_LIMIT_MS: i64 = 5 * DAY_MS;
/// Legal review should begin within half an hour: the warning is of use while the stall still stands.
pub(crate) const REVIEW_TARGET_MS: i64 = 30 * 60_000;
/// Two years from the end of the act (Administrative Penalty Law, article 36), counted short.
const PURSUIT_LIMIT_MS: i64 = 730 * DAY_MS;
/// A time to put something right is a minute at least and ninety days at most.
const SHORTEST_WARNING_MS: i64 = 60_000;
const LONGEST_WARNING_MS: i64 = 90 * DAY_MS;

/// One act: from where to where, by whom.
pub(crate) struct Edge {
    pub(crate) act: CaseAct,
    pub(crate) from: &'static [CaseState],
    pub(crate) to: CaseState,
    pub(crate) who: &'static [Role],
}

/// What only an officer with a certificate may do, where the installation asks for one: the legal review.
pub(crate) const CERTIFIED: &[CaseAct] = &[CaseAct::Take, CaseAct::Pass, CaseAct::Reject];

const OFFICERS: &[Role] = &[Role::Operator, Role::LegalReviewer, Role::Supervisor];
/// Their word binds the authority.
const BENCH: &[Role] = &[Role::LegalReviewer, Role::Supervisor];
const REVIEWER: &[Role] = &[Role::LegalReviewer];

use CaseState::{
    Closed, ClueDispatched, Confirmed, Corrected, Exempt, Expired, Filed, HandedOver, Insufficient, LegalReview, NotCorrected,
    Opened, Referred, Rejected, SubjectMatched, Warned,
};

/// Every act that can be asked for, in the order of a case's life. What is not here cannot happen; opening and withdrawing
/// belong to the candidate's decision.
pub(crate) const EDGES: &[Edge] = &[
    Edge { act: CaseAct::Take, from: &[Opened], to: LegalReview, who: REVIEWER },
    Edge { act: CaseAct::Release, from: &[LegalReview], to: Opened, who: BENCH },
    Edge { act: CaseAct::Pass, from: &[LegalReview], to: Confirmed, who: REVIEWER },
    Edge { act: CaseAct::Reject, from: &[LegalReview], to: Rejected, who: REVIEWER },
    Edge { act: CaseAct::MatchSubject, from: &[Confirmed, SubjectMatched], to: SubjectMatched, who: OFFICERS },
    Edge { act: CaseAct::Warn, from: &[SubjectMatched, NotCorrected], to: Warned, who: OFFICERS },
    Edge { act: CaseAct::ExtendWarning, from: &[Warned], to: Warned, who: OFFICERS },
    Edge { act: CaseAct::FindCorrected, from: &[Warned], to: Corrected, who: OFFICERS },
    Edge { act: CaseAct::FindNotCorrected, from: &[Warned], to: NotCorrected, who: OFFICERS },
    Edge { act: CaseAct::Exempt, from: &[Corrected], to: Exempt, who: BENCH },
    // What is told to the party and what it says moves nothing.
    Edge { act: CaseAct::Inform, from: &[SubjectMatched], to: SubjectMatched, who: OFFICERS },
    Edge { act: CaseAct::Inform, from: &[Corrected], to: Corrected, who: OFFICERS },
    Edge { act: CaseAct::Inform, from: &[NotCorrected], to: NotCorrected, who: OFFICERS },
    Edge { act: CaseAct::Inform, from: &[Filed], to: Filed, who: OFFICERS },
    Edge { act: CaseAct::RecordDefence, from: &[SubjectMatched], to: SubjectMatched, who: OFFICERS },
    Edge { act: CaseAct::RecordDefence, from: &[Warned], to: Warned, who: OFFICERS },
    Edge { act: CaseAct::RecordDefence, from: &[Corrected], to: Corrected, who: OFFICERS },
    Edge { act: CaseAct::RecordDefence, from: &[NotCorrected], to: NotCorrected, who: OFFICERS },
    Edge { act: CaseAct::RecordDefence, from: &[Filed], to: Filed, who: OFFICERS },
    Edge { act: CaseAct::AnswerDefence, from: &[SubjectMatched], to: SubjectMatched, who: REVIEWER },
    Edge { act: CaseAct::AnswerDefence, from: &[Warned], to: Warned, who: REVIEWER },
    Edge { act: CaseAct::AnswerDefence, from: &[Corrected], to: Corrected, who: REVIEWER },
    Edge { act: CaseAct::AnswerDefence, from: &[NotCorrected], to: NotCorrected, who: REVIEWER },
    Edge { act: CaseAct::AnswerDefence, from: &[Filed], to: Filed, who: REVIEWER },
    Edge { act: CaseAct::File, from: &[SubjectMatched, Corrected, NotCorrected], to: Filed, who: BENCH },
    Edge { act: CaseAct::HandOver, from: &[Filed], to: HandedOver, who: BENCH },
    Edge {
        act: CaseAct::DispatchClue,
        from: &[Opened, LegalReview, Confirmed, SubjectMatched],
        to: ClueDispatched,
        who: OFFICERS,
    },
    Edge {
        act: CaseAct::Refer,
        from: &[Confirmed, SubjectMatched, Warned, Corrected, NotCorrected, Filed],
        to: Referred,
        who: BENCH,
    },
    Edge {
        act: CaseAct::FindInsufficient,
        from: &[LegalReview, Confirmed, SubjectMatched, Warned, Corrected, NotCorrected],
        to: Insufficient,
        who: BENCH,
    },
    Edge {
        act: CaseAct::Expire,
        from: &[Opened, LegalReview, Confirmed, SubjectMatched, Warned, Corrected, NotCorrected],
        to: Expired,
        who: BENCH,
    },
    Edge { act: CaseAct::Close, from: &[Exempt, HandedOver, ClueDispatched, Referred], to: Closed, who: BENCH },
];

/// What of a case the machine looks at.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) state: CaseState,
    pub(crate) version: i64,
    pub(crate) mode: EvidenceMode,
    pub(crate) first_officer: String,
    pub(crate) taken_by: Option<String>,
    pub(crate) legal_by: Option<String>,
    pub(crate) raised_ms: i64,
    /// Until when a warning runs.
    pub(crate) due_ms: Option<i64>,
    /// When the act was last seen to go on, or ended.
    pub(crate) act_end_ms: i64,
    /// Its matter asks for a warning before it can be filed.
    pub(crate) warn_first: bool,
    /// The party said something that nobody has answered.
    pub(crate) defence_open: bool,
    /// Who is kept out of it.
    pub(crate) recused: Vec<Recusal>,
}

fn conflict(code: &'static str, message: impl Into<String>, details: serde_json::Value) -> ApiError {
    ApiError::Conflict { code, message: message.into(), details }
}

/// The edge of an act from a state.
pub(crate) fn edge(state: CaseState, act: CaseAct) -> Option<&'static Edge> {
    EDGES.iter().find(|edge| edge.act == act && edge.from.contains(&state))
}

/// May this person do it now? What it needs besides is [`needs`].
pub(crate) fn admit(case: &Standing, actor: &Actor, act: CaseAct, now_ms: i64) -> Result<&'static Edge, ApiError> {
    let Some(edge) = edge(case.state, act) else {
        let message = format!("a case that is {} cannot {}", said(&word(&case.state)), said(&word(&act)));
        return Err(conflict("not_from_here", message, json!({ "state": case.state, "version": case.version })));
    };
    if !actor.has_one_of(edge.who) {
        return Err(ApiError::Forbidden);
    }
    persons(case, actor, act)?;
    let for_evidence = matches!(act, CaseAct::Warn | CaseAct::Inform | CaseAct::Exempt | CaseAct::File | CaseAct::HandOver);
    if for_evidence && case.mode == EvidenceMode::ClueOnly {
        let message = "the camera's register did not cover this when it was seen: it is a clue, an officer has to be sent";
        return Err(refused("clue_only", message));
    }
    times(case, act, now_ms)?;
    if act == CaseAct::AnswerDefence && !case.defence_open {
        return Err(refused("no_defence", "the party has said nothing that is not answered"));
    }
    // Article 45: what the party says is heard and looked into before anything goes on.
    if matches!(act, CaseAct::File | CaseAct::HandOver) && case.defence_open {
        return Err(refused("defence_open", "the party said something that nobody has answered"));
    }
    if act == CaseAct::File && case.state == SubjectMatched && case.warn_first {
        return Err(refused("warn_first", "the subject has to be warned first, and given time to put it right"));
    }
    Ok(edge)
}

/// A word of the wire, as it stands in a sentence.
fn said(word: &str) -> String {
    word.replace('_', " ")
}

/// Two officers, and what lies on one reviewer's desk is that reviewer's.
fn persons(case: &Standing, actor: &Actor, act: CaseAct) -> Result<(), ApiError> {
    if let Some(recusal) = case.recused.iter().find(|recusal| recusal.user == actor.name) {
        return Err(kept_out(recusal));
    }
    let first = &case.first_officer;
    if matches!(act, CaseAct::Take | CaseAct::Pass) && actor.name == *first {
        let message = "you confirmed the candidate: legal review is for a second officer";
        return Err(conflict("same_person", message, json!({ "opened_by": first })));
    }
    if act == CaseAct::AnswerDefence && actor.name == *first {
        let message = "you confirmed the candidate: what the party says is looked into by another officer";
        return Err(conflict("same_person", message, json!({ "opened_by": first })));
    }
    let on_the_desk = case.state == LegalReview && act != CaseAct::Expire;
    let supervised = matches!(act, CaseAct::Release | CaseAct::FindInsufficient) && actor.has_one_of(&[Role::Supervisor]);
    if on_the_desk && case.taken_by.as_deref() != Some(actor.name.as_str()) && !supervised {
        let by = case.taken_by.as_deref().unwrap_or_default();
        return Err(conflict("not_taker", format!("{by} has it in legal review"), json!({ "taken_by": by })));
    }
    let two = case.legal_by.as_ref().is_some_and(|second| second != first);
    if matches!(act, CaseAct::File | CaseAct::HandOver) && !two {
        let message = "a case needs the reviews of two different officers";
        return Err(conflict("two_officers", message, json!({ "opened_by": first, "legal_by": case.legal_by })));
    }
    // Article 43: who should have kept out has reviewed nothing.
    let kept = |name: &String| case.recused.iter().any(|recusal| recusal.user == *name);
    if matches!(act, CaseAct::File | CaseAct::HandOver) && (kept(first) || case.legal_by.as_ref().is_some_and(kept)) {
        return Err(refused("reviewer_recused", "an officer who reviewed it is recused: that review carries no filing"));
    }
    Ok(())
}

fn times(case: &Standing, act: CaseAct, now_ms: i64) -> Result<(), ApiError> {
    let in_review = matches!(case.state, Opened | LegalReview);
    match act {
        CaseAct::Pass if case.mode == EvidenceMode::OffsiteEvidence && now_ms > case.raised_ms + REVIEW_LIMIT_MS => {
            Err(refused("review_overdue", "the record was not reviewed within five days: it can expire, or an officer is sent"))
        }
        CaseAct::FindNotCorrected if case.due_ms.is_some_and(|due| now_ms < due) => {
            Err(refused("time_runs", "the time to put it right is not over"))
        }
        CaseAct::Expire => {
            let limit = if in_review { case.raised_ms + REVIEW_LIMIT_MS } else { case.act_end_ms + PURSUIT_LIMIT_MS };
            let over = now_ms > limit;
            if over { Ok(()) } else { Err(refused("not_expired", "no time limit has passed")) }
        }
        _ => Ok(()),
    }
}

/// A field of [`NewCaseAct`]: its name and whether it was given.
fn given(new: &NewCaseAct) -> [(&'static str, bool); 16] {
    [
        ("ticks", new.ticks.is_some()),
        ("matter", new.matter.is_some()),
        ("reason", new.reason.is_some()),
        ("defect", new.defect.is_some()),
        ("subject", new.subject.is_some()),
        ("channel", new.channel.is_some()),
        ("due_at", new.due_at.is_some()),
        ("exemption", new.exemption.is_some()),
        ("expected_fine_yuan", new.expected_fine_yuan.is_some()),
        ("track", new.track.is_some()),
        ("refer_to", new.refer_to.is_some()),
        ("outcome", new.outcome.is_some()),
        ("template", new.template.is_some()),
        ("informed_at", new.informed_at.is_some()),
        ("defence", new.defence.is_some()),
        ("answer", new.answer.is_some()),
    ]
}

/// The fields an act needs, and those it may have besides.
fn fields(act: CaseAct) -> (&'static [&'static str], &'static [&'static str]) {
    match act {
        CaseAct::Pass => (&["ticks", "matter"], &[]),
        CaseAct::Reject => (&["reason"], &[]),
        CaseAct::FindInsufficient => (&["defect"], &[]),
        CaseAct::MatchSubject => (&["subject"], &[]),
        CaseAct::Warn => (&["channel", "due_at"], &["template", "informed_at"]),
        CaseAct::Inform => (&["channel", "expected_fine_yuan"], &["template", "informed_at"]),
        CaseAct::RecordDefence => (&["defence"], &[]),
        CaseAct::AnswerDefence => (&["answer"], &[]),
        CaseAct::ExtendWarning => (&["due_at"], &[]),
        CaseAct::Exempt => (&["exemption"], &[]),
        CaseAct::File => (&["expected_fine_yuan"], &["track"]),
        CaseAct::Refer => (&["refer_to"], &[]),
        CaseAct::Close => (&["outcome"], &[]),
        CaseAct::Open
        | CaseAct::Withdraw
        | CaseAct::Recuse
        | CaseAct::IssueCode
        | CaseAct::RevokeCode
        | CaseAct::Take
        | CaseAct::Release
        | CaseAct::DispatchClue
        | CaseAct::FindCorrected
        | CaseAct::FindNotCorrected
        | CaseAct::HandOver
        | CaseAct::Expire => (&[], &[]),
    }
}

fn text(field: &'static str, text: &str, most: usize) -> Result<(), ApiError> {
    let length = text.trim().chars().count();
    if (1..=most).contains(&length) { Ok(()) } else { Err(refused("bad_text", format!("{field} has 1 to {most} characters"))) }
}

/// Does the request hold what the act needs, and nothing else?
pub(crate) fn needs(case: &Standing, new: &NewCaseAct, now_ms: i64) -> Result<(), ApiError> {
    let (needed, allowed) = fields(new.act);
    let act = said(&word(&new.act));
    for (name, is_given) in given(new) {
        if needed.contains(&name) && !is_given {
            return Err(refused("field_missing", format!("to {act} needs {name}")));
        }
        if is_given && !needed.contains(&name) && !allowed.contains(&name) {
            return Err(refused("field_unexpected", format!("to {act} has no {name}")));
        }
    }
    let note = new.note.as_deref().map_or(0, |note| note.trim().chars().count());
    if note > 2000 {
        return Err(refused("note_too_long", "a note has at most 2000 characters"));
    }
    let other = new.reason == Some(RejectReason::Other) || new.defect == Some(Defect::Other);
    if note == 0 && (other || new.act == CaseAct::ExtendWarning) {
        return Err(refused("note_missing", "this needs a note that says why"));
    }
    if new.ticks.is_some_and(|ticks| !ticks.all()) {
        return Err(refused("ticks_missing", "legal review passes only with all five ticks"));
    }
    if let Some(subject) = &new.subject {
        text("the subject's name", &subject.name, 200)?;
        text("the subject's reference", &subject.reference, 100)?;
    }
    for (field, given, most) in
        [("certificate", &new.certificate, 64), ("refer_to", &new.refer_to, 200), ("matter", &new.matter, 64)]
    {
        if let Some(given) = given {
            text(field, given, most)?;
        }
    }
    party(case, new, now_ms)?;
    if new.expected_fine_yuan.is_some_and(|yuan| !(0..=10_000_000).contains(&yuan)) {
        return Err(refused("bad_amount", "expected_fine_yuan is 0 to 10000000"));
    }
    warning(case, new, now_ms)
}

/// What is told to the party, and what it says: it was after what it is about, and is not to come.
fn party(case: &Standing, new: &NewCaseAct, now_ms: i64) -> Result<(), ApiError> {
    let received = new.defence.as_ref().and_then(|defence| defence.received_at.as_ref());
    for (field, time) in [("informed_at", new.informed_at.as_ref()), ("received_at", received)] {
        let Some(time) = time else { continue };
        let fits = crate::clock::parse_ms(time).is_some_and(|ms| (case.raised_ms..=now_ms).contains(&ms));
        if !fits {
            return Err(refused("bad_time", format!("{field} is an RFC 3339 time after the sighting, and not to come")));
        }
    }
    if let Some(defence) = &new.defence {
        text("the statement", &defence.text, 10_000)?;
        let hex = |digest: &String| digest.len() == 64 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if defence.attachment_sha256.as_ref().is_some_and(|digest| !hex(digest)) {
            return Err(refused("bad_digest", "attachment_sha256 is 64 hexadecimal digits"));
        }
    }
    if let Some(answer) = &new.answer {
        text("reasons", &answer.reasons, 4000)?;
    }
    Ok(())
}

fn warning(case: &Standing, new: &NewCaseAct, now_ms: i64) -> Result<(), ApiError> {
    let Some(due) = &new.due_at else { return Ok(()) };
    let Some(due_ms) = crate::clock::parse_ms(due) else {
        return Err(refused("bad_time", "due_at is an RFC 3339 time"));
    };
    if !(now_ms + SHORTEST_WARNING_MS..=now_ms + LONGEST_WARNING_MS).contains(&due_ms) {
        return Err(refused("bad_time", "due_at lies between one minute and ninety days from now"));
    }
    if new.act == CaseAct::ExtendWarning && case.due_ms.is_some_and(|due| due_ms <= due) {
        return Err(refused("bad_time", "due_at lies after the time that runs now"));
    }
    Ok(())
}

/// What this person could do in this state, and what holds it up.
pub(crate) fn offers(case: &Standing, actor: &Actor, now_ms: i64) -> Vec<ActOffer> {
    let possible = EDGES.iter().filter(|edge| edge.from.contains(&case.state) && actor.has_one_of(edge.who));
    let possible = possible.filter(|edge| edge.act != CaseAct::AnswerDefence || case.defence_open);
    let offer = |edge: &Edge| {
        let held_up = admit(case, actor, edge.act, now_ms).err();
        let code = held_up.as_ref().map(|error| match error {
            ApiError::Conflict { code, .. } | ApiError::Refused { code, .. } => (*code).to_owned(),
            other => other.to_string(),
        });
        ActOffer { act: edge.act, to: edge.to, held_up: code, why: held_up.map(|error| error.to_string()) }
    };
    possible.map(offer).collect()
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
