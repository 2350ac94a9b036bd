//! A street at a moment: who and what is where, how they are lit, and what they are drawn as.

use events::{BBox, Kind, ObjectClass, Size};
use tiny_skia::Pixmap;

use crate::air::Air;
use crate::draw::junk::{self, Junk};
use crate::draw::pen::{Extent, Part, Pen, Rgb, Target};
use crate::draw::person::{self, Figure, Load, Person, Pose};
use crate::draw::prints::{self, PrintForm};
use crate::draw::stall::{self, Stall, StallShape};
use crate::draw::vehicle::{self, CarShape};
use crate::draw::view::{Mount, V3, View, v3};
use crate::draw::wares;
use crate::draw::{fixtures, ground};
use crate::entity::{Entity, level, now};
use crate::labels::Annotation;
use crate::shade;

/// The street without what moves.
#[derive(Debug, Clone)]
pub(crate) struct Street {
    pub(crate) seed: u64,
    /// z of the kerb: the road lies nearer, the pavement farther.
    pub(crate) kerb: f32,
    /// z of the house fronts.
    pub(crate) facade: f32,
    /// Fronts a story relies on: from x, to x, what it is.
    pub(crate) fronts: Vec<(f32, f32, Front)>,
}

/// What a stretch of ground floor is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Front {
    /// Windows and a door.
    Glass,
    /// Open to the street, dark inside.
    Open,
    /// Shutter down.
    Shutter,
    /// A bare wall.
    Wall,
}

/// Light and air.
#[derive(Debug, Clone)]
pub(crate) struct Mood {
    pub(crate) light: Rgb,
    pub(crate) sky_top: Rgb,
    pub(crate) sky_low: Rgb,
    pub(crate) haze: f32,
    /// Where the shadow of the top of a thing one metre high falls (x, z), and how dark it is.
    pub(crate) sun: (f32, f32, f32),
    /// Street lamps: place and colour.
    pub(crate) lamps: Vec<(V3, Rgb)>,
    /// The colour of the lamps that will be put up.
    pub(crate) lamp: Rgb,
    /// Share of windows that are lit.
    pub(crate) lit: f32,
    /// Standard deviation of the camera's noise, in 8-bit steps.
    pub(crate) grain: f32,
}

impl Mood {
    pub(crate) fn sunny() -> Self {
        Self {
            light: [1.24, 1.20, 1.12],
            sky_top: [0.42, 0.62, 0.86],
            sky_low: [0.80, 0.87, 0.93],
            haze: 0.006,
            sun: (0.45, 0.22, 0.42),
            lamps: Vec::new(),
            lamp: [0.95, 0.77, 0.50],
            lit: 0.02,
            grain: 1.1,
        }
    }

    pub(crate) fn overcast() -> Self {
        Self {
            light: [1.00, 1.02, 1.04],
            sky_top: [0.66, 0.70, 0.75],
            sky_low: [0.82, 0.84, 0.86],
            haze: 0.010,
            sun: (0.0, 0.0, 0.30),
            lamps: Vec::new(),
            lamp: [0.95, 0.77, 0.50],
            lit: 0.08,
            grain: 1.3,
        }
    }

    pub(crate) fn dusk() -> Self {
        Self {
            light: [0.62, 0.56, 0.60],
            sky_top: [0.30, 0.36, 0.56],
            sky_low: [0.86, 0.62, 0.48],
            haze: 0.010,
            sun: (0.9, 0.15, 0.16),
            lamps: Vec::new(),
            lamp: [0.95, 0.77, 0.50],
            lit: 0.4,
            grain: 1.4,
        }
    }

    pub(crate) fn night() -> Self {
        Self {
            light: [0.22, 0.24, 0.32],
            sky_top: [0.03, 0.04, 0.09],
            sky_low: [0.13, 0.12, 0.16],
            haze: 0.008,
            sun: (0.0, 0.0, 0.16),
            lamps: Vec::new(),
            lamp: [0.95, 0.77, 0.50],
            lit: 0.5,
            grain: 1.6,
        }
    }

    pub(crate) fn is_dark(&self) -> bool {
        self.light[1] < 0.7
    }

    /// Multiplies what is at `p`.
    pub(crate) fn light_at(&self, p: V3) -> Rgb {
        let mut light = self.light;
        for (at, colour) in &self.lamps {
            let d = p.minus(*at);
            // Falls off like a shaded lamp: level below it, with the square beyond.
            let share = 14.0 / (14.0 + d.dot(d));
            for (light, colour) in light.iter_mut().zip(colour) {
                *light += colour * share;
            }
        }
        light
    }

