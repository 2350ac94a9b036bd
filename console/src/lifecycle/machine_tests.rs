//! The whole table: every state, every act, every role; and the rules that no table shows.

use super::*;
use crate::clock::DAY_MS;
use crate::dto::{Channel, LegalTicks, Subject, SubjectKind};

const TABLE: &str = include_str!("../../testdata/case_states.txt");
const NOW_MS: i64 = 1_800_000_000_000;
const ACTS: [CaseAct; 25] = [
    CaseAct::Open,
    CaseAct::Withdraw,
    CaseAct::Take,
    CaseAct::Release,
    CaseAct::Pass,
    CaseAct::Reject,
    CaseAct::MatchSubject,
    CaseAct::Warn,
    CaseAct::ExtendWarning,
    CaseAct::FindCorrected,
    CaseAct::FindNotCorrected,
    CaseAct::Exempt,
    CaseAct::File,
    CaseAct::HandOver,
    CaseAct::DispatchClue,
    CaseAct::Refer,
    CaseAct::FindInsufficient,
    CaseAct::Expire,
    CaseAct::Close,
    CaseAct::Recuse,
    CaseAct::Inform,
    CaseAct::RecordDefence,
    CaseAct::AnswerDefence,
    CaseAct::IssueCode,
    CaseAct::RevokeCode,
];

fn person(name: &str, roles: &[Role]) -> Actor {
    Actor { id: name.to_owned(), name: name.to_owned(), display_name: name.to_owned(), roles: roles.to_vec(), ..Actor::default() }
}

fn standing(state: CaseState) -> Standing {
    Standing {
        state,
        version: 3,
        mode: EvidenceMode::OffsiteEvidence,
        first_officer: "ada".to_owned(),
        taken_by: Some("lea".to_owned()),
        legal_by: Some("lea".to_owned()),
        raised_ms: NOW_MS - 60_000,
        due_ms: Some(NOW_MS - 1),
        act_end_ms: NOW_MS,
        warn_first: true,
        recused: Vec::new(),
        defence_open: false,
    }
}

fn bare(act: CaseAct) -> NewCaseAct {
    serde_json::from_value(json!({ "seen_version": 3, "act": act })).unwrap()
}

fn code(result: Result<impl Sized, ApiError>) -> &'static str {
    match result {
        Ok(_) => "",
        Err(ApiError::Conflict { code, .. } | ApiError::Refused { code, .. }) => code,
        Err(ApiError::Forbidden) => "forbidden",
        Err(other) => panic!("{other}"),
    }
}

/// One line per act: the states it starts from, where it leads, the roles that may.
fn line(act: CaseAct) -> String {
    let edges: Vec<&Edge> = CaseState::ALL.into_iter().filter_map(|state| edge(state, act)).collect();
    let from: Vec<String> = CaseState::ALL.into_iter().filter(|s| edge(*s, act).is_some()).map(|s| word(&s)).collect();
    let stays = edges.len() > 1 && edges.iter().all(|edge| edge.from == [edge.to]);
    let to = edges.first().map_or("-".to_owned(), |edge| if stays { "stays".to_owned() } else { word(&edge.to) });
    let who =
        edges.first().map_or("-".to_owned(), |edge| edge.who.iter().map(|role| role.wire_name()).collect::<Vec<_>>().join(","));
    let from = if from.is_empty() { "-".to_owned() } else { from.join(",") };
    format!("{} | {from} | {to} | {who}", word(&act))
}

#[test]
fn the_table_is_the_machine() {
    let table: Vec<&str> = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let machine: Vec<String> = ACTS.into_iter().map(line).collect();
    assert_eq!(table, machine);
}

#[test]
fn in_every_state_every_act_is_open_to_its_roles_and_to_nobody_else() {
    for state in CaseState::ALL {
        for act in ACTS {
            for role in Role::ALL {
                // The reviewer on whose desk it lies; all other rules are met.
                let mut case = standing(state);
                case.warn_first = false;
                case.defence_open = act == CaseAct::AnswerDefence;
                if act == CaseAct::Expire {
                    case.raised_ms = NOW_MS - 800 * DAY_MS;
                    case.act_end_ms = case.raised_ms;
                }
                let got = code(admit(&case, &person("lea", &[role]), act, NOW_MS));
                let want = match edge(state, act) {
                    None => "not_from_here",
                    Some(edge) if edge.who.contains(&role) => "",
                    Some(_) => "forbidden",
                };
                assert_eq!(got, want, "{state:?} {act:?} {role:?}");
            }
        }
    }
}

