//! Candidates against the truth: precision, recall, F1, duplicates and delay, per kind and in total.
//!
//! The rule is the design's contract (part 5). A candidate is *right* when kind and camera agree, it is raised in
//! `[start_s, end_s + dwell]` (open where `end_s` is null), and the centre of its box lies in the truth's box or the two
//! overlap with IoU ≥ [`MIN_IOU`]. What the contract leaves open is decided here:
//! - *dwell*: an event that ends just as the rule is met is still raised rightly. It is what the candidate's own trace needed
//!   (`why.facts`, the fact named `dwell`), or the kind's default where the trace has none.
//! - *one to one*: candidates in the order in which they were raised are matched to truths such that as many as possible
//!   are right (augmenting paths), so two things standing side by side are not counted against each other.
//! - *duplicate*: a candidate that could have been right but whose truths are all taken. It counts as false.
//! - *permitted* candidates were kept but not shown as violations, so they are not counted, unless asked for.
//! - a candidate that is listed twice under one id is two candidates: an analysis must not say a thing twice.
//! - what has no denominator has no value: `null`, never 0 or 100 %.
//! - a *look-alike* (its file is optional) explains a false candidate that lies on it in place and time, whatever its kind.

mod lookalikes;
mod read;

use std::collections::BTreeMap;

use events::kind::UnknownKind;
use events::wire::v1::CandidateData;
use events::{BBox, Kind};
use serde::Serialize;

pub use lookalikes::{ByCamera, Counts, FalseAlarm, Lookalike, Missed, Taken};
pub use read::{ReadError, read_events, read_lookalikes, read_truth};

/// Overlap from which two boxes show the same thing even where the centre lies outside (contract).
pub const MIN_IOU: f64 = 0.1;

/// The 97.5 % quantile of the standard normal distribution: a two-sided 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// An event that really happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// Of what.
    pub kind: Kind,
    /// On which camera.
    pub camera: String,
    /// In which zone; not compared, as zones may be drawn anew.
    pub zone: String,
    /// When it began, stream seconds.
    pub start_s: f64,
    /// When it was gone, stream seconds; `None` when it was there to the end.
    pub end_s: Option<f64>,
    /// Where.
    pub bbox: BBox,
}

/// What is compared of a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Raised {
    /// Its id.
    pub id: String,
    /// Of what.
    pub kind: Kind,
    /// On which camera.
    pub camera: String,
    /// When it was raised, stream seconds.
    pub raised_s: f64,
    /// Where.
    pub bbox: BBox,
    /// Covered by a permit.
    pub permitted: bool,
    /// What its rule needed, seconds.
    pub dwell_s: f64,
}

impl TryFrom<&CandidateData> for Raised {
    type Error = UnknownKind;

    fn try_from(data: &CandidateData) -> Result<Self, UnknownKind> {
        let kind: Kind = data.kind.parse()?;
        let [x1, y1, x2, y2] = data.bbox;
        let needed = data.why.facts.iter().find(|fact| fact.name == "dwell").and_then(|fact| fact.needed);
        Ok(Self {
            id: data.id.clone(),
            kind,
            camera: data.camera.clone(),
            raised_s: data.raised_s,
            bbox: BBox::clamped(x1, y1, x2, y2),
            permitted: data.permitted,
            dwell_s: dwell(kind, needed),
        })
    }
}

/// Seconds of dwell: as needed, or the kind's default.
fn dwell(kind: Kind, needed: Option<f64>) -> f64 {
    needed.filter(|s| s.is_finite() && *s >= 0.0).unwrap_or_else(|| kind.default_dwell().as_secs_f64())
}

/// Are candidates that a permit covers counted?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permitted {
    /// No: they were not shown as violations.
    #[default]
    LeftOut,
    /// Yes, like any other.
    Counted,
}

