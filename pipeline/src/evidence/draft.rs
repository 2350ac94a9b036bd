//! What goes into a package before it is sealed.

use std::path::PathBuf;

use events::schedule::Calendar;
use events::site::{Camera, Decode};
use events::{Candidate, ModelRef, Moment, Stamp};

/// What a file of a package shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The picture of the moment at which the episode began.
    FirstSeen,
    /// The picture in which the thing came to stand, found in the footage of the beginning: who was with it did it.
    Moment,
    /// A picture of half-way through the dwell: it was there all along.
    Mid,
    /// The picture at which the rule was met.
    Trigger,
    /// The footage of the act: from before it began.
    Clip,
    /// The footage around the trigger, where one clip could not hold both.
    ClipTrigger,
    /// The picture of the place after the thing was gone. A later layer: never part of the sealed package.
    After,
}

impl Role {
    /// Its name in manifests and events, and the stem of its file.
    pub fn wire_name(self) -> &'static str {
        match self {
            Role::FirstSeen => "first_seen",
            Role::Moment => "moment",
            Role::Mid => "mid",
            Role::Trigger => "trigger",
            Role::Clip => "clip",
            Role::ClipTrigger => "clip_trigger",
            Role::After => "after",
        }
    }
}

/// How a clip is wrapped. The bitstream within is the camera's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// ISO base media, `.mp4`.
    Mp4,
    /// Matroska, `.mkv`: for codecs that MP4 does not take.
    Matroska,
    /// MPEG transport stream, `.ts`.
    MpegTs,
}

impl Container {
    /// The file's ending, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Container::Mp4 => "mp4",
            Container::Matroska => "mkv",
            Container::MpegTs => "ts",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Container::Mp4 => "video/mp4",
            Container::Matroska => "video/x-matroska",
            Container::MpegTs => "video/mp2t",
        }
    }

    /// The container with this ending.
    pub fn from_extension(extension: &str) -> Option<Self> {
        [Container::Mp4, Container::Matroska, Container::MpegTs].into_iter().find(|c| c.extension() == extension)
    }
}

/// A clean picture: see [`super::still`].
#[derive(Debug, Clone, PartialEq)]
pub struct Still {
    /// What it shows.
    pub role: Role,
    /// Of which frame.
    pub stamp: Stamp,
    /// The JPEG.
    pub jpeg: Vec<u8>,
}

/// Where a clip's bytes are before they are sealed.
#[derive(Debug, Clone, PartialEq)]
pub enum ClipSource {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file, which is copied.
    File(PathBuf),
}

/// Footage in the camera's own bitstream.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    /// [`Role::Clip`] or [`Role::ClipTrigger`].
    pub role: Role,
    /// The bytes.
    pub source: ClipSource,
    /// How they are wrapped.
    pub container: Container,
    /// The first picture in it: a key frame at or before the moment that was asked for.
    pub from: Moment,
    /// The last picture in it.
    pub to: Moment,
}

/// Something that should be in the package and is not, said openly.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// One sentence.
    pub what: String,
    /// From when, where that is known.
    pub from: Option<Moment>,
    /// Until when, where that is known.
    pub to: Option<Moment>,
}

impl Gap {
    /// A gap without bounds.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), from: None, to: None }
    }
}

/// The circumstances of the capture, as they were when the candidate was judged.
#[derive(Debug, Clone)]
pub struct Context {
    /// The camera with its zones as they were then. The source is redacted before it is written.
    pub camera: Camera,
    /// Time zone and holidays of the schedules.
    pub calendar: Calendar,
    /// Who made the record: the worker's name.
    pub worker: String,
    /// Version and commit of this program, e.g. `0.1.0 (1a2b3c4d5e6f)`.
    pub software: String,
    /// How much of the stream was being decoded when the rule was met.
    pub decode: Decode,
}

/// All that a package is made of.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The machine's opinion.
    pub candidate: Candidate,
    /// The models that took part.
    pub models: Vec<ModelRef>,
    /// Pictures; at most one of each role.
    pub stills: Vec<Still>,
    /// Footage; at most one of each role.
    pub clips: Vec<Clip>,
    /// When the thing came to stand, where that was found.
    pub moment: Option<Moment>,
    /// What is missing.
    pub gaps: Vec<Gap>,
    /// The circumstances.
    pub context: Context,
}
