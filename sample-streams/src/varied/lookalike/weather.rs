//! What light, wind and water do by themselves: puddles, leaves, the shadow of houses, swaying trees, headlights.

use events::Kind;

use crate::draw::view::v3;
use crate::entity::Entity;
use crate::story::Way;
use crate::varied::layout::Strip;
use crate::varied::{OPENING, Tale, Told};
use crate::world::{Body, Place};

/// Water gathers where it has rained.
pub(in crate::varied) fn puddle(tale: &mut Tale) -> Option<Told> {
    if tale.set.world.air.as_ref()?.wet <= 0.0 {
        return None;
    }
    let grows = tale.seed.range(15.0, 60.0);
    let start = tale.time(grows + 10.0);
    let strip = if tale.seed.chance(0.6) { Strip::Kerb } else { Strip::Houses };
    let (x, z) = tale.layout.spot(&mut tale.seed, strip, 1.3)?;
    let levels = vec![(start, 0.0), (start + grows, 1.0)];
    let body = Body::Puddle(tale.seed.range(0.6, 1.2), levels, tale.seed.next());
    let puddle = tale.add(Entity::there(body, x, z, 0.0, start, f32::MAX));
    Some(Told::new(Kind::WasteDumping, Place::Things(vec![puddle], start + grows), start, None))
}

/// The wind drives leaves together.
pub(in crate::varied) fn leaves(tale: &mut Tale) -> Option<Told> {
    if tale.set.world.air.as_ref()?.rain > 0 {
        return None;
    }
    let gathers = tale.seed.range(15.0, 45.0);
    let start = tale.time(gathers + 10.0);
    let strip = if tale.seed.chance(0.5) { Strip::Kerb } else { Strip::Houses };
    let (x, z) = tale.layout.spot(&mut tale.seed, strip, 1.1)?;
    let levels = vec![(start, 0.0), (start + gathers, 1.0)];
    let body = Body::Leaves(tale.seed.range(0.5, 1.0), levels, tale.seed.next());
    let heap = tale.add(Entity::there(body, x, z, 0.0, start, f32::MAX));
    Some(Told::new(Kind::WasteDumping, Place::Things(vec![heap], start + gathers), start, None))
}

/// A piece of the pavement that the edge of the houses' shadow goes over while one looks on.
pub(in crate::varied) fn building_shadow(tale: &mut Tale) -> Option<Told> {
    let (kerb, facade) = (tale.layout.kerb, tale.layout.facade);
    let world = &tale.set.world;
    let air = world.air.as_ref()?;
    let roof = air.skyline.get(tale.seed.below(air.skyline.len().max(1)))?;
    let edge = |t: f32| {
        let (sx, sz, _) = world.sun(t);
        ((roof.x0 + roof.x1) / 2.0 + sx * roof.height, air.skyline_z + sz * roof.height)
    };
    let (a, b) = (edge(0.0), edge(tale.duration));
    let (near, far) = (a.1.min(b.1), a.1.max(b.1));
    let half = 1.1f32.min((roof.x1 - roof.x0) / 2.0);
    if near < kerb || far > facade || far - near < 0.25 {
        return None;
    }
    let corners = [(-half, near), (half, near), (half, far), (-half, far)].map(|(dx, z)| v3(a.0 + dx, 0.0, z)).to_vec();
    Some(Told::new(Kind::WasteDumping, Place::World(corners), OPENING, None))
}

/// A crown that moves in the wind before a watched surface.
pub(in crate::varied) fn tree_sways(tale: &mut Tale) -> Option<Told> {
    let trees: Vec<(f32, f32, f32)> = tale
        .set
        .world
        .cast
        .iter()
        .filter_map(|entity| match entity.body {
            Body::Tree(height, _) => Some((entity.keys[0].1, entity.keys[0].2, height)),
            _ => None,
        })
        .collect();
    let (x, z, height) = *trees.get(tale.seed.below(trees.len().max(1)))?;
    let (r, up) = (0.2 * height, 0.74 * height);
    let corners = [(-r, up - r), (r, up - r), (-r, up + 0.4 * r), (r, up + 0.4 * r)].map(|(dx, y)| v3(x + dx, y, z)).to_vec();
    Some(Told::new(Kind::UnauthorizedAd, Place::World(corners), OPENING, None))
}

/// Headlights sweep over a wall, rest on it for a while and go out.
pub(in crate::varied) fn headlights(tale: &mut Tale) -> Option<Told> {
    if !tale.set.world.mood.is_dark() {
        return None;
    }
    let rest = tale.seed.range(4.0, 22.0);
    let start = tale.time(rest + 10.0);
    let (x0, x1) = tale.layout.plain;
    if x1 - x0 < 3.4 {
        return None;
    }
    let z = tale.layout.facade - 0.03;
    let (wide, high) = (tale.seed.range(1.4, 2.6), tale.seed.range(0.9, 1.6));
    let x = tale.seed.range(x0 + 1.5, x1 - 1.5);
    let from = tale.some_end();
    let levels = vec![(start - 2.0, 0.6), (start, 1.0), (start + rest, 1.0), (start + rest + 0.3, 0.0)];
    let body = Body::Glow(tale.seed.range(0.3, 0.9), wide, high, [1.0, 0.95, 0.82], levels);
    let pace = ((from - x).abs() / 2.0).max(1.0);
    let way = Way::of(body, start - (from - x).abs() / pace, (from, z)).speed(pace).go((x, z)).until(start + rest + 0.3, 0.0);
    let glow = tale.add(way.rigid(0.0));
    Some(Told::new(Kind::UnauthorizedAd, Place::Things(vec![glow], start + 0.5), start, Some(start + rest)))
}
