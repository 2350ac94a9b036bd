//! The view a camera was set up for, learnt from its looks, and how a look compares with it.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::thumb::{ACROSS, DOWN, FULL, TILES, Thumb};
use crate::clock::Seconds;

/// The reference follows the street with this time constant, seconds: shadows wander for minutes, a bus stops for one.
const FOLLOWS: Seconds = 90.0;

/// Mean squared length of a tile's edges that makes it one with structure, of [`FULL`]'s square: one line across it.
const STRUCTURE: f32 = 0.04;

/// A tile with more counts as one with so much: a shelf of goods should not weigh more than a kerb.
const MUCH: f32 = 0.5;

/// So many pixels in which the edges agree tell how sharp a tile is.
const MEASURABLE: u32 = 5;

/// Likeness (correlation of edge directions) that a tile of an unsettled reference is expected to have.
const EXPECTED: f32 = 0.6;

/// So many looks in, what moved through has averaged out.
const ROUGH: u32 = 4;

/// A tile whose likeness is usually below this (leaves, water) says nothing.
const RELIABLE: f32 = 0.3;

/// Of its usual likeness a tile has to have this share to be seen.
const SEEN: f32 = 0.5;

/// Of its usual sharpness, in the light that it has, a tile has to have this share not to be soft.
const SOFT: f32 = 0.5;

/// Upright or level edges that are less than this share of all say nothing by themselves.
const ENOUGH: f32 = 0.15;

/// A camera on its mast sways by up to so many pixels of the thumbnail (a fortieth of the width): that is no other view.
const SWAY: i8 = 4;

/// Where a look has this share of the usual likeness, nothing is gained by looking for its shift.
const WELL_ALIKE: f32 = 0.85;

/// A tile whose fine edges have this share of what tiles here usually have is one with edges of its own.
const SHARP: f32 = 0.4;

/// The darkest grey level in broadcast range.
pub(super) const BLACK_LEVEL: f32 = 16.0;

/// The fixed-point one of the reference's edges: 32 times finer than [`FULL`], since it moves by small steps.
const FINER_BITS: u32 = 5;
const FINER: f32 = (1 << FINER_BITS) as f32;

/// One grey level in [`Reference::fine`].
const FINE_ONE: f32 = 128.0;

/// Squared length (of [`FULL`]'s square) below which an edge of the reference is what somebody left who walked by.
const LASTING: i32 = (0.45 * FULL * 0.45 * FULL) as i32;

/// What is known of one tile.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Tile {
    /// Usual likeness of a look.
    likeness: f32,
    /// Usual strength of the fine edges it has anywhere, grey levels.
    edges: f32,
    /// Usual luma, grey levels.
    luma: f32,
    /// Usual structure of a look, at most [`MUCH`]: what walks through has some, too, and the reference has not.
    structure: f32,
}

/// The reference view.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Reference {
    w: u32,
    h: u32,
    /// As [`Thumb::edges`], averaged: what moves through averages out.
    edges: Vec<[i16; 2]>,
    /// Strength of fine edges, as in [`Thumb::fine`] but in fixed point, where and while the edges agree.
    fine: Vec<u16>,
    tiles: Vec<Tile>,
    /// Looks it was learnt from.
    pub(super) looks: u32,
    /// What of its upright and of its level edges is usually there, 0..=1.
    usual: [f32; 2],
    /// By how many pixels of the thumbnail the last look was off: a mast sways.
    shift: [i8; 2],
}

/// How a look compares with the reference.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Compared {
    /// Tiles whose structure says something.
    pub(super) telling: u32,
    /// Shares of them: seen as usual; without fine edges; something else that has edges.
    pub(super) seen: f32,
    pub(super) soft: f32,
    pub(super) other: f32,
    /// Tiles, of all, that have structure before or now and are not alike.
    pub(super) changed: f32,
    /// Structure where the view is not seen as usual, of that which a look usually has there: a cover has little of its own.
    pub(super) structure: f32,
    /// The same of that which the reference has there, from which what walks through has averaged out.
    pub(super) added: f32,
    /// Correlation of the coarse distribution of light where it is soft, -1..=1: what a blurred lens leaves over.
    pub(super) coarse: f32,
    /// It agrees best as far off as was looked: further off than a mast sways.
    pub(super) at_bound: bool,
    /// The same of upright or of level edges alone, whichever is less: along a kerb a camera can turn and still see the kerb.
    pub(super) alike_least: f32,
    /// Likeness of the telling tiles, of the usual, 0..=1: also what peeps out between people counts here.
    pub(super) alike: f32,
}

