//! How tall people are where they stand in the picture: the only measure of real size that a camera nobody calibrated gives.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::company::{Area, Mover, Who};

/// People that are remembered.
const REMEMBERED: usize = 120;

/// The nearest so many are asked, and at least [`LEAST`] must be known.
const ASKED: usize = 15;
const LEAST: usize = 4;

/// People further up or down the picture than this, as a share of its height, say nothing of a place.
const NEAR: f32 = 0.2;

/// Height divided by width of whoever walks upright.
const UPRIGHT: std::ops::Range<f32> = 1.7..4.5;

/// A person seen: feet and height, pixels.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Seen {
    foot: f32,
    height: f32,
}

/// The people seen lately.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Stature {
    seen: VecDeque<Seen>,
    /// Of what moved upright while a model looked: where its feet were, and whether the model named it.
    heard: VecDeque<(f32, bool)>,
}

/// Is it a person, or moves like one, upright and wholly in the picture?
fn is_upright(m: &Mover, w: usize, h: usize) -> bool {
    let Area { x1, y1, x2, y2 } = m.at;
    let whole = x1 > 1.0 && y1 > 1.0 && x2 < w as f32 - 1.0 && y2 < h as f32 - 1.0;
    let upright = UPRIGHT.contains(&(m.at.height() / m.at.width().max(1.0))) && m.at.height() >= 12.0;
    let person = m.who == Who::Person || (m.who == Who::Unknown && m.pixels >= 0.35 * m.at.size());
    whole && upright && person
}

impl Stature {
    /// Takes in who moves in a look of a picture of `w` by `h` pixels: persons the model names, and what moves upright.
    pub(crate) fn learn(&mut self, movers: &[Mover], w: usize, h: usize) {
        for m in movers.iter().filter(|m| is_upright(m, w, h)) {
            self.seen.push_back(Seen { foot: m.at.y2, height: m.at.height() });
        }
        while self.seen.len() > REMEMBERED {
            self.seen.pop_front();
        }
    }

    /// Takes in what a model said of who moves upright: does it see the people of this street at all?
    pub(crate) fn listen(&mut self, movers: &[Mover], w: usize, h: usize) {
        for m in movers.iter().filter(|m| m.who == Who::Unknown && is_upright(m, w, h)) {
            let named = movers.iter().any(|d| d.who != Who::Unknown && d.at.common(&m.at) >= 0.3 * m.at.size());
            self.heard.push_back((m.at.y2, named));
        }
        while self.heard.len() > REMEMBERED {
            self.heard.pop_front();
        }
    }

    /// Has a model named at least half of those who moved upright at about this height of the picture? Where few did, it is
    /// believed.
    pub(crate) fn silence_counts(&self, foot: f32, picture_height: usize) -> bool {
        let mut near: Vec<(f32, bool)> = self
            .heard
            .iter()
            .map(|(at, named)| ((at - foot).abs(), *named))
            .filter(|(off, _)| *off <= NEAR * picture_height as f32)
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near.truncate(ASKED);
        near.len() < LEAST || 2 * near.iter().filter(|(_, named)| *named).count() >= near.len()
    }

    /// The height of a person whose feet are at `foot`, in pixels: the third quartile of those seen at about that height
    /// of the picture, for who moves is often seen in part only. `None` while too few were seen there.
    pub(crate) fn at(&self, foot: f32, picture_height: usize) -> Option<f32> {
        let mut near: Vec<(f32, f32)> = self
            .seen
            .iter()
            .map(|s| ((s.foot - foot).abs(), s.height))
            .filter(|(off, _)| *off <= NEAR * picture_height as f32)
            .collect();
        if near.len() < LEAST {
            return None;
        }
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near.truncate(ASKED);
        let mut heights: Vec<f32> = near.into_iter().map(|(_, height)| height).collect();
        let high = heights.len() * 3 / 4;
        heights.select_nth_unstable_by(high, f32::total_cmp);
        Some(heights[high])
    }
}
