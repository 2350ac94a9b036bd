//! Until when nothing can come of a thing: what a replay need not judge again.
//!
//! A week of looks is judged within a second only because in most of them nothing can be raised or cleared: what stands there is
//! out already, or has not stood for long enough by far. [`Scene::quiet_until`] says so of one thing, and only where judging it would
//! leave everything as it is; that a replay which passes over such looks raises exactly what the live scene raised is asked of
//! every story that tests tell.

use events::Kind;
use events::site::Zone;

use super::judging::{LEANS, in_zone, lies_in, permit_for};
use super::{Scene, kind_index};
use crate::clock::Seconds;
use crate::place::thing::Thing;
use crate::violation::{CLAIMS, looks_like_a_cart};

/// Until when a thing is quiet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quiet {
    pub(crate) until: Seconds,
    /// And only as long as no classifier calls it a cart, see [`looks_like_a_cart`]: customers hide the foot of a cart, so that
    /// it may stand in a zone that begins below what is seen of it.
    pub(crate) unless_cart: bool,
}

/// Which rules are in force and which permits are valid, in the order of the zones. Windows begin and end with a minute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct InForce {
    minute: i64,
    zones: Vec<ZoneInForce>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ZoneInForce {
    /// In the order of [`CLAIMS`]; `None` where the kind is not watched.
    rules: [Option<bool>; CLAIMS.len()],
    permits: Vec<bool>,
}

impl Scene {
    /// Brings what is in force up to the last look. Says whether anything came into force, or ceased to be.
    pub(crate) fn note_in_force(&self, known: &mut InForce) -> bool {
        let Some(at) = self.state.line.last() else { return false };
        let minute = at.wall.unix_ns.div_euclid(60_000_000_000);
        if known.minute == minute && known.zones.len() == self.camera.zones.len() {
            return false;
        }
        let zone = |zone: &Zone| ZoneInForce {
            rules: CLAIMS.map(|kind| zone.rules.get(&kind).map(|rule| rule.in_force(&self.calendar, at.wall))),
            permits: zone.permits.iter().map(|permit| permit.valid_at(&self.calendar, at.wall)).collect(),
        };
        let zones: Vec<ZoneInForce> = self.camera.zones.iter().map(zone).collect();
        known.minute = minute;
        let news = known.zones != zones;
        known.zones = zones;
        news
    }

    /// Until when judging a thing changes nothing, as long as its place, its times and what is in force stay as they are:
    /// `None` when it has to be judged in every look.
    pub(crate) fn quiet_until(&self, thing: &Thing, known: &InForce) -> Option<Quiet> {
        if thing.in_street || thing.gone_since.is_some() {
            return None;
        }
        let (w, h) = self.size()?;
        let bbox = thing.bbox(w, h);
        let mut quiet = Quiet { until: f64::INFINITY, unless_cart: false };
        for (zone, in_force) in self.camera.zones.iter().zip(&known.zones) {
            for (kind, in_force_now) in CLAIMS.into_iter().zip(in_force.rules) {
                let (Some(in_force_now), Some(rule)) = (in_force_now, zone.rules.get(&kind)) else { continue };
                // Whether it is on a surface may change from look to look, so both answers count.
                let ad = kind == Kind::UnauthorizedAd;
                if !(in_zone(zone, kind, &bbox) || ad && lies_in(zone, &bbox, LEANS)) {
                    let perhaps = !ad && !self.stands_in_a_zone(kind, &bbox) && begins_below(zone, &bbox);
                    let constant = rule.weekly.is_empty() && !zone.permits.iter().any(|p| p.kinds.contains(&kind));
                    if perhaps && !(constant && is_out(thing)) {
                        if looks_like_a_cart(&thing.identity) {
                            return None;
                        }
                        quiet.unless_cart = true;
                    }
                    continue;
                }
                let code = kind_index(kind);
                let valid = |permit: &events::site::Permit| {
                    zone.permits.iter().zip(&in_force.permits).any(|(p, valid)| *valid && p.id == permit.id)
                };
                let permit = permit_for(zone, kind, &bbox, 0.0, valid).map(|permit| permit.id.as_str());
                let episode = thing.episodes.iter().rfind(|e| e.kind == code && e.zone == zone.id.as_str())?;
                // The account of the schedule would be brought up to date.
                if in_force_now == (episode.counts_from == f64::INFINITY) || episode.permit.as_deref() != permit {
                    return None;
                }
                let claimed = thing.episodes.iter().any(|e| e.explains(code, permit.is_some()));
                if episode.raised.is_some() || !in_force_now || claimed {
                    continue;
                }
                // No kind counts from before a thing came, or from before its outline settled, which only moves on.
                let since = thing.onset.min(thing.settled).max(episode.counts_from);
                quiet.until = f64::min(quiet.until, since + rule.dwell.as_secs_f64() - ROUNDING);
            }
        }
        Some(quiet)
    }
}

/// Does a zone reach below the foot of a box?
fn begins_below(zone: &Zone, bbox: &events::BBox) -> bool {
    let (bounds, foot) = (zone.polygon.bounds(), bbox.foot());
    bounds.x1 <= foot.x && foot.x <= bounds.x2 && bounds.y2 > foot.y
}

/// Is it out as what no permit covers, so that nothing else can be made of it?
fn is_out(thing: &Thing) -> bool {
    thing.episodes.iter().any(|e| e.raised.as_ref().is_some_and(|r| !r.permitted))
}

/// Sums of seconds of a week are exact to far less.
const ROUNDING: Seconds = 0.01;
