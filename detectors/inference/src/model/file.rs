//! `model.toml` as written, and its way to a [`ModelFolder`].

use std::collections::BTreeMap;
use std::path::{Component, Path};

use events::{ObjectClass, Size};
use serde::Deserialize;
use toml::Spanned;

use super::{ColourOrder, InputSpec, ModelError, ModelFolder, Resize};
use crate::classes::default_class;
use crate::family::Family;

/// The largest input side that is believed, in pixels. Larger ones are typing errors, and would allocate gigabytes.
const MAX_SIDE: i64 = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModel {
    file: Spanned<String>,
    sha256: Spanned<String>,
    licence: Spanned<String>,
    // For people; the model card says more.
    #[serde(rename = "source")]
    _source: Option<String>,
    family: Spanned<String>,
    input: RawInput,
    output: RawOutput,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInput {
    width: Spanned<i64>,
    height: Spanned<i64>,
    layout: Option<Spanned<String>>,
    colour: Spanned<String>,
    scale: Option<Spanned<f32>>,
    mean: Option<[f32; 3]>,
    std: Option<Spanned<[f32; 3]>>,
    resize: Spanned<String>,
    pad: Option<Spanned<f32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOutput {
    classes: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    map: BTreeMap<Spanned<String>, Spanned<String>>,
    score: Option<Spanned<f32>>,
    #[serde(default)]
    scores: BTreeMap<Spanned<String>, Spanned<f32>>,
    nms_iou: Option<Spanned<f32>>,
}

/// Makes errors with a line.
struct Place<'a> {
    file: String,
    text: &'a str,
}

impl Place<'_> {
    fn error(&self, offset: usize, field: &str, reason: impl Into<String>) -> ModelError {
        let line = self.text.as_bytes()[..offset.min(self.text.len())].iter().filter(|b| **b == b'\n').count() + 1;
        ModelError::Field { file: self.file.clone(), line, field: field.to_owned(), reason: reason.into() }
    }

    fn at<T>(&self, value: &Spanned<T>, field: &str, reason: impl Into<String>) -> ModelError {
        self.error(value.span().start, field, reason)
    }

    fn choice<T: Copy>(&self, value: &Spanned<String>, field: &str, known: &[(&str, T)]) -> Result<T, ModelError> {
        known.iter().find(|(name, _)| name == value.get_ref()).map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            self.at(value, field, format!("{:?} is not one of {}", value.get_ref(), names.join(", ")))
        })
    }

    fn within(&self, value: Option<&Spanned<f32>>, field: &str, default: f32, max: f32) -> Result<f32, ModelError> {
        let Some(value) = value else { return Ok(default) };
        let number = *value.get_ref();
        if (0.0..=max).contains(&number) {
            Ok(number)
        } else {
            Err(self.at(value, field, format!("{number} lies outside 0..{max}")))
        }
    }
}

pub(super) fn read(dir: &Path) -> Result<ModelFolder, ModelError> {
    let path = dir.join("model.toml");
    let text = std::fs::read_to_string(&path).map_err(|source| ModelError::Read { path: path.clone(), source })?;
    parse(dir, &path.display().to_string(), &text)
}

fn parse(dir: &Path, file: &str, text: &str) -> Result<ModelFolder, ModelError> {
    let place = Place { file: file.to_owned(), text };
    let raw: RawModel = toml::from_str(text)
        .map_err(|error| place.error(error.span().map_or(0, |span| span.start), "", error.message().to_owned()))?;
    // The canonical path, because a folder given as `.` has no name of its own.
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let name = dir.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let onnx = Path::new(raw.file.get_ref());
    if !matches!(onnx.components().collect::<Vec<_>>()[..], [Component::Normal(_)]) {
        return Err(place.at(&raw.file, "file", "it must be the name of a file in this folder"));
    }
    let sha256 = raw.sha256.get_ref().to_ascii_lowercase();
    if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(place.at(&raw.sha256, "sha256", "64 hexadecimal digits are needed"));
    }
    if raw.licence.get_ref().trim().is_empty() {
        return Err(place.at(
            &raw.licence,
            "licence",
            "it is empty; weights nobody may use are of no use (\"unknown\" is an answer)",
        ));
    }
    let family: Family = raw.family.get_ref().parse().map_err(|reason: String| place.at(&raw.family, "family", reason))?;
    Ok(ModelFolder {
        name,
        onnx: dir.join(onnx),
        dir,
        sha256,
        licence: raw.licence.get_ref().clone(),
        family,
        input: input(&place, &raw.input, family)?,
        classes: classes(&place, &raw.output)?,
        score: place.within(raw.output.score.as_ref(), "output.score", 0.3, 1.0)?,
        own_scores: own_scores(&place, &raw.output)?,
        nms_iou: place.within(raw.output.nms_iou.as_ref(), "output.nms_iou", 0.5, 1.0)?,
    })
}

