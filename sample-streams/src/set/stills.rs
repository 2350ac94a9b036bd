//! Labelled stills, and telling moments of composed streets, with one COCO JSON.

use std::path::Path;

use events::{BBox, ObjectClass, Size};

use super::{GENERATION, Progress, STILLS_GENERATION, SetError, begin, write};
use crate::labels;
use crate::scene::SampleScene;
use crate::seed::Seed;
use crate::still;

/// Which stills.
#[derive(Debug, Clone)]
pub struct StillSet {
    /// The first seed.
    pub first_seed: u64,
    /// How many pictures, one a seed.
    pub count: u64,
    /// Of the picture, in pixels; even.
    pub size: Size,
}

impl StillSet {
    /// Pictures of 960×540.
    pub fn new(first_seed: u64, count: u64) -> Self {
        Self { first_seed, count, size: Size { width: 960, height: 540 } }
    }

    /// The scene of a seed and the frame that is taken: a random street, or a moment of a composed one.
    pub fn scene(&self, seed: u64) -> (SampleScene, u64) {
        let mut random = Seed::new(seed ^ 0x7374_696c_6c73);
        if random.chance(0.25) {
            let scene = SampleScene::varied(seed).resized(self.size, 5);
            // Something has happened by then.
            let early = 40 * u64::from(scene.fps);
            let frame = early + random.next() % (scene.frame_count() - early);
            (scene, frame)
        } else {
            (SampleScene::random(seed).resized(self.size, 12), 0)
        }
    }
}

/// Writes `<seed>.jpg` of each seed and `annotations.json` (COCO: images, annotations, categories) for them all. A picture
/// that is there is not rendered again. Things of which less than [`labels::MIN_VISIBLE`] can be seen have no label; `visibility`
/// says how much of the others can.
///
/// # Errors
/// [`SetError`] at the first thing that fails; what was finished stays.
pub fn stills(folder: &Path, set: &StillSet, mut progress: impl FnMut(Progress)) -> Result<(), SetError> {
    let Size { width, height } = set.size;
    begin(folder, &serde_json::json!({ "set": "stills", "generation": STILLS_GENERATION, "size": format!("{width}x{height}") }))?;
    let (mut images, mut boxes) = (Vec::new(), Vec::new());
    let mut found = 0;
    for (index, seed) in (set.first_seed..set.first_seed + set.count).enumerate() {
        let (scene, frame) = set.scene(seed);
        let name = format!("{seed:08}.jpg");
        let path = folder.join(&name);
        if path.exists() {
            found += 1;
        } else {
            let partial = path.with_extension("part");
            still::write(&partial, &scene.render(frame), quality(seed), &[])?;
            std::fs::rename(&partial, &path).map_err(|source| SetError::Write { path, source })?;
        }
        images.push(serde_json::json!({ "id": seed, "file_name": name, "width": width, "height": height }));
        label(&mut boxes, seed, &scene, frame, set.size);
        progress(Progress { done: index as u64 + 1, wanted: set.count, found });
    }
    write_coco(folder, &images, &boxes)
}

