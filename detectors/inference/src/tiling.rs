//! Which parts of a picture a model is shown, so that small things survive being shrunk to its input.

use events::{BBox, Size};

/// Shrinking by more than this loses people at the far end of a street, so a picture that would be is cut in tiles.
/// 1080p squeezed to 416 shrinks 4.6 times and turns a person of 60 px into 13; below about 20 px the nano detectors this
/// was tried with see nothing.
pub const MAX_SHRINK: f64 = 2.0;

/// Neighbouring tiles share this much of a tile's side: what stands on the cut is whole in one of them.
pub const OVERLAP: f64 = 0.1;

/// A tile more costs one inference; it must lower the shrinking by at least this factor to be worth it.
const WORTH: f64 = 0.85;

/// Plans the tiles, in 0..1 of the picture, at most `max_tiles` (0 counts as 1) and at least one.
///
/// `regions` are the parts to look at (zones); empty means the whole picture. Regions that lie close together share tiles.
/// Each tile is grown by [`OVERLAP`] of the region, since what stands in a zone on the ground rises above it, and then to
/// the input's aspect as far as the picture allows, because a letterbox's padding costs as much as picture.
pub fn plan(frame: Size, regions: &[BBox], input: Size, max_tiles: usize) -> Vec<BBox> {
    let max_tiles = max_tiles.max(1);
    let areas = merged(regions, max_tiles);
    // Tiles are shared out evenly; what is left over after the division is not worth a rule.
    let each = (max_tiles / areas.len()).max(1);
    areas.iter().flat_map(|area| split(frame, area, input, each)).collect()
}

/// Regions as few boxes: those that overlap or waste little together become one, and at most `max` are left.
fn merged(regions: &[BBox], max: usize) -> Vec<BBox> {
    let mut areas: Vec<BBox> = regions.iter().filter(|region| region.area() > 0.0).map(|region| region.grown(OVERLAP)).collect();
    if areas.is_empty() {
        return vec![BBox::FULL];
    }
    loop {
        // The pair whose common box adds the least area that neither of them has.
        let mut best: Option<(f64, usize, usize)> = None;
        for a in 0..areas.len() {
            for b in a + 1..areas.len() {
                let waste = areas[a].union(&areas[b]).area() - areas[a].area() - areas[b].area();
                if best.is_none_or(|(least, _, _)| waste < least) {
                    best = Some((waste, a, b));
                }
            }
        }
        match best {
            Some((waste, a, b)) if waste <= 0.0 || areas.len() > max => {
                let other = areas.swap_remove(b);
                areas[a] = areas[a].union(&other);
            }
            _ => return areas,
        }
    }
}

fn split(frame: Size, area: &BBox, input: Size, max_tiles: usize) -> Vec<BBox> {
    let (fw, fh) = (f64::from(frame.width.max(1)), f64::from(frame.height.max(1)));
    let (iw, ih) = (f64::from(input.width.max(1)), f64::from(input.height.max(1)));
    let side = |length: f64, n: usize| length / (n as f64 - OVERLAP * (n as f64 - 1.0));
    let shrink = |columns, rows| (side(area.width(), columns) * fw / iw).max(side(area.height(), rows) * fh / ih);
    let mut best = (1, 1);
    let mut grids: Vec<(usize, usize)> =
        (1..=max_tiles).flat_map(|columns| (1..=max_tiles / columns).map(move |rows| (columns, rows))).collect();
    grids.sort_by_key(|(columns, rows)| columns * rows);
    for (columns, rows) in grids {
        if shrink(best.0, best.1) <= MAX_SHRINK {
            break;
        }
        if shrink(columns, rows) < shrink(best.0, best.1) * WORTH {
            best = (columns, rows);
        }
    }
    let (columns, rows) = best;
    let (tw, th) = (side(area.width(), columns), side(area.height(), rows));
    let step = |start: f64, length: f64, size: f64, n: usize, i: usize| {
        if n == 1 { start } else { start + (length - size) * i as f64 / (n as f64 - 1.0) }
    };
    let mut tiles = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let x = step(area.x1, area.width(), tw, columns, column);
            let y = step(area.y1, area.height(), th, rows, row);
            tiles.push(to_aspect(x, y, tw, th, (iw / fw) / (ih / fh)));
        }
    }
    tiles
}