    /// What the air adds at a distance.
    pub(crate) fn air(&self, distance: f32) -> (Rgb, f32) {
        (self.sky_low, 1.0 - (-distance * self.haze).exp())
    }
}

/// What a thing is.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Person(Person),
    Car(CarShape, Rgb),
    /// Colour, electric or not, rider.
    TwoWheeler(Rgb, bool, Option<Person>),
    /// Colour, rider, how full the bed is over time.
    Tricycle(Rgb, Option<Person>, Vec<(f32, f32)>),
    /// Look, and when the canopy goes up and down.
    Stall(Stall, f32, f32),
    Goods(u8, u64),
    /// Colour, with goods on it.
    Table(Rgb, bool, u64),
    Stool(Rgb),
    Board(Rgb, u64),
    Banner(Rgb),
    /// Height above ground, width, height, paper.
    Poster(f32, f32, f32, Rgb, u64),
    /// Colour, size.
    Bag(Rgb, f32, u64),
    /// Radius, height, how much of it over time.
    Pile(f32, f32, Vec<(f32, f32)>, u64),
    Junk(Junk, u64),
    Print(PrintForm, u64),
    /// A door in a front: width, how far open over time.
    Door(f32, Vec<(f32, f32)>),
    /// Radius, how much of it over time.
    Puddle(f32, Vec<(f32, f32)>, u64),
    /// Fallen leaves blown together: radius, how many over time.
    Leaves(f32, Vec<(f32, f32)>, u64),
    /// A patch of light on a wall: height above ground, width, height, colour, how bright over time.
    Glow(f32, f32, f32, Rgb, Vec<(f32, f32)>),
    /// A handcart, how full it is over time.
    Handcart(Rgb, Vec<(f32, f32)>, u64),
    /// A pole with a bus stop's sign.
    BusStop,
    Bin(Rgb),
    Tree(f32, u64),
    Lamp(f32),
    Planter(u64),
    Bollard,
}

/// Something that really happens.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) kind: Kind,
    pub(crate) zone: &'static str,
    pub(crate) start: f32,
    pub(crate) end: Option<f32>,
    /// Indices into the cast.
    pub(crate) things: Vec<usize>,
    /// When all the things are there: the box is measured then.
    pub(crate) at: f32,
}

/// Something that looks like a violation and is none.
#[derive(Debug, Clone)]
pub(crate) struct Resemblance {
    /// One of [`LOOKALIKES`](crate::truth::LOOKALIKES).
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) zone: &'static str,
    pub(crate) start: f32,
    pub(crate) end: Option<f32>,
    pub(crate) place: Place,
}

/// What a box is taken from.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// Around these entities as they stand at that time.
    Things(Vec<usize>, f32),
    /// These points of the world.
    World(Vec<V3>),
    /// `[x1, y1, x2, y2]` of the picture, in 0..1.
    Picture([f64; 4]),
}

/// Street, light and cast.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) mount: Mount,
    pub(crate) street: Street,
    pub(crate) mood: Mood,
    /// `None`: a steady light and a steady camera.
    pub(crate) air: Option<Air>,
    pub(crate) cast: Vec<Entity>,
}

impl World {
    pub(crate) fn view(&self, size: Size) -> View {
        View::new(self.mount, size)
    }

    /// Those who are there, farthest first.
    pub(crate) fn present(&self, view: &View, t: f32) -> Vec<usize> {
        let mut order: Vec<(usize, f32)> = self
            .cast
            .iter()
            .enumerate()
            .filter_map(|(i, entity)| entity.state(t).map(|state| (i, view.depth(state.spot.at))))
            .collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        order.into_iter().map(|(i, _)| i).collect()
    }

    /// Where the shadow of the top of a thing one metre high falls at a time (x, z), and how dark it is.
    pub(crate) fn sun(&self, t: f32) -> (f32, f32, f32) {
        let (x, z, dark) = self.mood.sun;
        let (dx, dz) = self.air.as_ref().map_or((0.0, 0.0), |air| air.sun_drift);
        (x + dx * t, z + dz * t, dark)
    }

