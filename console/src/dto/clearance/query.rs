//! What is asked for: the same filters for the report, the list of zone-days and the file.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

/// Which zone-days. All that are given must hold.
#[derive(Debug, Clone, Default)]
pub struct ClearanceFilter {
    /// First local day; 30 days before the last where it is not given.
    pub from: Option<String>,
    /// Last local day, included; today where it is not given.
    pub until: Option<String>,
    /// District, exactly.
    pub district: Option<String>,
    /// Street, exactly.
    pub street: Option<String>,
    /// Area id.
    pub area: Option<String>,
    /// Camera id.
    pub camera: Option<String>,
    /// Zone id.
    pub zone: Option<String>,
    /// One or more kinds, comma-separated.
    pub kind: Option<String>,
    /// Only key areas, or only others.
    pub key_area: Option<bool>,
    /// Under this definition; the one in force where it is not given.
    pub definition: Option<i64>,
}

/// A query with the filters and what it has of its own before and after them. A macro, because texts of a query cannot be
/// flattened: a flattened field no longer knows that it is a number.
macro_rules! filtered {
    ($(#[$about:meta])* $name:ident { $($before:tt)* } { $($after:tt)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
        #[serde(deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            $($before)*
            /// First local day, `2026-11-01`. Default: 30 days before the last.
            pub from: Option<String>,
            /// Last local day, included. Default: today.
            pub until: Option<String>,
            /// District, exactly.
            pub district: Option<String>,
            /// Street, exactly.
            pub street: Option<String>,
            /// Area id: the area as a whole, or with `by` camera or zone each of its zones.
            pub area: Option<String>,
            /// Camera id: each zone for itself, of an area or not.
            pub camera: Option<String>,
            /// Zone id.
            pub zone: Option<String>,
            /// One or more kinds, comma-separated.
            pub kind: Option<String>,
            /// Only key areas, or only others.
            pub key_area: Option<bool>,
            $($after)*
        }

        impl $name {
            /// The filters alone.
            pub fn filter(&self) -> ClearanceFilter {
                ClearanceFilter {
                    from: self.from.clone(),
                    until: self.until.clone(),
                    district: self.district.clone(),
                    street: self.street.clone(),
                    area: self.area.clone(),
                    camera: self.camera.clone(),
                    zone: self.zone.clone(),
                    kind: self.kind.clone(),
                    key_area: self.key_area,
                    definition: self.definition,
                }
            }
        }
    };
}

filtered! {
    /// What of the figures is wanted. All that are given must hold.
    ClearanceQuery {} {
        /// What the groups are: `district` (default), `street`, `area`, `camera`, `zone` or `kind`.
        pub by: Option<String>,
        /// Groups without their days and hours, e.g. for a map. Default: with them.
        pub brief: Option<bool>,
        /// Under this definition; default the one in force.
        pub definition: Option<i64>,
    }
}

filtered! {
    /// Which zone-days are wanted. All that are given must hold.
    ZoneDayQuery {} {
        /// Under this definition; default the one in force.
        pub definition: Option<i64>,
        /// One or more of the words a zone-day can be, comma-separated.
        pub zero: Option<String>,
        /// `violations`, `open`, `overdue`, `recurred` (within seven days), `undecided` or `restated`: only zone-days that have it.
        pub with: Option<String>,
        /// Only those on which a violation was first seen that stood longer than so many seconds, as far as is known.
        #[param(minimum = 0)]
        pub stood_s: Option<u32>,
        /// Monday is 1.
        #[param(minimum = 1, maximum = 7)]
        pub weekday: Option<u8>,
        /// Only with violation minutes in this local hour.
        #[param(minimum = 0, maximum = 23)]
        pub hour: Option<u8>,
        /// `next_cursor` of the page before.
        pub cursor: Option<String>,
        /// 1 to 200; default 50.
        #[param(minimum = 1, maximum = 200)]
        pub limit: Option<u32>,
    }
}

filtered! {
    /// Zone-days as a file.
    ClearanceExport {
        /// `csv` (default) or `parquet`.
        pub format: Option<String>,
    } {
        /// Under this definition; default the one in force.
        pub definition: Option<i64>,
    }
}

filtered! {
    /// Which drawn minutes and finds the estimates of recall are made of. All that are given must hold.
    RecallQuery {} {
        /// What the groups are: `district` (default), `street`, `area`, `camera`, `zone` or `kind`.
        pub by: Option<String>,
        /// Under this definition; default the one in force.
        pub definition: Option<i64>,
    }
}

filtered! {
    /// Which of them are wanted as a list. All that are given must hold.
    RecallListQuery {} {
        /// Under this definition; default the one in force.
        pub definition: Option<i64>,
        /// One or more words, comma-separated. Of minutes what became of them; of finds where they were covered (`covered`,
        /// `unwatched`, `not_in_force`, `no_zone`), `missed`, `matched`, `first` (reported before the candidate) or `withdrawn`.
        pub with: Option<String>,
        /// `next_cursor` of the page before.
        pub cursor: Option<String>,
        /// 1 to 200; default 50.
        #[param(minimum = 1, maximum = 200)]
        pub limit: Option<u32>,
    }
}

filtered! {
    /// Drawn minutes or finds as a file.
    RecallExport {
        /// `minutes` (default) or `finds`.
        pub of: Option<String>,
        /// `csv` (default) or `parquet`.
        pub format: Option<String>,
    } {
        /// Under this definition; default the one in force.
        pub definition: Option<i64>,
    }
}

/// One zone-day.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ZoneDayKey {
    /// Camera id, with a zone.
    pub camera: Option<String>,
    /// Zone id, with its camera.
    pub zone: Option<String>,
    /// Area id, without a camera and a zone.
    pub area: Option<String>,
    /// Of what.
    pub kind: String,
    /// Local day.
    pub day: String,
    /// Under this definition; default the one in force.
    pub definition: Option<i64>,
}
