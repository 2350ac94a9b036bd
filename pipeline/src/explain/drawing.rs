//! Drawings of why: a clean picture with zones, shop lines, permits, what was raised and what nearly was, and their words
//! below it. A drawing is a derivative, never evidence, and says so.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use events::site::Zone;
use events::{BBox, Candidate, Frame, Moment, Point, RunId, StreamTime};
use tiny_skia::Pixmap;

use super::canvas::{Canvas, Line, Rgb, picture};
use super::words::{remedy, worded};
use super::{Explainer, Place, look_of};

/// Pictures that are kept for drawings: of the nearest misses, and of what was raised. At 1280×720 one is 3.7 MB.
const KEPT: usize = 40;

const ZONE: Rgb = [90, 200, 250];
const SHOP_LINE: Rgb = [255, 90, 220];
const PERMIT: Rgb = [110, 230, 110];
const RAISED: Rgb = [255, 70, 60];
const MISSED: Rgb = [255, 190, 40];
const PLAIN: Rgb = [225, 228, 232];

/// A look of a run.
type Look = (RunId, StreamTime);

/// A drawing on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Its file's name in the folder.
    pub name: String,
    /// Of which look.
    pub(super) look: Look,
}

/// Pictures of looks that may have to be drawn on.
#[derive(Default)]
pub(super) struct Pictures(BTreeMap<Look, (Moment, Pixmap)>);

impl Pictures {
    /// Keeps the picture of this look.
    pub(super) fn keep(&mut self, frame: &Frame) {
        let moment = frame.stamp().moment();
        if let Some(picture) = picture(frame) {
            self.0.insert(look_of(&moment), (moment, picture));
        }
    }

    /// Lets go of all but the wanted ones, and of those that came least near where they are too many.
    pub(super) fn drop_all_but(&mut self, wanted: impl Iterator<Item = (Look, f64)>) {
        let mut nearest: BTreeMap<Look, f64> = BTreeMap::new();
        for (look, short_by) in wanted.filter(|(look, _)| self.0.contains_key(look)) {
            let known = nearest.entry(look).or_insert(short_by);
            *known = known.min(short_by);
        }
        let mut order: Vec<(f64, Look)> = nearest.into_iter().map(|(look, short_by)| (short_by, look)).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        order.truncate(KEPT);
        self.0.retain(|look, _| order.iter().any(|(_, kept)| kept == look));
    }
}

impl Explainer {
    /// Writes the drawings into a folder, one for each look in which something was raised or came nearest, named by camera
    /// and stream second.
    ///
    /// # Errors
    /// When the folder or a file cannot be written.
    pub fn draw(&self, folder: &Path) -> anyhow::Result<Vec<Drawn>> {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let places = self.places();
        let mut drawn = Vec::new();
        for (look, (moment, picture)) in self.pictures.iter().flat_map(|pictures| &pictures.0) {
            let name = format!("{}-{:09.2}s.jpg", self.camera.id, look.1.as_secs_f64());
            let path = folder.join(&name);
            let canvas =
                self.sheet(&places, moment, picture).ok_or_else(|| anyhow!("{name}: the picture is too large to draw on"))?;
            let jpeg = canvas.jpeg().with_context(|| format!("drawing {}", path.display()))?;
            std::fs::write(&path, jpeg).with_context(|| format!("writing {}", path.display()))?;
            drawn.push(Drawn { name, look: *look });
        }
        Ok(drawn)
    }

    fn sheet(&self, places: &[Place], now: &Moment, picture: &Pixmap) -> Option<Canvas> {
        let look = look_of(now);
        let raised: Vec<(usize, &Candidate)> = self.raised.iter().enumerate().filter(|(_, c)| stands(c, now)).collect();
        let here = |place: &&Place| place.misses.iter().any(|miss| look_of(&miss.nearest) == look);
        let mut canvas = Canvas::new(picture, &self.words(places, &raised, now))?;
        for zone in &self.camera.zones {
            draw_zone(&mut canvas, zone);
        }
        for place in places.iter().filter(|place| !here(place) && place.misses.iter().any(|miss| spans(miss, now))) {
            boxed(&mut canvas, &place.nearest().bbox, MISSED, 1.0);
        }
        for place in places.iter().filter(here) {
            boxed(&mut canvas, &bbox_at(place, look), MISSED, 3.0);
        }
        for (_, candidate) in &raised {
            boxed(&mut canvas, &candidate.bbox, RAISED, 3.0);
        }
        // Labels after all lines, the weightiest first.
        for (index, candidate) in &raised {
            canvas.label(&format!("R{} {}", index + 1, candidate.kind), candidate.bbox.to_array(), RAISED);
        }
        for place in places.iter().filter(here) {
            let miss = place.misses.iter().find(|miss| look_of(&miss.nearest) == look).unwrap_or_else(|| place.nearest());
            canvas.label(&format!("{} {}", place.number, miss.kind), miss.bbox.to_array(), MISSED);
        }
        for place in places.iter().filter(|place| !here(place) && place.misses.iter().any(|miss| spans(miss, now))) {
            canvas.label(&place.number.to_string(), place.nearest().bbox.to_array(), MISSED);
        }
        for zone in &self.camera.zones {
            label_zone(&mut canvas, zone);
        }
        Some(canvas)
    }

