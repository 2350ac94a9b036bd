//! Labelled stills with one COCO JSON.

use std::path::Path;

use events::{ObjectClass, Size};

use super::{Progress, STILLS_GENERATION, SetError, begin, write};
use crate::labels::{self, Annotation};
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
    let categories: Vec<serde_json::Value> = ObjectClass::NAMES
        .iter()
        .enumerate()
        .map(|(index, (_, name))| serde_json::json!({ "id": index + 1, "name": name }))
        .collect();
    let (mut images, mut boxes) = (Vec::new(), Vec::new());
    let (w, h) = (f64::from(width), f64::from(height));
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
        for item in labels::annotate(&scene, frame).into_iter().filter(|item| item.visible >= labels::MIN_VISIBLE) {
            boxes.push(annotation(boxes.len() + 1, seed, &item, (w, h)));
        }
        progress(Progress { done: index as u64 + 1, wanted: set.count, found });
    }
    let coco = serde_json::json!({ "images": images, "annotations": boxes, "categories": categories });
    write(&folder.join("annotations.json"), &coco.to_string())
}

/// Cameras compress: from hardly to plainly seen.
fn quality(seed: u64) -> u8 {
    55 + Seed::new(seed ^ 0x6a70_6567).below(40) as u8
}

fn annotation(id: usize, image: u64, item: &Annotation, (w, h): (f64, f64)) -> serde_json::Value {
    let b = item.visible_box;
    let category = ObjectClass::NAMES.iter().position(|(class, _)| *class == item.class).unwrap_or(0) + 1;
    serde_json::json!({
        "id": id, "image_id": image, "category_id": category, "iscrowd": 0,
        "bbox": [b.x1 * w, b.y1 * h, b.width() * w, b.height() * h], "area": b.area() * w * h,
        "visibility": item.visible,
    })
}
