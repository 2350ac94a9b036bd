//! The one way to draw: the same shapes are painted, measured or masked.

use events::ObjectClass;
use tiny_skia::{Color, FillRule, Mask, Paint, PathBuilder, Pixmap, Transform};

use super::surface::Surfaces;
use super::view::{V3, View, v3};

/// Red, green, blue, each 0..1 (display-referred).
pub(crate) type Rgb = [f32; 3];

pub(crate) fn mixed(a: Rgb, b: Rgb, t: f32) -> Rgb {
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

pub(crate) fn scaled(c: Rgb, by: f32) -> Rgb {
    c.map(|v| v * by)
}

/// A box in pixels that grows with what is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Extent {
    pub(crate) x0: f32,
    pub(crate) y0: f32,
    pub(crate) x1: f32,
    pub(crate) y1: f32,
}

impl Extent {
    pub(crate) const NOTHING: Extent = Extent { x0: f32::MAX, y0: f32::MAX, x1: f32::MIN, y1: f32::MIN };

    fn add(&mut self, x: f32, y: f32) {
        self.x0 = self.x0.min(x);
        self.y0 = self.y0.min(y);
        self.x1 = self.x1.max(x);
        self.y1 = self.y1.max(y);
    }

    pub(crate) fn join(&mut self, o: &Extent) {
        self.x0 = self.x0.min(o.x0);
        self.y0 = self.y0.min(o.y0);
        self.x1 = self.x1.max(o.x1);
        self.y1 = self.y1.max(o.y1);
    }
}

/// What becomes of the shapes.
pub(crate) enum Target<'a> {
    /// Their extent is taken.
    Measure,
    /// They are painted, with soft edges.
    Paint(&'a mut Pixmap),
    /// Each part is painted hard-edged in a colour that says its number; `only` leaves out all other parts.
    Mask { pixmap: &'a mut Pixmap, only: Option<usize> },
    /// What is drawn keeps the sun off: filled into a mask of half the picture's size.
    Shade(&'a mut Mask),
}

/// One labelled part of what was drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) class: ObjectClass,
    pub(crate) extent: Extent,
}

/// Draws shapes of the world and of the picture.
pub(crate) struct Pen<'a> {
    pub(crate) view: &'a View,
    target: Target<'a>,
    /// Multiplies colours: the light at the place.
    pub(crate) light: Rgb,
    /// What the air adds: colour, and how much of it.
    pub(crate) haze: (Rgb, f32),
    /// 0 (not there) to 1.
    pub(crate) opacity: f32,
    /// The picture's pixel that is the target's first: not 0, 0 for a piece of the picture.
    pub(crate) origin: (f32, f32),
    /// What large opaque fills have besides their colour.
    pub(crate) surfaces: Option<&'a Surfaces>,
    /// All that was drawn, shadows too.
    pub(crate) extent: Extent,
    pub(crate) parts: Vec<Part>,
    current: Option<usize>,
    points: Vec<(f32, f32)>,
}

impl<'a> Pen<'a> {
    pub(crate) fn new(view: &'a View, target: Target<'a>) -> Self {
        Self {
            view,
            target,
            light: [1.0; 3],
            haze: ([0.0; 3], 0.0),
            opacity: 1.0,
            origin: (0.0, 0.0),
            surfaces: None,
            extent: Extent::NOTHING,
            parts: Vec::new(),
            current: None,
            points: Vec::new(),
        }
    }

    /// What follows belongs to a new thing of this class; its number.
    pub(crate) fn part(&mut self, class: ObjectClass) -> usize {
        self.parts.push(Part { class, extent: Extent::NOTHING });
        self.current = Some(self.parts.len() - 1);
        self.parts.len() - 1
    }

    /// What follows belongs to a thing that was begun before.
    pub(crate) fn resume(&mut self, part: usize) {
        self.current = Some(part);
    }

    /// Is what is drawn now left out anyway?
    fn idle(&self) -> bool {
        match &self.target {
            Target::Measure => true,
            Target::Paint(_) | Target::Shade(_) => false,
            Target::Mask { only, .. } => only.is_some() && *only != self.current,
        }
    }

    /// Is it the sun's shade that is drawn?
    pub(crate) fn shades(&self) -> bool {
        matches!(self.target, Target::Shade(_))
    }

    /// What follows (a shadow, a glow) belongs to no thing.
    pub(crate) fn no_part(&mut self) {
        self.current = None;
    }

