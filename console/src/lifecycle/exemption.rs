//! Whether the record bears a clause out, and on which days an entry of the lists of law holds.

use crate::dto::{EarlierViolation, Exemption, ExemptionProposal, Ground};

/// Does an entry hold on that day? Days as `2026-03-01`, both ends included; such texts sort as days do.
pub(crate) fn holds_on(valid_from: &str, valid_until: Option<&str>, day: &str) -> bool {
    valid_from <= day && valid_until.is_none_or(|until| day <= until)
}

/// What the record says to a clause. `open_minutes`: from first seen until gone.
pub(crate) fn propose(exemption: Exemption, earlier: Vec<EarlierViolation>, open_minutes: f64) -> ExemptionProposal {
    match exemption.ground {
        Ground::FirstViolation => ExemptionProposal { holds: earlier.is_empty(), exemption, earlier, open_minutes: None },
        Ground::Minor => {
            let most = exemption.most_open_minutes.unwrap_or(0);
            #[expect(clippy::cast_precision_loss, reason = "at most 525600")]
            let holds = open_minutes <= most as f64;
            ExemptionProposal { exemption, holds, earlier: Vec::new(), open_minutes: Some(open_minutes) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clause(ground: Ground) -> Exemption {
        Exemption {
            id: "x".to_owned(),
            matter: "stall".to_owned(),
            ground,
            clause: "c".to_owned(),
            window_days: Some(365),
            most_open_minutes: Some(60),
            valid_from: "2026-01-01".to_owned(),
            valid_until: None,
            replaces: None,
            reason: None,
            end_reason: None,
            added_at: "2026-01-01T00:00:00.000Z".to_owned(),
            added_by: "installation".to_owned(),
        }
    }

    #[test]
    fn a_clause_holds_as_the_record_says() {
        let before = EarlierViolation {
            case: Some("c0".to_owned()),
            raised_at: "2026-01-01T00:00:00.000Z".to_owned(),
            same_place: true,
            same_subject: false,
        };
        assert!(propose(clause(Ground::FirstViolation), Vec::new(), 1e6).holds);
        assert!(!propose(clause(Ground::FirstViolation), vec![before], 1.0).holds);
        assert!(propose(clause(Ground::Minor), Vec::new(), 60.0).holds);
        assert!(!propose(clause(Ground::Minor), Vec::new(), 60.1).holds);
    }

    #[test]
    fn an_entry_holds_from_its_first_to_its_last_day() {
        for (day, want) in [("2026-02-28", false), ("2026-03-01", true), ("2026-03-31", true), ("2026-04-01", false)] {
            assert_eq!(holds_on("2026-03-01", Some("2026-03-31"), day), want, "{day}");
        }
        assert!(holds_on("2026-03-01", None, "2036-01-01"));
    }
}