    /// What it throws on the ground.
    pub(crate) fn draw_shadow(&self, pen: &mut Pen<'_>, index: usize, t: f32) {
        let entity = &self.cast[index];
        let Some(state) = entity.state(t) else { return };
        let (rx, rz, height) = match &entity.body {
            Body::Person(_) => (0.24, 0.17, 1.5),
            Body::Car(shape, _) => {
                let (half, high) = shape.bulk();
                (half, if half > 2.5 { 1.1 } else { 0.95 }, high)
            }
            Body::TwoWheeler(..) => (0.8, 0.2, 0.7),
            Body::Tricycle(..) => (1.4, 0.55, 0.8),
            Body::Stall(stall, ..) if stall.shape == StallShape::Cloth => return,
            Body::Stall(..) => (1.1, 0.7, 0.9),
            Body::Goods(..) => (0.36, 0.27, 0.35),
            Body::Table(..) => (0.62, 0.36, 0.5),
            Body::Stool(_) => (0.2, 0.17, 0.3),
            Body::Board(..) => (0.36, 0.25, 0.7),
            Body::Banner(_) => (1.5, 0.08, 0.4),
            Body::Bag(_, size, _) => (size * 0.55, size * 0.4, 0.4),
            Body::Pile(radius, _, levels, _) => (radius * level(levels, t), 0.5 * radius * level(levels, t), 0.2),
            Body::Bin(_) => (0.34, 0.3, 0.9),
            Body::Junk(junk, _) => junk.bulk(),
            Body::Handcart(..) => (0.7, 0.4, 0.6),
            Body::BusStop => (0.15, 0.15, 2.0),
            Body::Print(form, _) if form.stands() => (form.width() / 2.0, 0.1, form.span().1 * 0.6),
            Body::Print(..) | Body::Door(..) | Body::Puddle(..) | Body::Leaves(..) | Body::Glow(..) => return,
            Body::Planter(_) => (0.75, 0.3, 0.5),
            Body::Bollard => (0.09, 0.08, 0.7),
            Body::Lamp(height) if pen.shades() => (0.08, 0.08, *height),
            Body::Lamp(_) => (0.1, 0.1, 1.0),
            Body::Tree(height, _) if pen.shades() => (0.14, 0.14, height * 0.6),
            // The crown's shadow is part of the backdrop.
            Body::Tree(..) => (0.2, 0.2, 0.3),
            Body::Poster(..) => return,
        };
        // Long things turn; their shadow's half sizes are taken along x and z.
        let (s, c) = state.spot.heading.sin_cos();
        let (rx, rz) = if matches!(entity.body, Body::Person(_)) {
            (rx, rz)
        } else {
            (rx * c.abs() + rz * s.abs(), rx * s.abs() + rz * c.abs())
        };
        let (sx, sz, alpha) = match &self.air {
            // Close under the thing even the sky's light does not come; the rest is in the mask, or there is no sun.
            Some(air)
                if air.shade > 0.0
                    && !pen.shades()
                    && (matches!(entity.body, Body::Lamp(_) | Body::Tree(..))
                        || shade::covers(self, air, (state.spot.at.x, state.spot.at.z), t)) =>
            {
                (0.0, 0.0, 0.28)
            }
            _ => self.sun(t),
        };
        let room = (self.street.facade - state.spot.at.z - rz).max(0.0);
        pen.no_part();
        pen.opacity = state.opacity;
        pen.haze = ([0.0; 3], 0.0);
        pen.shadow(state.spot.at, rx, rz, (sx * height, (sz * height).min(room)), alpha);
        if let Body::Car(shape, _) = &entity.body
            && self.air.is_some()
            && self.mood.is_dark()
            && !pen.shades()
        {
            ground::beams(pen, &state.spot, shape.nose());
        }
    }

