//! The moment at which a thing came to stand, found in the footage of the beginning.
//!
//! A camera that is watched by its key frames shows a thing first up to two seconds late, and later still where whoever
//! brought it stands before it. The encoded ring has all pictures of that time. In the thing's box each small cell has a look
//! from before and a look from after, the medians over pictures well before and well after; in between, it shows the one, the
//! other, or something that stands in front. Every cell whose two looks differ says between which pictures it changed for
//! good: exactly, where it was in sight, and only roughly where somebody stood before it. Those that were in sight are asked
//! first, so a thing that is half hidden while it is put down is dated by the half that is not.
//!
//! Whoever brings a thing may look like it. He is larger: with him the place around the box changes at the same moment, which
//! a thing that is put down leaves as it was. Then it is only known that it came between then and when the place around was
//! free again.

use events::frame::PixelFormat;
use events::{BBox, Frame, Pixels, Stamp, StreamTime};

/// Most cells along a side of the box: a bag's outline shows, and a rock of the camera by a pixel does not.
const CELLS: usize = 36;

/// Points along and down the picture at which its light is measured.
const LIGHT: (usize, usize) = (24, 14);

/// Pictures nearer together than this add nothing to what a place looks like, ns.
const APART: i64 = 900_000_000;

/// What a place looked like before is taken from pictures this long before first sight, or earlier, ns: somebody who puts
/// something down is before it a little earlier.
const CLEAR_OF_THE_ACT: i64 = 4_000_000_000;

/// Looks that differ by less than this are one look; grey levels of luma and both chroma planes together. Twice what
/// compression and noise do to the mean of a cell.
const DIFFERENT: f32 = 14.0;

/// Cells whose looks differ must be this share of all, and so many.
const CHANGED: (f32, usize) = (0.03, 6);

/// A cell that was out of sight for no longer than this is dated exactly, ns.
const EXACT: i64 = 400_000_000;

/// What changes within this time changes at once, ns: a bag that is let go of still settles.
const TOGETHER: i64 = 300_000_000;

/// A moment that is known no better than this is not known, ns.
const TOO_ROUGH: i64 = 3_000_000_000;

/// The place around the box reaches this share of the box's sides beyond it, each way.
const AROUND: f64 = 0.6;

/// Pictures this long before and after a moment tell what came with it, ns.
const WITH_IT: (i64, i64) = (500_000_000, 100_000_000);

/// When more of the place around is hidden with the moment by this share, something larger than the thing came.
const LARGER: f32 = 0.15;

/// With less than this share of it hidden, the place around is free.
const FREE: f32 = 0.1;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// The first picture that shows it standing.
    pub(crate) stamp: Stamp,
    /// The last picture that does not. Between the two it came.
    pub(crate) not_before: StreamTime,
    /// No picture that was looked at lies between the two.
    pub(crate) adjacent: bool,
}

impl Found {
    /// Time from the last picture without it to the first with it, ns.
    pub(crate) fn span(&self) -> i64 {
        self.stamp.at.0 - self.not_before.0
    }

    /// It came between two pictures so far apart that those between them were not looked at.
    pub(crate) fn between_key_frames(&self) -> bool {
        self.adjacent && self.span() > EXACT
    }
}

/// Why nothing was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Unknown {
    /// There are too few pictures of before or of after.
    TooShort,
    /// The place looks the same before and after.
    NoChange,
    /// It came within this span, and nothing tells when: somebody stood before it, or looked like it.
    Between { from: StreamTime, to: StreamTime },
}

impl Unknown {
    /// One clause for the package's gaps.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::TooShort => "there is too little footage of before or after it".to_owned(),
            Self::NoChange => "the place hardly looks different before and after".to_owned(),
            Self::Between { from, to } => {
                format!(
                    "it came between {:.1} s and {:.1} s of the stream, when the place was hidden or somebody looked like it",
                    from.as_secs_f64(),
                    to.as_secs_f64()
                )
            }
        }
    }
}

/// Mean luma and both chroma planes of each cell, row by row.
type Cells = Vec<[f32; 3]>;

/// One picture's cells.
struct Look {
    stamp: Stamp,
    cells: Cells,
    /// Those of the place around, as wide; the ones in the middle are the box itself.
    around: Cells,
}

