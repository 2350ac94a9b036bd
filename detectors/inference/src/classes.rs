//! What models call things, and what the rules call them.

use events::ObjectClass;

/// The 80 classes of the COCO detection task in the order of nearly every published model.
pub(crate) const COCO: [&str; 80] = [
    "person",
    "bicycle",
    "car",
    "motorcycle",
    "airplane",
    "bus",
    "train",
    "truck",
    "boat",
    "traffic light",
    "fire hydrant",
    "stop sign",
    "parking meter",
    "bench",
    "bird",
    "cat",
    "dog",
    "horse",
    "sheep",
    "cow",
    "elephant",
    "bear",
    "zebra",
    "giraffe",
    "backpack",
    "umbrella",
    "handbag",
    "tie",
    "suitcase",
    "frisbee",
    "skis",
    "snowboard",
    "sports ball",
    "kite",
    "baseball bat",
    "baseball glove",
    "skateboard",
    "surfboard",
    "tennis racket",
    "bottle",
    "wine glass",
    "cup",
    "fork",
    "knife",
    "spoon",
    "bowl",
    "banana",
    "apple",
    "sandwich",
    "orange",
    "broccoli",
    "carrot",
    "hot dog",
    "pizza",
    "donut",
    "cake",
    "chair",
    "couch",
    "potted plant",
    "bed",
    "dining table",
    "toilet",
    "tv",
    "laptop",
    "mouse",
    "remote",
    "keyboard",
    "cell phone",
    "microwave",
    "oven",
    "toaster",
    "sink",
    "refrigerator",
    "book",
    "clock",
    "vase",
    "scissors",
    "teddy bear",
    "hair drier",
    "toothbrush",
];

/// The class a name stands for where `model.toml` does not say: our own words mean themselves, COCO's words what they mean on
/// a street, anything else is [`ObjectClass::Other`].
pub(crate) fn default_class(name: &str) -> ObjectClass {
    let name = name.trim().to_ascii_lowercase();
    if let Ok(class) = name.replace([' ', '-'], "_").parse() {
        return class;
    }
    match name.as_str() {
        "pedestrian" | "people" | "rider" => ObjectClass::Person,
        "bicycle" | "motorcycle" | "motorbike" | "e-bike" => ObjectClass::TwoWheeler,
        "bus" | "van" => ObjectClass::Car,
        "lorry" => ObjectClass::Truck,
        "backpack" | "handbag" | "suitcase" => ObjectClass::Bag,
        "bench" | "chair" | "couch" | "dining table" | "table" | "stool" => ObjectClass::Furniture,
        "umbrella" | "parasol" | "awning" => ObjectClass::Canopy,
        "box" | "carton" | "crate" => ObjectClass::Goods,
        "banner" | "billboard" => ObjectClass::Board,
        "bird" | "cat" | "dog" | "horse" | "sheep" | "cow" | "elephant" | "bear" | "zebra" | "giraffe" => ObjectClass::Animal,
        _ => ObjectClass::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coco_words_mean_what_they_mean_on_a_street() {
        let of = |name| default_class(name);
        assert_eq!(of("person"), ObjectClass::Person);
        assert_eq!(of("bus"), ObjectClass::Car);
        assert_eq!(of("motorcycle"), ObjectClass::TwoWheeler);
        assert_eq!(of("suitcase"), ObjectClass::Bag);
        assert_eq!(of("dining table"), ObjectClass::Furniture);
        assert_eq!(of("umbrella"), ObjectClass::Canopy);
        assert_eq!(of("dog"), ObjectClass::Animal);
        assert_eq!(of("traffic light"), ObjectClass::Other);
        assert_eq!(of("Two-Wheeler"), ObjectClass::TwoWheeler, "our own words, however written");
    }

    #[test]
    fn coco_has_no_word_twice() {
        let mut names = COCO.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 80);
    }
}
