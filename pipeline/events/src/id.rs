//! Identifiers. Each is made only by a checking constructor.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::kind::Kind;
use crate::time::WallTime;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {got:?} is not 1 to 64 characters of a-z, 0-9 and '-'")]
pub struct BadId {
    /// Which identifier was wanted, e.g. `camera id`.
    pub what: &'static str,
    /// What stood there instead.
    pub got: String,
}

fn is_slug(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

macro_rules! slug_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                if is_slug(text) { Ok(Self(text.to_owned())) } else { Err(BadId { what: $what, got: text.to_owned() }) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

slug_id!(
    /// A camera, unique in the whole installation: `[a-z0-9-]{1,64}`.
    CameraId,
    "camera id"
);
slug_id!(
    /// A zone, unique within its camera: `[a-z0-9-]{1,64}`.
    ZoneId,
    "zone id"
);
slug_id!(
    /// A permit, unique within its zone: `[a-z0-9-]{1,64}`.
    PermitId,
    "permit id"
);

/// One unbroken connection of a camera. Stream time and tracks never cross it; a reconnect begins a new one.
///
/// Live, ingest takes the wall clock in milliseconds at connection; offline it is 1, so that an analysis is repeatable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A candidate: 32 hexadecimal digits, derived from what the candidate *is*, so that a replay, a retry or a restarted
/// worker gives the same episode the same id and the console meets them as one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CandidateId(String);

impl CandidateId {
    /// The id of the episode of `kind` that was first seen at `first_seen` around `place` in a zone of a camera.
    ///
    /// `place` is the centre of its first box in whole per mille of the picture: fine enough to keep two things apart that
    /// appeared in the same frame, coarse enough not to depend on the last bit of a float.
    pub fn derive(camera: &CameraId, zone: &ZoneId, kind: Kind, first_seen: WallTime, place: (u16, u16)) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"kerbwatch.candidate.v1\0");
        for part in [camera.as_str(), zone.as_str(), kind.wire_name()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hash.update((first_seen.unix_ns / 1_000_000).to_be_bytes());
        hash.update(place.0.to_be_bytes());
        hash.update(place.1.to_be_bytes());
        Self(hex::encode(&hash.finalize()[..16]))
    }

    /// The 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CandidateId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let ok = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if ok { Ok(Self(text.to_owned())) } else { Err(BadId { what: "candidate id", got: text.to_owned() }) }
    }
}

impl fmt::Display for CandidateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_checked() {
        assert!("xh-0412".parse::<CameraId>().is_ok());
        for bad in ["", "XH", "a b", "a/b", &"x".repeat(65)] {
            assert!(bad.parse::<CameraId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn candidate_ids_tell_kinds_places_and_times_apart_and_repeat() {
        let camera = "c".parse().unwrap();
        let zone = "z".parse().unwrap();
        let at = |ms: i64| WallTime::known(ms * 1_000_000);
        let id = CandidateId::derive(&camera, &zone, Kind::WasteDumping, at(1000), (5, 5));
        assert_eq!(id, CandidateId::derive(&camera, &zone, Kind::WasteDumping, at(1000), (5, 5)));
        assert_ne!(id, CandidateId::derive(&camera, &zone, Kind::IllegalStall, at(1000), (5, 5)));
        assert_ne!(id, CandidateId::derive(&camera, &zone, Kind::WasteDumping, at(1001), (5, 5)));
        assert_ne!(id, CandidateId::derive(&camera, &zone, Kind::WasteDumping, at(1000), (5, 6)));
        assert_eq!(id.as_str().parse::<CandidateId>().unwrap(), id);
    }
}