/// The numbers for one kind, or for all.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Score {
    /// Events that happened.
    pub truths: usize,
    /// Candidates counted.
    pub candidates: usize,
    /// Candidates that are right.
    pub true_positives: usize,
    /// Candidates that are not, duplicates among them.
    pub false_positives: usize,
    /// Candidates for a truth that another one had already.
    pub duplicates: usize,
    /// Truths without a candidate.
    pub missed: usize,
    /// Right among the candidates, 0..=1.
    pub precision: Option<f64>,
    /// 95 % interval (Wilson) of the precision.
    pub precision_ci95: Option<[f64; 2]>,
    /// Found among the truths, 0..=1.
    pub recall: Option<f64>,
    /// 95 % interval (Wilson) of the recall.
    pub recall_ci95: Option<[f64; 2]>,
    /// `2·TP / (2·TP + FP + FN)`, 0..=1.
    pub f1: Option<f64>,
    /// Median of `raised_s - start_s` over the right ones, seconds.
    pub delay_median_s: Option<f64>,
    /// 90th percentile (nearest rank) of the same, seconds.
    pub delay_p90_s: Option<f64>,
    /// 95th percentile (nearest rank) of the same, seconds.
    pub delay_p95_s: Option<f64>,
}

/// All the numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scores {
    /// By wire name; only kinds that occur.
    pub kinds: BTreeMap<String, Score>,
    /// Over all kinds.
    pub total: Score,
    /// Candidates covered by a permit.
    pub permitted: usize,
    /// Whether those were counted.
    pub permitted_are: Permitted,
    /// Right, false and missed apart by camera and kind; a camera without any is not listed.
    pub cameras: ByCamera,
    /// Every candidate that is not right, in the order they were given.
    pub false_alarms: Vec<FalseAlarm>,
    /// Every truth without a candidate, in the order they were given.
    pub missed: Vec<Missed>,
    /// By name of the look-alike; absent when no look-alikes were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lookalikes: Option<BTreeMap<String, Taken>>,
}

/// One candidate's fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Right(usize),
    Duplicate,
    False,
}

/// Compares candidates with the truth.
pub fn score(truths: &[Truth], candidates: &[Raised], permitted: Permitted) -> Scores {
    score_with(truths, None, candidates, permitted)
}

/// [`score`], with the look-alikes named that false candidates fell on.
pub fn score_with(truths: &[Truth], lookalikes: Option<&[Lookalike]>, candidates: &[Raised], permitted: Permitted) -> Scores {
    let counted: Vec<&Raised> = candidates.iter().filter(|c| permitted == Permitted::Counted || !c.permitted).collect();
    let verdicts = assign(truths, &counted);
    let mut kinds = BTreeMap::new();
    for kind in Kind::ALL {
        let truth_count = truths.iter().filter(|truth| truth.kind == kind).count();
        let own: Vec<(&Raised, Verdict)> =
            counted.iter().copied().zip(verdicts.iter().copied()).filter(|(c, _)| c.kind == kind).collect();
        if truth_count > 0 || !own.is_empty() {
            kinds.insert(kind.wire_name().to_owned(), tally(truths, truth_count, &own));
        }
    }
    let missed = lookalikes::missed(truths, &verdicts);
    let all: Vec<(&Raised, Verdict)> = counted.iter().copied().zip(verdicts).collect();
    let (false_alarms, taken) = lookalikes::name_false(lookalikes.unwrap_or_default(), &all);
    Scores {
        kinds,
        total: tally(truths, truths.len(), &all),
        permitted: candidates.iter().filter(|c| c.permitted).count(),
        permitted_are: permitted,
        cameras: lookalikes::by_camera(&all, &missed),
        false_alarms,
        missed,
        lookalikes: lookalikes.is_some().then_some(taken),
    }
}