    /// The thing itself. `wind` is the phase of the trees' sway in radians.
    pub(crate) fn draw(&self, pen: &mut Pen<'_>, index: usize, t: f32, wind: f32) {
        let entity = &self.cast[index];
        let Some(state) = entity.state(t) else { return };
        let spot = state.spot;
        pen.light = self.mood.light_at(v3(spot.at.x, 0.9, spot.at.z));
        pen.haze = self.mood.air(spot.at.minus(pen.view.eye).length());
        pen.opacity = state.opacity;
        let pose = now(&entity.poses, t).unwrap_or(Pose::Plain);
        match &entity.body {
            Body::Person(look) => {
                let load = now(&entity.loads, t).unwrap_or(Load::Nothing);
                person::draw(pen, look, &spot, &Figure { pose, load, walked: state.walked, walking: state.walking, t });
            }
            Body::Car(shape, colour) => vehicle::car(pen, &spot, *shape, *colour, self.mood.is_dark()),
            Body::TwoWheeler(colour, electric, rider) => {
                vehicle::two_wheeler(pen, &spot, *colour, *electric, rider.as_ref().map(|rider| (rider, t)));
            }
            Body::Tricycle(colour, rider, load) => {
                let load = if load.is_empty() { 0.0 } else { level(load, t) };
                vehicle::tricycle(pen, &spot, *colour, load, self.street.seed, rider.as_ref().map(|rider| (rider, t)));
            }
            Body::Stall(stall, up, down) => {
                let open = ((t - up) / 2.0).clamp(0.0, 1.0) * ((down - t) / 2.0).clamp(0.0, 1.0);
                stall::draw(pen, stall, &spot, open * open * (3.0 - 2.0 * open));
            }
            Body::Goods(kind, seed) => wares::goods(pen, &spot, *kind, *seed),
            Body::Table(colour, laden, seed) => wares::table(pen, &spot, *colour, *laden, *seed),
            Body::Stool(colour) => wares::stool(pen, &spot, *colour),
            Body::Board(paper, seed) => wares::board(pen, &spot, *paper, *seed),
            Body::Banner(colour) => wares::banner(pen, &spot, *colour, t),
            Body::Poster(up, width, height, paper, seed) => {
                wares::poster(pen, v3(spot.at.x, *up, spot.at.z), *width, *height, *paper, *seed);
            }
            Body::Bag(colour, size, seed) => wares::bag(pen, &spot, *colour, *size, *seed),
            Body::Pile(radius, height, levels, seed) => {
                let amount = level(levels, t);
                if amount > 0.02 {
                    wares::pile(pen, &spot, radius * amount.sqrt(), height * amount.sqrt(), *seed);
                }
            }
            Body::Junk(junk, seed) => junk::junk(pen, &spot, *junk, *seed),
            Body::Print(form, seed) => prints::draw(pen, &spot, *form, *seed),
            Body::Door(wide, open) => fixtures::door(pen, &spot, *wide, level(open, t)),
            Body::Puddle(radius, levels, seed) => {
                ground::puddle(pen, &spot, radius * level(levels, t), self.mood.sky_low, *seed);
            }
            Body::Leaves(radius, levels, seed) => ground::leaves(pen, &spot, *radius, level(levels, t), *seed),
            Body::Glow(up, wide, high, colour, levels) => {
                ground::glow(pen, &spot, (*up, *wide, *high), *colour, level(levels, t));
            }
            Body::Handcart(colour, load, seed) => vehicle::handcart(pen, &spot, *colour, level(load, t), *seed),
            Body::BusStop => fixtures::bus_stop(pen, &spot),
            Body::Bin(colour) => fixtures::bin(pen, &spot, *colour),
            Body::Tree(height, seed) => fixtures::tree(pen, &spot, *height, *seed, wind),
            Body::Lamp(height) => fixtures::lamp(pen, &spot, *height, self.mood.is_dark()),
            Body::Planter(seed) => fixtures::planter(pen, &spot, *seed),
            Body::Bollard => fixtures::bollard(pen, &spot),
        }
        pen.no_part();
    }

    /// Around the things of an event, in 0..1 of the picture.
    pub(crate) fn event_box(&self, event: &Event, size: Size) -> BBox {
        self.things_box(&event.things, event.at, size)
    }

    fn things_box(&self, things: &[usize], t: f32, size: Size) -> BBox {
        share(&self.extent_of(things, t, size), size)
    }

    /// Around the things at a time, in pixels, not cut to the picture.
    pub(crate) fn extent_of(&self, things: &[usize], t: f32, size: Size) -> Extent {
        let view = self.view(size);
        let mut extent = Extent::NOTHING;
        for index in things {
            let mut pen = Pen::new(&view, Target::Measure);
            self.draw(&mut pen, *index, t, 0.0);
            // What has no label (a door, a puddle) counts as a whole.
            if pen.parts.is_empty() {
                extent.join(&pen.extent);
            }
            for part in &pen.parts {
                extent.join(&part.extent);
            }
        }
        extent
    }

