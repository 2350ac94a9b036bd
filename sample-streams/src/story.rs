//! Stories: who goes where and does what. One file per kind of scene; this one holds the means of telling.
//!
//! Every story begins and ends with the same empty street, so that it can be looped without a cut.

pub(crate) mod advert;
pub(crate) mod dumping;
pub(crate) mod market;
pub(crate) mod quiet;
pub(crate) mod shop;
pub(crate) mod stall;

use events::{Kind, Size};

use crate::draw::person::{Load, Person, Pose};
use crate::draw::vehicle::CarShape;
use crate::draw::view::{Mount, V3, View, v3};
use crate::entity::Entity;
use crate::seed::Seed;
use crate::site_toml::{RuleSpec, ZoneSpec};
use crate::world::{Body, Mood, Street, World};

/// Length of all sample stories in seconds.
pub(crate) const DURATION: u32 = 108;
/// Walking speed in m/s.
const WALK: f32 = 1.35;
/// Looking at the houses, at the camera.
pub(crate) const TO_WALL: f32 = std::f32::consts::FRAC_PI_2;
pub(crate) const TO_ROAD: f32 = -std::f32::consts::FRAC_PI_2;

/// Somebody's way, told step by step.
pub(crate) struct Way {
    entity: Entity,
    t: f32,
    speed: f32,
}

impl Way {
    pub(crate) fn of(body: Body, t: f32, (x, z): (f32, f32)) -> Self {
        let entity = Entity {
            body,
            keys: vec![(t, x, z)],
            poses: Vec::new(),
            loads: Vec::new(),
            facings: Vec::new(),
            fades: false,
            rigid: false,
        };
        Self { entity, t, speed: WALK }
    }

    pub(crate) fn person(look: Person, t: f32, at: (f32, f32)) -> Self {
        Self::of(Body::Person(look), t, at)
    }

    pub(crate) fn speed(mut self, speed: f32) -> Self {
        self.speed = speed;
        self
    }

    pub(crate) fn go(mut self, (x, z): (f32, f32)) -> Self {
        let last = self.entity.keys[self.entity.keys.len() - 1];
        self.t += ((x - last.1).hypot(z - last.2) / self.speed).max(0.01);
        self.entity.keys.push((self.t, x, z));
        self
    }

    /// Stands, looking that way.
    pub(crate) fn wait(self, seconds: f32, facing: f32) -> Self {
        let until = self.t + seconds;
        self.until(until, facing)
    }

    pub(crate) fn until(mut self, t: f32, facing: f32) -> Self {
        let last = self.entity.keys[self.entity.keys.len() - 1];
        self.entity.facings.push((self.t, facing));
        self.t = t.max(self.t + 0.01);
        self.entity.keys.push((self.t, last.1, last.2));
        self
    }

    pub(crate) fn pose(mut self, pose: Pose) -> Self {
        self.entity.poses.push((self.t, pose));
        self
    }

    pub(crate) fn load(mut self, load: Load) -> Self {
        self.entity.loads.push((self.t, load));
        self
    }

    /// The time it is now on this way.
    pub(crate) fn now(&self) -> f32 {
        self.t
    }

    /// Comes and goes by a door.
    pub(crate) fn by_door(mut self) -> Entity {
        self.entity.fades = true;
        self.entity
    }

    /// Looks the same way always, as a cart that is pushed.
    pub(crate) fn rigid(mut self, heading: f32) -> Entity {
        self.entity.rigid = true;
        self.entity.facings = vec![(f32::MIN, heading)];
        self.entity
    }

    pub(crate) fn done(self) -> Entity {
        self.entity
    }
}

/// A street being filled with a story.
pub(crate) struct Set {
    pub(crate) world: World,
    pub(crate) seed: Seed,
    view: View,
}

impl Set {
    pub(crate) fn new(seed: u64, mount: Mount, mood: Mood) -> Self {
        // Places are chosen in shares of a 16:9 picture; the pixel size does not matter.
        let view = View::new(mount, Size { width: 1280, height: 720 });
        let street = Street { seed, kerb: 9.6, facade: 15.0, fronts: Vec::new() };
        let world = World { mount, street, mood, air: None, cast: Vec::new() };
        Self { world, seed: Seed::new(seed), view }
    }

    pub(crate) fn add(&mut self, entity: Entity) -> usize {
        self.world.cast.push(entity);
        self.world.cast.len() - 1
    }

    /// The x in the middle of the picture at the pavement's depth.
    pub(crate) fn middle(&self) -> f32 {
        self.view.centre_x((self.world.street.kerb + self.world.street.facade) / 2.0)
    }

    pub(crate) fn left(&self, z: f32) -> f32 {
        self.view.edge_x(z, -1.0)
    }

    pub(crate) fn right(&self, z: f32) -> f32 {
        self.view.edge_x(z, 1.0)
    }

    pub(crate) fn someone(&mut self) -> Person {
        Person::random(&mut self.seed)
    }

