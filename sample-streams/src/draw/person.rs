//! People: jointed figures that walk, stand, reach, stoop, push and carry.

use std::f32::consts::{PI, TAU};

use events::ObjectClass;

use super::pen::{Pen, Rgb, Spot, mixed, scaled};
use crate::seed::Seed;

/// How somebody looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    height: f32,
    /// 0.85 (slim) to 1.25.
    build: f32,
    skin: Rgb,
    hair: Rgb,
    top: Rgb,
    legs: Rgb,
    shoes: Rgb,
    head: Head,
    skirt: bool,
    apron: Option<Rgb>,
    umbrella: Option<Rgb>,
    backpack: Option<Rgb>,
    /// Breathing and shifting of weight are not in step between people.
    phase: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Head {
    Short,
    Long,
    Cap(Rgb),
}

const TOPS: [Rgb; 14] = [
    [0.75, 0.16, 0.15],
    [0.13, 0.24, 0.48],
    [0.86, 0.86, 0.84],
    [0.15, 0.16, 0.18],
    [0.33, 0.45, 0.30],
    [0.82, 0.66, 0.20],
    [0.45, 0.55, 0.68],
    [0.55, 0.30, 0.45],
    [0.62, 0.60, 0.56],
    [0.20, 0.42, 0.44],
    [0.78, 0.47, 0.30],
    [0.36, 0.28, 0.22],
    [0.88, 0.72, 0.74],
    [0.26, 0.30, 0.36],
];
const LEGS: [Rgb; 7] = [
    [0.13, 0.14, 0.18],
    [0.20, 0.26, 0.38],
    [0.36, 0.34, 0.30],
    [0.10, 0.10, 0.11],
    [0.52, 0.47, 0.38],
    [0.28, 0.30, 0.33],
    [0.16, 0.20, 0.30],
];

impl Person {
    pub(crate) fn random(seed: &mut Seed) -> Self {
        let tone = seed.unit();
        Self {
            height: seed.range(1.52, 1.83),
            build: seed.range(0.88, 1.22),
            skin: mixed([0.86, 0.69, 0.57], [0.62, 0.45, 0.34], tone),
            hair: scaled([0.11, 0.09, 0.08], seed.range(0.7, 1.8)),
            top: seed.pick(&TOPS),
            legs: seed.pick(&LEGS),
            shoes: if seed.chance(0.3) { [0.75, 0.75, 0.74] } else { [0.10, 0.09, 0.09] },
            head: match seed.below(6) {
                0 | 1 => Head::Long,
                2 => Head::Cap(seed.pick(&TOPS)),
                _ => Head::Short,
            },
            skirt: seed.chance(0.15),
            apron: None,
            umbrella: None,
            backpack: None,
            phase: seed.range(0.0, TAU),
        }
    }

    /// [`Person::random`] of more sorts: children, people with backpacks, clothes of any colour; umbrellas where it rains.
    pub(crate) fn of_all_sorts(seed: &mut Seed, rain: bool) -> Self {
        let mut one = Self::random(seed);
        if seed.chance(0.08) {
            one.height = seed.range(1.0, 1.4);
        }
        if seed.chance(0.35) {
            let any = [seed.unit(), seed.unit(), seed.unit()];
            one.top = mixed(one.top, any, 0.7);
        }
        if seed.chance(0.3) {
            one.legs = scaled(mixed(one.legs, [seed.unit(), seed.unit(), seed.unit()], 0.4), 0.9);
        }
        if seed.chance(0.18) {
            one.backpack = Some(scaled(seed.pick(&TOPS), 0.8));
        }
        if rain && seed.chance(0.55) {
            one.umbrella = Some(seed.pick(&TOPS));
        }
        one
    }

    /// With an apron, as vendors and shopkeepers.
    pub(crate) fn with_apron(mut self, colour: Rgb) -> Self {
        self.apron = Some(colour);
        self.skirt = false;
        self
    }

