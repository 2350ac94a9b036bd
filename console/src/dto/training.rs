//! Decisions as training data.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::RejectReason;

/// In which shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrainingFormat {
    /// `decisions.jsonl` and `stills/`, as `models/training` reads officers' decisions.
    Decisions,
    /// COCO: `annotations.json` and `images/`; what nobody labelled is a crowd region.
    Coco,
    /// YOLO: `images/`, `labels/`, `classes.txt`, `data.yaml`; what nobody labelled is painted grey.
    Yolo,
}

/// Which rejections are hard negatives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Negatives {
    /// Those whose reason says that nothing of the kind was there: `not_a_violation`, `camera_moved`, `night_noise`, `other`.
    #[default]
    NothingThere,
    /// All but `test_data`, also where the thing was real but permitted, passing, elsewhere, or not to be judged.
    All,
    /// None: only what was confirmed.
    None,
}

impl Negatives {
    /// The reasons that are taken.
    pub(crate) fn reasons(self) -> &'static [RejectReason] {
        use RejectReason::{
            CameraMoved, Duplicate, InsideShop, MovingVendor, NightNoise, NotAViolation, Occluded, Other, PermittedPlace,
            PermittedWindow, PictureUnclear, WrongZone,
        };
        match self {
            Self::NothingThere => &[NotAViolation, CameraMoved, NightNoise, Other],
            Self::All => &[
                NotAViolation,
                PermittedWindow,
                PermittedPlace,
                MovingVendor,
                InsideShop,
                Duplicate,
                WrongZone,
                PictureUnclear,
                CameraMoved,
                Occluded,
                NightNoise,
                Other,
            ],
            Self::None => &[],
        }
    }
}

/// What is exported.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TrainingQuery {
    /// Default `decisions`.
    #[param(inline)]
    pub format: Option<TrainingFormat>,
    /// Default `nothing_there`.
    #[param(inline)]
    pub negatives: Option<Negatives>,
    /// One or more kinds, comma-separated.
    pub kind: Option<String>,
    /// District, exactly.
    pub district: Option<String>,
    /// Camera id.
    pub camera: Option<String>,
    /// Decided at or after this time.
    #[param(format = DateTime)]
    pub since: Option<String>,
    /// Decided before this time.
    #[param(format = DateTime)]
    pub until: Option<String>,
    /// Originals instead of pictures that are blurred outside the candidate's box. Needs the right to, and `reason`.
    pub unmasked: Option<bool>,
    /// Why originals are needed, 10 to 500 characters; it stands in the audit log.
    #[param(max_length = 500)]
    pub reason: Option<String>,
    /// The request for originals that another person approved, where the installation asks for that.
    pub approval: Option<String>,
}

/// How many examples an export would have at most; pictures that are no longer there are left out when it is made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TrainingSummary {
    /// Confirmed: examples.
    pub confirmed: u64,
    /// Rejected for a reason that is taken: hard negatives.
    pub rejected: u64,
    /// Rejections by reason, those left out too.
    pub by_reason: Vec<ReasonCount>,
    /// Of those, so many whose pictures the retention policy deleted: they are left out.
    pub pictures_deleted: u64,
    /// May the person asking export originals?
    pub may_unmask: bool,
}

/// Rejections of one reason.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReasonCount {
    /// The coded reason.
    pub reason: RejectReason,
    /// How many.
    pub count: u64,
    /// Is it taken as a hard negative?
    pub taken: bool,
}
