//! Lines of `truth.jsonl` and `lookalikes.jsonl`: what really happened in a scene, and what only looks like it.

use serde::{Deserialize, Serialize};

/// A true violation of a scene, as the contract's `truth.jsonl` has it. Times are stream seconds from the first frame of
/// the scene; a looping stream repeats them every [`duration_s`](crate::SampleScene::duration_s).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TruthLine {
    /// Wire name of the kind, e.g. `illegal_stall`.
    pub kind: String,
    /// The camera's id.
    pub camera: String,
    /// The zone it lies in.
    pub zone: String,
    /// When the condition begins: the stall stands, the poster hangs, the first thing is over the shop line, the one who
    /// dumped has left the thing.
    pub start_s: f64,
    /// When it is gone again; `None` where the scene ends first.
    pub end_s: Option<f64>,
    /// `[x1, y1, x2, y2]` of the thing itself, without shadows and people, in 0..1 of the picture.
    #[serde(rename = "box")]
    pub bbox: [f64; 4],
}

impl TruthLine {
    /// The line as it stands in the file, without the newline.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and finite numbers always serialise")
    }
}

/// Something that looks like a violation and is none: a line of `lookalikes.jsonl`, which has the shape of `truth.jsonl` and a
/// name. A candidate whose box lies here is a false alarm, and the name says of which sort.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lookalike {
    /// Which story piece it is, e.g. `vendor_moves_on`; one of [`LOOKALIKES`].
    pub name: String,
    /// The kind it is most easily taken for, where, when, and the box of what could be taken for it.
    #[serde(flatten)]
    pub line: TruthLine,
}

impl Lookalike {
    /// The line as it stands in the file, without the newline.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and finite numbers always serialise")
    }
}

/// The names of all look-alikes that [`SampleScene::varied`](crate::SampleScene::varied) tells.
pub const LOOKALIKES: [&str; 18] = [
    "vendor_moves_on",
    "bikes_parked",
    "people_chatting",
    "delivery",
    "bin_moved",
    "permitted_market",
    "approved_sign",
    "puddle",
    "leaves",
    "building_shadow",
    "car_leaves",
    "car_parks",
    "door_left_open",
    "bag_taken_up",
    "caption",
    "headlights",
    "bus_queue",
    "tree_sways",
];
