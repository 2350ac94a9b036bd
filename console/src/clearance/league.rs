//! League tables (DOMAIN 5.5): ranked by violation minutes per watched hour, like against like, drawn towards what is usual
//! where little is known, with interval, coverage and n. No money and no case counts: counting cases rewards letting
//! violations happen.
//!
//! Advertisements stand for days and stalls for an hour, and a market is no school gate: a district that has much of the one
//! would win or lose by what it has and not by what it does. So each group is held against what its own mix of kinds, key
//! areas, control grades and place types has on average (indirect standardisation): `usual * minutes / expected minutes`.

use super::bundle::{self, Row};
use super::proportion::{ratio, shrink};
use crate::dto::{ClearanceGroup, ClearanceParameters, ControlGrade, Kind, PlaceType};

/// What can be compared with one another.
type Like = (Kind, bool, Option<ControlGrade>, Option<PlaceType>);

/// What happened in zone-days that are alike.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Tally {
    ovm_s: u64,
    watched_s: u64,
    sla_met: u64,
    sla_due: u64,
}

impl Tally {
    fn add(&mut self, more: &Self) {
        self.ovm_s += more.ovm_s;
        self.watched_s += more.watched_s;
        self.sla_met += more.sla_met;
        self.sla_due += more.sla_due;
    }

    /// Violation minutes per watched hour.
    fn rate(&self) -> Option<f64> {
        ratio(self.ovm_s as f64 * 60.0, self.watched_s as f64)
    }

    fn met(&self) -> Option<f64> {
        ratio(self.sla_met as f64, self.sla_due as f64)
    }
}

/// What a group is a mix of, in a fixed order, so that sums of it are the same to the last bit; few things, so that a list is quicker
/// than a map.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mix(Vec<(Like, Tally)>);

impl Mix {
    pub(crate) fn add(&mut self, row: Row<'_>) {
        let bundle::Tally { ovm_s, watched_s, sla_met, sla_due, .. } = row.tally();
        let cell = row.cell();
        self.put((cell.kind, row.key_area(), cell.grade, cell.place), &Tally { ovm_s, watched_s, sla_met, sla_due });
    }

    fn put(&mut self, like: Like, tally: &Tally) {
        match self.0.binary_search_by(|(known, _)| known.cmp(&like)) {
            Ok(place) => self.0[place].1.add(tally),
            Err(place) => self.0.insert(place, (like, *tally)),
        }
    }

    /// Adds another mix.
    pub(crate) fn join(&mut self, more: &Self) {
        more.0.iter().for_each(|(like, tally)| self.put(*like, tally));
    }

    fn of(&self, like: &Like) -> Tally {
        self.0.iter().find(|(known, _)| known == like).map(|(_, tally)| *tally).unwrap_or_default()
    }

    fn sum(&self) -> Tally {
        let mut sum = Tally::default();
        self.0.iter().for_each(|(_, tally)| sum.add(tally));
        sum
    }

    /// Violation minutes per watched hour, if all of it were as its like is on average.
    fn expected(&self, all: &Self) -> Option<f64> {
        let minutes = |(like, tally): &(Like, Tally)| all.of(like).rate().map_or(0.0, |rate| rate * tally.watched_s as f64);
        ratio(self.0.iter().map(minutes).sum(), self.sum().watched_s as f64)
    }

    /// Share met within the limit, likewise.
    fn expected_met(&self, all: &Self) -> Option<f64> {
        let met = |(like, tally): &(Like, Tally)| all.of(like).met().map_or(0.0, |met| met * tally.sla_due as f64);
        ratio(self.0.iter().map(met).sum(), self.sum().sla_due as f64)
    }
}

/// Scores and ranks the groups and puts them in order. What has too little coverage or no known zone-day stands at the end
/// without a rank; `ranked` is false for groups that are not of one kind among themselves, and nobody gets a rank.
pub(crate) fn rank(groups: Vec<(ClearanceGroup, Mix)>, ranked: bool, parameters: &ClearanceParameters) -> Vec<ClearanceGroup> {
    let mut all = Mix::default();
    groups.iter().for_each(|(_, mix)| all.join(mix));
    let m = f64::from(parameters.league_prior_days);
    let (usual, usual_met) = (all.sum().rate(), all.sum().met());
    let scored = |(mut group, mix): (ClearanceGroup, Mix)| {
        let n = group.known_days as f64;
        group.of_its_like = mix.expected(&all);
        let held = |value: f64, usual: f64| match group.of_its_like {
            Some(expected) if expected > 0.0 => usual * value / expected,
            // Nothing like it has a violation anywhere, and neither has it: it is as its like.
            _ => usual,
        };
        group.score = group.ovm.per_watched_h.zip(usual).map(|(value, usual)| shrink(held(value, usual), n, usual, m));
        let met = group.sla.share.value.zip(mix.expected_met(&all)).map(|(value, expected)| value - expected);
        group.sla_score = met.zip(usual_met).map(|(better, usual)| shrink(usual + better, n, usual, m));
        group
    };
    let mut groups: Vec<ClearanceGroup> = groups.into_iter().map(scored).collect();
    let ranked = |group: &ClearanceGroup| {
        let covered = group.coverage.value.is_some_and(|share| share >= parameters.league_coverage_min);
        ranked && covered && group.known_days > 0 && group.score.is_some()
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
    groups
}

#[cfg(test)]
#[path = "league_tests.rs"]
mod tests;