/// Shares of the upright and of the level edges that are there, each with its weight among all edges.
fn by_direction(looks: &[Look]) -> [(f32, f32); 2] {
    let mut sums = [[0.0f32; 2]; 2];
    for look in looks {
        for (sum, now) in sums.iter_mut().zip(look.by_direction) {
            *sum = [sum[0] + now[0], sum[1] + now[1]];
        }
    }
    let all = (sums[0][1] + sums[1][1]).max(1.0);
    sums.map(|[there, whole]| (there / whole.max(1.0), whole / all))
}

/// Measures of one tile of a look.
#[derive(Clone, Copy, Default)]
pub(super) struct Look {
    likeness: f32,
    structure_before: f32,
    structure_now: f32,
    fine: Option<f32>,
    edges: f32,
    luma: f32,
    by_direction: [[f32; 2]; 2],
}

impl Reference {
    /// From one look.
    pub(super) fn first(thumb: &Thumb) -> Self {
        let mut reference = Self {
            w: thumb.w as u32,
            h: thumb.h as u32,
            edges: vec![[0; 2]; thumb.edges.len()],
            fine: vec![0; thumb.edges.len()],
            tiles: vec![Tile::default(); TILES],
            looks: 0,
            usual: [EXPECTED; 2],
            shift: [0, 0],
        };
        let looks = reference.measure(thumb);
        reference.learn(thumb, &looks, 0.0);
        reference
    }

    /// Usual mean luma, grey levels.
    pub(super) fn brightness(&self) -> f32 {
        self.tiles.iter().map(|tile| tile.luma).sum::<f32>() / TILES as f32
    }

    /// Is it of pictures of this size?
    pub(super) fn fits(&self, thumb: &Thumb) -> bool {
        (self.w as usize, self.h as usize) == (thumb.w, thumb.h)
    }

    /// Do its parts fit together?
    pub(super) fn check(&self) -> Result<(), String> {
        if self.edges.len() == self.w as usize * self.h as usize && self.tiles.len() == TILES {
            Ok(())
        } else {
            Err("a reference view of differing sizes".to_owned())
        }
    }

    /// Takes in a look, with its measures, that is `dt` seconds after the one before.
    pub(super) fn learn(&mut self, thumb: &Thumb, looks: &[Look], dt: Seconds) {
        self.looks = self.looks.saturating_add(1);
        let share = (1.0 / self.looks as f32).max((1.0 - (-dt / FOLLOWS).exp()) as f32);
        for (tile, look) in self.tiles.iter_mut().zip(looks) {
            if self.looks <= 2 {
                tile.likeness = EXPECTED;
            } else {
                // What hides a tile for a while does not make it less telling.
                let share = if look.likeness < SEEN * tile.likeness { share * 0.3 } else { share };
                tile.likeness += (look.likeness - tile.likeness) * share;
            }
            tile.luma += (look.luma - tile.luma) * share;
            tile.edges += (look.edges - tile.edges) * share;
            tile.structure += (look.structure_now.min(MUCH) - tile.structure) * share;
        }
        if self.looks > 2 {
            for (usual, (now, _)) in self.usual.iter_mut().zip(by_direction(looks)) {
                *usual += (now - *usual) * share;
            }
        }
        let step = share * FINER;
        for y in 0..thumb.h {
            let Some((from, to)) = rows_at(thumb, y, self.shift) else { continue };
            let now = thumb.edges[from.clone()].iter().zip(&thumb.fine[from]);
            for ((mean, sharp), (now, fine)) in self.edges[to.clone()].iter_mut().zip(&mut self.fine[to]).zip(now) {
                if self.looks <= ROUGH || agree(*now, *mean) {
                    let old = f32::from(*sharp);
                    *sharp = (old + (fine * FINE_ONE - old) * share).round().clamp(0.0, 65_535.0) as u16;
                }
                for k in 0..2 {
                    let old = f32::from(mean[k]);
                    mean[k] = (old + f32::from(now[k]) * step - old * share).round() as i16;
                }
            }
        }
    }

