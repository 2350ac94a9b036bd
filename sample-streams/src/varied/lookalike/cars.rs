//! Cars at the kerb: one that stood there from the beginning leaves (and a ghost of it may stay), one parks and stays.

use std::f32::consts::PI;

use events::Kind;

use crate::draw::vehicle::CarShape;
use crate::story::Way;
use crate::varied::{Tale, Told, travel};
use crate::world::{Body, Place};

fn lane(tale: &mut Tale) -> (f32, f32) {
    // Half on the pavement, as it happens, or in the bay.
    let z = tale.layout.kerb + if tale.seed.chance(0.4) { tale.seed.range(0.2, 0.7) } else { -1.2 };
    let x = tale.set.middle() + tale.seed.range(-6.0, 7.0);
    (x, z)
}

fn shape(tale: &mut Tale) -> CarShape {
    tale.seed.pick(&[CarShape::Sedan, CarShape::Sedan, CarShape::Hatch, CarShape::Suv, CarShape::Van])
}

pub(in crate::varied) fn leaves(tale: &mut Tale) -> Option<Told> {
    let start = tale.time(60.0);
    let (x, z) = lane(tale);
    let road = tale.layout.kerb - 1.4;
    let (colour, shape) = (tale.set.car_colour(), shape(tale));
    let kerbside = (x, 2.3, -10.0, start);
    if !tale.kerb_is_free(kerbside) {
        return None;
    }
    let to = tale.set.left(road) - 5.0;
    let way = Way::of(Body::Car(shape, colour), -10.0, (x, z)).speed(4.0).until(start, PI).go((x - 3.5, road)).go((to, road));
    let mut car = way.done();
    car.facings = vec![(f32::MIN, PI)];
    let car = tale.add(car);
    let place = Place::Things(vec![car], 1.0);
    let mut told = Told::new(Kind::WasteDumping, place, start, None);
    told.kerbside = Some(kerbside);
    Some(told)
}

pub(in crate::varied) fn parks(tale: &mut Tale) -> Option<Told> {
    let start = tale.time(50.0);
    let (x, z) = lane(tale);
    let road = tale.layout.kerb - 1.4;
    let (colour, shape) = (tale.set.car_colour(), shape(tale));
    let kerbside = (x, 2.3, start, 1e6);
    if !tale.kerb_is_free(kerbside) {
        return None;
    }
    let route = [(tale.set.right(road) + 5.0, road), (x + 3.5, road), (x, z)];
    let way = Way::of(Body::Car(shape, colour), start - travel(&route, 4.0), route[0]).speed(4.0).go(route[1]).go(route[2]);
    let car = tale.add(way.until(tale.duration + 10.0, PI).done());
    let place = Place::Things(vec![car], start + 1.0);
    let mut told = Told::new(Kind::WasteDumping, place, start, None);
    told.kerbside = Some(kerbside);
    Some(told)
}
