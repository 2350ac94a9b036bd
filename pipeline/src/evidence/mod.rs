//! Evidence: what makes a candidate something an officer, and later a court, can rely on.
//!
//! A *package* is one folder per candidate: clean stills, the clip in the camera's own bitstream, a manifest that names all
//! of them by SHA-256, and an Ed25519 signature over the manifest. Manifests of one worker form a chain, so that a package
//! cannot vanish or be slipped in unseen. [`recorder`] collects the material while an episode goes on, [`EvidenceStore`]
//! seals it, [`verify`] checks it offline. `pipeline/EVIDENCE.md` tells how to check a package without this program.
//!
//! Nothing here reads a clock, a camera or the network: times come with the frames, so that the same input under the same
//! key and chain gives the same bytes.

mod chain;
mod draft;
mod files;
#[cfg(test)]
pub(crate) mod fixture;
pub mod manifest;
mod moment;
pub mod recorder;
mod shelf;
mod signer;
mod still;
mod store;
pub mod verify;

pub use chain::{Chain, ChainError};
pub use draft::{Clip, ClipSource, Container, Context, Draft, Gap, Role, Still};
pub(crate) use files::{sha256, sync_dir};
pub use signer::{Signer, SignerError, key_id};
pub use still::{JPEG_QUALITY, StillError, still, still_of};
pub use store::{EvidenceError, EvidenceStore, SealedPackage};