    /// In the orange of street cleaning.
    pub(crate) fn cleaner(mut self) -> Self {
        (self.top, self.legs) = ([0.93, 0.45, 0.10], [0.90, 0.43, 0.12]);
        self.head = Head::Cap([0.93, 0.48, 0.12]);
        self.skirt = false;
        self
    }
}

/// What somebody does while not, or besides, walking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pose {
    /// Stands or walks.
    Plain,
    /// Talks with the hands.
    Talk,
    /// Both arms up against a wall.
    Reach,
    /// Bent to the ground.
    Stoop,
    /// Hands on a bar ahead.
    Push,
    /// Hands at work at table height.
    Serve,
    /// On a saddle, hands on the bars.
    Ride,
}

/// What somebody has in the hands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Load {
    Nothing,
    Bags(Rgb),
    Crate(Rgb),
    Roll,
    Sack(Rgb),
}

/// A person at a moment.
pub(crate) struct Figure {
    pub(crate) pose: Pose,
    pub(crate) load: Load,
    /// Metres walked so far: drives the legs.
    pub(crate) walked: f32,
    pub(crate) walking: bool,
    pub(crate) t: f32,
}

/// Draws a person; `spot.heading` is where they look.
pub(crate) fn draw(pen: &mut Pen<'_>, person: &Person, spot: &Spot, figure: &Figure) {
    pen.part(ObjectClass::Person);
    let Some(foot) = pen.view.project(spot.at) else { return };
    let s = pen.view.scale(spot.at) * person.height;
    let side = pen.view.rightwards(spot.heading.cos(), spot.heading.sin()).clamp(-1.0, 1.0);
    let frontal = 1.0 - side.abs();
    let stoop = if figure.pose == Pose::Stoop { 0.55 } else { 0.0 };
    let lift = if figure.pose == Pose::Ride { 0.12 } else { 0.0 };
    // A stride (both legs) is about 0.85 of the height.
    let phase = figure.walked / (0.85 * person.height) * TAU;
    let swing = if figure.walking { 0.42 } else { 0.05 };
    let sway = if figure.walking { 0.012 * (2.0 * phase).cos() } else { 0.004 * (figure.t * 1.7 + person.phase).sin() };
    let lean = if figure.walking { 0.03 } else { 0.006 * (figure.t * 0.6 + person.phase).sin() };
    let px = |u: f32, v: f32| (foot.0 + u * s, foot.1 - (v + lift) * s);
    let hip = (0.0, 0.50 + sway - stoop * 0.16);
    let shoulder = (side * (lean + stoop * 0.30), 0.815 + sway - stoop * 0.34);
    let b = person.build;
    let near = if side >= 0.0 { 1.0 } else { -1.0 };

    // The far arm, the legs, the body, the head, the near arm: painter's order.
    arm(pen, person, figure, &px, shoulder, (-near, phase, side, frontal, s));
    for leg in [-1.0f32, 1.0] {
        let a = (phase + if leg > 0.0 { PI } else { 0.0 }).sin() * swing;
        let bend = if figure.walking { (phase + if leg > 0.0 { PI } else { 0.0 }).cos().max(0.0) * 0.55 } else { stoop * 0.9 };
        let (mut thigh, mut shin) = (a + bend * 0.45, a - bend * 0.55);
        if figure.pose == Pose::Ride {
            (thigh, shin) = (1.05, -0.1 + leg * 0.2);
        }
        let spread = leg * 0.052 * (0.35 + 0.65 * frontal);
        let knee = (hip.0 + spread + side * 0.245 * thigh.sin(), hip.1 - 0.245 * thigh.cos());
        let ankle_lift = frontal * bend * 0.05;
        let ankle = (knee.0 + side * 0.235 * shin.sin(), knee.1 - 0.235 * shin.cos() + ankle_lift);
        let ankle = (ankle.0, ankle.1.max(0.02 - lift));
        let shade = if leg * near > 0.0 { 1.0 } else { 0.8 };
        pen.limb(px(hip.0 + spread, hip.1), 0.058 * b * s, px(knee.0, knee.1), 0.043 * b * s, scaled(person.legs, shade));
        pen.limb(px(knee.0, knee.1), 0.043 * b * s, px(ankle.0, ankle.1), 0.03 * b * s, scaled(person.legs, shade * 0.94));
        let toe = (ankle.0 + side * 0.055, ankle.1 - 0.006);
        pen.limb(
            px(ankle.0 - side * 0.015, ankle.1),
            0.024 * s,
            px(toe.0, toe.1 - frontal * 0.012),
            0.02 * s,
            scaled(person.shoes, shade),
        );
    }
    body(pen, person, &px, hip, shoulder, frontal, s);
    head(pen, person, &px, shoulder, side, frontal, stoop, s);
    carried(pen, figure.load, &px, shoulder, hip, side, s);
    if let Some(colour) = person.backpack {
        let c = (shoulder.0 - side * 0.085, shoulder.1 - 0.12);
        if frontal < 0.75 {
            pen.limb(px(c.0, c.1 + 0.07), 0.055 * s, px(c.0, c.1 - 0.08), 0.06 * s, colour);
        }
    }
    arm(pen, person, figure, &px, shoulder, (near, phase, side, frontal, s));
    if let Some(colour) = person.umbrella
        && matches!(figure.pose, Pose::Plain | Pose::Talk)
    {
        umbrella(pen, colour, &px, shoulder, side, s);
    }
}

