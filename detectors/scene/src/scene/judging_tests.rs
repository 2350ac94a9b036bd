use super::*;
use crate::motion::blobs::Mask;
use events::{ObjectClass, RunId, StreamTime, WallTime};

#[test]
fn a_shadow_lies_at_the_foot_and_a_lid_upon_its_bag() {
    let at = |x1, y1, x2, y2| Area { x1, y1, x2, y2 };
    let (cart, bag) = (at(100.0, 100.0, 140.0, 150.0), at(60.0, 80.0, 84.0, 100.0));
    assert!(is_at_the_foot_of(&at(96.0, 148.0, 150.0, 156.0), &cart), "its shadow");
    assert!(!is_at_the_foot_of(&at(96.0, 90.0, 150.0, 99.0), &cart), "what is above it");
    assert!(!is_at_the_foot_of(&bag, &at(63.0, 81.0, 83.0, 92.0)), "a bag whose lid is brighter than the rest");
}

#[test]
fn what_looks_like_a_cart_is_a_shops_where_its_things_stand_round_it() {
    let when = When::from(Moment { run: RunId(3), at: StreamTime(7), wall: WallTime::known(1) });
    let block = |x: u32, width: u32| -> Mask { (90..110).flat_map(|y| (x..x + width).map(move |x| y * 360 + x)).collect() };
    let thing = |mask| Thing::new(1, mask, 360, 200, (4.0, 5.0, 1.0), 6.0, when);
    let (piece, mut goods) = (thing(block(100, 20)), thing(block(140, 30)));
    assert!(stands_with(&piece, &goods, Some(50.0)), "20 apart, where people are 50 tall");
    assert!(!stands_with(&piece, &goods, Some(15.0)));
    assert!(!is_of_the_shop(&goods), "nothing has been said of it");
    goods.episodes.push(Episode {
        kind: kind_index(Kind::StorefrontEncroachment),
        zone: "shops".to_owned(),
        id: String::new(),
        first_seen: when,
        counts_from: f64::NEG_INFINITY,
        opened: true,
        permit: None,
        raised: None,
        nearest: None,
    });
    assert!(is_of_the_shop(&goods), "it is on its way");
    goods.identity.believe(true);
    (0..4).for_each(|n| goods.identity.hear(&[(ObjectClass::Canopy, 0.9)], f64::from(n)));
    assert!(!is_of_the_shop(&goods), "the pieces of one cart do not make a shop of each other");
}