/// A search in pictures that are shown one after the other.
pub(crate) struct Search {
    bbox: BBox,
    first_seen: StreamTime,
    light: Option<Vec<f32>>,
    looks: Vec<Look>,
    /// Its cells when the rule was met.
    later: Option<Cells>,
}

impl Search {
    /// For a thing in this box (0..1) that was first seen then.
    pub(crate) fn new(bbox: BBox, first_seen: StreamTime) -> Self {
        Self { bbox, first_seen, light: None, looks: Vec::new(), later: None }
    }

    /// A picture, in order.
    pub(crate) fn look(&mut self, frame: &Frame) {
        let [cells, around] = self.cells(frame);
        if self.looks.last().is_none_or(|last| last.cells.len() == cells.len()) {
            self.looks.push(Look { stamp: frame.stamp().clone(), cells, around });
        }
    }

    /// A picture of long after: what the thing looks like where the footage of the beginning does not reach until whoever
    /// brought it had gone. Given last.
    pub(crate) fn later(&mut self, frame: &Frame) {
        let [cells, _] = self.cells(frame);
        self.later = Some(cells);
    }

    /// Of the box, and of the place around it.
    fn cells(&mut self, frame: &Frame) -> [Cells; 2] {
        let pixels = frame.pixels();
        let light = light(pixels);
        let gain = match &self.light {
            None => {
                self.light = Some(light);
                1.0
            }
            Some(first) => gain(first, &light),
        };
        [self.bbox, self.bbox.grown(AROUND)].map(|bbox| {
            let mut cells = cells(pixels, &bbox);
            cells.iter_mut().for_each(|cell| cell[0] /= gain);
            cells
        })
    }

    fn at(&self, index: usize) -> i64 {
        self.looks[index].stamp.at.0
    }

    /// The median look of the cells over some of the pictures.
    fn median(&self, of: fn(&Look) -> &Cells, wanted: impl Fn(i64) -> bool) -> Option<Cells> {
        let mut chosen: Vec<&Look> = Vec::new();
        for look in self.looks.iter().filter(|look| wanted(look.stamp.at.0)) {
            if chosen.last().is_none_or(|last| look.stamp.at.0 - last.stamp.at.0 >= APART) {
                chosen.push(look);
            }
        }
        let cells = of(chosen.first()?).len();
        let middle = |cell: usize, plane: usize| {
            let mut values: Vec<f32> = chosen.iter().map(|look| of(look)[cell][plane]).collect();
            values.sort_by(f32::total_cmp);
            values[values.len() / 2]
        };
        Some((0..cells).map(|cell| [0, 1, 2].map(|plane| middle(cell, plane))).collect())
    }

    /// What the cells look like well before first sight, and from the later half of what follows it: a vehicle that is unloaded
    /// stays for a while.
    fn before_and_after(&self, of: fn(&Look) -> &Cells) -> Result<(Cells, Cells), Unknown> {
        let first = self.first_seen.0;
        let last = self.looks.last().map_or(first, |look| look.stamp.at.0);
        let settled = first + (last - first) / 2;
        let before = self.median(of, |at| at <= first - CLEAR_OF_THE_ACT);
        let after = self.median(of, |at| at > first && at >= settled);
        before.zip(after).ok_or(Unknown::TooShort)
    }

    /// The moment.
    ///
    /// # Errors
    /// Why the pictures do not tell.
    pub(crate) fn found(&self) -> Result<Found, Unknown> {
        let (before, after) = self.before_and_after(|look| &look.cells)?;
        let after = self.lasting(after);
        let differing: Vec<(usize, f32)> = (0..before.len())
            .map(|cell| (cell, distance(&before[cell], &after[cell])))
            .filter(|(_, distance)| *distance >= DIFFERENT)
            .collect();
        if differing.len() < CHANGED.1.max((CHANGED.0 * before.len() as f32) as usize) {
            return Err(Unknown::NoChange);
        }
        let spans: Vec<(usize, usize)> = differing
            .iter()
            .filter_map(|&(cell, apart)| {
                // +1 where it shows the look of before, -1 that of after, 0 something in front.
                let shown = |look: &Look| match &look.cells[cell] {
                    now if distance(now, &before[cell]) < 0.4 * apart => 1,
                    now if distance(now, &after[cell]) < 0.4 * apart => -1,
                    _ => 0,
                };
                change(&self.looks.iter().map(shown).collect::<Vec<i32>>())
            })
            .collect();
        let found = self.agreed(&spans)?;
        // What grew for seconds, or came between two key frames, is told with its bounds already.
        if found.adjacent && !found.between_key_frames() { self.alone(found) } else { Ok(found) }
    }