fn umbrella(pen: &mut Pen<'_>, colour: Rgb, px: &ToPixels<'_>, shoulder: (f32, f32), side: f32, s: f32) {
    let (x, low) = (shoulder.0 + 0.06 * side, shoulder.1 + 0.20);
    pen.limb(px(x, shoulder.1 - 0.1), 0.008 * s, px(x, low + 0.12), 0.008 * s, [0.3; 3]);
    pen.part(ObjectClass::Canopy);
    let mut dome = [(0.0, 0.0); 13];
    for (i, p) in dome.iter_mut().enumerate() {
        let a = PI * i as f32 / 12.0;
        *p = px(x + 0.30 * a.cos(), low + 0.16 * a.sin());
    }
    pen.fill(&dome, colour, 1.0);
    for i in [2usize, 6, 10] {
        let (a, b) = (dome[i], px(x, low + 0.165));
        pen.limb(a, 0.004 * s, b, 0.004 * s, scaled(colour, 0.7));
    }
    pen.fill(&[dome[0], px(x + 0.1, low - 0.035), px(x, low), px(x - 0.1, low - 0.035), dome[12]], scaled(colour, 0.6), 1.0);
}

type ToPixels<'f> = dyn Fn(f32, f32) -> (f32, f32) + 'f;

fn body(pen: &mut Pen<'_>, person: &Person, px: &ToPixels<'_>, hip: (f32, f32), shoulder: (f32, f32), frontal: f32, s: f32) {
    let b = person.build;
    let (wide, waist) = ((0.075 + 0.055 * frontal) * b, (0.068 + 0.022 * frontal) * b);
    let low = (hip.0, hip.1 - 0.045);
    let outline = [
        px(low.0 - waist, low.1),
        px(hip.0 - waist, hip.1 + 0.08),
        px(shoulder.0 - wide, shoulder.1 - 0.03),
        px(shoulder.0 - wide * 0.75, shoulder.1 + 0.015),
        px(shoulder.0 - 0.03, shoulder.1 + 0.035),
        px(shoulder.0 + 0.03, shoulder.1 + 0.035),
        px(shoulder.0 + wide * 0.75, shoulder.1 + 0.015),
        px(shoulder.0 + wide, shoulder.1 - 0.03),
        px(hip.0 + waist, hip.1 + 0.08),
        px(low.0 + waist, low.1),
    ];
    if person.skirt {
        let hem = waist * 1.5;
        pen.fill(
            &[px(hip.0 - waist, hip.1), px(hip.0 + waist, hip.1), px(hip.0 + hem, 0.24), px(hip.0 - hem, 0.24)],
            person.legs,
            1.0,
        );
    }
    pen.fill(&outline, person.top, 1.0);
    // The side away from the light.
    let shade = [
        px(low.0 + waist * 0.25, low.1),
        px(hip.0 + waist * 0.3, hip.1 + 0.08),
        px(shoulder.0 + wide * 0.35, shoulder.1 - 0.02),
        px(shoulder.0 + wide, shoulder.1 - 0.03),
        px(hip.0 + waist, hip.1 + 0.08),
        px(low.0 + waist, low.1),
    ];
    pen.fill(&shade, scaled(person.top, 0.72), 0.8);
    if let Some(apron) = person.apron {
        let w = waist * 0.85;
        let bib = [
            px(hip.0 - w, 0.30),
            px(shoulder.0 - w * 0.6, shoulder.1 - 0.07),
            px(shoulder.0 + w * 0.6, shoulder.1 - 0.07),
            px(hip.0 + w, 0.30),
        ];
        pen.fill(&bib, apron, 1.0);
    }
    pen.limb(px(shoulder.0, shoulder.1), 0.03 * s, px(shoulder.0, shoulder.1 + 0.06), 0.028 * s, scaled(person.skin, 0.85));
}