    /// Compares a look by its measures.
    pub(super) fn compare(&self, looks: &[Look]) -> Compared {
        let usual_edges = self.usual_edges(looks);
        let mut found = Compared::default();
        let mut soft = [false; TILES];
        let (mut seen_n, mut soft_n, mut other_n, mut changed) = (0u32, 0u32, 0u32, 0u32);
        let (mut alike, mut usual) = (0.0f32, 0.0f32);
        let (mut structure_now, mut structure_usual, mut structure_before) = (0.0f32, 0.0f32, 0.0f32);
        for (index, (tile, look)) in self.tiles.iter().zip(looks).enumerate() {
            // Fine edges are as strong as the light that falls on them.
            let light = ((look.luma - BLACK_LEVEL).max(1.0) / (tile.luma - BLACK_LEVEL).max(1.0)).clamp(0.1, 1.0);
            let sharp = look.edges >= SHARP * usual_edges * light;
            let before = look.structure_before >= STRUCTURE;
            if look.likeness < SEEN * tile.likeness || !before {
                structure_now += look.structure_now.min(MUCH);
                structure_usual += tile.structure;
                structure_before += look.structure_before.min(MUCH);
            }
            changed += u32::from((before || look.structure_now >= STRUCTURE) && look.likeness < SEEN * EXPECTED);
            if !before {
                soft[index] = !sharp;
                continue;
            }
            if tile.likeness < RELIABLE {
                continue;
            }
            found.telling += 1;
            alike += look.likeness.clamp(0.0, tile.likeness);
            usual += tile.likeness;
            let dull = look.fine.is_some_and(|fine| fine < SOFT * light);
            match (look.likeness >= SEEN * tile.likeness, dull, sharp) {
                (true, false, _) => seen_n += 1,
                (true, true, _) | (false, _, false) => {
                    soft[index] = true;
                    soft_n += 1;
                }
                (false, _, true) => other_n += 1,
            }
        }
        let telling = found.telling.max(1) as f32;
        found.seen = seen_n as f32 / telling;
        found.soft = soft_n as f32 / telling;
        found.other = other_n as f32 / telling;
        found.alike = alike / usual.max(0.01);
        found.alike_least = by_direction(looks)
            .into_iter()
            .zip(self.usual)
            .filter(|((_, weight), _)| *weight >= ENOUGH)
            .map(|((now, _), usual)| now / usual.max(0.1))
            .fold(found.alike, f32::min);
        found.changed = changed as f32 / TILES as f32;
        found.structure = structure_now / structure_usual.max(STRUCTURE);
        found.added = structure_now / structure_before.max(STRUCTURE);
        found.at_bound = self.shift.iter().any(|d| d.abs() == SWAY);
        found.coarse = self.coarse(looks, &soft);
        found
    }

    /// How strong the fine edges of a tile with little structure are here, grey levels.
    fn usual_edges(&self, looks: &[Look]) -> f32 {
        let telling = self.tiles.iter().zip(looks).filter(|(_, look)| look.structure_before >= STRUCTURE);
        let mut edges: Vec<f32> = telling.map(|(tile, _)| tile.edges).collect();
        edges.sort_by(f32::total_cmp);
        edges.get(edges.len() / 4).copied().unwrap_or(0.0)
    }

    /// Correlation of the steps in luma between neighbouring soft tiles, now and usually.
    fn coarse(&self, looks: &[Look], soft: &[bool; TILES]) -> f32 {
        let (mut aa, mut bb, mut ab, mut n) = (0.0f32, 0.0f32, 0.0f32, 0.0f32);
        let mut pair = |i: usize, j: usize| {
            if soft[i] && soft[j] {
                let (a, b) = (looks[j].luma - looks[i].luma, self.tiles[j].luma - self.tiles[i].luma);
                (aa, bb, ab, n) = (aa + a * a, bb + b * b, ab + a * b, n + 1.0);
            }
        };
        for y in 0..DOWN {
            for x in 0..ACROSS {
                let i = y * ACROSS + x;
                if x + 1 < ACROSS {
                    pair(i, i + 1);
                }
                if y + 1 < DOWN {
                    pair(i, i + ACROSS);
                }
            }
        }
        // Steps below a grey level are no distribution of light.
        if n < 8.0 || aa < n || bb < n { 0.0 } else { ab / (aa * bb).sqrt() }
    }

    /// Finds by how much the look is off, a few pixels at most, and measures all its tiles.
    pub(super) fn measure(&mut self, thumb: &Thumb) -> Vec<Look> {
        let looks = self.tiles_of(thumb);
        let alike = looks.iter().map(|look| look.likeness).sum::<f32>() / TILES as f32;
        if alike >= WELL_ALIKE * self.tiles.iter().map(|tile| tile.likeness).sum::<f32>() / TILES as f32 {
            return looks;
        }
        let before = self.shift;
        self.align(thumb);
        if self.shift == before { looks } else { self.tiles_of(thumb) }
    }