    /// The box of a place, in 0..1 of the picture.
    pub(crate) fn place_box(&self, place: &Place, size: Size) -> BBox {
        match place {
            Place::Things(things, at) => self.things_box(things, *at, size),
            Place::World(points) => {
                let view = self.view(size);
                let mut extent = Extent::NOTHING;
                for (x, y) in points.iter().filter_map(|point| view.project(*point)) {
                    extent.join(&Extent { x0: x, y0: y, x1: x, y1: y });
                }
                share(&extent, size)
            }
            Place::Picture([x1, y1, x2, y2]) => BBox::clamped(*x1, *y1, *x2, *y2),
        }
    }

    /// Which share of the things' pixels nothing nearer hides at `t`, 0..=1.
    pub(crate) fn visible_share(&self, things: &[usize], t: f32, size: Size) -> f32 {
        let view = self.view(size);
        let blank = || Pixmap::new(size.width, size.height).expect("a picture has pixels");
        let mut seen = blank();
        let mut alone = blank();
        let order = self.present(&view, t);
        let mask = |pixmap: &mut Pixmap, all: bool| {
            let (mut mine, mut extent) = (Vec::new(), Extent::NOTHING);
            let mut pen = Pen::new(&view, Target::Mask { pixmap: &mut *pixmap, only: None });
            for index in &order {
                let wanted = things.contains(index);
                if all || wanted {
                    let first = pen.parts.len();
                    self.draw(&mut pen, *index, t, 0.0);
                    if wanted {
                        mine.extend(first..pen.parts.len());
                        pen.parts[first..].iter().for_each(|part| extent.join(&part.extent));
                    }
                }
            }
            mine.iter().map(|number| count(pixmap, &extent, *number).0).sum::<usize>()
        };
        let visible = mask(&mut seen, true);
        let whole = mask(&mut alone, false);
        (visible as f32 / whole.max(1) as f32).min(1.0)
    }

    fn all_parts(&self, view: &View, t: f32, target: Target<'_>) -> Vec<Part> {
        let mut pen = Pen::new(view, target);
        for index in self.present(view, t) {
            self.draw(&mut pen, index, t, 0.0);
        }
        pen.parts
    }

    /// Everything with a label, farthest first.
    pub(crate) fn annotate(&self, t: f32, size: Size) -> Vec<Annotation> {
        let view = self.view(size);
        let blank = || Pixmap::new(size.width, size.height).expect("a picture has pixels");
        let mut seen = blank();
        let parts = self.all_parts(&view, t, Target::Mask { pixmap: &mut seen, only: None });
        let mut alone = blank();
        let mut list = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            if part.class == ObjectClass::Other {
                continue;
            }
            self.all_parts(&view, t, Target::Mask { pixmap: &mut alone, only: Some(number) });
            let (whole, _) = count(&alone, &part.extent, number);
            let (visible, extent) = count(&seen, &part.extent, number);
            if visible > 0 {
                list.push(Annotation {
                    class: part.class,
                    bbox: share(&part.extent, size),
                    visible_box: share(&extent, size),
                    visible: (visible as f32 / whole.max(1) as f32).min(1.0),
                });
            }
            // Numbers differ, so what is left of this part cannot be taken for the next.
        }
        list
    }
}

fn share(extent: &Extent, size: Size) -> BBox {
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    BBox::clamped(f64::from(extent.x0) / w, f64::from(extent.y0) / h, f64::from(extent.x1) / w, f64::from(extent.y1) / h)
}

/// Pixels of a part within an extent, and the box around them.
fn count(mask: &Pixmap, within: &Extent, number: usize) -> (usize, Extent) {
    let id = number as u32 + 1;
    let wanted = [(id & 255) as u8, (id >> 8) as u8];
    let (w, h) = (mask.width() as i32, mask.height() as i32);
    let clip = |v: f32, most: i32| (v as i32).clamp(0, most);
    let (x0, x1) = (clip(within.x0 - 1.0, w), clip(within.x1 + 2.0, w));
    let (y0, y1) = (clip(within.y0 - 1.0, h), clip(within.y1 + 2.0, h));
    let (mut pixels, mut extent) = (0, Extent::NOTHING);
    for y in y0..y1 {
        for x in x0..x1 {
            let at = ((y * w + x) * 4) as usize;
            if mask.data()[at..at + 2] == wanted && mask.data()[at + 3] == 255 {
                pixels += 1;
                extent.join(&Extent { x0: x as f32, y0: y as f32, x1: (x + 1) as f32, y1: (y + 1) as f32 });
            }
        }
    }
    (pixels, extent)
}
