//! What the camera's later looks say of a correction. They propose; a person decides.

use crate::dto::{RecheckProposal, SeenState};

/// A camera that still follows the thing says so every few minutes: so long after the time was over, a look is awaited.
const GRACE_MS: i64 = 10 * 60_000;

/// What is known after a warning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) warned_ms: i64,
    pub(crate) due_ms: i64,
    /// The camera's latest look and its time.
    pub(crate) look: Option<(SeenState, i64)>,
    /// When the same thing was raised again at the same place.
    pub(crate) came_back_ms: Option<i64>,
}

/// The proposal at this time. What was seen before the warning tells nothing of how it was answered: a thing that had gone by
/// then was not put right because of it, and is not looked at any more.
pub(crate) fn propose(known: Known, now_ms: i64) -> RecheckProposal {
    let over = now_ms >= known.due_ms;
    if known.came_back_ms.is_some() {
        return if over { RecheckProposal::NotCorrected } else { RecheckProposal::Wait };
    }
    match known.look {
        Some((SeenState::Cleared, at)) if at < known.warned_ms && over => RecheckProposal::Unknown,
        Some((SeenState::Cleared, at)) if at < known.warned_ms => RecheckProposal::Wait,
        Some((SeenState::Cleared, at)) if at <= known.due_ms => RecheckProposal::Corrected,
        Some((SeenState::Cleared, _)) => RecheckProposal::NotCorrected,
        Some((SeenState::Present, at)) if over && at >= known.due_ms => RecheckProposal::NotCorrected,
        Some((SeenState::Present, _)) | None if now_ms < known.due_ms + GRACE_MS => RecheckProposal::Wait,
        Some((SeenState::Present | SeenState::Lost, _)) | None => RecheckProposal::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_look_and_the_clock_propose() {
        use RecheckProposal::{Corrected, NotCorrected, Unknown, Wait};
        use SeenState::{Cleared, Lost, Present};
        let (warned_ms, due_ms) = (500_000, 1_000_000);
        for (look, came_back_ms, now_ms, want) in [
            (None, None, due_ms - 1, Wait),
            (None, None, due_ms + GRACE_MS, Unknown),
            (Some((Present, due_ms - 10)), None, due_ms - 1, Wait),
            (Some((Present, due_ms - 10)), None, due_ms + 1, Wait),
            (Some((Present, due_ms - 10)), None, due_ms + GRACE_MS, Unknown),
            (Some((Present, due_ms)), None, due_ms, NotCorrected),
            (Some((Cleared, due_ms - 10)), None, due_ms - 1, Corrected),
            (Some((Cleared, due_ms)), None, due_ms + GRACE_MS, Corrected),
            (Some((Cleared, due_ms + 1)), None, due_ms + 2, NotCorrected),
            (Some((Cleared, warned_ms)), None, due_ms - 1, Corrected),
            (Some((Cleared, warned_ms - 1)), None, due_ms - 1, Wait),
            (Some((Cleared, warned_ms - 1)), None, due_ms, Unknown),
            (Some((Present, warned_ms - 1)), None, due_ms + GRACE_MS, Unknown),
            (Some((Lost, warned_ms - 1)), None, due_ms - 1, Unknown),
            (Some((Lost, due_ms - 10)), None, due_ms - 1, Unknown),
            (Some((Cleared, due_ms - 10)), Some(due_ms - 5), due_ms - 1, Wait),
            (Some((Cleared, due_ms - 10)), Some(due_ms - 5), due_ms, NotCorrected),
        ] {
            let known = Known { warned_ms, due_ms, look, came_back_ms };
            assert_eq!(propose(known, now_ms), want, "{look:?} {came_back_ms:?} at {now_ms}");
        }
    }
}
