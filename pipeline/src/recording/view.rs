//! Pictures of the whole view, to draw zones on: one an hour, so that a bureau can look at the street by day, at dusk and by night,
//! and one when somebody asks.
//!
//! The console asks by a file in the camera's folder of recordings, which it shares with the worker in both shapes: there is no call
//! from the console into a worker, and none is needed for a picture within a look or two. Who watches the camera takes the file away
//! and leaves a picture; while nobody does, the question stays, and is answered when the camera is back.

use std::path::Path;

use anyhow::Context as _;
use events::Frame;

use super::{day, folder, still};

/// A picture is kept this often, milliseconds: some 700 kB a day.
pub(super) const EVERY_MS: i64 = 3_600_000;

/// The question's name within a camera's folder.
const WANTED: &str = "wanted";

/// Mean luma below which a picture is of the night, and below which of dusk. Street lamps give 40 to 60, an overcast noon 100 and more.
const NIGHT: u64 = 62;
const DUSK: u64 = 92;

/// One kept picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewPicture {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Its key within the recordings of its camera.
    pub key: String,
    /// Mean luma, 0..=255.
    pub luma: u8,
}

impl ViewPicture {
    /// `day`, `dusk` or `night`, by how bright it is.
    pub fn light(&self) -> console::backtest::Light {
        use console::backtest::Light;
        match u64::from(self.luma) {
            luma if luma < NIGHT => Light::Night,
            luma if luma < DUSK => Light::Dusk,
            _ => Light::Day,
        }
    }
}

/// Asks whoever watches the camera for a picture.
///
/// # Errors
/// When the folder cannot be written.
pub fn ask(root: &Path, camera: &events::CameraId) -> anyhow::Result<()> {
    let folder = folder(root, camera);
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let path = folder.join(WANTED);
    std::fs::write(&path, b"").with_context(|| format!("writing {}", path.display()))
}

/// Is a picture wanted? The question is taken away: it is answered once.
pub(super) fn is_wanted(folder: &Path) -> bool {
    std::fs::remove_file(folder.join(WANTED)).is_ok()
}

/// Keeps a picture of the frame in the camera's folder.
pub(super) fn keep(camera: &Path, frame: &Frame, now_ms: i64) -> anyhow::Result<()> {
    let folder = camera.join(day(now_ms));
    std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let jpeg = still::small(frame).context("making a small still")?;
    let name = format!("view-{now_ms:015}-{:03}.jpg", luma(frame));
    // Under another name until it is whole: a reader lists what ends in jpg.
    let half = folder.join(format!("{name}.part"));
    std::fs::write(&half, jpeg)
        .and_then(|()| std::fs::rename(&half, folder.join(&name)))
        .with_context(|| format!("writing {name}"))
}

/// Mean luma of every eighth pixel of every eighth row.
fn luma(frame: &Frame) -> u8 {
    let pixels = frame.pixels();
    let (w, h) = (pixels.size().width as usize, pixels.size().height as usize);
    let plane = pixels.plane(0);
    let (mut sum, mut n) = (0u64, 0u64);
    for row in (0..h).step_by(8) {
        for value in plane.row(row, w).iter().step_by(8) {
            (sum, n) = (sum + u64::from(*value), n + 1);
        }
    }
    u8::try_from(sum / n.max(1)).unwrap_or(u8::MAX)
}

/// The pictures of a camera since a moment, newest first.
///
/// # Errors
/// When the folder cannot be read. One that is not there holds none.
pub fn views(root: &Path, camera: &events::CameraId, since_ms: i64) -> anyhow::Result<Vec<ViewPicture>> {
    let (folder, first) = (folder(root, camera), day(since_ms));
    let mut found = Vec::new();
    let days = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        days => days.with_context(|| format!("reading {}", folder.display()))?,
    };
    for entry in days {
        let entry = entry.with_context(|| format!("reading {}", folder.display()))?;
        let day = entry.file_name().to_string_lossy().into_owned();
        if day.len() != 10 || day < first {
            continue;
        }
        let path = entry.path();
        for file in std::fs::read_dir(&path).with_context(|| format!("reading {}", path.display()))? {
            let name = file.with_context(|| format!("reading {}", path.display()))?.file_name().to_string_lossy().into_owned();
            found.extend(read(&day, &name).filter(|view| view.at_ms >= since_ms));
        }
    }
    found.sort_by_key(|view| std::cmp::Reverse(view.at_ms));
    Ok(found)
}

fn read(day: &str, name: &str) -> Option<ViewPicture> {
    let (at, luma) = name.strip_prefix("view-")?.strip_suffix(".jpg")?.split_once('-')?;
    Some(ViewPicture { at_ms: at.parse().ok()?, key: format!("{day}.{name}"), luma: luma.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use console::backtest::Light;
    use events::{I420, RunId, Size, Stamp, StreamTime, WallTime};

    use super::*;

    fn frame(luma: u8, at_ms: i64) -> Frame {
        let picture = I420::filled(Size { width: 1280, height: 720 }, [luma, 128, 128]);
        let stamp = Stamp {
            camera: "c-1".parse().unwrap(),
            run: RunId(1),
            seq: 1,
            at: StreamTime(0),
            wall: WallTime::known(at_ms * 1_000_000),
        };
        Frame::new(stamp, Arc::new(picture))
    }

    #[test]
    fn a_question_is_answered_once_and_pictures_say_how_bright_it_was() {
        let root = tempfile::tempdir().unwrap();
        let camera: events::CameraId = "c-1".parse().unwrap();
        let folder = folder(root.path(), &camera);
        assert!(views(root.path(), &camera, 0).unwrap().is_empty() && !is_wanted(&folder));
        ask(root.path(), &camera).unwrap();
        ask(root.path(), &camera).unwrap();
        assert!(is_wanted(&folder) && !is_wanted(&folder));
        let at = 1_794_787_200_000;
        for (n, luma) in [(0, 130u8), (1, 80), (2, 45)] {
            keep(&folder, &frame(luma, at + n * EVERY_MS), at + n * EVERY_MS).unwrap();
        }
        std::fs::write(folder.join("2026-11-16/000-w.3.jpg"), b"of a thing").unwrap();
        let found = views(root.path(), &camera, 0).unwrap();
        let lights: Vec<Light> = found.iter().map(ViewPicture::light).collect();
        assert_eq!(lights, [Light::Night, Light::Dusk, Light::Day]);
        assert_eq!(found[0].at_ms, at + 2 * EVERY_MS);
        assert_eq!(views(root.path(), &camera, at + 1).unwrap().len(), 2);
    }
}
