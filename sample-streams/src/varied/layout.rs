//! The street of a test: how the camera hangs, where the shops, the bare walls and the walking lane are, what is watched.

use events::{BBox, Kind, Polygon};

use crate::draw::person::Person;
use crate::draw::view::{Mount, v3};
use crate::entity::Entity;
use crate::seed::Seed;
use crate::site_toml::{PermitSpec, ZoneSpec};
use crate::story::{Set, Way, rule, zone};
use crate::weather::{self, Frame};
use crate::world::{Body, Front, World};

pub(super) const SHOPS: &str = "shops";
pub(super) const PAVEMENT: &str = "pavement";
pub(super) const WALL: &str = "wall";

/// Nobody walks farther than this from the middle (metres): a street is long, a story is not.
const FAR: f32 = 22.0;

/// Where things are, in metres.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) kerb: f32,
    pub(super) facade: f32,
    /// From where to where along the street there are shops (with a shop line) and bare walls.
    pub(super) shops: (f32, f32),
    pub(super) plain: (f32, f32),
    /// How far shops may reach before their fronts.
    pub(super) allowed: f32,
    /// z of the strip that is kept free to walk on.
    pub(super) lane: f32,
    /// The doors of the shops: x.
    pub(super) doors: Vec<f32>,
    /// In 0..1 of the picture, by zone.
    polygons: Vec<(&'static str, Polygon)>,
}

/// A street with its furniture, before anything happens.
pub(super) fn street(seed: u64, random: &mut Seed, duration: f32) -> (Set, Layout) {
    let kerb = random.range(7.4, 11.0);
    let facade = kerb + random.range(4.6, 6.8);
    let (height, yaw, fov) = (random.range(3.8, 7.6), random.range(-0.62, 0.62), random.range(0.88, 1.22));
    // The pavement lies across the lower middle of the picture.
    let pitch = Mount::aimed(height, (kerb + facade) / 2.0 / yaw.cos(), fov, random.range(0.54, 0.70));
    let mount = Mount { height, yaw, pitch, horizontal_fov: fov };
    let (mood, air) = weather::draw(random, &Frame { kerb, facade, duration });
    let mut set = Set::new(seed, mount, mood);
    set.world.air = Some(air);
    (set.world.street.kerb, set.world.street.facade) = (kerb, facade);
    let lane = (kerb + facade) / 2.0 + random.range(-0.3, 0.2);
    let middle = set.middle();
    let (left, right) = (set.left(facade).max(middle - 13.0), set.right(facade).min(middle + 15.0));
    let share = random.range(0.42, 0.62);
    let split = left + (right - left) * share;
    let (shops, plain) = if random.chance(0.5) { ((left, split), (split, right)) } else { ((split, right), (left, split)) };
    let mut doors = Vec::new();
    let mut x = shops.0;
    while x < shops.1 - 2.4 {
        let wide = random.range(3.0, 4.8).min(shops.1 - x);
        let front = if random.chance(0.6) { Front::Open } else { Front::Glass };
        set.world.street.fronts.push((x, x + wide, front));
        doors.push(x + wide * 0.5);
        x += wide;
    }
    set.world.street.fronts.push((plain.0, plain.1, Front::Wall));
    // Few trees, and not before the middle: the street must be seen.
    let side = |random: &mut Seed| random.range(4.5, 13.0) * if random.chance(0.5) { 1.0 } else { -1.0 };
    let trees: Vec<f32> = (0..random.below(3)).map(|_| side(random)).collect();
    set.furnish(&trees, random.range(-4.5, 4.5));
    let allowed = random.range(0.6, 1.1);
    let mut layout = Layout { kerb, facade, shops, plain, allowed, lane, doors, polygons: Vec::new() };
    layout.polygons =
        [SHOPS, PAVEMENT, WALL].into_iter().filter_map(|id| Some((id, Polygon::new(&layout.polygon(&set, id)).ok()?))).collect();
    (set, layout)
}

