//! Somebody or something with its way through a story: where it is at a moment, and how it goes there.

use crate::draw::pen::Spot;
use crate::draw::person::{Load, Pose};
use crate::draw::view::v3;
use crate::world::Body;

/// Somebody or something with its way through the story.
#[derive(Debug, Clone)]
pub(crate) struct Entity {
    pub(crate) body: Body,
    /// (t, x, z), t growing: there from the first to the last.
    pub(crate) keys: Vec<(f32, f32, f32)>,
    pub(crate) poses: Vec<(f32, Pose)>,
    pub(crate) loads: Vec<(f32, Load)>,
    /// From when on it looks that way while standing; until then it looks where it went.
    pub(crate) facings: Vec<(f32, f32)>,
    /// Comes out of, and goes into, the dark of a door.
    pub(crate) fades: bool,
    /// Always looks along its first facing.
    pub(crate) rigid: bool,
}

/// Where an entity is at a moment.
pub(crate) struct State {
    pub(crate) spot: Spot,
    pub(crate) walked: f32,
    pub(crate) walking: bool,
    pub(crate) opacity: f32,
}

/// The last entry that has begun.
pub(crate) fn now<T: Copy>(list: &[(f32, T)], t: f32) -> Option<T> {
    list.iter().rev().find(|(from, _)| *from <= t).map(|(_, what)| *what)
}

/// Linear between entries, level outside.
pub(crate) fn level(list: &[(f32, f32)], t: f32) -> f32 {
    match list.iter().position(|(at, _)| *at > t) {
        Some(0) => list[0].1,
        Some(i) => {
            let (a, b) = (list[i - 1], list[i]);
            a.1 + (b.1 - a.1) * (t - a.0) / (b.0 - a.0)
        }
        None => list.last().map_or(1.0, |last| last.1),
    }
}

/// Seconds in which somebody comes out of a door.
const FADE: f32 = 0.4;

impl Entity {
    /// Always there.
    pub(crate) fn fixed(body: Body, x: f32, z: f32, heading: f32) -> Self {
        Self::there(body, x, z, heading, f32::MIN, f32::MAX)
    }

    /// There from one time to another.
    pub(crate) fn there(body: Body, x: f32, z: f32, heading: f32, from: f32, until: f32) -> Self {
        Self {
            body,
            keys: vec![(from, x, z), (until, x, z)],
            poses: Vec::new(),
            loads: Vec::new(),
            facings: vec![(f32::MIN, heading)],
            fades: false,
            rigid: true,
        }
    }

    pub(crate) fn is_fixed(&self) -> bool {
        // Leaves move, banners flap.
        self.keys[0].0 == f32::MIN
            && !matches!(
                self.body,
                Body::Tree(..) | Body::Person(_) | Body::Banner(_) | Body::Puddle(..) | Body::Leaves(..) | Body::Door(..)
            )
    }

    /// x and z at a time.
    pub(crate) fn place(&self, t: f32) -> Option<(f32, f32)> {
        self.state(t).map(|state| (state.spot.at.x, state.spot.at.z))
    }

    pub(crate) fn state(&self, t: f32) -> Option<State> {
        let (first, last) = (self.keys[0], *self.keys.last()?);
        if t < first.0 || t >= last.0 {
            return None;
        }
        let at = |x: f32, z: f32| v3(x, 0.0, z);
        if self.keys.len() == 2 && first.1 == last.1 && first.2 == last.2 {
            let heading = now(&self.facings, t).unwrap_or(0.0);
            return Some(State { spot: Spot { at: at(first.1, first.2), heading }, walked: 0.0, walking: false, opacity: 1.0 });
        }
        let (mut walked, mut heading) = (0.0, 0.0);
        for pair in self.keys.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let (dx, dz) = (b.1 - a.1, b.2 - a.2);
            let length = (dx * dx + dz * dz).sqrt();
            let moving = length > 1e-4;
            if moving {
                heading = dz.atan2(dx);
            }
            if t < b.0 {
                let share = (t - a.0) / (b.0 - a.0);
                if !moving || self.rigid {
                    heading = now(&self.facings, t).unwrap_or(heading);
                }
                let opacity = if self.fades { ((t - first.0).min(last.0 - t) / FADE).clamp(0.0, 1.0) } else { 1.0 };
                let spot = Spot { at: at(a.1 + dx * share, a.2 + dz * share), heading };
                return Some(State { spot, walked: walked + length * share, walking: moving, opacity });
            }
            walked += length;
        }
        None
    }
}