fn input(place: &Place<'_>, raw: &RawInput, family: Family) -> Result<InputSpec, ModelError> {
    let side = |value: &Spanned<i64>, field| {
        let pixels = *value.get_ref();
        // The grid of a raw YOLO head is only defined for multiples of its largest stride.
        let whole = family != Family::Yolox || pixels % 32 == 0;
        match u32::try_from(pixels) {
            Ok(side) if (8..=MAX_SIDE).contains(&pixels) && whole => Ok(side),
            _ if !whole => Err(place.at(value, field, format!("{pixels} is no multiple of 32, which family yolox needs"))),
            _ => Err(place.at(value, field, format!("{pixels} lies outside 8..{MAX_SIDE}"))),
        }
    };
    if let Some(layout) = &raw.layout {
        place.choice(layout, "input.layout", &[("nchw", ())])?;
    }
    let std = raw.std.as_ref().map_or([1.0; 3], |std| *std.get_ref());
    if let Some(spanned) = &raw.std
        && !std.iter().all(|value| value.is_normal())
    {
        return Err(place.at(spanned, "input.std", "a value that is 0 or no number cannot be divided by"));
    }
    let mean = raw.mean.unwrap_or([0.0; 3]);
    let scale = raw.scale.as_ref().map_or(1.0, |scale| *scale.get_ref());
    if let Some(spanned) = &raw.scale
        && !scale.is_normal()
    {
        return Err(place.at(spanned, "input.scale", "it must be a number other than 0"));
    }
    if !mean.iter().all(|value| value.is_finite()) {
        return Err(place.error(0, "input.mean", "all three must be numbers"));
    }
    Ok(InputSpec {
        size: Size { width: side(&raw.width, "input.width")?, height: side(&raw.height, "input.height")? },
        colour: place.choice(&raw.colour, "input.colour", &[("rgb", ColourOrder::Rgb), ("bgr", ColourOrder::Bgr)])?,
        scale,
        mean,
        std,
        resize: place.choice(
            &raw.resize,
            "input.resize",
            &[("letterbox", Resize::Letterbox), ("letterbox-corner", Resize::LetterboxCorner), ("stretch", Resize::Stretch)],
        )?,
        pad: place.within(raw.pad.as_ref(), "input.pad", 114.0, 255.0)?,
    })
}

fn classes(place: &Place<'_>, raw: &RawOutput) -> Result<Vec<(String, ObjectClass)>, ModelError> {
    let names = raw.classes.get_ref();
    if names.is_empty() {
        return Err(place.at(&raw.classes, "output.classes", "at least one class is needed"));
    }
    for (index, name) in names.iter().enumerate() {
        if names[..index].iter().any(|earlier| earlier.get_ref() == name.get_ref()) {
            return Err(place.at(name, "output.classes", format!("{:?} stands there twice", name.get_ref())));
        }
    }
    let mut map = BTreeMap::new();
    for (name, class) in &raw.map {
        if !names.iter().any(|known| known.get_ref() == name.get_ref()) {
            return Err(place.at(name, "output.map", format!("{:?} is not among the classes", name.get_ref())));
        }
        let meant: ObjectClass = class.get_ref().parse().map_err(|reason: String| place.at(class, "output.map", reason))?;
        map.insert(name.get_ref().as_str(), meant);
    }
    Ok(names
        .iter()
        .map(|name| {
            let name = name.get_ref();
            (name.clone(), map.get(name.as_str()).copied().unwrap_or_else(|| default_class(name)))
        })
        .collect())
}

