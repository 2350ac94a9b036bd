//! Reads recordings back.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use flate2::{Decompress, FlushDecompress, Status};
use scene::replay::{Replay, ReplayError};

use super::{ENDING, MAGIC, day};

/// No block is larger, unpacked: a writer flushes long before.
const LARGEST: usize = 64 << 20;

/// One file of a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tape {
    /// Where it lies.
    pub path: PathBuf,
    /// Its day, `YYYY-MM-DD`.
    pub day: String,
    /// Its name without the ending.
    pub stem: String,
    /// When its first frame came, Unix milliseconds.
    pub from_ms: i64,
}

/// The files of a camera that may hold something of `from_ms..=until_ms`, in the order of time.
///
/// # Errors
/// When the folder cannot be read. A folder that is not there holds nothing.
pub fn tapes(folder: &Path, from_ms: i64, until_ms: i64) -> anyhow::Result<Vec<Tape>> {
    let (first, last) = (day(from_ms), day(until_ms));
    let mut found = Vec::new();
    let days = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        days => days.with_context(|| format!("reading {}", folder.display()))?,
    };
    for entry in days {
        let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
        let day = entry.file_name().to_string_lossy().into_owned();
        if day.len() != 10 || day < first || day > last {
            continue;
        }
        for file in std::fs::read_dir(entry.path()).with_context(|| format!("reading {}", entry.path().display()))? {
            let path = file.with_context(|| format!("reading {}", entry.path().display()))?.path();
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let from = stem.split('-').next().and_then(|ms| ms.parse().ok());
            if let (Some(from_ms), true) = (from, path.extension().is_some_and(|ending| ending == ENDING)) {
                found.push(Tape { path, day: day.clone(), stem, from_ms });
            }
        }
    }
    found.sort_by(|a, b| (a.from_ms, &a.stem).cmp(&(b.from_ms, &b.stem)));
    Ok(found.into_iter().filter(|tape| tape.from_ms <= until_ms).collect())
}

/// The blocks of a file, up to its end or the first that is not whole.
#[derive(Debug)]
pub struct Blocks {
    bytes: Vec<u8>,
    at: usize,
    unpack: Decompress,
    /// The file ends in the middle of a block: its worker crashed, or is writing just now.
    pub torn: bool,
}

impl Blocks {
    /// Opens a file.
    ///
    /// # Errors
    /// When it cannot be read, or is of another version.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .with_context(|| format!("reading {}", path.display()))?;
        let head = MAGIC.len() + 1;
        if bytes.len() < head || bytes[..MAGIC.len()] != MAGIC[..] {
            return Err(anyhow!("{} is no recording", path.display()));
        }
        let got = bytes[head - 1];
        if got != Replay::VERSION {
            let version = ReplayError::Version { got, wanted: Replay::VERSION };
            return Err(anyhow::Error::from(version).context(path.display().to_string()));
        }
        Ok(Self { bytes, at: head, unpack: Decompress::new(false), torn: false })
    }

    fn take(&mut self, n: usize) -> Option<std::ops::Range<usize>> {
        let from = self.at;
        self.at = from.checked_add(n).filter(|end| *end <= self.bytes.len())?;
        Some(from..self.at)
    }

    fn number<const N: usize>(&mut self) -> Option<[u8; N]> {
        let range = self.take(N)?;
        self.bytes[range].try_into().ok()
    }

    fn block(&mut self, into: &mut Vec<u8>) -> Option<(i64, i64)> {
        let packed = u32::from_le_bytes(self.number()?) as usize;
        let length = u32::from_le_bytes(self.number()?) as usize;
        let (from_ms, until_ms) = (i64::from_le_bytes(self.number()?), i64::from_le_bytes(self.number()?));
        let sum = u32::from_le_bytes(self.number()?);
        let packed = self.take(packed)?;
        let packed = &self.bytes[packed];
        let mut crc = flate2::Crc::new();
        crc.update(packed);
        if crc.sum() != sum || length > LARGEST {
            return None;
        }
        // One state for all blocks: a new one for each of ten thousand short blocks is most of their cost.
        self.unpack.reset(false);
        let before = into.len();
        into.resize(before + length, 0);
        let unpacked = self.unpack.decompress(packed, &mut into[before..], FlushDecompress::Finish);
        let whole = matches!(unpacked, Ok(Status::StreamEnd)) && self.unpack.total_out() == length as u64;
        if !whole {
            into.truncate(before);
        }
        whole.then_some((from_ms, until_ms))
    }

    /// The next block, unpacked behind what `into` holds: from when to when, Unix milliseconds. `None` at the end.
    pub fn next(&mut self, into: &mut Vec<u8>) -> Option<(i64, i64)> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let block = self.block(into);
        if block.is_none() {
            self.torn = true;
            self.at = self.bytes.len();
        }
        block
    }
}
