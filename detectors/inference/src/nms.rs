//! One thing, one box: suppression within a tile, and joining what several tiles or models saw.

use events::{BBox, Detection};

use crate::decode::Raw;

/// Keeps, of boxes of one group that overlap more than `iou`, the one with the highest score. `found` is best first; `group`
/// says which classes mean the same, so that a van seen as `car` and as `bus` is one vehicle.
pub(crate) fn suppress<G: PartialEq>(found: &[Raw], iou: f32, group: impl Fn(usize) -> G) -> Vec<Raw> {
    let mut kept: Vec<Raw> = Vec::new();
    for raw in found {
        if !kept.iter().any(|other| group(other.class) == group(raw.class) && overlap(&other.bbox, &raw.bbox) > iou) {
            kept.push(*raw);
        }
    }
    kept
}

fn overlap(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let area = |r: &[f32; 4]| (r[2] - r[0]) * (r[3] - r[1]);
    let w = a[2].min(b[2]) - a[0].max(b[0]);
    let h = a[3].min(b[3]) - a[1].max(b[1]);
    if w <= 0.0 || h <= 0.0 {
        return 0.0;
    }
    let common = w * h;
    common / (area(a) + area(b) - common)
}

/// What one tile of one model found.
#[derive(Debug, Clone)]
pub(crate) struct Sighting {
    pub(crate) detection: Detection,
    /// Counts tiles over all models, so that two tiles never share a number.
    pub(crate) tile: usize,
    /// Does the box touch an edge of its tile that is no edge of the picture? Then it may be cut off there.
    pub(crate) cut: bool,
}

/// A cut-off box that lies in another tile's box by this share is a part of it.
const PART: f64 = 0.7;

/// Joins sightings of one class from different tiles: overlapping ones are one thing and the surer one's box stays, unless
/// it was cut off and the other was not.
pub(crate) fn join(mut seen: Vec<Sighting>, iou: f64) -> Vec<Detection> {
    seen.sort_by(|a, b| b.detection.score.value().total_cmp(&a.detection.score.value()));
    let mut kept: Vec<Sighting> = Vec::new();
    for next in seen {
        let twin = kept
            .iter_mut()
            .find(|other| other.tile != next.tile && other.detection.class == next.detection.class && is_same(other, &next, iou));
        match twin {
            Some(twin) => {
                if twin.cut && (!next.cut || next.detection.bbox.area() > twin.detection.bbox.area()) {
                    twin.detection.bbox = next.detection.bbox;
                    twin.cut = next.cut;
                }
            }
            None => kept.push(next),
        }
    }
    kept.into_iter().map(|sighting| sighting.detection).collect()
}

fn is_same(a: &Sighting, b: &Sighting, iou: f64) -> bool {
    let (boxa, boxb): (&BBox, &BBox) = (&a.detection.bbox, &b.detection.bbox);
    boxa.iou(boxb) > iou || (a.cut && boxa.share_in(boxb) > PART) || (b.cut && boxb.share_in(boxa) > PART)
}

#[cfg(test)]
mod tests {
    use events::{ObjectClass, Score};

    use super::*;

    fn raw(class: usize, score: f32, bbox: [f32; 4]) -> Raw {
        Raw { class, score, bbox }
    }

    fn seen(tile: usize, cut: bool, score: f32, bbox: [f64; 4]) -> Sighting {
        let bbox = BBox { x1: bbox[0], y1: bbox[1], x2: bbox[2], y2: bbox[3] };
        Sighting { detection: Detection { class: ObjectClass::Person, score: Score::clamped(score), bbox }, tile, cut }
    }

    #[test]
    fn only_boxes_of_the_same_group_suppress_each_other() {
        let found = [
            raw(0, 0.9, [0., 0., 10., 10.]),
            raw(1, 0.8, [0., 0., 10., 10.]),
            raw(0, 0.7, [1., 0., 11., 10.]),
            raw(0, 0.6, [8., 0., 18., 10.]),
        ];
        let scores = |kept: Vec<Raw>| kept.iter().map(|raw| raw.score).collect::<Vec<_>>();
        assert_eq!(scores(suppress(&found, 0.5, |class| class)), [0.9, 0.8, 0.6]);
        assert_eq!(scores(suppress(&found, 0.5, |_| ())), [0.9, 0.6], "two names of one thing");
    }

    #[test]
    fn a_person_on_the_cut_is_one_person_with_the_whole_box() {
        let half = seen(0, true, 0.9, [0.45, 0.2, 0.52, 0.6]);
        let whole = seen(1, false, 0.8, [0.46, 0.2, 0.56, 0.6]);
        let joined = join(vec![half, whole.clone()], 0.5);
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].bbox, whole.detection.bbox);
        assert_eq!(joined[0].score, Score::clamped(0.9));
    }

    #[test]
    fn a_person_before_another_in_the_same_tile_stays_two() {
        let near = seen(0, false, 0.9, [0.4, 0.2, 0.6, 0.9]);
        let far = seen(0, false, 0.8, [0.42, 0.22, 0.58, 0.85]);
        assert_eq!(join(vec![near, far], 0.5).len(), 2, "suppression within a tile was done before");
    }
}
