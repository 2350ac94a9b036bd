//! Where the recorder keeps what it has of open episodes: one small folder per episode, on disk.
//!
//! On disk and not in memory, because an episode may stay open for hours on each of a thousand cameras, and because a
//! worker that is killed then still has the first-seen picture when it comes back. Nothing here is evidence yet, so
//! nothing is synced: after a power cut an episode may lack its pictures, and its package will say so.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use events::{CameraId, CandidateId, ClockSource, Kind, Moment, RunId, Stamp, StreamTime, WallTime};
use ingest::ClipFrame;
use serde::{Deserialize, Serialize};

use super::draft::{Container, Role};

const FACTS: &str = "episode.json";

/// A frame's identity and time, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct When {
    run: u64,
    seq: u64,
    at_ns: i64,
    unix_ns: i64,
    max_error_ns: u64,
    clock: String,
}

impl When {
    pub(super) fn of(stamp: &Stamp) -> Self {
        Self { seq: stamp.seq, ..Self::at(&stamp.moment()) }
    }

    pub(super) fn at(moment: &Moment) -> Self {
        Self {
            run: moment.run.0,
            seq: 0,
            at_ns: moment.at.0,
            unix_ns: moment.wall.unix_ns,
            max_error_ns: u64::try_from(moment.wall.max_error.as_nanos()).unwrap_or(u64::MAX),
            clock: moment.wall.source.wire_name().to_owned(),
        }
    }

    pub(super) fn moment(&self) -> Moment {
        let sources = [ClockSource::Arrival, ClockSource::Declared];
        let source = sources.into_iter().find(|s| s.wire_name() == self.clock).unwrap_or(ClockSource::Unknown);
        let wall = WallTime { unix_ns: self.unix_ns, max_error: Duration::from_nanos(self.max_error_ns), source };
        Moment { run: RunId(self.run), at: StreamTime(self.at_ns), wall }
    }

    pub(super) fn stamp(&self, camera: &CameraId) -> Stamp {
        let Moment { run, at, wall } = self.moment();
        Stamp { camera: camera.clone(), run, seq: self.seq, at, wall }
    }
}

/// A picture on the shelf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptStill {
    pub(super) when: When,
    pub(super) bytes: u64,
}

/// The pinned onset on the shelf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptClip {
    pub(super) file: PathBuf,
    pub(super) from: When,
    pub(super) to: When,
    pub(super) bytes: u64,
    /// Its frames as they were received: number, stream time, wall clock (both in ns), key frame or
    /// not, and whether something was lost before it.
    #[serde(default)]
    pub(super) frames: Vec<(u64, i64, i64, bool, bool)>,
}

impl KeptClip {
    /// Its frames under their stamps.
    pub(super) fn stamps(&self) -> Vec<ClipFrame> {
        let wall = self.from.moment().wall;
        let frame = |&(seq, at, unix_ns, key, after_loss): &(u64, i64, i64, bool, bool)| ClipFrame {
            seq,
            at: StreamTime(at),
            wall: WallTime { unix_ns, ..wall },
            key,
            after_loss,
        };
        self.frames.iter().map(frame).collect()
    }

    pub(super) fn container(&self) -> Container {
        self.file.extension().and_then(|e| e.to_str()).and_then(Container::from_extension).unwrap_or(Container::Mp4)
    }
}

/// An open episode and what is kept of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Episode {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) zone: String,
    pub(super) first_seen: When,
    pub(super) first: Option<KeptStill>,
    pub(super) mid: Option<KeptStill>,
    /// The picture in which the thing came to stand; found when the episode was raised.
    #[serde(default)]
    pub(super) moment: Option<KeptStill>,
    pub(super) onset: Option<KeptClip>,
    /// The onset was tried for, successfully or not, or given up for want of room.
    pub(super) onset_done: bool,
    /// The mid still was tried for.
    pub(super) mid_done: bool,
    /// What is missing and why, one sentence each.
    pub(super) gaps: Vec<String>,
}

impl Episode {
    pub(super) fn id(&self) -> Option<CandidateId> {
        self.id.parse().ok()
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        self.kind.parse().ok()
    }

    /// Bytes on the shelf.
    pub(super) fn bytes(&self) -> u64 {
        let stills = [&self.first, &self.mid, &self.moment].into_iter().flatten().map(|still| still.bytes).sum::<u64>();
        stills + self.onset.as_ref().map_or(0, |clip| clip.bytes)
    }
}

/// The folder of one camera's open episodes.
#[derive(Debug)]
pub(super) struct Shelf {
    root: PathBuf,
}

impl Shelf {
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(root)?;
        Ok(Self { root: root.to_owned() })
    }

    pub(super) fn folder(&self, id: &CandidateId) -> PathBuf {
        self.root.join(id.as_str())
    }

    /// What an earlier life of the worker left; a folder without facts is removed.
    pub(super) fn load(&self) -> io::Result<Vec<Episode>> {
        let mut episodes = Vec::new();
        for entry in std::fs::read_dir(&self.root)? {
            let path = entry?.path();
            let facts = std::fs::read(path.join(FACTS)).ok();
            match facts.and_then(|bytes| serde_json::from_slice::<Episode>(&bytes).ok()) {
                Some(episode) => episodes.push(episode),
                None if path.is_dir() => std::fs::remove_dir_all(&path)?,
                None => std::fs::remove_file(&path)?,
            }
        }
        Ok(episodes)
    }

    /// Writes the episode's facts; written beside and renamed, so that they are whole or the ones before.
    pub(super) fn save(&self, id: &CandidateId, episode: &Episode) -> io::Result<()> {
        let folder = self.folder(id);
        std::fs::create_dir_all(&folder)?;
        let bytes = serde_json::to_vec(episode).map_err(io::Error::other)?;
        let beside = folder.join("episode.new");
        std::fs::write(&beside, bytes)?;
        std::fs::rename(beside, folder.join(FACTS))
    }

    pub(super) fn put_still(&self, id: &CandidateId, role: Role, jpeg: &[u8]) -> io::Result<()> {
        let folder = self.folder(id);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(still_name(role)), jpeg)
    }

    pub(super) fn still(&self, id: &CandidateId, role: Role) -> io::Result<Vec<u8>> {
        std::fs::read(self.folder(id).join(still_name(role)))
    }

    pub(super) fn drop_still(&self, id: &CandidateId, role: Role) {
        // Gone already is as good; what cannot be removed goes with the folder.
        let _ = std::fs::remove_file(self.folder(id).join(still_name(role)));
    }

    pub(super) fn remove(&self, id: &CandidateId) -> io::Result<()> {
        match std::fs::remove_dir_all(self.folder(id)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}

fn still_name(role: Role) -> String {
    format!("{}.jpg", role.wire_name())
}
