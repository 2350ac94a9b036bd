//! Threshold help: for what came near and was not raised, which condition failed and by how much, one summary for each
//! place; and drawings to look at.
//!
//! A scene is asked after every look, so that nothing is forgotten that it forgets. What it says is kept by thing, zone and
//! kind, as of the look in which it came nearest; at the end what stood in one place is put together.

mod canvas;
mod drawing;
mod report;
mod words;

use std::collections::BTreeMap;

use events::site::Camera;
use events::{BBox, Candidate, Frame, Kind, RunId, StreamTime, ZoneId};
use scene::{NearMiss, Scene};

pub use drawing::Drawn;
use drawing::Pictures;
pub use report::Form;

/// Two boxes that cover each other by this much (intersection over union) are one place: what was lost and found again.
const ONE_PLACE: f64 = 0.3;

/// One thing in the scene's eyes, in one zone, as one kind.
type Key = (u64, ZoneId, Kind);

/// Collects over a whole analysis.
pub struct Explainer {
    camera: Camera,
    misses: BTreeMap<Key, NearMiss>,
    raised: Vec<Candidate>,
    pictures: Option<Pictures>,
}

/// What stood in one place and was not raised.
#[derive(Debug, Clone)]
pub struct Place {
    /// From 1, nearest first; the number in the drawings.
    pub number: usize,
    /// As what it came near, nearest first; never empty, each kind and zone once.
    pub misses: Vec<NearMiss>,
    /// How many things the scene saw come and go there.
    pub things: usize,
    /// The candidate that was raised at this place and time, if there is one: it needs no lower thresholds.
    pub raised: Option<Candidate>,
}

impl Place {
    /// The miss that came nearest.
    pub fn nearest(&self) -> &NearMiss {
        &self.misses[0]
    }

    fn is_one_with(&self, miss: &NearMiss) -> bool {
        self.misses.iter().any(|m| m.thing == miss.thing || m.bbox.iou(&miss.bbox) >= ONE_PLACE)
    }

    fn take(&mut self, miss: NearMiss, things: &mut Vec<u64>) {
        if !things.contains(&miss.thing) {
            things.push(miss.thing);
        }
        match self.misses.iter_mut().find(|m| (m.kind, &m.zone) == (miss.kind, &miss.zone)) {
            // They come nearest first: what is there came nearer.
            Some(kept) => {
                let (first, last) = (earlier(kept, &miss), later(kept, &miss));
                (kept.first_seen, kept.last_seen) = (first, last);
            }
            None => self.misses.push(miss),
        }
    }
}

fn earlier(a: &NearMiss, b: &NearMiss) -> events::Moment {
    if a.first_seen.wall.unix_ns <= b.first_seen.wall.unix_ns { a.first_seen } else { b.first_seen }
}

fn later(a: &NearMiss, b: &NearMiss) -> events::Moment {
    if a.last_seen.wall.unix_ns >= b.last_seen.wall.unix_ns { a.last_seen } else { b.last_seen }
}

/// A look, by which pictures are kept.
fn look_of(moment: &events::Moment) -> (RunId, StreamTime) {
    (moment.run, moment.at)
}

impl Explainer {
    /// For a camera and its zones; `drawings` keeps the pictures that drawings need.
    pub fn new(camera: &Camera, drawings: bool) -> Self {
        let pictures = drawings.then(Pictures::default);
        Self { camera: camera.clone(), misses: BTreeMap::new(), raised: Vec::new(), pictures }
    }

    /// After each look: what the scene says now, and what was raised in this look.
    pub fn look(&mut self, frame: &Frame, scene: &Scene, raised: &[Candidate]) {
        for miss in scene.explain() {
            let key = (miss.thing, miss.zone.clone(), miss.kind);
            match self.misses.get_mut(&key) {
                // What was told anew as another episode may have come nearer before.
                Some(kept) if miss.short_by > kept.short_by => kept.last_seen = miss.last_seen,
                Some(kept) => *kept = miss,
                None => drop(self.misses.insert(key, miss)),
            }
        }
        self.raised.extend_from_slice(raised);
        let now = look_of(&frame.stamp().moment());
        let Some(pictures) = &mut self.pictures else { return };
        if !raised.is_empty() || self.misses.values().any(|miss| look_of(&miss.nearest) == now) {
            pictures.keep(frame);
            let misses = self.misses.values().map(|miss| (look_of(&miss.nearest), miss.short_by));
            let raised = self.raised.iter().map(|candidate| (look_of(&candidate.raised), 0.0));
            pictures.drop_all_but(misses.chain(raised));
        }
    }

    /// What was not raised, by place, nearest first; what stood where a candidate was raised at the end.
    pub fn places(&self) -> Vec<Place> {
        let mut misses: Vec<&NearMiss> = self.misses.values().collect();
        let order = |m: &NearMiss| (m.nearest.wall.unix_ns, m.thing, m.kind);
        misses.sort_by(|a, b| a.short_by.total_cmp(&b.short_by).then_with(|| order(a).cmp(&order(b))));
        let mut places: Vec<(Place, Vec<u64>)> = Vec::new();
        for miss in misses {
            match places.iter_mut().find(|(place, _)| place.is_one_with(miss)) {
                Some((place, things)) => place.take(miss.clone(), things),
                None => {
                    let raised = self.raised.iter().find(|candidate| stood_with(miss, candidate)).cloned();
                    let place = Place { number: 0, misses: vec![miss.clone()], things: 1, raised };
                    places.push((place, vec![miss.thing]));
                }
            }
        }
        let mut places: Vec<Place> = places.into_iter().map(|(place, things)| Place { things: things.len(), ..place }).collect();
        places.sort_by_key(|place| place.raised.is_some());
        for (index, place) in places.iter_mut().enumerate() {
            place.number = index + 1;
        }
        places
    }

    /// What was raised, in order.
    pub fn raised(&self) -> &[Candidate] {
        &self.raised
    }

    /// Whose zones these are.
    pub fn camera(&self) -> &Camera {
        &self.camera
    }
}

/// Did it stand where and while a candidate did?
fn stood_with(miss: &NearMiss, candidate: &Candidate) -> bool {
    let same = |a: &BBox, b: &BBox| a.iou(b) >= ONE_PLACE || a.share_in(b) >= 0.8;
    let began = candidate.first_seen.wall.unix_ns;
    same(&miss.bbox, &candidate.bbox) && miss.last_seen.wall.unix_ns >= began
}

#[cfg(test)]
mod tests;
