//! Where an export goes: a folder, or a tape archive that is sent while it is written.

use std::io::{self, Write};
use std::path::PathBuf;

use axum::body::Bytes;
use tokio::sync::mpsc;

/// Takes files, one after the other.
pub(crate) trait Target: Send {
    /// Writes a file; `name` is relative, with `/`.
    ///
    /// # Errors
    /// The disk is full, or nobody reads any more.
    fn file(&mut self, name: &str, content: &[u8]) -> io::Result<()>;

    /// Nothing more comes.
    ///
    /// # Errors
    /// As above.
    fn finish(&mut self) -> io::Result<()>;
}

/// A folder that is not there yet, or empty.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// # Errors
    /// It cannot be made, or holds something: an export is never mixed with another.
    pub(crate) fn new(path: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&path)?;
        if std::fs::read_dir(&path)?.next().is_some() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the folder is not empty"));
        }
        Ok(Self(path))
    }
}

impl Target for Folder {
    fn file(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = self.0.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, content)
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A tape archive (POSIX `ustar`). The labels come last: one that was cut off has none, and no reader takes it for whole.
pub(crate) struct Tape<W: Write + Send>(tar::Builder<W>);

impl<W: Write + Send> Tape<W> {
    pub(crate) fn new(to: W) -> Self {
        Self(tar::Builder::new(to))
    }
}

impl<W: Write + Send> Target for Tape<W> {
    fn file(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // No time and no owner: the same export is the same bytes.
        header.set_mtime(0);
        self.0.append_data(&mut header, name, content)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.0.finish()?;
        self.0.get_mut().flush()
    }
}

/// The writing end of a response's body. Waits while the reader is slow, so that no more than a few chunks are in memory.
pub(crate) struct Pipe(mpsc::Sender<io::Result<Bytes>>);

impl Pipe {
    pub(crate) fn new(to: mpsc::Sender<io::Result<Bytes>>) -> Self {
        Self(to)
    }
}

impl Write for Pipe {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody reads the export any more");
        self.0.blocking_send(Ok(Bytes::copy_from_slice(data))).map_err(gone)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