    /// What stands below the picture.
    fn words(&self, places: &[Place], raised: &[(usize, &Candidate)], now: &Moment) -> Vec<(Rgb, String)> {
        let look = look_of(now);
        let mut lines = vec![(
            PLAIN,
            format!(
                "camera {}, {:.2} s, {} | a drawing, not evidence",
                self.camera.id,
                now.at.as_secs_f64(),
                now.wall.to_rfc3339()
            ),
        )];
        for (index, candidate) in raised {
            let at = candidate.raised.at.as_secs_f64();
            let text =
                format!("R{} {} in {}, raised at {at:.1} s: {}", index + 1, candidate.kind, candidate.zone, candidate.why.text);
            lines.push((RAISED, text));
        }
        for place in places {
            for miss in place.misses.iter().filter(|miss| look_of(&miss.nearest) == look) {
                lines.push((MISSED, format!("{} {} in {}, not raised:", place.number, miss.kind, miss.zone)));
                for condition in &miss.failed {
                    let words = worded(&self.camera, miss, condition);
                    let key = words.key.unwrap_or_else(|| "built in".to_owned());
                    lines.push((PLAIN, format!("  - {} [{key}]", words.text)));
                }
                if let Some(settings) = remedy(&self.camera, miss) {
                    lines.push((PLAIN, format!("  with {} it would have been raised", settings.join(" and "))));
                }
            }
        }
        lines
    }
}

/// Was it there, and not raised before?
fn stands(candidate: &Candidate, now: &Moment) -> bool {
    let within = |from: &Moment, to: &Moment| from.wall.unix_ns <= now.wall.unix_ns && now.wall.unix_ns <= to.wall.unix_ns;
    within(&candidate.first_seen, &candidate.raised)
}

fn spans(miss: &scene::NearMiss, now: &Moment) -> bool {
    miss.first_seen.wall.unix_ns <= now.wall.unix_ns && now.wall.unix_ns <= miss.last_seen.wall.unix_ns
}

fn bbox_at(place: &Place, look: Look) -> BBox {
    place.misses.iter().find(|miss| look_of(&miss.nearest) == look).unwrap_or_else(|| place.nearest()).bbox
}

fn boxed(canvas: &mut Canvas, bbox: &BBox, colour: Rgb, width: f32) {
    let [x1, y1, x2, y2] = bbox.to_array();
    let line = Line { colour, width, dashed: false };
    canvas.outline([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], true, line, 0);
}

fn points(points: &[Point]) -> Vec<(f64, f64)> {
    points.iter().map(|p| (p.x, p.y)).collect()
}

fn draw_zone(canvas: &mut Canvas, zone: &Zone) {
    canvas.outline(points(zone.polygon.corners()), true, Line { colour: ZONE, width: 2.0, dashed: false }, 16);
    for permit in &zone.permits {
        if let Some(polygon) = &permit.polygon {
            canvas.outline(points(polygon.corners()), true, Line { colour: PERMIT, width: 2.0, dashed: true }, 16);
        }
    }
    if let Some(line) = &zone.shop_line {
        canvas.outline(points(line.points()), false, Line { colour: SHOP_LINE, width: 3.0, dashed: false }, 0);
    }
}

fn label_zone(canvas: &mut Canvas, zone: &Zone) {
    canvas.label(&format!("zone {}", zone.id), corner(&points(zone.polygon.corners())), ZONE);
    for permit in &zone.permits {
        let whole = if permit.polygon.is_none() { " (whole zone)" } else { "" };
        let polygon = permit.polygon.as_ref().unwrap_or(&zone.polygon);
        canvas.label(&format!("permit {}{whole}", permit.id), corner(&points(polygon.corners())), PERMIT);
    }
    if let Some(line) = &zone.shop_line {
        canvas.label("shop line", corner(&points(line.points())), SHOP_LINE);
    }
}

/// Where a line or polygon is named: at its leftmost point, within the picture.
fn corner(points: &[(f64, f64)]) -> [f64; 4] {
    let (x, y) = points.iter().copied().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default();
    [x, y, x, y]
}