    /// Climbs to the shift at which the edges agree best, from the last one and from none.
    fn align(&mut self, thumb: &Thumb) {
        let home = self.agreement(thumb, [0, 0]);
        let mut best = (home, [0, 0]);
        if self.shift != [0, 0] {
            best = best.max_by_agreement((self.agreement(thumb, self.shift), self.shift));
        }
        for step in [2, 1, 1] {
            for _ in 0..SWAY {
                let from = best.1;
                for (dx, dy) in
                    [(-step, 0), (step, 0), (0, -step), (0, step), (-step, -step), (step, step), (step, -step), (-step, step)]
                {
                    let to = [from[0] + dx, from[1] + dy];
                    if to[0].abs() <= SWAY && to[1].abs() <= SWAY {
                        best = best.max_by_agreement((self.agreement(thumb, to), to));
                    }
                }
                if best.1 == from {
                    break;
                }
            }
        }
        // A little better by chance is no sway: something hides the view then.
        self.shift = if best.0 * 10 > home * 11 { best.1 } else { [0, 0] };
    }

    /// How far the edges agree at a shift, on every other row.
    fn agreement(&self, thumb: &Thumb, shift: [i8; 2]) -> i64 {
        let mut sum = 0i64;
        for y in (0..thumb.h).step_by(2) {
            if let Some((from, to)) = rows_at(thumb, y, shift) {
                let line = thumb.edges[from].iter().zip(&self.edges[to]);
                sum += i64::from(
                    line.map(|(a, b)| (i32::from(a[0]) * i32::from(b[0]) + i32::from(a[1]) * i32::from(b[1])) >> 8).sum::<i32>(),
                );
            }
        }
        sum
    }

    fn tiles_of(&self, thumb: &Thumb) -> Vec<Look> {
        let luma = thumb.brightness();
        let edges = thumb.sharpness();
        let mut looks = Vec::with_capacity(TILES);
        for ty in 0..DOWN {
            let (top, bottom) = thumb.rows(ty);
            for tx in 0..ACROSS {
                let (left, right) = thumb.columns(tx);
                let mut sums = Sums::default();
                for y in top..bottom {
                    if let Some((from, to)) = span_at(thumb, y, (left, right), self.shift) {
                        sums.add(&thumb.edges[from], &self.edges[to]);
                    }
                }
                let index = ty * ACROSS + tx;
                looks.push(Look {
                    likeness: sums.likeness(),
                    by_direction: sums.by_direction(),
                    structure_before: sums.structure(sums.bb),
                    structure_now: sums.structure(sums.aa),
                    fine: self.sharpness(thumb, index),
                    edges: edges[index],
                    luma: luma[index],
                });
            }
        }
        looks
    }

    /// How sharp the look is to the reference where the edges agree.
    fn sharpness(&self, thumb: &Thumb, index: usize) -> Option<f32> {
        let (top, bottom) = thumb.rows(index / ACROSS);
        let columns = thumb.columns(index % ACROSS);
        let (mut now, mut usual, mut n) = (0.0, 0.0, 0u32);
        for y in top..bottom {
            let Some((from, to)) = span_at(thumb, y, columns, self.shift) else { continue };
            let look = thumb.edges[from.clone()].iter().zip(&thumb.fine[from]);
            for ((edge, fine), (mean, sharp)) in look.zip(self.edges[to.clone()].iter().zip(&self.fine[to])) {
                let counts = agree(*edge, *mean);
                now += if counts { *fine } else { 0.0 };
                usual += if counts { f32::from(*sharp) } else { 0.0 };
                n += u32::from(counts);
            }
        }
        (n >= MEASURABLE && usual > FINE_ONE).then(|| now * FINE_ONE / usual)
    }
}

/// Is a steady edge of the reference there in the look?
fn agree(now: [i16; 2], mean: [i16; 2]) -> bool {
    let (a, b) = (now.map(i32::from), mean.map(|m| i32::from(m) >> FINER_BITS));
    let length = b[0] * b[0] + b[1] * b[1];
    length >= LASTING && 3 * (a[0] * b[0] + a[1] * b[1]) > length
}

/// The better of two shifts with their agreement; the first where they are equal.
trait Better {
    fn max_by_agreement(self, other: Self) -> Self;
}

