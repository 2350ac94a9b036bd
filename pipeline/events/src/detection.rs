//! What a neural model says of one frame.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::geometry::BBox;
use crate::score::Score;
use crate::time::Stamp;

/// What a thing is, in the words the rules use. Models name their classes as they like; `model.toml` maps them to these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObjectClass {
    /// A person, on foot or seated.
    Person,
    /// A car, van or bus.
    Car,
    /// A lorry.
    Truck,
    /// Bicycle, e-bike, motorcycle.
    TwoWheeler,
    /// Cargo tricycle.
    Tricycle,
    /// Stall or cart with goods.
    Stall,
    /// Umbrella or canopy.
    Canopy,
    /// Goods, boxes.
    Goods,
    /// Table, chair, bench.
    Furniture,
    /// Board or banner.
    Board,
    /// Poster or sticker.
    Poster,
    /// A bag or case.
    Bag,
    /// A heap: rubble, bags of waste.
    Pile,
    /// A waste bin.
    Bin,
    /// An animal.
    Animal,
    /// A thing the model knows and the rules have no word for (a plant, a traffic light).
    Other,
}

impl ObjectClass {
    /// All classes with their names, as in `model.toml` and events.
    pub const NAMES: [(ObjectClass, &'static str); 16] = [
        (ObjectClass::Person, "person"),
        (ObjectClass::Car, "car"),
        (ObjectClass::Truck, "truck"),
        (ObjectClass::TwoWheeler, "two_wheeler"),
        (ObjectClass::Tricycle, "tricycle"),
        (ObjectClass::Stall, "stall"),
        (ObjectClass::Canopy, "canopy"),
        (ObjectClass::Goods, "goods"),
        (ObjectClass::Furniture, "furniture"),
        (ObjectClass::Board, "board"),
        (ObjectClass::Poster, "poster"),
        (ObjectClass::Bag, "bag"),
        (ObjectClass::Pile, "pile"),
        (ObjectClass::Bin, "bin"),
        (ObjectClass::Animal, "animal"),
        (ObjectClass::Other, "other"),
    ];

    /// Its name on the wire.
    pub fn wire_name(self) -> &'static str {
        Self::NAMES.iter().find(|(class, _)| *class == self).map_or("other", |(_, name)| name)
    }

    /// Car, truck, two-wheeler or tricycle.
    pub fn is_vehicle(self) -> bool {
        matches!(self, Self::Car | Self::Truck | Self::TwoWheeler | Self::Tricycle)
    }

    /// A thing that comes and goes by itself: a person, a vehicle, an animal.
    pub fn is_mover(self) -> bool {
        self == Self::Person || self == Self::Animal || self.is_vehicle()
    }
}

impl fmt::Display for ObjectClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wire_name())
    }
}

impl FromStr for ObjectClass {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::NAMES
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(class, _)| *class)
            .ok_or_else(|| format!("unknown object class {text:?}"))
    }
}

/// One thing in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// What it is.
    pub class: ObjectClass,
    /// How sure the model is.
    pub score: Score,
    /// Where, in 0..1 of the picture.
    pub bbox: BBox,
}

/// All things in one frame. Carries the frame's stamp, not its pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Detections {
    /// Of which frame.
    pub stamp: Stamp,
    /// SHA-256 (hex) of each model that looked, empty when none did.
    pub models: Arc<[String]>,
    /// In no particular order.
    pub items: Vec<Detection>,
}

impl Detections {
    /// No model looked at this frame.
    pub fn none(stamp: Stamp) -> Self {
        Self { stamp, models: Arc::from([]), items: Vec::new() }
    }
}
