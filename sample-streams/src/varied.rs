//! Composed street tests: a street of its own, light and weather, true events and look-alikes, all from one seed.
//!
//! Which kinds happen is planned over blocks of seeds ([`plan`]), so that a run of seeds is balanced; everything else comes
//! from the seed's own numbers. Each piece of the story (a stall, a delivery) is told at a place drawn at random and kept
//! only if it can be seen and overlaps nothing told before ([`claims`]): so a candidate belongs to one piece at most.

mod advert;
mod claims;
mod dumping;
mod layout;
mod lookalike;
mod plan;
mod shop;
mod stall;

use events::{Kind, Size};

use crate::air::Caption;
use crate::draw::letters;
use crate::draw::person::Person;
use crate::draw::vehicle::CarShape;
use crate::entity::Entity;
use crate::scene::{Plate, SampleScene};
use crate::seed::Seed;
use crate::site_toml::PermitSpec;
use crate::story::Set;
use crate::world::{Body, Event, Place, Resemblance};
use claims::{Claims, Fit};
use layout::Layout;

/// The picture that places are measured in.
const MEASURE: Size = Size { width: 640, height: 360 };
/// How often a piece is told anew at another place before it is given up.
const TRIES: usize = 160;
/// Seconds before which nothing that counts begins: whoever watches has to learn the street first.
const OPENING: f32 = 20.0;

/// A street test being composed.
struct Tale {
    set: Set,
    layout: Layout,
    seed: Seed,
    duration: f32,
    /// Dwell of each kind's rule, in the order of [`Kind::ALL`], seconds.
    dwells: [u32; 4],
    claims: Claims,
    events: Vec<Event>,
    likes: Vec<Resemblance>,
    permits: Vec<(&'static str, PermitSpec)>,
    /// Who stands at the kerb: x, half the length, from when, until when.
    kerbside: Vec<(f32, f32, f32, f32)>,
}

/// What a piece tells, before it is known whether it fits.
struct Told {
    kind: Kind,
    place: Place,
    start: f32,
    end: Option<f32>,
    /// What else stands in the way of later pieces, e.g. the van of a delivery; with the time it is measured at.
    around: Vec<(usize, f32)>,
    permit: Option<(&'static str, PermitSpec)>,
    /// A place at the kerb that it takes: x, half the length, from when, until when.
    kerbside: Option<(f32, f32, f32, f32)>,
    /// What the camera writes.
    caption: Option<Caption>,
}

impl Told {
    fn new(kind: Kind, place: Place, start: f32, end: Option<f32>) -> Self {
        Self { kind, place, start, end, around: Vec::new(), permit: None, kerbside: None, caption: None }
    }

    fn with_permit(mut self, zone: &'static str, permit: PermitSpec) -> Self {
        self.permit = Some((zone, permit));
        self
    }
}

/// Tells a piece at a place drawn at random; `None` where this street has no room of the sort it needs.
type Teller = fn(&mut Tale) -> Option<Told>;

pub(crate) fn scene(seed: u64) -> SampleScene {
    let mut random = Seed::new(seed ^ 0x7661_7269_6564);
    let plan = plan::of(seed);
    let duration = 150 + 5 * random.below(7) as u32;
    let (set, layout) = layout::street(seed, &mut random, duration as f32);
    let dwells = [
        12 + 2 * random.below(5) as u32,
        12 + 2 * random.below(5) as u32,
        10 + random.below(6) as u32,
        10 + random.below(6) as u32,
    ];
    let claims = Claims::default();
    let (events, likes, permits) = (Vec::new(), Vec::new(), Vec::new());
    let kerbside = Vec::new();
    let mut tale =
        Tale { set, layout, seed: random, duration: duration as f32, dwells, claims, events, likes, permits, kerbside };
    tale.reserve_captions();
    for kind in &plan.kinds {
        let teller: Teller = match kind {
            Kind::IllegalStall => stall::tell,
            Kind::StorefrontEncroachment => shop::tell,
            Kind::UnauthorizedAd => advert::tell,
            Kind::WasteDumping => dumping::tell,
        };
        tale.event(teller);
    }
    for name in tale.by_weather(plan.lookalikes) {
        if tale.likes.len() == plan.wanted {
            break;
        }
        if let Some(teller) = lookalike::teller(name) {
            tale.like(name, teller);
        }
    }
    tale.crowd();
    tale.finish(seed, duration)
}

/// Seconds it takes to go along these points.
fn travel(route: &[(f32, f32)], speed: f32) -> f32 {
    route.windows(2).map(|pair| ((pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1) / speed).max(0.01)).sum()
}

impl Tale {
    fn dwell(&self, kind: Kind) -> f32 {
        Kind::ALL.iter().position(|one| *one == kind).map_or(15.0, |at| self.dwells[at] as f32)
    }

    /// A time at which something may begin that needs `length` seconds to be told.
    fn time(&mut self, length: f32) -> f32 {
        let latest = (self.duration - length).max(OPENING + 2.0);
        self.seed.range(OPENING + 2.0, latest)
    }

    /// Somebody of this street.
    fn someone(&mut self) -> Person {
        let rain = self.set.world.air.as_ref().is_some_and(|air| air.rain > 0);
        Person::of_all_sorts(&mut self.seed, rain)
    }

    fn someone_grown(&mut self) -> Person {
        Person::random(&mut self.seed)
    }

    /// One end of the street or the other: x on the walking lane.
    fn some_end(&mut self) -> f32 {
        let right = self.seed.chance(0.5);
        self.layout.end_of_street(&self.set, self.layout.lane, right)
    }