    /// The moment, if the thing came alone. With something larger than itself it came at an unknown picture between that one
    /// and the first at which the place around is free again.
    fn alone(&self, found: Found) -> Result<Found, Unknown> {
        let (before, after) = self.before_and_after(|look| &look.around)?;
        // Where the place looks the same before and after, the thing itself is not.
        let place: Vec<usize> = (0..before.len()).filter(|&cell| distance(&before[cell], &after[cell]) < DIFFERENT).collect();
        let hidden = |look: &Look| {
            let other = place.iter().filter(|&&cell| distance(&look.around[cell], &before[cell]) >= DIFFERENT).count();
            other as f32 / place.len().max(1) as f32
        };
        let at = found.stamp.at.0;
        let earlier = self.looks.iter().rev().find(|look| look.stamp.at.0 <= at - WITH_IT.0).map_or(0.0, hidden);
        let with_it = self.looks.iter().filter(|look| (at..=at + WITH_IT.1).contains(&look.stamp.at.0)).map(hidden);
        if with_it.fold(0.0, f32::max) - earlier < LARGER {
            return Ok(found);
        }
        let free = self.looks.iter().find(|look| look.stamp.at.0 > at && hidden(look) < FREE);
        let to = free.or(self.looks.last()).map_or(found.stamp.clone(), |look| look.stamp.clone());
        if to.at.0 - found.not_before.0 > TOO_ROUGH {
            return Err(Unknown::Between { from: found.not_before, to: to.at });
        }
        Ok(Found { stamp: to, not_before: found.not_before, adjacent: false })
    }

    /// The look of after; where the picture of later shows something else there, its look: what was seen before was not the
    /// thing, but somebody or a vehicle that had not gone yet. A passer-by before the thing in the picture of later costs those
    /// cells their say, no more.
    fn lasting(&self, after: Cells) -> Cells {
        let Some(later) = self.later.as_ref().filter(|later| later.len() == after.len()) else { return after };
        after
            .into_iter()
            .zip(later)
            .map(|(after, later)| if distance(&after, later) < DIFFERENT { after } else { *later })
            .collect()
    }

    /// What the spans agree on. Each says of a cell: it changed at one of the pictures `from..=to`.
    fn agreed(&self, spans: &[(usize, usize)]) -> Result<Found, Unknown> {
        let mut exact: Vec<usize> =
            spans.iter().filter(|(from, to)| from == to || self.at(*to) - self.at(*from) <= EXACT).map(|span| span.0).collect();
        exact.sort_unstable();
        // Enough cells were in sight: what was hidden has nothing to add.
        if exact.len() >= CHANGED.1.max(spans.len() / 4) {
            let together = |from: usize| -> Vec<usize> {
                exact.iter().copied().filter(|at| *at >= from && self.at(*at) - self.at(from) <= TOGETHER).collect()
            };
            let most = exact.iter().map(|from| together(*from)).max_by_key(Vec::len).ok_or(Unknown::NoChange)?;
            if most.len() * 2 >= exact.len() {
                let at = most[most.len() / 2];
                return self.between(at, at);
            }
            // What grows for seconds (a load that is tipped), or looks here and there like whoever brought it, has no such
            // picture: it came while the middle half of them changed.
            return self.between(exact[exact.len() / 4], exact[exact.len() - 1 - exact.len() / 4]);
        }
        let mut votes = vec![0_usize; self.looks.len()];
        for &(from, to) in spans {
            votes[from..=to].iter_mut().for_each(|vote| *vote += 1);
        }
        let most = votes.iter().copied().max().filter(|most| *most > 0).ok_or(Unknown::NoChange)?;
        let from = votes.iter().position(|vote| *vote == most).unwrap_or_default();
        let to = (from..votes.len()).take_while(|i| votes[*i] == most).last().unwrap_or(from);
        self.between(from, to)
    }

