//! What a permit allows: a stall at a market place, a sign that was declared.

use events::Kind;

use crate::draw::view::v3;
use crate::site_toml::PermitSpec;
use crate::varied::layout::{Strip, WALL};
use crate::varied::{Tale, Told, advert, stall};
use crate::world::{Body, Place};

pub(in crate::varied) fn market(tale: &mut Tale) -> Option<Told> {
    let stay = tale.dwell(Kind::IllegalStall) + tale.seed.range(15.0, 40.0);
    let start = tale.time(stay + 8.0);
    let end = start + stay;
    let at = tale.layout.spot(&mut tale.seed, Strip::Houses, 1.6)?;
    let (stall, start) = stall::set_up(tale, at, start, end);
    stall::customers(tale, at, start, end);
    let zone = tale.layout.zone_at(at.0, Kind::IllegalStall);
    let (x0, x1, far, near) = (at.0 - 1.9, at.0 + 1.9, tale.layout.facade, tale.layout.lane - 0.6);
    let polygon = tale.set.zone_of(&[v3(x0, 0.0, far), v3(x1, 0.0, far), v3(x1, 0.0, near), v3(x0, 0.0, near)]);
    let permit = PermitSpec {
        id: "market-place".to_owned(),
        kinds: vec![Kind::IllegalStall],
        polygon: Some(polygon),
        document: "district notice on night markets, annex 3".to_owned(),
    };
    let place = Place::Things(vec![stall], start + 5.0);
    Some(Told::new(Kind::IllegalStall, place, start, Some(end)).with_permit(zone, permit))
}

pub(in crate::varied) fn sign(tale: &mut Tale) -> Option<Told> {
    let start = tale.time(40.0);
    let sign = advert::put_up(tale, start, f32::MAX)?;
    let spot = tale.set.world.cast[sign].keys[0];
    let Body::Print(form, _) = tale.set.world.cast[sign].body else { return None };
    let (half, (low, high)) = (form.width() / 2.0 + 0.25, form.span());
    let permit = PermitSpec {
        id: "sign-register".to_owned(),
        kinds: vec![Kind::UnauthorizedAd],
        polygon: Some(tale.set.wall(spot.1 - half, spot.1 + half, (low - 0.3).max(0.02), high + 0.25)),
        document: "district sign register".to_owned(),
    };
    let place = Place::Things(vec![sign], start + 1.0);
    Some(Told::new(Kind::UnauthorizedAd, place, start, None).with_permit(WALL, permit))
}
