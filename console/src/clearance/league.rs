//! League tables (DOMAIN 5.5): ranked by violation minutes per watched hour, drawn towards what is usual where little is
//! known, with interval, coverage and n. No money and no case counts: counting cases rewards letting violations happen.

use super::proportion::shrink;
use super::sum::Sum;
use crate::dto::{ClearanceGroup, ClearanceParameters};

/// Scores and ranks the groups and puts them in order; `all` says what is usual. What has too little coverage or no known
/// zone-day stands at the end without a rank.
pub(crate) fn rank(groups: &mut [ClearanceGroup], all: &Sum, parameters: &ClearanceParameters) {
    let m = f64::from(parameters.league_prior_days);
    let usual = all.ovm_per_watched_h();
    let usual_sla = super::proportion::ratio(all.sla_met as f64, all.sla_due as f64);
    for group in groups.iter_mut() {
        let n = group.known_days as f64;
        group.score = group.ovm.per_watched_h.zip(usual).map(|(value, prior)| shrink(value, n, prior, m));
        group.sla_score = group.sla.share.value.zip(usual_sla).map(|(value, prior)| shrink(value, n, prior, m));
    }
    let ranked = |group: &ClearanceGroup| {
        let covered = group.coverage.value.is_some_and(|share| share >= parameters.league_coverage_min);
        covered && group.known_days > 0 && group.score.is_some()
    };
    groups.sort_by(|a, b| {
        let better = |group: &ClearanceGroup| (group.score.unwrap_or(f64::MAX), -group.sla_score.unwrap_or(0.0));
        let ((a_score, a_sla), (b_score, b_sla)) = (better(a), better(b));
        ranked(b).cmp(&ranked(a)).then(a_score.total_cmp(&b_score)).then(a_sla.total_cmp(&b_sla)).then(a.key.cmp(&b.key))
    });
    let mut place = 0;
    for group in groups.iter_mut().filter(|group| ranked(group)) {
        place += 1;
        group.rank = Some(place);
    }
}
