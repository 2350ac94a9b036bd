//! The sample cameras.

use crate::scene::SampleScene;
use crate::story;

/// The sample cameras by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SceneName {
    /// A vendor with a cart on the pavement: an illegal stall.
    Stall,
    /// A shop that spreads beyond its line: storefront encroachment.
    Shop,
    /// A poster pasted on a wall: unauthorised advertising.
    Advert,
    /// Bags and rubble left behind: waste dumping, twice.
    Dumping,
    /// Look-alikes that must not alarm.
    Quiet,
    /// A night market with a permit.
    Market,
}

impl SceneName {
    /// All of them, in the order of the catalogue.
    pub const ALL: [SceneName; 6] = [Self::Stall, Self::Shop, Self::Advert, Self::Dumping, Self::Quiet, Self::Market];

    /// The scene as it stands in the catalogue.
    pub fn scene(self) -> SampleScene {
        match self {
            SceneName::Stall => self.seeded(11),
            SceneName::Shop => self.seeded(27),
            SceneName::Advert => self.seeded(33),
            SceneName::Dumping => self.seeded(48),
            SceneName::Quiet => self.seeded(52),
            SceneName::Market => self.seeded(66),
        }
    }

    /// The same story in another street, with other people.
    pub fn seeded(self, seed: u64) -> SampleScene {
        match self {
            SceneName::Stall => story::stall::scene(seed),
            SceneName::Shop => story::shop::scene(seed),
            SceneName::Advert => story::advert::scene(seed),
            SceneName::Dumping => story::dumping::scene(seed),
            SceneName::Quiet => story::quiet::scene(seed),
            SceneName::Market => story::market::scene(seed),
        }
    }
}

/// The sample cameras of the demo: each of the four kinds, a quiet street and a permitted market.
pub fn catalogue() -> Vec<SampleScene> {
    SceneName::ALL.into_iter().map(SceneName::scene).collect()
}