#[test]
fn nothing_leads_out_of_an_end() {
    for state in [Closed, Rejected, Insufficient, Expired, CaseState::Withdrawn] {
        assert!(EDGES.iter().all(|edge| !edge.from.contains(&state)), "{state:?}");
    }
}

#[test]
fn the_second_review_is_another_persons() {
    let both = person("ada", &[Role::Operator, Role::LegalReviewer]);
    assert_eq!(code(admit(&standing(Opened), &both, CaseAct::Take, NOW_MS)), "same_person");
    let mut case = standing(LegalReview);
    case.taken_by = Some("ada".to_owned());
    assert_eq!(code(admit(&case, &both, CaseAct::Pass, NOW_MS)), "same_person");
    let (lea, leo) = (person("lea", &[Role::LegalReviewer]), person("leo", &[Role::LegalReviewer]));
    assert_eq!(code(admit(&standing(LegalReview), &lea, CaseAct::Pass, NOW_MS)), "");
    assert_eq!(code(admit(&standing(LegalReview), &leo, CaseAct::Pass, NOW_MS)), "not_taker");
    assert_eq!(code(admit(&standing(LegalReview), &leo, CaseAct::DispatchClue, NOW_MS)), "not_taker");
    let sue = person("sue", &[Role::Supervisor]);
    assert_eq!(code(admit(&standing(LegalReview), &sue, CaseAct::Release, NOW_MS)), "", "a supervisor frees a desk");
    for second in [None, Some("ada".to_owned())] {
        let mut case = standing(Corrected);
        case.legal_by = second;
        assert_eq!(code(admit(&case, &lea, CaseAct::File, NOW_MS)), "two_officers");
    }
}

#[test]
fn a_clue_can_be_dispatched_and_never_filed() {
    let lea = person("lea", &[Role::LegalReviewer, Role::Supervisor]);
    for state in CaseState::ALL {
        let mut case = standing(state);
        case.mode = EvidenceMode::ClueOnly;
        for act in [CaseAct::Warn, CaseAct::Exempt, CaseAct::File, CaseAct::HandOver] {
            if edge(state, act).is_some() {
                assert_eq!(code(admit(&case, &lea, act, NOW_MS)), "clue_only", "{state:?} {act:?}");
            }
        }
    }
    let mut case = standing(Confirmed);
    case.mode = EvidenceMode::ClueOnly;
    assert_eq!(code(admit(&case, &lea, CaseAct::DispatchClue, NOW_MS)), "");
}

#[test]
fn times_hold_acts_up() {
    let lea = person("lea", &[Role::LegalReviewer]);
    let mut case = standing(LegalReview);
    case.raised_ms = NOW_MS - REVIEW_LIMIT_MS;
    assert_eq!(code(admit(&case, &lea, CaseAct::Pass, NOW_MS)), "");
    assert_eq!(code(admit(&case, &lea, CaseAct::Expire, NOW_MS)), "not_expired");
    assert_eq!(code(admit(&case, &lea, CaseAct::Pass, NOW_MS + 1)), "review_overdue");
    assert_eq!(code(admit(&case, &lea, CaseAct::Expire, NOW_MS + 1)), "");
    let mut case = standing(Warned);
    case.due_ms = Some(NOW_MS + 1);
    assert_eq!(code(admit(&case, &lea, CaseAct::FindNotCorrected, NOW_MS)), "time_runs");
    assert_eq!(code(admit(&case, &lea, CaseAct::FindNotCorrected, NOW_MS + 1)), "");
    assert_eq!(code(admit(&case, &lea, CaseAct::FindCorrected, NOW_MS)), "", "putting it right may come early");
    case.act_end_ms = NOW_MS - PURSUIT_LIMIT_MS - 1;
    assert_eq!(code(admit(&case, &lea, CaseAct::Expire, NOW_MS)), "");
    assert_eq!(code(admit(&standing(SubjectMatched), &lea, CaseAct::File, NOW_MS)), "warn_first");
}

