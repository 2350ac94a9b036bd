//! The four kinds of street violation.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What a candidate may be a violation of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// 无序设摊: goods, cart or stall standing in a no-vending zone, attended by a person most of that time.
    IllegalStall,
    /// 跨门经营: goods, tables or boards put beyond the shop line, staying.
    StorefrontEncroachment,
    /// 违规广告/小广告: poster, banner, sticker or board that newly appears on a watched surface and stays.
    UnauthorizedAd,
    /// 偷乱倒垃圾: somebody leaves an object or a pile behind and goes.
    WasteDumping,
}

impl Kind {
    /// All kinds, in the order in which pages list them.
    pub const ALL: [Kind; 4] = [Kind::IllegalStall, Kind::StorefrontEncroachment, Kind::UnauthorizedAd, Kind::WasteDumping];

    /// The name used in files, on topics, in columns and in metrics.
    pub fn wire_name(self) -> &'static str {
        match self {
            Kind::IllegalStall => "illegal_stall",
            Kind::StorefrontEncroachment => "storefront_encroachment",
            Kind::UnauthorizedAd => "unauthorized_ad",
            Kind::WasteDumping => "waste_dumping",
        }
    }

    /// How long it must last before a candidate is raised, where the zone does not say (design, part 4).
    pub fn default_dwell(self) -> Duration {
        match self {
            Kind::IllegalStall => Duration::from_secs(180),
            Kind::StorefrontEncroachment => Duration::from_secs(300),
            Kind::UnauthorizedAd => Duration::from_secs(60),
            Kind::WasteDumping => Duration::from_secs(30),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wire_name())
    }
}

/// The text is none of the four kinds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind {0:?}: expected illegal_stall, storefront_encroachment, unauthorized_ad or waste_dumping")]
pub struct UnknownKind(pub String);

impl FromStr for Kind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Kind::ALL.into_iter().find(|kind| kind.wire_name() == text).ok_or_else(|| UnknownKind(text.to_owned()))
    }
}