    /// Fills an outline in pixels.
    pub(crate) fn fill(&mut self, outline: &[(f32, f32)], colour: Rgb, alpha: f32) {
        if outline.len() < 3 {
            return;
        }
        let mut extent = Extent::NOTHING;
        for &(x, y) in outline {
            extent.add(x, y);
        }
        self.grow(&extent);
        if self.idle() || outside(&extent, self.view) {
            return;
        }
        let mut path = PathBuilder::with_capacity(outline.len() + 2, outline.len() + 2);
        path.move_to(outline[0].0, outline[0].1);
        for &(x, y) in &outline[1..] {
            path.line_to(x, y);
        }
        path.close();
        self.put(path, &extent, colour, alpha);
    }

    fn grow(&mut self, extent: &Extent) {
        self.extent.join(extent);
        if let Some(current) = self.current {
            self.parts[current].extent.join(extent);
        }
    }

    fn put(&mut self, path: PathBuilder, extent: &Extent, colour: Rgb, alpha: f32) {
        let Some(path) = path.finish() else { return };
        let mut paint = Paint::default();
        let place = Transform::from_translate(-self.origin.0, -self.origin.1);
        match &mut self.target {
            Target::Measure => {}
            Target::Shade(mask) => mask.fill_path(&path, FillRule::Winding, true, Transform::from_scale(0.5, 0.5)),
            Target::Paint(pixmap) => {
                let mut lit = [0.0; 3];
                for (i, lit) in lit.iter_mut().enumerate() {
                    let seen = (colour[i] * self.light[i]).min(1.0);
                    *lit = (seen + (self.haze.0[i] - seen) * self.haze.1).clamp(0.0, 1.0);
                }
                let alpha = (alpha * self.opacity).clamp(0.0, 1.0);
                if let Some(surfaces) = self.surfaces.filter(|_| alpha > 0.98)
                    && let Some(layers) = surfaces.paints(lit, extent, self.origin)
                {
                    for paint in &layers {
                        pixmap.fill_path(&path, paint, FillRule::Winding, place, None);
                    }
                    return;
                }
                paint.set_color(Color::from_rgba(lit[0], lit[1], lit[2], alpha).expect("clamped to 0..1"));
                pixmap.fill_path(&path, &paint, FillRule::Winding, place, None);
            }
            Target::Mask { pixmap, .. } => {
                // Number 0 is nothing: what has no label hides things all the same, unless it is see-through.
                if alpha < 0.9 && self.current.is_none() {
                    return;
                }
                let id = self.current.map_or(0, |current| current as u32 + 1);
                paint.set_color_rgba8((id & 255) as u8, (id >> 8) as u8, 0, 255);
                paint.anti_alias = false;
                pixmap.fill_path(&path, &paint, FillRule::Winding, place, None);
            }
        }
    }

    /// A polygon of the world.
    pub(crate) fn poly(&mut self, corners: &[V3], colour: Rgb) {
        self.poly_alpha(corners, colour, 1.0);
    }

    /// A see-through polygon of the world.
    pub(crate) fn poly_alpha(&mut self, corners: &[V3], colour: Rgb, alpha: f32) {
        let mut points = std::mem::take(&mut self.points);
        self.view.outline(corners, &mut points);
        self.fill(&points, colour, alpha);
        self.points = points;
    }

    /// An ellipse in pixels.
    pub(crate) fn oval(&mut self, (cx, cy): (f32, f32), rx: f32, ry: f32, colour: Rgb, alpha: f32) {
        let extent = Extent { x0: cx - rx, y0: cy - ry, x1: cx + rx, y1: cy + ry };
        self.grow(&extent);
        if self.idle() || outside(&extent, self.view) {
            return;
        }
        let mut path = PathBuilder::new();
        if let Some(rect) = tiny_skia::Rect::from_ltrb(extent.x0, extent.y0, extent.x1, extent.y1) {
            path.push_oval(rect);
            self.put(path, &extent, colour, alpha);
        }
    }

    /// A limb: from `a` with radius `ra` to `b` with radius `rb`, round at both ends; pixels.
    pub(crate) fn limb(&mut self, a: (f32, f32), ra: f32, b: (f32, f32), rb: f32, colour: Rgb) {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let angle = dy.atan2(dx);
        let mut outline = [(0.0, 0.0); 12];
        for i in 0..6 {
            let turn = std::f32::consts::FRAC_PI_2 + std::f32::consts::PI * i as f32 / 5.0;
            outline[i] = (a.0 + ra * (angle + turn).cos(), a.1 + ra * (angle + turn).sin());
            let turn = turn - std::f32::consts::PI;
            outline[6 + i] = (b.0 + rb * (angle + turn).cos(), b.1 + rb * (angle + turn).sin());
        }
        self.fill(&outline, colour, 1.0);
    }