    /// Is there room at the kerb?
    fn kerb_is_free(&self, (x, half, from, until): (f32, f32, f32, f32)) -> bool {
        self.kerbside
            .iter()
            .all(|other| (x - other.0).abs() > half + other.1 + 0.6 || until < other.2 - 6.0 || other.3 < from - 6.0)
    }

    /// A few degrees this way or that.
    fn seed_turn(&mut self) -> f32 {
        self.seed.range(-0.4, 0.4)
    }

    fn add(&mut self, entity: Entity) -> usize {
        self.set.add(entity)
    }

    fn event(&mut self, teller: Teller) {
        // First a place of its own; where the street is too full, a place whose time is its own.
        for fit in [Fit::Strict, Fit::Timed] {
            for _ in 0..TRIES {
                let mark = self.set.world.cast.len();
                if let Some(told) = teller(self)
                    && self.claims.take(&self.set.world, &self.layout, &told, fit, true)
                {
                    let Place::Things(things, at) = told.place else { continue };
                    let zone = self.layout.zone_of(&self.set.world, &things, at, told.kind);
                    self.events.push(Event { kind: told.kind, zone, start: told.start, end: told.end, things, at });
                    self.permits.extend(told.permit);
                    self.kerbside.extend(told.kerbside);
                    return;
                }
                self.set.world.cast.truncate(mark);
            }
        }
    }

    fn like(&mut self, name: &'static str, teller: Teller) {
        for _ in 0..TRIES {
            let mark = self.set.world.cast.len();
            if let Some(told) = teller(self)
                && self.claims.take(&self.set.world, &self.layout, &told, Fit::Strict, false)
            {
                let zone = match &told.place {
                    Place::Things(things, at) => self.layout.zone_of(&self.set.world, things, *at, told.kind),
                    Place::World(points) => self.layout.zone_at(points[0].x, told.kind),
                    Place::Picture(_) => layout::WALL,
                };
                let Told { kind, place, start, end, permit, kerbside, caption, .. } = told;
                self.likes.push(Resemblance { name, kind, zone, start, end, place });
                self.permits.extend(permit);
                self.kerbside.extend(kerbside);
                if let (Some(air), Some(caption)) = (&mut self.set.world.air, caption) {
                    air.captions.push(caption);
                }
                return;
            }
            self.set.world.cast.truncate(mark);
        }
    }

    /// What only some streets and weathers can show comes first there, else it would hardly be seen at all.
    fn by_weather(&mut self, names: Vec<&'static str>) -> Vec<&'static str> {
        let world = &self.set.world;
        let trees = world.cast.iter().any(|entity| matches!(entity.body, Body::Tree(..)));
        let air = world.air.as_ref();
        let likely = [
            ("building_shadow", air.is_some_and(|air| !air.skyline.is_empty()), 0.8),
            ("puddle", air.is_some_and(|air| air.wet > 0.0), 0.6),
            ("headlights", world.mood.is_dark(), 0.4),
            ("tree_sways", trees, 0.3),
        ];
        let mut first: Vec<&'static str> =
            likely.into_iter().filter_map(|(name, can, p)| (self.seed.chance(p) && can).then_some(name)).collect();
        first.extend(names.into_iter().filter(|name| !first.contains(name)).collect::<Vec<_>>());
        first
    }

    /// Nothing that counts happens behind what the camera writes.
    fn reserve_captions(&mut self) {
        for caption in self.set.world.air.iter().flat_map(|air| &air.captions) {
            self.claims.reserve(letters::caption_box(caption));
        }
    }

    /// People, cars and bicycles that only pass.
    fn crowd(&mut self) {
        let last = self.duration - 1.0;
        let every = self.seed.range(7.0, 26.0);
        let mut t = self.seed.range(-8.0, 6.0);
        while t < last {
            let z = self.layout.lane + self.seed.range(-0.5, 0.5);
            let right = self.seed.chance(0.5);
            let look = self.someone();
            let entity = self.layout.passer(&self.set, &mut self.seed, look, t, z, right);
            self.add(entity);
            t += every * self.seed.range(0.4, 1.6);
        }
        let every = self.seed.range(6.0, 30.0);
        let mut t = self.seed.range(-4.0, 10.0);
        while t < last {
            let shape = match self.seed.below(12) {
                0 | 1 => CarShape::Van,
                2 => CarShape::Lorry,
                3 => CarShape::Pickup,
                4 | 5 => CarShape::Hatch,
                6 | 7 => CarShape::Suv,
                8 => CarShape::Bus,
                _ => CarShape::Sedan,
            };
            let right = self.seed.chance(0.5);
            if self.seed.chance(0.3) {
                self.set.cycle(t, right)
            } else {
                self.set.drive(t, shape, right)
            }
            t += every * self.seed.range(0.4, 1.6);
        }
    }

    fn finish(mut self, seed: u64, duration_s: u32) -> SampleScene {
        let id = format!("varied-{seed:04}");
        let zones = self.layout.zones(&self.set, self.dwells, std::mem::take(&mut self.permits));
        let street =
            self.seed.pick(&["Heping Street", "Jiefang Road", "Xinhua Lane", "Wenhua Road", "Guihua Alley", "Beimen Street"]);
        let district = self.seed.pick(&["Binhe", "Donghu", "Nanyuan", "Xicheng"]);
        let name = format!("{street} {}", 2 + self.seed.below(180));
        // A camera has so many bits a second: the noisier the picture, the coarser it is coded.
        let quantizer = 24 + self.seed.below(9) as u32 + (1.2 * self.set.world.mood.grain) as u32;
        let plate = Plate { id: &id, name: &name, district, street, duration_s, seed };
        let mut scene = SampleScene::new(plate, zones, self.set.world, self.events);
        scene.resemblances = self.likes;
        scene.quantizer = quantizer;
        scene.resized(MEASURE, 5)
    }
}