    /// It came at one of these pictures, each as likely: it is shown by the last of them.
    fn between(&self, from: usize, to: usize) -> Result<Found, Unknown> {
        let not_before = StreamTime(self.at(from.saturating_sub(1)));
        if self.at(to) - not_before.0 > TOO_ROUGH {
            return Err(Unknown::Between { from: not_before, to: StreamTime(self.at(to)) });
        }
        Ok(Found { stamp: self.looks[to].stamp.clone(), not_before, adjacent: from == to })
    }
}

/// At which pictures a cell may have changed from the one look to the other for good: those that contradict the fewest of
/// the pictures. `None` where it never shows one of the looks.
fn change(shown: &[i32]) -> Option<(usize, usize)> {
    if !shown.contains(&1) || !shown.contains(&-1) {
        return None;
    }
    // Contradictions if it changed at picture `k`: looks of after before `k`, and of before from `k` on.
    let mut wrong = shown.iter().filter(|s| **s == 1).count() as i32;
    let mut contradictions = Vec::with_capacity(shown.len());
    for s in shown {
        contradictions.push(wrong);
        wrong -= s;
    }
    let least = *contradictions.iter().skip(1).min()?;
    let from = contradictions.iter().skip(1).position(|c| *c == least)? + 1;
    let to = (from..contradictions.len()).take_while(|k| contradictions[*k] == least).last()?;
    // A cell that shows now this, now that (a leaf, a lamp) has no say.
    let shows = shown.iter().filter(|s| **s != 0).count() as i32;
    (least * 4 <= shows).then_some((from, to))
}

fn distance(a: &[f32; 3], b: &[f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}

/// The luma at points spread over the picture.
fn light(pixels: &dyn Pixels) -> Vec<f32> {
    let (size, plane) = (pixels.size(), pixels.plane(0));
    let (w, h) = (size.width as usize, size.height as usize);
    let (across, down) = LIGHT;
    let mut points = Vec::with_capacity(across * down);
    for j in 0..down {
        let row = plane.row((2 * j + 1) * h / (2 * down), w);
        points.extend((0..across).map(|i| f32::from(row[(2 * i + 1) * w / (2 * across)])));
    }
    points
}

/// How much brighter the picture as a whole is: the median over points, which no passer-by moves.
fn gain(first: &[f32], now: &[f32]) -> f32 {
    let mut ratios: Vec<f32> = first.iter().zip(now).map(|(first, now)| (now + 8.0) / (first + 8.0)).collect();
    ratios.sort_by(f32::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or(1.0).clamp(0.25, 4.0)
}

/// The mean luma and chroma of each cell of the box.
fn cells(pixels: &dyn Pixels, bbox: &BBox) -> Cells {
    let size = pixels.size();
    let (w, h) = (size.width as usize, size.height as usize);
    let [x1, y1, x2, y2] = bbox.to_array();
    let side = |from: f64, to: f64, whole: usize| {
        let from = ((from * whole as f64) as usize).min(whole.saturating_sub(1));
        let to = ((to * whole as f64).ceil() as usize).clamp(from + 1, whole.max(from + 1));
        (from, to - from)
    };
    let ((left, across), (top, down)) = (side(x1, x2, w), side(y1, y2, h));
    let (columns, rows) = (across.min(CELLS), down.min(CELLS));
    let planar = pixels.format() == PixelFormat::I420;
    let half = w.div_ceil(2);
    let mut sums = vec![([0.0_f32; 3], 0.0_f32); columns * rows];
    for y in 0..down {
        let line = top + y;
        let luma = pixels.plane(0).row(line, w);
        let (u, v) = if planar {
            (pixels.plane(1).row(line / 2, half), pixels.plane(2).row(line / 2, half))
        } else {
            let both = pixels.plane(1).row(line / 2, half * 2);
            (both, both)
        };
        for x in 0..across {
            let c = (left + x) / 2;
            let (cb, cr) = if planar { (u[c], v[c]) } else { (u[2 * c], v[2 * c + 1]) };
            let (sum, count) = &mut sums[y * rows / down * columns + x * columns / across];
            for (sum, value) in sum.iter_mut().zip([luma[left + x], cb, cr]) {
                *sum += f32::from(value);
            }
            *count += 1.0;
        }
    }
    sums.into_iter().map(|(sum, count)| sum.map(|value| value / count.max(1.0))).collect()
}

#[cfg(test)]
mod tests;