#[test]
fn an_act_holds_what_it_needs_and_nothing_else() {
    let case = standing(Warned);
    let check = |new: &NewCaseAct| code(needs(&case, new, NOW_MS));
    let due = |ms: i64| Some(crate::clock::rfc3339(NOW_MS + ms));
    let all = LegalTicks { facts: true, lawful: true, basis: true, jurisdiction: true, no_conflict: true };
    let subject = Subject { kind: SubjectKind::Organisation, name: "Noodles".into(), reference: "S-1".into() };
    let matter = Some("stall".to_owned());
    let warn = NewCaseAct { channel: Some(Channel::Sms), due_at: due(3_600_000), ..bare(CaseAct::Warn) };
    for (new, want) in [
        (bare(CaseAct::Take), ""),
        (bare(CaseAct::Pass), "field_missing"),
        (NewCaseAct { ticks: Some(all), ..bare(CaseAct::Pass) }, "field_missing"),
        (NewCaseAct { ticks: Some(all), matter: matter.clone(), ..bare(CaseAct::Pass) }, ""),
        (
            NewCaseAct { ticks: Some(LegalTicks { basis: false, ..all }), matter: matter.clone(), ..bare(CaseAct::Pass) },
            "ticks_missing",
        ),
        (NewCaseAct { matter, ..bare(CaseAct::Take) }, "field_unexpected"),
        (NewCaseAct { reason: Some(RejectReason::Other), ..bare(CaseAct::Reject) }, "note_missing"),
        (NewCaseAct { reason: Some(RejectReason::InsideShop), ..bare(CaseAct::Reject) }, ""),
        (NewCaseAct { defect: Some(Defect::Other), note: Some(" ".into()), ..bare(CaseAct::FindInsufficient) }, "note_missing"),
        (NewCaseAct { subject: Some(subject.clone()), ..bare(CaseAct::MatchSubject) }, ""),
        (NewCaseAct { subject: Some(Subject { name: " ".into(), ..subject }), ..bare(CaseAct::MatchSubject) }, "bad_text"),
        (warn.clone(), ""),
        (NewCaseAct { channel: None, ..warn.clone() }, "field_missing"),
        (NewCaseAct { due_at: due(59_999), ..warn.clone() }, "bad_time"),
        (NewCaseAct { due_at: due(LONGEST_WARNING_MS + 1), ..warn.clone() }, "bad_time"),
        (NewCaseAct { due_at: Some("tomorrow".into()), ..warn }, "bad_time"),
        (NewCaseAct { due_at: due(90_000), ..bare(CaseAct::ExtendWarning) }, "note_missing"),
        (NewCaseAct { due_at: due(90_000), note: Some("rain".into()), ..bare(CaseAct::ExtendWarning) }, ""),
        (NewCaseAct { expected_fine_yuan: Some(-1), ..bare(CaseAct::File) }, "bad_amount"),
        (NewCaseAct { note: Some("x".repeat(2001)), ..bare(CaseAct::Take) }, "note_too_long"),
    ] {
        assert_eq!(check(&new), want, "{new:?}");
    }
    let mut later = standing(Warned);
    later.due_ms = Some(NOW_MS + 90_000);
    let sooner = NewCaseAct { due_at: due(90_000), note: Some("rain".into()), ..bare(CaseAct::ExtendWarning) };
    assert_eq!(code(needs(&later, &sooner, NOW_MS)), "bad_time");
}

#[test]
fn offers_say_what_can_be_done_and_what_holds_the_rest_up() {
    let ada = person("ada", &[Role::Operator, Role::LegalReviewer]);
    let offers = offers(&standing(Opened), &ada, NOW_MS);
    let told: Vec<(CaseAct, Option<&str>)> = offers.iter().map(|offer| (offer.act, offer.held_up.as_deref())).collect();
    let want = [(CaseAct::Take, Some("same_person")), (CaseAct::DispatchClue, None), (CaseAct::Expire, Some("not_expired"))];
    assert_eq!(told, want);
    assert!(offers[0].why.as_deref().is_some_and(|why| why.contains("second officer")));
}