impl Layout {
    fn polygon(&self, set: &Set, id: &str) -> Vec<[f64; 2]> {
        let (near, far) = (self.kerb + 0.1, self.facade - 0.05);
        let (x0, x1) = if id == SHOPS { self.shops } else { self.plain };
        if id == WALL {
            return set.wall(x0 + 0.1, x1 - 0.1, 0.05, 3.5);
        }
        // At the ends of the street the zone goes on to the picture's edge.
        let wide = |x: f32| {
            if x == self.shops.0.min(self.plain.0) {
                x - 8.0
            } else if x == self.shops.1.max(self.plain.1) {
                x + 4.0
            } else {
                x
            }
        };
        let (x0, x1) = (wide(x0), wide(x1));
        set.zone_of(&[v3(x0, 0.0, far), v3(x1, 0.0, far), v3(x1, 0.0, near), v3(x0, 0.0, near)])
    }

    /// The zone along the street.
    pub(super) fn zone_at(&self, x: f32, kind: Kind) -> &'static str {
        match kind {
            Kind::UnauthorizedAd => WALL,
            _ if x >= self.shops.0 && x < self.shops.1 => SHOPS,
            _ => PAVEMENT,
        }
    }

    pub(super) fn zone_of(&self, world: &World, things: &[usize], at: f32, kind: Kind) -> &'static str {
        let x = things.first().and_then(|index| world.cast[*index].place(at)).map_or(0.0, |(x, _)| x);
        self.zone_at(x, kind)
    }

    /// Does what the rule looks at lie in the zone where the rule is?
    pub(super) fn inside(&self, kind: Kind, bbox: &BBox) -> bool {
        let anchor = if kind == Kind::UnauthorizedAd { bbox.centre() } else { bbox.foot() };
        self.polygons.iter().any(|(id, polygon)| {
            let watched = match kind {
                Kind::UnauthorizedAd => *id == WALL,
                Kind::StorefrontEncroachment => *id == SHOPS,
                Kind::IllegalStall | Kind::WasteDumping => *id != WALL,
            };
            watched && polygon.contains(anchor)
        })
    }

    /// A place on the strip along the kerb, in the middle or along the houses; away from where the zones meet.
    pub(super) fn spot(&self, random: &mut Seed, strip: Strip, margin: f32) -> Option<(f32, f32)> {
        let z = match strip {
            Strip::Kerb => random.range(self.kerb + 0.55, (self.lane - 0.9).max(self.kerb + 0.7)),
            Strip::Houses => random.range((self.lane + 0.9).min(self.facade - 0.7), self.facade - 0.45),
        };
        let (a, b) = if random.chance(0.5) || strip == Strip::Houses { self.plain } else { self.shops };
        (b - a > 2.0 * margin).then(|| (random.range(a + margin, b - margin), z))
    }

    /// Where somebody comes from or goes to along the lane.
    pub(super) fn end_of_street(&self, set: &Set, z: f32, right: bool) -> f32 {
        if right { set.right(z).min(set.middle() + FAR) } else { set.left(z).max(set.middle() - FAR) }
    }

    /// Somebody who walks the street from end to end.
    pub(super) fn passer(&self, set: &Set, random: &mut Seed, look: Person, t: f32, z: f32, right: bool) -> Entity {
        let (from, to) = (self.end_of_street(set, z, !right), self.end_of_street(set, z, right));
        Way::of(Body::Person(look), t, (from, z)).speed(random.range(1.0, 1.6)).go((to, z)).by_door()
    }

    pub(super) fn zones(&self, set: &Set, dwells: [u32; 4], permits: Vec<(&'static str, PermitSpec)>) -> Vec<ZoneSpec> {
        let [stall, shop, ad, waste] = [0, 1, 2, 3].map(|i| rule(Kind::ALL[i], dwells[i]));
        let mut shops =
            zone(SHOPS, "Pavement before the shops", self.polygon(set, SHOPS), vec![stall.clone(), shop, waste.clone()]);
        shops.shop_line = Some(set.shop_line(self.allowed));
        let plain = zone(PAVEMENT, "Pavement before the walls", self.polygon(set, PAVEMENT), vec![stall, waste]);
        let wall = zone(WALL, "Walls", self.polygon(set, WALL), vec![ad]);
        let mut zones = vec![shops, plain, wall];
        for (id, permit) in permits {
            if let Some(zone) = zones.iter_mut().find(|zone| zone.id == id) {
                zone.permits.push(permit);
            }
        }
        zones
    }
}

/// Where on the pavement something stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Strip {
    /// Between kerb and walking lane.
    Kerb,
    /// Between walking lane and houses, where there are no shops.
    Houses,
}