    /// Trees and lamps along the kerb, what every street has; `lamps` is where one of the lamps stands. Both are metres
    /// from the middle of the picture.
    pub(crate) fn furnish(&mut self, trees: &[f32], lamps: f32) {
        let middle = self.middle();
        let kerb = self.world.street.kerb;
        for dx in trees {
            let (height, seed) = (self.seed.range(5.4, 6.4), self.seed.next());
            self.add(Entity::fixed(Body::Tree(height, seed), middle + dx, kerb + 0.6, 0.0));
        }
        for i in -4..8 {
            let x = middle + 9.0 * i as f32 + lamps;
            self.add(Entity::fixed(Body::Lamp(6.5), x, kerb + 0.35, TO_ROAD));
            if self.world.mood.is_dark() {
                let colour = self.world.mood.lamp;
                self.world.mood.lamps.push((v3(x, 6.3, kerb - 0.6), colour));
            }
        }
    }

    /// Somebody who only walks through, along the pavement.
    pub(crate) fn passer(&mut self, t: f32, z: f32, rightwards: bool) {
        let look = self.someone();
        let (from, to) = if rightwards { (self.left(z), self.right(z)) } else { (self.right(z), self.left(z)) };
        let speed = self.seed.range(1.2, 1.55);
        let way = Way::person(look, t, (from, z)).speed(speed).go((to, z));
        debug_assert!(way.now() < DURATION as f32 - 0.5, "a passer must be gone before the story ends");
        self.add(way.done());
    }

    /// Traffic on the road. Nearer lanes go right.
    pub(crate) fn drive(&mut self, t: f32, shape: CarShape, rightwards: bool) {
        let z = self.world.street.kerb - if rightwards { 5.6 } else { 3.1 };
        let (from, to) = (self.left(z) - 4.0, self.right(z) + 4.0);
        let (from, to) = if rightwards { (from, to) } else { (to, from) };
        let colour = self.car_colour();
        let speed = self.seed.range(7.0, 10.0);
        self.add(Way::of(Body::Car(shape, colour), t, (from, z)).speed(speed).go((to, z)).done());
    }

    /// A cyclist close to the kerb.
    pub(crate) fn cycle(&mut self, t: f32, rightwards: bool) {
        let z = self.world.street.kerb - 1.4;
        let (from, to) = (self.left(z) - 1.0, self.right(z) + 1.0);
        let (from, to) = if rightwards { (from, to) } else { (to, from) };
        let (rider, electric) = (self.someone(), self.seed.chance(0.6));
        let colour = self.car_colour();
        self.add(Way::of(Body::TwoWheeler(colour, electric, Some(rider)), t, (from, z)).speed(4.2).go((to, z)).done());
    }

    pub(crate) fn car_colour(&mut self) -> [f32; 3] {
        self.seed.pick(&[
            [0.86, 0.87, 0.88],
            [0.16, 0.17, 0.19],
            [0.55, 0.57, 0.60],
            [0.52, 0.10, 0.10],
            [0.14, 0.26, 0.46],
            [0.72, 0.70, 0.62],
            [0.20, 0.34, 0.30],
        ])
    }

    pub(crate) fn zone_of(&self, corners: &[V3]) -> Vec<[f64; 2]> {
        self.view.zone(corners)
    }

    /// The pavement as far as it can be seen well.
    pub(crate) fn pavement(&self) -> Vec<[f64; 2]> {
        let street = &self.world.street;
        let (near, far) = (street.kerb + 0.1, street.facade - 0.05);
        let (left, right) = (self.left(far) - 2.0, self.right(far).min(self.middle() + 22.0));
        self.zone_of(&[v3(left, 0.0, far), v3(right, 0.0, far), v3(right, 0.0, near), v3(left, 0.0, near)])
    }

    /// The pavement with everything that stands on it: its lower part is [`Set::pavement`], its upper edge at this height.
    pub(crate) fn wall(&self, x0: f32, x1: f32, low: f32, high: f32) -> Vec<[f64; 2]> {
        let z = self.world.street.facade;
        self.zone_of(&[v3(x0, high, z), v3(x1, high, z), v3(x1, low, z), v3(x0, low, z)])
    }

    /// A line on the ground `before` metres before the house fronts, from picture edge to picture edge.
    pub(crate) fn shop_line(&self, before: f32) -> Vec<[f64; 2]> {
        let z = self.world.street.facade - before;
        let (x0, x1) = (self.left(z) - 2.0, self.right(z).min(self.middle() + 25.0));
        let mut points = Vec::new();
        for i in 0..=24 {
            let x = x0 + (x1 - x0) * i as f32 / 24.0;
            if let Some((px, py)) = self.view.project(v3(x, 0.0, z)) {
                let (u, v) = (f64::from(px / 1280.0), f64::from(py / 720.0));
                if (0.0..=1.0).contains(&u) && (0.0..=1.0).contains(&v) {
                    points.push([(u * 1e4).round() / 1e4, (v * 1e4).round() / 1e4]);
                }
            }
        }
        points
    }
}

/// A rule with the demo's short times.
pub(crate) fn rule(kind: Kind, dwell_s: u32) -> RuleSpec {
    RuleSpec { kind, dwell_s, clear_after_s: 10, min_area: 0.0005 }
}

pub(crate) fn zone(id: &str, name: &str, polygon: Vec<[f64; 2]>, rules: Vec<RuleSpec>) -> ZoneSpec {
    ZoneSpec { id: id.to_owned(), name: name.to_owned(), polygon, key_area: true, shop_line: None, rules, permits: Vec::new() }
}
