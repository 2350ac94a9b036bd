//! The last looks, as luma: when did what stands here now first stand here?
//!
//! The age of single pixels tells it badly: whoever puts a dark bag down wears a dark coat, and a moving arm uncovers the bag
//! bit by bit. A look in which the whole thing is there, with its border, is the moment.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::blobs::Mask;
use super::picture::{LEVEL, Picture};
use crate::clock::Seconds;

/// Looks that are kept however near together they are: at five a second they reach back further than a thing takes to be known.
const NEWEST: usize = 20;

/// And as many of what came before, at least so far apart, seconds: about half a minute of standing beside a bag.
const OLDER: usize = 16;
const APART: Seconds = 1.5;

/// A pixel looks the same within so many grey levels.
const SAME: i32 = 14;

/// Shares of pixels that look like the thing, of borders that are still borders, and of pixels that show the street instead.
const LIKE: f32 = 0.6;
const BORDERED: f32 = 0.5;
const BARE: f32 = 0.5;

/// An edge this strong is a border, grey levels.
const BORDER: i32 = 8;

/// Luma of one look.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Look {
    t: Seconds,
    luma: Vec<u8>,
}

/// The last looks, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Past {
    looks: VecDeque<Look>,
}

/// What a place showed in a look.
enum Showed {
    Thing,
    Street,
    Neither,
}

impl Past {
    /// Remembers a look, already in the street's light.
    pub(crate) fn push(&mut self, t: Seconds, now: &Picture) {
        let luma: Vec<u8> = now.y.iter().map(|v| (v >> 8) as u8).collect();
        if self.looks.front().is_some_and(|l| l.luma.len() != luma.len()) {
            self.looks.clear();
        }
        self.looks.push_back(Look { t, luma });
        // The one that leaves the newest is kept only when it is far enough from the one before it.
        if self.looks.len() > NEWEST
            && let Some(leaving) = self.looks.len().checked_sub(NEWEST + 1).filter(|i| *i > 0)
            && self.looks[leaving].t - self.looks[leaving - 1].t < APART
        {
            self.looks.remove(leaving);
        }
        while self.looks.len() > NEWEST + OLDER {
            self.looks.pop_front();
        }
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.looks.clear();
    }

    /// Has every look `pixels` pixels?
    pub(crate) fn fits(&self, pixels: usize) -> bool {
        self.looks.iter().all(|l| l.luma.len() == pixels)
    }

    /// The first look in which the thing of this mask was there as it is `now`, and since which the bare street was not seen
    /// in its place. `None` when not even the last looks show it.
    pub(crate) fn stands_since(&self, mask: &Mask, now: &Picture, street: &Picture) -> Option<Seconds> {
        let step = (mask.len() / 500).max(1);
        let picked: Vec<usize> = mask.iter().step_by(step).map(|&i| i as usize).collect();
        let inside = |i: usize| mask.binary_search(&(i as u32)).is_ok();
        let (w, h) = (now.w, now.h);
        let inner = |i: usize| (1..w.saturating_sub(1)).contains(&(i % w)) && (1..h.saturating_sub(1)).contains(&(i / w));
        let border: Vec<usize> = mask
            .iter()
            .map(|&i| i as usize)
            .filter(|&i| inner(i) && !(inside(i - 1) && inside(i + 1) && inside(i - w) && inside(i + w)))
            .filter(|&i| now.edge(i) >= BORDER * LEVEL)
            .collect();
        let mut since = None;
        for look in self.looks.iter().rev() {
            match showed(&look.luma, &picked, &border, now, street) {
                Showed::Thing => since = Some(look.t),
                Showed::Street => break,
                Showed::Neither => {}
            }
        }
        since
    }
}

fn showed(luma: &[u8], picked: &[usize], border: &[usize], now: &Picture, street: &Picture) -> Showed {
    let (mut like, mut bare) = (0usize, 0usize);
    for &i in picked {
        let then = i32::from(luma[i]);
        let (thing, empty) = (i32::from(now.y[i] >> 8), i32::from(street.y[i] >> 8));
        like += usize::from((then - thing).abs() <= SAME);
        bare += usize::from((then - empty).abs() <= SAME && (then - empty).abs() < (then - thing).abs());
    }
    let n = picked.len().max(1) as f32;
    if bare as f32 >= BARE * n {
        return Showed::Street;
    }
    let at = |i: usize| i32::from(luma[i]);
    let edge = |i: usize| (at(i + 1) - at(i - 1)).abs() + (at(i + now.w) - at(i - now.w)).abs();
    let still = border.iter().filter(|&&i| 2 * edge(i) * LEVEL >= now.edge(i).min(60 * LEVEL)).count();
    if like as f32 >= LIKE * n && still as f32 >= BORDERED * border.len() as f32 { Showed::Thing } else { Showed::Neither }
}