/// [`score`] over wire data, permitted candidates left out.
///
/// # Errors
/// When a candidate's kind is none of the four.
pub fn score_data(truths: &[Truth], candidates: &[CandidateData]) -> Result<Scores, UnknownKind> {
    let raised = candidates.iter().map(Raised::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(score(truths, &raised, Permitted::LeftOut))
}

fn is_right(truth: &Truth, candidate: &Raised) -> bool {
    let in_time =
        truth.start_s <= candidate.raised_s && truth.end_s.is_none_or(|end_s| candidate.raised_s <= end_s + candidate.dwell_s);
    let in_place = truth.bbox.contains(candidate.bbox.centre()) || truth.bbox.iou(&candidate.bbox) >= MIN_IOU;
    truth.kind == candidate.kind && truth.camera == candidate.camera && in_time && in_place
}

/// A largest one-to-one assignment, earlier candidates first.
fn assign(truths: &[Truth], candidates: &[&Raised]) -> Vec<Verdict> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|&a, &b| {
        let key = |i: usize| (&candidates[i].camera, candidates[i].raised_s);
        let ((camera_a, raised_a), (camera_b, raised_b)) = (key(a), key(b));
        camera_a.cmp(camera_b).then(raised_a.total_cmp(&raised_b))
    });
    // For each candidate the truths it may be, the best overlap first and of equals the one that began first.
    let options: Vec<Vec<usize>> = candidates
        .iter()
        .map(|candidate| {
            let mut fits: Vec<usize> = (0..truths.len()).filter(|&t| is_right(&truths[t], candidate)).collect();
            let overlap = |t: usize| truths[t].bbox.iou(&candidate.bbox);
            fits.sort_by(|&a, &b| overlap(b).total_cmp(&overlap(a)).then(truths[a].start_s.total_cmp(&truths[b].start_s)));
            fits
        })
        .collect();
    let mut taken_by: Vec<Option<usize>> = vec![None; truths.len()];
    for &candidate in &order {
        augment(candidate, &options, &mut taken_by, &mut vec![false; truths.len()]);
    }
    let mut verdicts: Vec<Verdict> =
        options.iter().map(|fits| if fits.is_empty() { Verdict::False } else { Verdict::Duplicate }).collect();
    for (truth, candidate) in taken_by.iter().enumerate() {
        if let Some(candidate) = candidate {
            verdicts[*candidate] = Verdict::Right(truth);
        }
    }
    verdicts
}

/// Kuhn's step: gives `candidate` a truth, moving others to another one of theirs if need be. Who has one keeps one.
fn augment(candidate: usize, options: &[Vec<usize>], taken_by: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for &truth in &options[candidate] {
        if std::mem::replace(&mut seen[truth], true) {
            continue;
        }
        if taken_by[truth].is_none_or(|other| augment(other, options, taken_by, seen)) {
            taken_by[truth] = Some(candidate);
            return true;
        }
    }
    false
}

fn tally(truths: &[Truth], truth_count: usize, candidates: &[(&Raised, Verdict)]) -> Score {
    let mut delays: Vec<f64> = candidates
        .iter()
        .filter_map(|(candidate, verdict)| match verdict {
            Verdict::Right(truth) => Some(candidate.raised_s - truths[*truth].start_s),
            Verdict::Duplicate | Verdict::False => None,
        })
        .collect();
    delays.sort_by(f64::total_cmp);
    let right = delays.len();
    let (count, missed) = (candidates.len(), truth_count - right);
    let wrong = count - right;
    Score {
        truths: truth_count,
        candidates: count,
        true_positives: right,
        false_positives: wrong,
        duplicates: candidates.iter().filter(|(_, verdict)| *verdict == Verdict::Duplicate).count(),
        missed,
        precision: share(right, count),
        precision_ci95: wilson(right, count),
        recall: share(right, truth_count),
        recall_ci95: wilson(right, truth_count),
        f1: share(2 * right, 2 * right + wrong + missed),
        delay_median_s: median(&delays),
        delay_p90_s: nearest_rank(&delays, 0.9),
        delay_p95_s: nearest_rank(&delays, 0.95),
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The score interval of Wilson (1927, JASA 22:209–212): unlike the usual one it stays within 0..1 and is honest about few
/// events.
fn wilson(part: usize, whole: usize) -> Option<[f64; 2]> {
    let p = share(part, whole)?;
    let n = whole as f64;
    let centre = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Some([((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0)])
}

fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted.get(middle).copied()
    } else {
        Some((sorted.get(middle.checked_sub(1)?)? + sorted.get(middle)?) / 2.0)
    }
}

fn nearest_rank(sorted: &[f64], quantile: f64) -> Option<f64> {
    let rank = (quantile * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests;
