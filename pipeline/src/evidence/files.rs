//! Writing files so that they are on disk when the call returns, and digests of what was written.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// SHA-256, in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Creates a file that is not there yet, and returns when its bytes are on disk.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes names created in or removed from a folder last: without it a rename can be undone by a power cut.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Puts `bytes` in the place of whatever is at `path`: a reader, and a crash, see either the old file or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut temporary = tempfile::Builder::new().prefix(".tmp-").tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    sync_dir(folder)
}

/// Copies a file to a new place, synced, and returns its SHA-256 (hex) and size as they went by.
pub(crate) fn copy_new(from: &Path, to: &Path) -> io::Result<(String, u64)> {
    let mut source = File::open(from)?;
    let mut target = OpenOptions::new().write(true).create_new(true).open(to)?;
    let (digest, bytes) = digest_of(&mut source, |chunk| target.write_all(chunk))?;
    target.sync_all()?;
    Ok((digest, bytes))
}

/// SHA-256 (hex) and size of a file, read in pieces: clips are too big to hold whole.
pub(crate) fn digest_file(path: &Path) -> io::Result<(String, u64)> {
    digest_of(&mut File::open(path)?, |_| Ok(()))
}

fn digest_of(source: &mut File, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    let mut total = 0;
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let read = source.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex::encode(hash.finalize()), total));
        }
        hash.update(&buffer[..read]);
        each(&buffer[..read])?;
        total += read as u64;
    }
}