impl Better for (i64, [i8; 2]) {
    fn max_by_agreement(self, other: Self) -> Self {
        if other.0 > self.0 { other } else { self }
    }
}

/// Row `y` of the reference: its pixels in the look, shifted, and in the reference.
fn rows_at(thumb: &Thumb, y: usize, shift: [i8; 2]) -> Option<(Range<usize>, Range<usize>)> {
    span_at(thumb, y, (0, thumb.w), shift)
}

/// The same for columns `left..right` of it.
fn span_at(thumb: &Thumb, y: usize, (left, right): (usize, usize), shift: [i8; 2]) -> Option<(Range<usize>, Range<usize>)> {
    let (dx, dy) = (isize::from(shift[0]), isize::from(shift[1]));
    let row = y.checked_add_signed(dy).filter(|row| *row < thumb.h)?;
    let (left, right) = (left.max((-dx).max(0) as usize), right.min((thumb.w as isize - dx.max(0)) as usize));
    if left >= right {
        return None;
    }
    let begin = (row * thumb.w + left).checked_add_signed(dx)?;
    Some((begin..begin + (right - left), y * thumb.w + left..y * thumb.w + right))
}

/// Sums for the correlation of a look's edges (`a`) with the reference's (`b`).
#[derive(Default)]
struct Sums {
    n: i32,
    a: [i32; 2],
    b: [i32; 2],
    aa: i32,
    bb: i32,
    ab: i32,
    /// Of the reference's upright edges alone: their sum, squares, and product with the look's.
    upright: ([i32; 2], i32, i32),
}

impl Sums {
    fn add(&mut self, now: &[[i16; 2]], before: &[[i16; 2]]) {
        self.n += now.len() as i32;
        for (a, b) in now.iter().zip(before) {
            let (a0, a1) = (i32::from(a[0]), i32::from(a[1]));
            let (b0, b1) = (i32::from(b[0]) >> FINER_BITS, i32::from(b[1]) >> FINER_BITS);
            let steady = i32::from(b0 * b0 + b1 * b1 >= LASTING);
            let (b0, b1) = (b0 * steady, b1 * steady);
            self.a[0] += a0;
            self.a[1] += a1;
            self.b[0] += b0;
            self.b[1] += b1;
            let (squares, product) = (b0 * b0 + b1 * b1, a0 * b0 + a1 * b1);
            self.aa += a0 * a0 + a1 * a1;
            self.bb += squares;
            self.ab += product;
            let upright = i32::from(b0 > 0);
            self.upright.0[0] += b0 * upright;
            self.upright.0[1] += b1 * upright;
            self.upright.1 += squares * upright;
            self.upright.2 += product * upright;
        }
    }

    /// What of the reference's upright and level edges is there, beyond chance, and how much there could be.
    fn by_direction(&self) -> [[f32; 2]; 2] {
        let n = self.n.max(1) as f32;
        let ((up, up_squares, up_product), (squares, product)) = (self.upright, (self.bb, self.ab));
        let level = [self.b[0] - up[0], self.b[1] - up[1]];
        let beyond = |raw: i32, mean: [i32; 2], sum: [i32; 2]| {
            raw as f32 - (mean[0] as f32 * sum[0] as f32 + mean[1] as f32 * sum[1] as f32) / n
        };
        [
            [beyond(up_product, self.a, up), beyond(up_squares, self.b, up)],
            [beyond(product - up_product, self.a, level), beyond(squares - up_squares, self.b, level)],
        ]
    }

    /// Mean squared length, of [`FULL`]'s square.
    fn structure(&self, squares: i32) -> f32 {
        squares as f32 / self.n.max(1) as f32 / (FULL * FULL)
    }

    /// Pearson's correlation of the two, both components together, -1..=1; 0 where either has nothing.
    fn likeness(&self) -> f32 {
        let n = self.n.max(1) as f32;
        let product = |p: [i32; 2], q: [i32; 2]| (p[0] as f32 * q[0] as f32 + p[1] as f32 * q[1] as f32) / n;
        let spread = |squares: i32, sum: [i32; 2]| (squares as f32 - product(sum, sum)).max(0.0);
        let (a, b) = (spread(self.aa, self.a), spread(self.bb, self.b));
        if a * b <= 0.0 { 0.0 } else { (self.ab as f32 - product(self.a, self.b)) / (a * b).sqrt() }
    }
}
