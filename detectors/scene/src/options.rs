//! What may be turned by hand. The defaults are the ones everything was measured with.

use std::time::Duration;

/// Settings of a [`crate::Scene`] that are not the zone's.
#[derive(Debug, Clone, PartialEq)]
pub struct SceneOptions {
    /// Width of the small picture that static change is looked for in, pixels, 64..=1024. A picture that is narrower is
    /// not enlarged. 360 is the width of the trial that found the events of our collection.
    pub width: u32,
    /// Looks nearer together than this are not examined: five a second say all that a thing which stays can tell.
    pub look_every: Duration,
    /// The empty street is learnt over at least this long (and five looks) before anything is judged.
    pub learn_for: Duration,
    /// A change has to hold still this long (and for three looks) to be a thing.
    pub still_for: Duration,
    /// A thing that no rule wants is taken into the empty street after this long.
    pub absorb_after: Duration,
    /// How often a raised candidate that stays is confirmed as present.
    pub present_every: Duration,
    /// A view that has changed for good is taken as the new reference after this long.
    pub adopt_view_after: Duration,
    /// A picture that repeats itself for this long, noise and all, is a frozen camera's. With looks two seconds apart it is
    /// noticed within ten.
    pub frozen_after: Duration,
}

impl Default for SceneOptions {
    fn default() -> Self {
        Self {
            width: 360,
            look_every: Duration::from_millis(190),
            learn_for: Duration::from_secs(4),
            still_for: Duration::from_millis(3500),
            absorb_after: Duration::from_secs(90),
            present_every: Duration::from_secs(60),
            adopt_view_after: Duration::from_secs(600),
            frozen_after: Duration::from_secs(7),
        }
    }
}
