//! How far the case of a confirmed candidate has come.

use super::story::Told;
use crate::dto::Kind;

/// One step of a case after it was opened.
pub(super) struct Step {
    pub(super) at: i64,
    pub(super) from: Option<&'static str>,
    pub(super) to: &'static str,
    pub(super) act: &'static str,
    pub(super) by: &'static str,
}

/// How far a case has come: decided by its id, so that telling it takes nothing from the dice of the story.
pub(super) struct Fate {
    pub(super) steps: Vec<Step>,
    pub(super) subject: Option<String>,
    pub(super) warned: Option<i64>,
}

impl Fate {
    /// A tenth is rejected by the second review, four tenths are warned; the others wait.
    pub(super) fn of(case: &str, told: &Told, opened: i64, reviewer: &'static str, until_ms: i64) -> Self {
        let lot = u32::from_str_radix(&case[..4], 16).unwrap_or(0) % 100;
        let step = |minutes: i64, from, to, act| Step { at: opened + minutes * 60_000, from: Some(from), to, act, by: reviewer };
        let mut steps = match lot {
            0..10 => vec![step(6, "opened", "legal_review", "take"), step(9, "legal_review", "rejected", "reject")],
            10..50 => vec![
                step(5, "opened", "legal_review", "take"),
                step(8, "legal_review", "confirmed", "pass"),
                step(11, "confirmed", "subject_matched", "match_subject"),
                step(12, "subject_matched", "warned", "warn"),
            ],
            _ => Vec::new(),
        };
        steps.retain(|step| step.at < until_ms);
        let warned = steps.iter().find(|step| step.act == "warn").map(|step| step.at);
        // A street has its few known vendors; they are where they are today, not at one spot.
        let subject =
            steps.iter().any(|step| step.act == "match_subject").then(|| format!("{}-vendor-{}", told.cell.zone, lot % 5));
        Self { steps, subject, warned }
    }
}

/// What the law calls it: the entry of the lists that come with an installation.
pub(super) fn matter(told: &Told) -> &'static str {
    match told.cell.kind {
        Kind::IllegalStall => "stall",
        Kind::StorefrontEncroachment => "storefront",
        Kind::UnauthorizedAd => "advert",
        Kind::WasteDumping => "dumping",
    }
}