#[expect(clippy::too_many_arguments, reason = "the joints of one figure")]
fn head(
    pen: &mut Pen<'_>,
    person: &Person,
    px: &ToPixels<'_>,
    shoulder: (f32, f32),
    side: f32,
    frontal: f32,
    stoop: f32,
    s: f32,
) {
    let c = (shoulder.0 + side * (0.018 + stoop * 0.08), shoulder.1 + 0.105 - stoop * 0.03);
    let (rx, ry) = ((0.046 + 0.004 * frontal) * s, 0.064 * s);
    if person.head == Head::Long {
        pen.limb(
            px(c.0 - side * 0.02, c.1 + 0.02),
            0.055 * s,
            px(shoulder.0 - side * 0.03, shoulder.1 + 0.01),
            0.05 * s,
            person.hair,
        );
    }
    pen.oval(px(c.0, c.1), rx, ry, person.skin, 1.0);
    let crown = px(c.0 - side * 0.008, c.1 + 0.026);
    match person.head {
        Head::Short | Head::Long => {
            pen.oval(crown, rx * 1.08, ry * 0.66, person.hair, 1.0);
            pen.limb(px(c.0 - side * 0.03, c.1 + 0.01), 0.025 * s, px(c.0 - side * 0.03, c.1 - 0.02), 0.02 * s, person.hair);
        }
        Head::Cap(colour) => {
            pen.oval(crown, rx * 1.1, ry * 0.6, colour, 1.0);
            pen.limb(px(c.0, c.1 + 0.02), 0.014 * s, px(c.0 + side * 0.075, c.1 + 0.014), 0.01 * s, scaled(colour, 0.8));
        }
    }
}