fn own_scores(place: &Place<'_>, raw: &RawOutput) -> Result<Vec<(usize, f32)>, ModelError> {
    let names = raw.classes.get_ref();
    raw.scores
        .iter()
        .map(|(name, score)| {
            let unknown = || place.at(name, "output.scores", format!("{:?} is not among the classes", name.get_ref()));
            let class = names.iter().position(|known| known.get_ref() == name.get_ref()).ok_or_else(unknown)?;
            Ok((class, place.within(Some(score), "output.scores", 0.0, 1.0)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"file = "m.onnx"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
licence = "Apache-2.0"
family = "yolox"
[input]
width = 416
height = 416
colour = "bgr"
resize = "letterbox-corner"
[output]
classes = ["person", "cart"]
score = 0.25
[output.map]
cart = "stall"
"#;

    #[test]
    fn what_is_not_said_has_a_default() {
        let model = parse(Path::new("/models/street"), "model.toml", GOOD).unwrap();
        assert_eq!(model.name(), "street");
        assert_eq!(model.onnx(), Path::new("/models/street/m.onnx"));
        assert_eq!(model.classes(), [("person".to_owned(), ObjectClass::Person), ("cart".to_owned(), ObjectClass::Stall)]);
        assert_eq!((model.score(), model.nms_iou(), model.input().pad), (0.25, 0.5, 114.0));
        assert_eq!(model.scores(), [0.25, 0.25]);
    }

    #[test]
    fn a_class_may_have_a_score_of_its_own() {
        let text = format!("{GOOD}[output.scores]\ncart = 0.6\n");
        let model = parse(Path::new("/models/street"), "model.toml", &text).unwrap();
        assert_eq!(model.scores(), [0.25, 0.6]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (from, to, line, field) in [
            ("width = 416", "width = 415", 6, "input.width"),
            ("height = 416", "height = 99999", 7, "input.height"),
            ("family = \"yolox\"", "family = \"yolo\"", 4, "family"),
            ("\"m.onnx\"", "\"../m.onnx\"", 1, "file"),
            ("\"m.onnx\"", "\"\"", 1, "file"),
            ("sha256 = \"00", "sha256 = \"0g", 2, "sha256"),
            ("\"Apache-2.0\"", "\" \"", 3, "licence"),
            ("\"bgr\"", "\"brg\"", 8, "input.colour"),
            ("\"letterbox-corner\"", "\"crop\"", 9, "input.resize"),
            ("[\"person\", \"cart\"]", "[]", 11, "output.classes"),
            ("[\"person\", \"cart\"]", "[\"cart\", \"cart\"]", 11, "output.classes"),
            ("score = 0.25", "score = 1.5", 12, "output.score"),
            ("score = 0.25", "score = nan", 12, "output.score"),
            ("cart = \"stall\"", "cart = \"shop\"", 14, "output.map"),
            ("cart = \"stall\"", "barrow = \"stall\"", 14, "output.map"),
            ("[output.map]", "[output.scores]\nbarrow = 0.5\n[output.map]", 14, "output.scores"),
            ("[output.map]", "[output.scores]\ncart = 1.5\n[output.map]", 14, "output.scores"),
            ("[output.map]", "[output.scores]\ncart = nan\n[output.map]", 14, "output.scores"),
            ("colour = \"bgr\"", "colour = \"bgr\"\nstd = [1.0, 0.0, 1.0]", 9, "input.std"),
            ("colour = \"bgr\"", "colour = \"bgr\"\nlayout = \"nhwc\"", 9, "input.layout"),
            ("colour = \"bgr\"", "colour = \"bgr\"\ncrop = 1", 9, ""),
        ] {
            let text = GOOD.replacen(from, to, 1);
            match parse(Path::new("/m"), "model.toml", &text) {
                Err(ModelError::Field { line: got, field: name, .. }) => assert_eq!((got, name.as_str()), (line, field), "{to}"),
                other => panic!("{to}: {other:?}"),
            }
        }
    }
}
