//! The worker's Ed25519 key: made once, kept in a file only its owner may read, never overwritten.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, KeypairBytes};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

use super::files;

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The file cannot be read.
    #[error("reading the signing key {path}")]
    Read {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no Ed25519 key.
    #[error("{path} is not an Ed25519 private key in PKCS#8 PEM")]
    NotAKey {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: ed25519_dalek::pkcs8::Error,
    },
    /// Others than its owner can read it, so it proves nothing.
    #[error("the signing key {path} can be read by others (mode {mode:o}): chmod 600 it, or make a new one if they may have")]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A new key cannot be written.
    #[error("writing a new signing key to {path}")]
    Write {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Signs manifests.
pub struct Signer {
    key: SigningKey,
    public_pem: String,
    key_id: String,
}

impl Signer {
    /// The key at `path`, or a new one written there (mode 0600). An existing file is never overwritten.
    ///
    /// # Errors
    /// When the file is not a key, is readable by others, or cannot be read or written.
    pub fn load_or_create(path: &Path) -> Result<Self, SignerError> {
        match Self::load(path) {
            Err(SignerError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Self::create(path)?;
                // What counts is what is on disk: if another worker was faster, its key is ours.
                Self::load(path)
            }
            loaded => loaded,
        }
    }

    fn load(path: &Path) -> Result<Self, SignerError> {
        let read = |source| SignerError::Read { path: path.to_owned(), source };
        let pem = std::fs::read_to_string(path).map_err(read)?;
        let mode = mode(path).map_err(read)?;
        if mode & 0o077 != 0 {
            return Err(SignerError::Exposed { path: path.to_owned(), mode });
        }
        let key = SigningKey::from_pkcs8_pem(&pem).map_err(|source| SignerError::NotAKey { path: path.to_owned(), source })?;
        Ok(Self::from_key(key))
    }

    fn create(path: &Path) -> Result<(), SignerError> {
        let write = |source| SignerError::Write { path: path.to_owned(), source };
        // Without the public half it is PKCS#8 version 1, which every OpenSSL reads.
        let pair = KeypairBytes { secret_key: rand::random(), public_key: None };
        let pem = pair.to_pkcs8_pem(LineEnding::LF).expect("32 bytes can always be written as PKCS#8");
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        std::fs::create_dir_all(folder).map_err(write)?;
        // A temporary file is 0600 from the start; linking it into place refuses to replace.
        let mut temporary = tempfile::Builder::new().prefix(".tmp-key-").tempfile_in(folder).map_err(write)?;
        temporary.write_all(pem.as_bytes()).and_then(|()| temporary.as_file().sync_all()).map_err(write)?;
        match temporary.persist_noclobber(path) {
            Ok(_) => files::sync_dir(folder).map_err(write),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(write(error.error)),
        }
    }

    fn from_key(key: SigningKey) -> Self {
        let public = key.verifying_key();
        let public_pem = public.to_public_key_pem(LineEnding::LF).expect("32 bytes can always be written as a public key");
        Self { key, public_pem, key_id: key_id(&public) }
    }

    /// The public half, as every package carries it.
    pub fn public_key_pem(&self) -> &str {
        &self.public_pem
    }

    /// Names the key: see [`key_id`].
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The 64 bytes of the Ed25519 signature (RFC 8032) over `message`.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// The name of a public key: SHA-256 of its DER form (SubjectPublicKeyInfo), hex. An authority publishes this;
/// `openssl pkey -pubin -in public_key.pem -outform DER | sha256sum` prints it.
pub fn key_id(key: &VerifyingKey) -> String {
    let der = key.to_public_key_der().expect("32 bytes can always be written as a public key");
    files::sha256(der.as_bytes())
}

#[cfg(unix)]
fn mode(path: &Path) -> io::Result<u32> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode(_: &Path) -> io::Result<u32> {
    Ok(0o600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_private_and_then_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/worker.pem");
        let first = Signer::load_or_create(&path).unwrap();
        let written = std::fs::read(&path).unwrap();
        assert_eq!(mode(&path).unwrap(), 0o600);
        let again = Signer::load_or_create(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), written);
        assert_eq!((again.key_id(), again.public_key_pem()), (first.key_id(), first.public_key_pem()));
        assert_eq!(again.sign(b"m"), first.sign(b"m"), "Ed25519 is deterministic");
        let other = Signer::load_or_create(&folder.path().join("other.pem")).unwrap();
        assert_ne!(other.key_id(), first.key_id());
        assert_eq!(std::fs::read_dir(folder.path().join("keys")).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn what_is_no_key_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("worker.pem");
        files::replace(&path, b"not a key").unwrap();
        assert!(matches!(Signer::load_or_create(&path), Err(SignerError::NotAKey { .. })));
        assert_eq!(std::fs::read(&path).unwrap(), b"not a key");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("worker.pem");
        Signer::load_or_create(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = Signer::load_or_create(&path).unwrap_err();
        assert!(matches!(error, SignerError::Exposed { mode: 0o640, .. }), "{error}");
    }
}