/// `(which, phase, side, frontal, s)`: which arm (-1 far, 1 near in the picture) and the figure's turn.
fn arm(
    pen: &mut Pen<'_>,
    person: &Person,
    figure: &Figure,
    px: &ToPixels<'_>,
    shoulder: (f32, f32),
    (which, phase, side, frontal, s): (f32, f32, f32, f32, f32),
) {
    let turn = if side >= 0.0 { 1.0 } else { -1.0 };
    let root =
        (shoulder.0 + which * (0.03 + 0.085 * frontal) * person.build * if frontal > 0.4 { 1.0 } else { 0.6 }, shoulder.1 - 0.02);
    let out = which * frontal * 0.03;
    // Angles from straight down, forward positive.
    let gesture = (figure.t * 2.3 + person.phase + which).sin();
    let (mut upper, mut fore) = if figure.walking {
        let a = (phase + if which > 0.0 { 0.0 } else { PI }).sin() * 0.42;
        (a, a + 0.25)
    } else {
        (0.06, 0.16)
    };
    match figure.pose {
        Pose::Plain => {}
        Pose::Talk => (upper, fore) = (0.25 + 0.15 * gesture, 1.1 + 0.45 * gesture),
        Pose::Reach => (upper, fore) = (2.3 + 0.08 * gesture, 2.75 + 0.06 * gesture),
        Pose::Stoop => (upper, fore) = (0.75, 0.55 + 0.2 * gesture),
        Pose::Push | Pose::Ride => (upper, fore) = (0.85, 1.25),
        Pose::Serve => (upper, fore) = (0.4 + 0.12 * gesture, 1.35 + 0.3 * gesture),
    }
    match figure.load {
        Load::Crate(_) => (upper, fore) = (0.35, 1.5),
        Load::Sack(_) if which > 0.0 => (upper, fore) = (2.0, 2.9),
        Load::Bags(_) if figure.walking => (upper, fore) = (0.05 + upper * 0.15, 0.06),
        Load::Roll if figure.pose == Pose::Plain && which > 0.0 => (upper, fore) = (0.3, 1.3),
        Load::Nothing | Load::Roll | Load::Sack(_) | Load::Bags(_) => {}
    }
    // Seen from the front a forward angle shortens the arm instead of moving it sideways.
    let reach = side.abs().max(0.25) * turn;
    let elbow = (root.0 + reach * 0.165 * upper.sin() + out, root.1 - 0.165 * upper.cos());
    let hand = (elbow.0 + reach * 0.155 * fore.sin() + out * 0.4, elbow.1 - 0.155 * fore.cos());
    let shade = if which * turn > 0.0 { 0.9 } else { 0.68 };
    pen.limb(
        px(root.0, root.1),
        0.034 * person.build * s,
        px(elbow.0, elbow.1),
        0.027 * person.build * s,
        scaled(person.top, shade),
    );
    pen.limb(px(elbow.0, elbow.1), 0.027 * person.build * s, px(hand.0, hand.1), 0.02 * s, scaled(person.top, shade * 0.95));
    pen.oval(px(hand.0, hand.1), 0.022 * s, 0.024 * s, person.skin, 1.0);
    if let Load::Bags(colour) = figure.load {
        let (x, y) = px(hand.0, hand.1 - 0.13);
        pen.limb(px(hand.0, hand.1), 0.012 * s, (x, y - 0.05 * s), 0.03 * s, scaled(colour, 0.8));
        pen.oval((x, y), 0.085 * s, 0.105 * s, colour, 1.0);
        pen.oval((x - 0.03 * s, y - 0.03 * s), 0.025 * s, 0.04 * s, mixed(colour, [1.0; 3], 0.25), 0.7);
    }
}

fn carried(pen: &mut Pen<'_>, load: Load, px: &ToPixels<'_>, shoulder: (f32, f32), hip: (f32, f32), side: f32, s: f32) {
    match load {
        Load::Nothing | Load::Bags(_) => {}
        Load::Crate(colour) => {
            let (cx, cy) = (hip.0 + side * 0.15, hip.1 + 0.11);
            let (w, h) = (0.17, 0.085);
            pen.fill(&[px(cx - w, cy - h), px(cx - w, cy + h), px(cx + w, cy + h), px(cx + w, cy - h)], colour, 1.0);
            pen.fill(
                &[px(cx - w, cy + h * 0.5), px(cx - w, cy + h), px(cx + w, cy + h), px(cx + w, cy + h * 0.5)],
                mixed(colour, [1.0; 3], 0.3),
                1.0,
            );
        }
        Load::Roll => {
            let c = (shoulder.0 + side * 0.1, shoulder.1 - 0.16);
            pen.limb(px(c.0 - 0.02, c.1 - 0.12), 0.022 * s, px(c.0 + 0.03, c.1 + 0.13), 0.022 * s, [0.90, 0.88, 0.82]);
        }
        Load::Sack(colour) => {
            pen.limb(
                px(shoulder.0 - side * 0.1, shoulder.1 + 0.02),
                0.085 * s,
                px(shoulder.0 - side * 0.02, shoulder.1 + 0.09),
                0.07 * s,
                colour,
            );
        }
    }
}
