//! What only looked like a violation: which of the false candidates fell on what, and what was missed.

use std::collections::BTreeMap;

use events::{BBox, Kind};
use serde::Serialize;

use super::{MIN_IOU, Raised, Truth, Verdict};

/// Something that looks like a violation and is none, by its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookalike {
    /// What it is, such as `vendor_moves_on`.
    pub name: String,
    /// On which camera.
    pub camera: String,
    /// When it began, stream seconds.
    pub start_s: f64,
    /// When it was gone, stream seconds; `None` when it was there to the end.
    pub end_s: Option<f64>,
    /// Where.
    pub bbox: BBox,
}

/// How often the look-alikes of one name were there, and how often they were taken for a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Taken {
    /// That were there.
    pub seen: usize,
    /// That raised at least one false candidate.
    pub alarmed: usize,
    /// The false candidates they raised, of any kind.
    pub candidates: usize,
}

/// A candidate that is not right.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FalseAlarm {
    /// Its id.
    pub id: String,
    /// Wire name of its kind.
    pub kind: &'static str,
    /// On which camera.
    pub camera: String,
    /// When it was raised, stream seconds.
    pub raised_s: f64,
    /// Where, `[x1, y1, x2, y2]` in 0..1.
    #[serde(rename = "box")]
    pub bbox: [f64; 4],
    /// It is a second candidate for one truth.
    pub duplicate: bool,
    /// The look-alike it fell on, where those are known and it is no duplicate.
    pub lookalike: Option<String>,
}

/// A truth without a candidate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missed {
    /// Wire name of its kind.
    pub kind: &'static str,
    /// On which camera.
    pub camera: String,
    /// In which zone.
    pub zone: String,
    /// When it began, stream seconds.
    pub start_s: f64,
    /// When it was gone, stream seconds; `None` when it was there to the end.
    pub end_s: Option<f64>,
    /// Where, `[x1, y1, x2, y2]` in 0..1.
    #[serde(rename = "box")]
    pub bbox: [f64; 4],
}

/// The counts of one camera and one kind: what a bootstrap over cameras draws from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Candidates that are right.
    pub true_positives: usize,
    /// Candidates that are not, duplicates among them.
    pub false_positives: usize,
    /// Truths without a candidate.
    pub missed: usize,
}

/// By camera, then by wire name of the kind; only what occurs.
pub type ByCamera = BTreeMap<String, BTreeMap<&'static str, Counts>>;

/// Where, when and on which camera a candidate must be to have been raised by a look-alike: as for a truth, but of any kind,
/// as one thing may be taken for several.
fn fell_on(lookalike: &Lookalike, candidate: &Raised) -> bool {
    let until = lookalike.end_s.map_or(f64::INFINITY, |end_s| end_s + candidate.dwell_s);
    let in_place = lookalike.bbox.contains(candidate.bbox.centre()) || lookalike.bbox.iou(&candidate.bbox) >= MIN_IOU;
    lookalike.camera == candidate.camera && (lookalike.start_s..=until).contains(&candidate.raised_s) && in_place
}

/// Names the false ones, and counts the look-alikes by name. Of several that fit, the one that overlaps most is named.
pub(super) fn name_false(
    lookalikes: &[Lookalike],
    candidates: &[(&Raised, Verdict)],
) -> (Vec<FalseAlarm>, BTreeMap<String, Taken>) {
    let mut taken: BTreeMap<String, Taken> = BTreeMap::new();
    for lookalike in lookalikes {
        taken.entry(lookalike.name.clone()).or_default().seen += 1;
    }
    let mut alarmed = vec![false; lookalikes.len()];
    let mut alarms = Vec::new();
    for (candidate, verdict) in candidates.iter().filter(|(_, verdict)| !matches!(verdict, Verdict::Right(_))) {
        let duplicate = *verdict == Verdict::Duplicate;
        let overlap = |l: &Lookalike| l.bbox.iou(&candidate.bbox);
        let fits = lookalikes.iter().enumerate().filter(|(_, l)| !duplicate && fell_on(l, candidate));
        let on = fits.max_by(|a, b| overlap(a.1).total_cmp(&overlap(b.1)).then(b.0.cmp(&a.0)));
        if let Some((index, lookalike)) = on
            && let Some(of_name) = taken.get_mut(&lookalike.name)
        {
            of_name.candidates += 1;
            of_name.alarmed += usize::from(!std::mem::replace(&mut alarmed[index], true));
        }
        alarms.push(FalseAlarm {
            id: candidate.id.clone(),
            kind: candidate.kind.wire_name(),
            camera: candidate.camera.clone(),
            raised_s: candidate.raised_s,
            bbox: candidate.bbox.to_array(),
            duplicate,
            lookalike: on.map(|(_, lookalike)| lookalike.name.clone()),
        });
    }
    (alarms, taken)
}

/// The truths nobody found.
pub(super) fn missed(truths: &[Truth], verdicts: &[Verdict]) -> Vec<Missed> {
    let found = |index: usize| verdicts.contains(&Verdict::Right(index));
    let lost = truths.iter().enumerate().filter(|(index, _)| !found(*index)).map(|(_, truth)| truth);
    lost.map(|truth| Missed {
        kind: truth.kind.wire_name(),
        camera: truth.camera.clone(),
        zone: truth.zone.clone(),
        start_s: truth.start_s,
        end_s: truth.end_s,
        bbox: truth.bbox.to_array(),
    })
    .collect()
}

/// The counts apart by camera and kind.
pub(super) fn by_camera(candidates: &[(&Raised, Verdict)], missed: &[Missed]) -> ByCamera {
    let mut cameras = ByCamera::new();
    let mut at = |camera: &str, kind: &'static str, add: fn(&mut Counts)| {
        add(cameras.entry(camera.to_owned()).or_default().entry(kind).or_default());
    };
    for (candidate, verdict) in candidates {
        let kind: Kind = candidate.kind;
        at(
            &candidate.camera,
            kind.wire_name(),
            match verdict {
                Verdict::Right(_) => |counts| counts.true_positives += 1,
                Verdict::Duplicate | Verdict::False => |counts| counts.false_positives += 1,
            },
        );
    }
    for truth in missed {
        at(&truth.camera, truth.kind, |counts| counts.missed += 1);
    }
    cameras
}
