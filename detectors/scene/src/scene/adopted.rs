//! What was raised before a crash, and where it is now.

use super::{Adopted, Scene};
use crate::clock::Seconds;
use crate::motion::blobs::{Mask, PixelBox};
use crate::motion::measure::blends_in;
use crate::place::thing::{Presence, Thing};
use crate::violation::{Episode, Raised};

/// Where a candidate was raised before a crash and the place has this much of its surroundings' colours, it has gone since.
const BARE: f32 = 0.6;

impl Scene {
    /// Is a new thing one that was raised before a crash?
    pub(super) fn claim_adopted(&mut self, thing: &mut Thing, w: usize, h: usize, now: Seconds) {
        let bbox = thing.bbox(w, h);
        let mine: Vec<Adopted> = self
            .state
            .adopted
            .extract_if(.., |a| {
                let old = area_box(a.bbox);
                old.iou(&bbox) >= 0.2 || old.contains(bbox.centre())
            })
            .collect();
        for adopted in mine {
            thing.first_seen = adopted.first_seen;
            thing.episodes.push(self.raised_before(&adopted, now));
        }
    }

    fn raised_before(&self, adopted: &Adopted, now: Seconds) -> Episode {
        let rule = self
            .camera
            .zones
            .iter()
            .find(|z| z.id.as_str() == adopted.zone)
            .and_then(|z| z.rules.get(&super::kind_at(adopted.kind)));
        Episode {
            kind: adopted.kind,
            zone: adopted.zone.clone(),
            id: adopted.id.clone(),
            first_seen: adopted.first_seen,
            counts_from: f64::NEG_INFINITY,
            opened: true,
            permit: None,
            raised: Some(Raised {
                at: now,
                confirmed: now,
                permitted: adopted.permitted,
                part: false,
                clear_after: rule.map_or(60.0, |r| r.clear_after.as_secs_f64()),
            }),
            nearest: None,
        }
    }

    /// The street has been learnt with adopted things in it: they are part of it now, and what changes there ends them.
    pub(super) fn settle_adopted(&mut self) {
        let Some(street) = &self.state.street else { return };
        let (w, h) = (street.empty.w, street.empty.h);
        let now = self.state.line.now();
        for adopted in std::mem::take(&mut self.state.adopted) {
            let b = area_box(adopted.bbox);
            let (x1, x2) = ((b.x1 * w as f64) as usize, ((b.x2 * w as f64).ceil() as usize).min(w));
            let (y1, y2) = ((b.y1 * h as f64) as usize, ((b.y2 * h as f64).ceil() as usize).min(h));
            let mask: Mask = (y1..y2).flat_map(|y| (x1..x2).map(move |x| (y * w + x) as u32)).collect();
            if mask.is_empty() {
                continue;
            }
            let known = self.state.things.iter().position(|t| !t.in_street && t.bbox(w, h).iou(&b) >= 0.2);
            let episode = self.raised_before(&adopted, now);
            if let Some(index) = known {
                self.state.things[index].episodes.retain(|e| e.id != episode.id);
                self.state.things[index].episodes.push(episode);
                continue;
            }
            let mut thing = Thing::new(self.state.next_serial, mask, w, h, (now, now, 0.0), now, adopted.first_seen);
            self.state.next_serial += 1;
            thing.in_street = true;
            let blends = PixelBox::of(&thing.mask, w).is_some_and(|b| blends_in(b, &street.empty) > BARE);
            if blends {
                thing.went_unseen = true;
                thing.presence = Presence::Gone;
                thing.gone_since = Some(now);
            }
            thing.episodes.push(episode);
            self.state.things.push(thing);
        }
    }
}

fn area_box([x1, y1, x2, y2]: [f64; 4]) -> events::BBox {
    events::BBox::clamped(x1, y1, x2, y2)
}
