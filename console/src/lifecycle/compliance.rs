//! May what a camera showed be evidence? Only if its register said so when it was seen: legal review, technical review, sign
//! and publication on record, in force, for that kind.

use crate::dto::{ClueReason, EvidenceMode, Kind, RegisterRecord};

/// A version of a camera's register, with its days turned into times.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) version: i64,
    pub(crate) record: RegisterRecord,
    /// It was not there before it was entered: nobody makes evidence of a clue afterwards.
    pub(crate) entered_ms: i64,
    pub(crate) from_ms: i64,
    /// It no longer holds from then on.
    pub(crate) until_ms: i64,
    pub(crate) technical_due_ms: Option<i64>,
}

/// A stretch of time within which something was seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
}

/// The entries that held during that time: the last one entered before it, and all that were entered in it.
pub(crate) fn in_force(entries: &[Entry], seen: Seen) -> impl Iterator<Item = &Entry> {
    let first = entries.iter().filter(|entry| entry.entered_ms <= seen.from_ms).max_by_key(|entry| entry.version);
    let within = entries.iter().filter(move |entry| seen.from_ms < entry.entered_ms && entry.entered_ms <= seen.to_ms);
    first.into_iter().chain(within)
}

/// Why what was seen is only a clue; nothing when it is evidence.
pub(crate) fn reasons(entries: &[Entry], kind: Kind, seen: Seen) -> Vec<ClueReason> {
    let mut reasons = Vec::new();
    let mut any_before = false;
    for entry in in_force(entries, seen) {
        any_before |= entry.entered_ms <= seen.from_ms;
        against(entry, kind, seen, &mut reasons);
    }
    if !any_before {
        reasons.push(ClueReason::NoRecord);
    }
    reasons.sort_unstable();
    reasons.dedup();
    reasons
}

/// The mode that follows.
pub(crate) fn mode(reasons: &[ClueReason]) -> EvidenceMode {
    if reasons.is_empty() { EvidenceMode::OffsiteEvidence } else { EvidenceMode::ClueOnly }
}

fn against(entry: &Entry, kind: Kind, seen: Seen, reasons: &mut Vec<ClueReason>) {
    let record = &entry.record;
    let overdue = entry.technical_due_ms.is_some_and(|due| seen.to_ms >= due);
    for (holds_against, reason) in [
        (seen.from_ms < entry.from_ms, ClueReason::NotYetValid),
        (seen.to_ms >= entry.until_ms, ClueReason::Lapsed),
        (!record.kinds.contains(&kind), ClueReason::KindNotCovered),
        (record.legal_review.is_none(), ClueReason::LegalReviewMissing),
        (record.technical_review.is_none(), ClueReason::TechnicalReviewMissing),
        (overdue, ClueReason::TechnicalReviewOverdue),
        (record.signage.is_none(), ClueReason::SignageMissing),
        (record.publication.is_none(), ClueReason::NotPublished),
    ] {
        if holds_against {
            reasons.push(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::{Proof, ReviewDocument, TechnicalReview};

    fn entry(version: i64, entered_ms: i64) -> Entry {
        let proof = Proof { document: "p".to_owned(), date: "2026-01-02".to_owned() };
        Entry {
            version,
            record: RegisterRecord {
                legal_basis: "b".to_owned(),
                legal_review: Some(ReviewDocument { body: "l".into(), document: "1".into(), date: "2026-01-01".into() }),
                technical_review: Some(TechnicalReview {
                    body: "t".into(),
                    document: "2".into(),
                    date: "2026-01-01".into(),
                    next_due: "2026-12-31".into(),
                }),
                signage: Some(proof.clone()),
                publication: Some(proof),
                kinds: vec![Kind::IllegalStall],
                valid_from: "2026-01-01".into(),
                valid_until: "2026-12-31".into(),
            },
            entered_ms,
            from_ms: 100,
            until_ms: 1000,
            technical_due_ms: Some(800),
        }
    }

    fn told(entries: &[Entry], kind: Kind, from_ms: i64, to_ms: i64) -> Vec<ClueReason> {
        reasons(entries, kind, Seen { from_ms, to_ms })
    }

    #[test]
    fn only_what_held_during_the_whole_sighting_makes_evidence() {
        let one = [entry(1, 50)];
        let stall = Kind::IllegalStall;
        assert_eq!(told(&one, stall, 200, 300), []);
        assert_eq!(mode(&[]), EvidenceMode::OffsiteEvidence);
        assert_eq!(told(&one, stall, 90, 300), [ClueReason::NotYetValid]);
        assert_eq!(told(&one, stall, 900, 999), [ClueReason::TechnicalReviewOverdue]);
        assert_eq!(told(&one, stall, 790, 800), [ClueReason::TechnicalReviewOverdue], "it ran out while it was seen");
        assert_eq!(told(&one, stall, 900, 1000), [ClueReason::Lapsed, ClueReason::TechnicalReviewOverdue]);
        assert_eq!(told(&one, Kind::WasteDumping, 200, 300), [ClueReason::KindNotCovered]);
        assert_eq!(told(&[], stall, 200, 300), [ClueReason::NoRecord]);
    }

    #[test]
    fn what_is_entered_afterwards_makes_no_evidence_of_a_clue_and_no_clue_of_evidence() {
        let late = [entry(1, 250)];
        assert_eq!(told(&late, Kind::IllegalStall, 200, 300), [ClueReason::NoRecord]);
        let withdrawn = Entry { record: RegisterRecord { kinds: Vec::new(), ..entry(2, 0).record }, ..entry(2, 400) };
        let both = [entry(1, 50), withdrawn];
        assert_eq!(told(&both, Kind::IllegalStall, 200, 300), [], "it held then");
        assert_eq!(told(&both, Kind::IllegalStall, 350, 450), [ClueReason::KindNotCovered], "withdrawn while it was seen");
        assert_eq!(told(&both, Kind::IllegalStall, 500, 600), [ClueReason::KindNotCovered]);
    }

    #[test]
    fn each_document_that_is_missing_is_named() {
        let mut bare = entry(1, 50);
        bare.record.legal_review = None;
        bare.record.technical_review = None;
        bare.record.signage = None;
        bare.record.publication = None;
        bare.technical_due_ms = None;
        let want = [
            ClueReason::LegalReviewMissing,
            ClueReason::TechnicalReviewMissing,
            ClueReason::SignageMissing,
            ClueReason::NotPublished,
        ];
        assert_eq!(told(&[bare], Kind::IllegalStall, 200, 300), want);
    }
}
