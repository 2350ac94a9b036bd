//! Files of the evidence store on disk: found by key without ever leaving the store, sent whole or in part.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};

use axum::body::{Body, Bytes};
use futures_util::stream;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Bytes read at a time.
const CHUNK: u64 = 64 << 10;

/// What the browser is told a file is. Anything unknown is bytes, so that nothing from a camera is ever run as a page.
pub(crate) fn media_type(file: &str) -> &'static str {
    match file.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "mp4" => "video/mp4",
        "mkv" => "video/x-matroska",
        "ts" => "video/mp2t",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}

/// The file of a key, if it lies within the store: links that lead out are not followed.
pub(crate) fn locate(root: &Path, key: &str) -> Option<PathBuf> {
    crate::store::evidence_file(key)?;
    let root = root.canonicalize().ok()?;
    let path = root.join(key).canonicalize().ok()?;
    (path.starts_with(&root) && path.is_file()).then_some(path)
}

/// Deletes the file of a key. When it returns the folder no longer names it, on disk and not only in memory: a certificate
/// must not be overtaken by a power cut.
///
/// # Errors
/// It cannot be deleted, or is no plain file of the store.
pub(crate) fn erase(root: &Path, key: &str) -> std::io::Result<()> {
    let path = root.join(key);
    let plain = locate(root, key).is_some() && std::fs::symlink_metadata(&path)?.is_file();
    let (true, Some(folder)) = (plain, path.parent()) else {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "not a plain file of the evidence folder"));
    };
    std::fs::remove_file(&path)?;
    std::fs::File::open(folder)?.sync_all()
}

/// Which bytes to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of them.
    Whole,
    /// From here to here, both included.
    Range(u64, u64),
    /// Asked for bytes that are not there.
    Outside,
}

/// Reads a `Range` header (RFC 9110, part 14). Several ranges at once, or another unit, are answered with the whole file, as
/// the standard allows.
pub(crate) fn part(header: Option<&str>, size: u64) -> Part {
    let Some(spec) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else { return Part::Whole };
    let Some((first, last)) = spec.split_once('-') else { return Part::Whole };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (first.trim().is_empty(), number(first), last.trim().is_empty(), number(last)) {
        (true, _, false, Some(0)) => Part::Outside,
        (true, _, false, Some(_)) if size == 0 => Part::Outside,
        (true, _, false, Some(count)) => Part::Range(size.saturating_sub(count), size - 1),
        (false, Some(first), _, _) if first >= size => Part::Outside,
        (false, Some(first), true, _) => Part::Range(first, size - 1),
        (false, Some(first), false, Some(last)) if last >= first => Part::Range(first, last.min(size - 1)),
        _ => Part::Whole,
    }
}

/// A body that reads `length` bytes of the file from `start`, a chunk at a time.
///
/// # Errors
/// The file cannot be opened or positioned.
pub(crate) async fn body(path: &Path, start: u64, length: u64) -> std::io::Result<Body> {
    let mut file = File::open(path).await?;
    file.seek(SeekFrom::Start(start)).await?;
    let chunks = stream::try_unfold((file, length), async |(mut file, left)| {
        let want = usize::try_from(left.min(CHUNK)).expect("a chunk fits into memory");
        if want == 0 {
            return Ok(None);
        }
        let mut buffer = vec![0; want];
        file.read_exact(&mut buffer).await?;
        Ok::<_, std::io::Error>(Some((Bytes::from(buffer), (file, left - want as u64))))
    });
    Ok(Body::from_stream(Box::pin(chunks)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (header, want) in [
            (None, Part::Whole),
            (Some("bytes=0-"), Part::Range(0, 99)),
            (Some("bytes=10-19"), Part::Range(10, 19)),
            (Some("bytes=10-1000"), Part::Range(10, 99)),
            (Some("bytes=-30"), Part::Range(70, 99)),
            (Some("bytes=-300"), Part::Range(0, 99)),
            (Some("bytes=-0"), Part::Outside),
            (Some("bytes=100-"), Part::Outside),
            (Some("bytes=20-10"), Part::Whole),
            (Some("bytes=0-1,5-6"), Part::Whole),
            (Some("lines=0-1"), Part::Whole),
            (Some("bytes=-"), Part::Whole),
            (Some("bytes=99999999999999999999-"), Part::Whole),
        ] {
            assert_eq!(part(header, 100), want, "{header:?}");
        }
        assert_eq!(part(Some("bytes=-5"), 0), Part::Outside);
    }

    #[test]
    fn no_key_leads_out_of_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("store");
        std::fs::create_dir_all(root.join("a")).unwrap();
        std::fs::write(folder.path().join("secret.jpg"), b"secret").unwrap();
        std::fs::write(root.join("a/trigger.jpg"), b"picture").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret.jpg"), root.join("a/link.jpg")).unwrap();
        assert!(locate(&root, "a/trigger.jpg").is_some());
        for key in
            ["../secret.jpg", "a/../../secret.jpg", "/etc/passwd", "a/link.jpg", "a", "", "a//trigger.jpg", "a/./trigger.jpg"]
        {
            assert_eq!(locate(&root, key), None, "{key:?}");
            assert!(erase(&root, key).is_err(), "{key:?}");
        }
        assert!(folder.path().join("secret.jpg").is_file() && root.join("a/link.jpg").is_symlink());
        std::os::unix::fs::symlink(root.join("a/trigger.jpg"), root.join("a/inside.jpg")).unwrap();
        assert!(erase(&root, "a/inside.jpg").is_err(), "what a link leads to is another file");
        erase(&root, "a/trigger.jpg").unwrap();
        assert!(!root.join("a/trigger.jpg").exists());
    }
}