    /// A soft dark patch on the ground: contact shadow and what the sun throws. `reach` is where the top's shadow falls,
    /// relative to the foot; `rx`, `rz` the half sizes of the foot print.
    pub(crate) fn shadow(&mut self, foot: V3, rx: f32, rz: f32, reach: (f32, f32), alpha: f32) {
        // In the mask one outline says it all.
        let rings: &[(f32, f32)] = if self.shades() { &[(0.9, 1.0)] } else { &[(1.25, 0.35), (1.0, 0.4), (0.75, 0.4)] };
        for &(grow, share) in rings {
            let mut corners = [foot; 14];
            for (i, corner) in corners.iter_mut().enumerate() {
                let a = std::f32::consts::TAU * i as f32 / 14.0;
                let (ex, ez) = (a.cos(), a.sin());
                // The side towards the sun stays at the foot, the other goes out to where the top's shadow falls.
                let out = (ex * reach.0 + ez * reach.1 > 0.0) as u8 as f32;
                *corner = v3(foot.x + ex * rx * grow + reach.0 * out, 0.0, foot.z + ez * rz * grow + reach.1 * out);
            }
            let light = std::mem::replace(&mut self.light, [1.0; 3]);
            self.poly_alpha(&corners, [0.03, 0.035, 0.05], alpha * share);
            self.light = light;
        }
    }
}

fn outside(e: &Extent, view: &View) -> bool {
    e.x1 < 0.0 || e.y1 < 0.0 || e.x0 > view.width || e.y0 > view.height
}

/// A place on the ground with a heading: makes world points of local ones (ahead, up, to the left).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    pub(crate) at: V3,
    pub(crate) heading: f32,
}

impl Spot {
    pub(crate) fn point(&self, ahead: f32, up: f32, left: f32) -> V3 {
        let (s, c) = self.heading.sin_cos();
        v3(self.at.x + ahead * c - left * s, self.at.y + up, self.at.z + ahead * s + left * c)
    }

    /// Is the side that looks along local direction (ahead, left) turned to the camera, seen from this point?
    fn faces(&self, eye: V3, from: V3, ahead: f32, left: f32) -> bool {
        let (s, c) = self.heading.sin_cos();
        v3(ahead * c - left * s, 0.0, ahead * s + left * c).dot(eye.minus(from)) > 0.0
    }

    /// A box `ahead.0..ahead.1` × `up.0..up.1` × `left.0..left.1`; its sides are shaded.
    pub(crate) fn cuboid(&self, pen: &mut Pen<'_>, ahead: (f32, f32), up: (f32, f32), left: (f32, f32), colour: Rgb) {
        let eye = pen.view.eye;
        let p = |a: bool, u: bool, l: bool| {
            self.point(if a { ahead.1 } else { ahead.0 }, if u { up.1 } else { up.0 }, if l { left.1 } else { left.0 })
        };
        for (front, normal, shade) in [(true, 1.0, 0.86), (false, -1.0, 0.8)] {
            let q = [p(front, false, false), p(front, true, false), p(front, true, true), p(front, false, true)];
            if self.faces(eye, q[0], normal, 0.0) {
                pen.poly(&q, scaled(colour, shade));
            }
        }
        for (left_side, normal, shade) in [(true, 1.0, 0.92), (false, -1.0, 0.96)] {
            let q = [p(false, false, left_side), p(true, false, left_side), p(true, true, left_side), p(false, true, left_side)];
            if self.faces(eye, q[0], 0.0, normal) {
                pen.poly(&q, scaled(colour, shade));
            }
        }
        if eye.y > self.at.y + up.1 {
            pen.poly(
                &[p(false, true, false), p(true, true, false), p(true, true, true), p(false, true, true)],
                scaled(colour, 1.12),
            );
        }
    }

    /// An upright wheel that rolls ahead, `left` of the middle line.
    pub(crate) fn wheel(&self, pen: &mut Pen<'_>, ahead: f32, left: f32, radius: f32, tyre: Rgb, hub: Rgb) {
        for (r, colour) in [(radius, tyre), (radius * 0.62, hub)] {
            let mut rim = [v3(0.0, 0.0, 0.0); 14];
            for (i, p) in rim.iter_mut().enumerate() {
                let (s, c) = (std::f32::consts::TAU * i as f32 / 14.0).sin_cos();
                *p = self.point(ahead + r * c, radius + r * s, left);
            }
            pen.poly(&rim, colour);
        }
    }

    /// An upright pole.
    pub(crate) fn pole(&self, pen: &mut Pen<'_>, ahead: f32, left: f32, up: (f32, f32), radius: f32, colour: Rgb) {
        let (low, high) = (self.point(ahead, up.0, left), self.point(ahead, up.1, left));
        let (Some(a), Some(b)) = (pen.view.project(low), pen.view.project(high)) else { return };
        let (ra, rb) = (radius * pen.view.scale(low), radius * pen.view.scale(high));
        pen.fill(&[(a.0 - ra, a.1), (b.0 - rb, b.1), (b.0 + rb, b.1), (a.0 + ra, a.1)], colour, 1.0);
    }
}
