//! A sample camera: a street, a story, and what is true of it.

use std::sync::{Arc, OnceLock};

use events::{BBox, I420, Kind, Size};

use crate::site_toml::{self, ZoneSpec};
use crate::stage::{Canvas, Stage};
use crate::truth::{Lookalike, TruthLine};
use crate::world::{Event, Resemblance, World};

/// A sample camera. Made by [`catalogue`](crate::catalogue()) or [`SampleScene::random`]; the picture's size and rate are
/// changed with [`SampleScene::resized`].
#[derive(Debug, Clone)]
pub struct SampleScene {
    /// The camera's id, e.g. `demo-stall-01`.
    pub id: String,
    /// For people.
    pub name: String,
    /// An invented district.
    pub district: String,
    /// An invented street.
    pub street: String,
    /// Of the picture, in pixels; even.
    pub size: Size,
    /// Frames a second.
    pub fps: u32,
    /// Frames from one key frame to the next.
    pub gop: u32,
    /// Length of the story in seconds; it ends as it began, so it can be looped.
    pub duration_s: u32,
    /// Names all that is random in it.
    pub seed: u64,
    /// What is watched.
    pub zones: Vec<ZoneSpec>,
    pub(crate) world: Arc<World>,
    pub(crate) events: Vec<Event>,
    pub(crate) resemblances: Vec<Resemblance>,
    /// The encoder's constant quantizer on H.264's scale, 0..=51: what a camera's bitrate leaves of the picture.
    pub(crate) quantizer: u32,
    stage: OnceLock<Arc<Stage>>,
    lookalikes: OnceLock<Vec<Lookalike>>,
}

/// What a scene needs besides its story.
pub(crate) struct Plate<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) district: &'a str,
    pub(crate) street: &'a str,
    pub(crate) duration_s: u32,
    pub(crate) seed: u64,
}

/// Seconds as the files have them.
fn hundredths(seconds: f32) -> f64 {
    (f64::from(seconds) * 100.0).round() / 100.0
}

/// Five decimals: a fiftieth of a pixel at 1920 across.
fn rounded(bbox: BBox) -> [f64; 4] {
    bbox.to_array().map(|v| (v * 1e5).round() / 1e5)
}

impl SampleScene {
    pub(crate) fn new(plate: Plate<'_>, zones: Vec<ZoneSpec>, world: World, events: Vec<Event>) -> Self {
        Self {
            id: plate.id.to_owned(),
            name: plate.name.to_owned(),
            district: plate.district.to_owned(),
            street: plate.street.to_owned(),
            size: Size { width: 1280, height: 720 },
            fps: 12,
            gop: 24,
            duration_s: plate.duration_s,
            seed: plate.seed,
            zones,
            world: Arc::new(world),
            events,
            resemblances: Vec::new(),
            quantizer: 27,
            stage: OnceLock::new(),
            lookalikes: OnceLock::new(),
        }
    }

    /// A street nobody wrote a story for: camera height, palette, time of day, people and things all come from the seed.
    /// One second long, for labelled stills.
    pub fn random(seed: u64) -> Self {
        crate::random::scene(seed)
    }

    /// A whole street test, composed from the seed: a street of its own with its camera, light and weather, two to four true
    /// events and three to five look-alikes that must not alarm, 150 to 180 s long, 640×360 at 5 frames a second with a key
    /// frame every two seconds. Of any 60 consecutive seeds at least 40 hold each kind. Its id is `varied-0042` for seed 42.
    pub fn varied(seed: u64) -> Self {
        crate::varied::scene(seed)
    }

    /// The same story in another picture size (rounded up to even) and rate, with a key frame every two seconds.
    pub fn resized(mut self, size: Size, fps: u32) -> Self {
        self.size = Size { width: size.width.next_multiple_of(2), height: size.height.next_multiple_of(2) };
        self.fps = fps.max(1);
        self.gop = self.fps * 2;
        self.stage = OnceLock::new();
        self.lookalikes = OnceLock::new();
        self
    }

    /// The same story, with the key frames this many frames apart.
    pub fn with_gop(mut self, gop: u32) -> Self {
        self.gop = gop.max(1);
        self
    }

    /// Frames from beginning to end of the story.
    pub fn frame_count(&self) -> u64 {
        u64::from(self.duration_s) * u64::from(self.fps)
    }

    /// The kinds of which something really happens, in the order of [`Kind::ALL`].
    pub fn kinds(&self) -> Vec<Kind> {
        Kind::ALL.into_iter().filter(|kind| self.events.iter().any(|event| event.kind == *kind)).collect()
    }

    /// The `[[camera]]` table for `site.toml`; goes behind [`site_header`](crate::site_header). Dwells are short so that
    /// everything is raised, and cleared, within one loop of the story.
    pub fn site_camera(&self, source: &str) -> String {
        site_toml::camera(&self.id, &self.name, &self.district, &self.street, source, &self.zones)
    }

    /// What really happens, in order of start.
    pub fn truth(&self) -> Vec<TruthLine> {
        let mut lines: Vec<TruthLine> = self
            .events
            .iter()
            .map(|event| TruthLine {
                kind: event.kind.wire_name().to_owned(),
                camera: self.id.clone(),
                zone: event.zone.to_owned(),
                start_s: hundredths(event.start),
                end_s: event.end.map(hundredths),
                bbox: rounded(self.world.event_box(event, self.size)),
            })
            .collect();
        lines.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
        lines
    }

    /// What happens in the scene and must not be raised, in order of start. Empty for the catalogue's scenes, whose
    /// look-alikes have no lines of their own.
    pub fn lookalikes(&self) -> &[Lookalike] {
        self.lookalikes.get_or_init(|| {
            let mut lines: Vec<Lookalike> = self
                .resemblances
                .iter()
                .map(|one| Lookalike {
                    name: one.name.to_owned(),
                    line: TruthLine {
                        kind: one.kind.wire_name().to_owned(),
                        camera: self.id.clone(),
                        zone: one.zone.to_owned(),
                        start_s: hundredths(one.start),
                        end_s: one.end.map(hundredths),
                        bbox: rounded(self.world.place_box(&one.place, self.size)),
                    },
                })
                .collect();
            lines.sort_by(|a, b| a.line.start_s.total_cmp(&b.line.start_s));
            lines
        })
    }

    /// The picture of one frame: a pure function of scene, seed and `frame_index`, which wraps round at
    /// [`SampleScene::frame_count`]. BT.709 from 720 lines up, BT.601 below, limited range, as [`events::Pixels`] assumes.
    /// The first call builds the backdrop (about a second at 1280x720). To render many frames, take a
    /// [`SampleScene::renderer`].
    pub fn render(&self, frame_index: u64) -> I420 {
        self.renderer().frame(frame_index)
    }

    /// Renders frame after frame with buffers of its own; one per thread.
    pub fn renderer(&self) -> Renderer {
        let stage = self.stage.get_or_init(|| Arc::new(Stage::new(Arc::clone(&self.world), self.size, self.seed)));
        Renderer { canvas: Canvas::new(Arc::clone(stage)), fps: self.fps, frames: self.frame_count() }
    }
}

/// Renders a scene's frames, any number in any order. See [`SampleScene::renderer`].
pub struct Renderer {
    canvas: Canvas,
    fps: u32,
    frames: u64,
}

impl Renderer {
    /// The picture of one frame, as [`SampleScene::render`].
    pub fn frame(&mut self, frame_index: u64) -> I420 {
        let index = frame_index % self.frames;
        let t = index as f32 / self.fps as f32;
        self.canvas.render(t, self.frames as f32 / self.fps as f32, index)
    }
}