/// Grows a box about its centre until its width is `aspect` times its height, inside the picture. Never shrinks it.
fn to_aspect(x: f64, y: f64, w: f64, h: f64, aspect: f64) -> BBox {
    let (w2, h2) = if w < h * aspect { ((h * aspect).min(1.0), h) } else { (w, (w / aspect).min(1.0)) };
    let (w2, h2) = (w2.max(w).min(1.0), h2.max(h).min(1.0));
    let x2 = (x - (w2 - w) / 2.0).clamp(0.0, 1.0 - w2);
    let y2 = (y - (h2 - h) / 2.0).clamp(0.0, 1.0 - h2);
    BBox::clamped(x2, y2, x2 + w2, y2 + h2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: Size = Size { width: 416, height: 416 };

    fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    #[test]
    fn a_small_picture_is_one_tile() {
        assert_eq!(plan(size(720, 576), &[], INPUT, 4), [BBox::FULL]);
    }

    #[test]
    fn a_large_picture_is_cut_only_as_far_as_it_helps() {
        let tiles = plan(size(1280, 720), &[], INPUT, 4);
        assert_eq!(tiles.len(), 2);
        assert!(tiles[0].x2 > tiles[1].x1 + 0.03, "they overlap: {tiles:?}");
        // 2x2 would shrink 1080p no less than 2x1 does, and cost twice as much.
        assert_eq!(plan(size(1920, 1080), &[], INPUT, 4).len(), 2);
        assert_eq!(plan(size(1920, 1080), &[], INPUT, 6).len(), 6);
        assert_eq!(plan(size(1920, 1080), &[], INPUT, 1), [BBox::FULL]);
    }

    #[test]
    fn a_zone_is_looked_at_closely() {
        let zone = BBox { x1: 0.6, y1: 0.5, x2: 0.9, y2: 0.7 };
        let tiles = plan(size(1920, 1080), &[zone], INPUT, 4);
        assert_eq!(tiles.len(), 1);
        assert!(zone.share_in(&tiles[0]) > 0.999);
        let (w, h) = (tiles[0].width() * 1920.0, tiles[0].height() * 1080.0);
        assert!((w / h - 1.0).abs() < 0.01, "{w} x {h} has the input's aspect");
        assert!(w / 416.0 < MAX_SHRINK);
    }

    proptest::proptest! {
        #[test]
        fn every_region_is_covered_and_the_number_of_tiles_is_kept(
            corners in proptest::collection::vec((0.0..1.0f64, 0.0..1.0f64, 0.0..1.0f64, 0.0..1.0f64), 0..8),
            frame in (1u32..5000, 1u32..5000),
            input in (8u32..700, 8u32..700),
            max in 0usize..9,
        ) {
            let regions: Vec<BBox> = corners.iter().map(|c| BBox::clamped(c.0, c.1, c.2, c.3)).filter(|b| b.area() > 0.0).collect();
            let tiles = plan(size(frame.0, frame.1), &regions, size(input.0, input.1), max);
            proptest::prop_assert!(!tiles.is_empty() && tiles.len() <= max.max(1));
            for tile in &tiles {
                proptest::prop_assert!(tile.x1 >= 0.0 && tile.y2 <= 1.0 && tile.area() > 0.0, "{:?}", tile);
            }
            for region in regions.iter().chain(regions.is_empty().then_some(&BBox::FULL)) {
                for i in 0..=10 {
                    for j in 0..=10 {
                        let (x, y) = (region.x1 + region.width() * f64::from(i) / 10.0, region.y1 + region.height() * f64::from(j) / 10.0);
                        let seen = tiles.iter().any(|t| t.x1 - 1e-9 <= x && x <= t.x2 + 1e-9 && t.y1 - 1e-9 <= y && y <= t.y2 + 1e-9);
                        proptest::prop_assert!(seen, "({}, {}) of {:?} is in none of {:?}", x, y, region, tiles);
                    }
                }
            }
        }
    }
}