/// Of each composed street, as many as `set` counts seeds, a picture in the middle of each event and look-alike: `<seed>-<n>.jpg`
/// and `annotations.json`. Beside the things as [`stills`] labels them, a look-alike that is no thing (a puddle, a shadow, light
/// on a wall, leaves, a door) is labelled `other` with its `name`: places where something changed, and nothing stands.
///
/// # Errors
/// As [`stills`].
pub fn moments(folder: &Path, set: &StillSet, mut progress: impl FnMut(Progress)) -> Result<(), SetError> {
    let Size { width, height } = set.size;
    begin(folder, &serde_json::json!({ "set": "moments", "generation": GENERATION, "size": format!("{width}x{height}") }))?;
    let (mut images, mut boxes) = (Vec::new(), Vec::new());
    let mut found = 0;
    for (index, seed) in (set.first_seed..set.first_seed + set.count).enumerate() {
        let scene = SampleScene::varied(seed).resized(set.size, MOMENT_FPS);
        let mut renderer = None;
        let mut all_there = true;
        for (n, second) in telling(&scene).into_iter().enumerate() {
            let frame = (second * f64::from(scene.fps)) as u64;
            let (id, name) = (seed * 100 + n as u64, format!("{seed:06}-{n:02}.jpg"));
            let path = folder.join(&name);
            if !path.exists() {
                all_there = false;
                let partial = path.with_extension("part");
                let picture = renderer.get_or_insert_with(|| scene.renderer()).frame(frame);
                still::write(&partial, &picture, quality(id), &[])?;
                std::fs::rename(&partial, &path).map_err(|source| SetError::Write { path, source })?;
            }
            images.push(serde_json::json!({ "id": id, "file_name": name, "width": width, "height": height }));
            label(&mut boxes, id, &scene, frame, set.size);
            for like in scene.lookalikes().iter().filter(|like| NO_THING.contains(&like.name.as_str())) {
                let line = &like.line;
                if line.start_s <= second && line.end_s.is_none_or(|end| second <= end) {
                    let [x1, y1, x2, y2] = line.bbox;
                    let mut item = annotation(boxes.len() + 1, id, ObjectClass::Other, BBox::clamped(x1, y1, x2, y2), set.size);
                    item["name"] = like.name.clone().into();
                    boxes.push(item);
                }
            }
        }
        found += u64::from(all_there);
        progress(Progress { done: index as u64 + 1, wanted: set.count, found });
    }
    write_coco(folder, &images, &boxes)
}

/// Frames a second that moments are counted in; nothing is coded.
const MOMENT_FPS: u32 = 5;

/// Look-alikes where nothing stands.
const NO_THING: [&str; 7] = ["puddle", "leaves", "building_shadow", "headlights", "door_left_open", "car_leaves", "tree_sways"];

/// The middle of each event and look-alike, seconds; two that are near in time are one picture.
fn telling(scene: &SampleScene) -> Vec<f64> {
    let last = f64::from(scene.duration_s) - 0.5;
    let spans = scene.truth().into_iter().chain(scene.lookalikes().iter().map(|like| like.line.clone()));
    let mut moments: Vec<f64> =
        spans.map(|line| (line.start_s + line.end_s.unwrap_or(last).min(last)) / 2.0).map(|t| t.clamp(0.0, last)).collect();
    moments.sort_by(f64::total_cmp);
    moments.dedup_by(|a, b| *a - *b < 2.0);
    moments
}

/// The boxes of a frame's things.
fn label(boxes: &mut Vec<serde_json::Value>, image: u64, scene: &SampleScene, frame: u64, size: Size) {
    for item in labels::annotate(scene, frame).into_iter().filter(|item| item.visible >= labels::MIN_VISIBLE) {
        let mut line = annotation(boxes.len() + 1, image, item.class, item.visible_box, size);
        line["visibility"] = item.visible.into();
        boxes.push(line);
    }
}

fn write_coco(folder: &Path, images: &[serde_json::Value], boxes: &[serde_json::Value]) -> Result<(), SetError> {
    let categories: Vec<serde_json::Value> = ObjectClass::NAMES
        .iter()
        .enumerate()
        .map(|(index, (_, name))| serde_json::json!({ "id": index + 1, "name": name }))
        .collect();
    let coco = serde_json::json!({ "images": images, "annotations": boxes, "categories": categories });
    write(&folder.join("annotations.json"), &coco.to_string())
}

/// Cameras compress: from hardly to plainly seen.
fn quality(seed: u64) -> u8 {
    55 + Seed::new(seed ^ 0x6a70_6567).below(40) as u8
}

fn annotation(id: usize, image: u64, class: ObjectClass, b: BBox, size: Size) -> serde_json::Value {
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    let category = ObjectClass::NAMES.iter().position(|(named, _)| *named == class).unwrap_or(0) + 1;
    serde_json::json!({
        "id": id, "image_id": image, "category_id": category, "iscrowd": 0,
        "bbox": [b.x1 * w, b.y1 * h, b.width() * w, b.height() * h], "area": b.area() * w * h,
    })
}
