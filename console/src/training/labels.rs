//! Labels in three shapes, gathered while the pictures are written.

use serde_json::{Value, json};

use super::archive::Target;
use super::picture::{Look, Still, surroundings};
use crate::clock::rfc3339;
use crate::dto::{Kind, TrainingFormat, word};
use crate::store::TrainingRow;

/// What a confirmed candidate of each kind shows, in the words of the kit's `KINDS`; the order is that of the ids in COCO and
/// YOLO.
const CLASSES: [(Kind, &str); 4] = [
    (Kind::IllegalStall, "stall"),
    (Kind::StorefrontEncroachment, "goods"),
    (Kind::UnauthorizedAd, "poster"),
    (Kind::WasteDumping, "pile"),
];

fn class(kind: Kind) -> usize {
    CLASSES.iter().position(|(one, _)| *one == kind).expect("every kind has a class")
}

/// Labels so far.
pub(super) struct Labels {
    format: TrainingFormat,
    masked: bool,
    lines: String,
    images: Vec<Value>,
    annotations: Vec<Value>,
}

impl Labels {
    pub(super) fn new(format: TrainingFormat, masked: bool) -> Self {
        Self { format, masked, lines: String::new(), images: Vec::new(), annotations: Vec::new() }
    }

    /// How pictures of this format look.
    pub(super) fn look(&self) -> Look {
        match self.format {
            TrainingFormat::Decisions | TrainingFormat::Coco if self.masked => Look::Masked,
            TrainingFormat::Decisions | TrainingFormat::Coco => Look::Original,
            // A picture of a YOLO folder is labelled as a whole, and ours are not.
            TrainingFormat::Yolo => Look::Surroundings { masked: self.masked },
        }
    }

    /// Writes a picture and remembers what it shows; `sha256` is of the bytes written.
    pub(super) fn add(&mut self, to: &mut dyn Target, row: &TrainingRow, still: &Still, sha256: &str) -> std::io::Result<()> {
        let id = &row.candidate;
        match self.format {
            TrainingFormat::Decisions => {
                let image = format!("stills/{id}.jpg");
                to.file(&image, &still.jpeg)?;
                let line = json!({
                    "candidate": id, "kind": row.kind, "decision": if row.confirmed { "confirmed" } else { "rejected" },
                    "image": image, "box": row.bbox, "class": CLASSES[class(row.kind)].1, "reason": row.reason,
                    "repeats": row.repeats, "camera": row.camera, "decided_at": rfc3339(row.decided_ms), "masked": self.masked,
                    "image_sha256": sha256, "original_sha256": row.sha256,
                });
                self.lines.push_str(&format!("{line}\n"));
            }
            TrainingFormat::Coco => {
                to.file(&format!("images/{id}.jpg"), &still.jpeg)?;
                self.add_coco(row, still, sha256);
            }
            TrainingFormat::Yolo => {
                to.file(&format!("images/{id}.jpg"), &still.jpeg)?;
                let [x1, y1, x2, y2] = row.bbox;
                let line =
                    format!("{} {:.6} {:.6} {:.6} {:.6}\n", class(row.kind), (x1 + x2) / 2.0, (y1 + y2) / 2.0, x2 - x1, y2 - y1);
                to.file(&format!("labels/{id}.txt"), if row.confirmed { line.as_bytes() } else { b"" })?;
            }
        }
        Ok(())
    }

    fn add_coco(&mut self, row: &TrainingRow, still: &Still, sha256: &str) {
        let image = self.images.len() + 1;
        self.images.push(json!({
            "id": image, "file_name": format!("{}.jpg", row.candidate), "width": still.width, "height": still.height,
            "candidate": row.candidate, "decision": if row.confirmed { "confirmed" } else { "rejected" }, "reason": row.reason,
            "repeats": row.repeats, "camera": row.camera, "masked": self.masked, "sha256": sha256, "original_sha256": row.sha256,
        }));
        let (width, height) = (still.width as f64, still.height as f64);
        let mut add = |category: usize, [x1, y1, x2, y2]: [f64; 4], crowd: bool| {
            let bbox = [x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height];
            if bbox[2] > 0.0 && bbox[3] > 0.0 {
                let id = self.annotations.len() + 1;
                self.annotations.push(json!({
                    "id": id, "image_id": image, "category_id": category + 1, "bbox": bbox, "area": bbox[2] * bbox[3],
                    "iscrowd": i32::from(crowd),
                }));
            }
        };
        if row.confirmed {
            add(class(row.kind), row.bbox, false);
        }
        // Beyond the surroundings nobody counted anything, of whatever class: what COCO calls a crowd.
        let [x1, y1, x2, y2] = surroundings(row.bbox);
        for category in 0..CLASSES.len() {
            for part in [[0.0, 0.0, 1.0, y1], [0.0, y2, 1.0, 1.0], [0.0, y1, x1, y2], [x2, y1, 1.0, y2]] {
                add(category, part, true);
            }
        }
    }

    /// Writes the labels that stand in one file for all; gives that file's bytes, whose digest says what was exported.
    pub(super) fn finish(self, to: &mut dyn Target) -> std::io::Result<Vec<u8>> {
        let names = CLASSES.map(|(_, name)| name);
        let (file, content) = match self.format {
            TrainingFormat::Decisions => ("decisions.jsonl", self.lines),
            TrainingFormat::Coco => {
                let category = |(index, (kind, name)): (usize, &(Kind, &str))| json!({ "id": index + 1, "name": name, "supercategory": word(kind) });
                let categories: Vec<Value> = CLASSES.iter().enumerate().map(category).collect();
                let all = json!({ "images": self.images, "annotations": self.annotations, "categories": categories });
                ("annotations.json", all.to_string())
            }
            TrainingFormat::Yolo => {
                to.file("data.yaml", format!("path: .\ntrain: images\nval: images\nnames: [{}]\n", names.join(", ")).as_bytes())?;
                ("classes.txt", names.join("\n") + "\n")
            }
        };
        to.file(file, content.as_bytes())?;
        Ok(content.into_bytes())
    }
}
