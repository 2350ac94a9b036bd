use events::{I420, Size};

use super::*;

fn spec(width: u32, height: u32, resize: Resize) -> InputSpec {
    InputSpec {
        size: Size { width, height },
        colour: ColourOrder::Rgb,
        scale: 1.0,
        mean: [0.0; 3],
        std: [1.0; 3],
        resize,
        pad: 114.0,
    }
}

fn tensor(pixels: &dyn Pixels, tile: BBox, spec: &InputSpec) -> (Vec<f32>, Placement) {
    let size = pixels.size();
    let placement = Placement::new(size.width, size.height, tile, spec);
    let mut tensor = Vec::new();
    fill(pixels, &placement, spec, &mut tensor);
    (tensor, placement)
}

/// A picture with structure at all scales, the same on every machine.
fn textured(size: Size) -> I420 {
    let plane = |w: u32, h: u32, k: f64| -> Vec<u8> {
        (0..h)
            .flat_map(|y| (0..w).map(move |x| (x, y)))
            .map(|(x, y)| {
                let (x, y) = (f64::from(x), f64::from(y));
                (128.0 + 50.0 * (x * 0.11 * k).sin() + 40.0 * (y * 0.07 * k).cos() + 20.0 * ((x + y) * 0.9).sin()) as u8
            })
            .collect()
    };
    let (cw, ch) = (size.width.div_ceil(2), size.height.div_ceil(2));
    I420::from_planes(size, plane(size.width, size.height, 1.0), plane(cw, ch, 0.7), plane(cw, ch, 0.4))
}

/// The same picture with the chroma planes interleaved and every stride too long.
struct Nv12(I420, Vec<u8>, Vec<u8>, usize);

impl Nv12 {
    fn of(picture: I420) -> Self {
        let size = picture.size();
        let stride = size.width as usize + 13;
        let mut y = Vec::new();
        for row in 0..size.height as usize {
            y.extend_from_slice(picture.plane(0).row(row, size.width as usize));
            y.extend([77; 13]);
        }
        let (cw, ch) = (size.width.div_ceil(2) as usize, size.height.div_ceil(2) as usize);
        let mut uv = vec![99; (stride + 1) * ch];
        for row in 0..ch {
            for x in 0..cw {
                uv[row * (stride + 1) + 2 * x] = picture.plane(1).row(row, cw)[x];
                uv[row * (stride + 1) + 2 * x + 1] = picture.plane(2).row(row, cw)[x];
            }
        }
        Self(picture, y, uv, stride)
    }
}

impl Pixels for Nv12 {
    fn size(&self) -> Size {
        self.0.size()
    }
    fn format(&self) -> PixelFormat {
        PixelFormat::Nv12
    }
    fn plane(&self, index: usize) -> Plane<'_> {
        match index {
            0 => Plane { data: &self.1, stride: self.3 },
            _ => Plane { data: &self.2, stride: self.3 + 1 },
        }
    }
}

/// The plain way: every output pixel the mean of the area it covers, in doubles, one after the other.
fn slow(pixels: &dyn Pixels, tile: BBox, spec: &InputSpec, placement: &Placement) -> Vec<f32> {
    let size = pixels.size();
    let sample = |index: usize, half: f64, fx: f64, fy: f64, gx: f64, gy: f64| -> f64 {
        let plane = pixels.plane(index);
        let (w, h) = if half == 1.0 { (size.width, size.height) } else { (size.width.div_ceil(2), size.height.div_ceil(2)) };
        let (x1, x2, y1, y2) = (fx / half, gx / half, fy / half, gy / half);
        let axis = |a: f64, b: f64, len: u32| -> Vec<(usize, f64)> {
            if b - a <= 1.0 {
                let c = ((a + b) / 2.0 - 0.5).clamp(0.0, f64::from(len) - 1.0);
                let f = c.floor();
                return vec![(f as usize, 1.0 - (c - f)), ((f as usize + 1).min(len as usize - 1), c - f)];
            }
            (0..len as usize).map(|p| (p, ((p as f64 + 1.0).min(b) - (p as f64).max(a)).max(0.0))).collect()
        };
        let (xs, ys) = (axis(x1, x2, w), axis(y1, y2, h));
        let (mut sum, mut weight) = (0.0, 0.0);
        for (y, wy) in &ys {
            for (x, wx) in xs.iter().filter(|(_, wx)| *wx > 0.0) {
                sum += wx * wy * f64::from(plane.row(*y, w as usize)[*x]);
                weight += wx * wy;
            }
        }
        sum / weight
    };
    let [left, top, across, down] = placement.content;
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    let area = (spec.size.width * spec.size.height) as usize;
    let mut out = vec![spec.pad; 3 * area];
    for row in 0..down {
        for column in 0..across {
            let x = |i: u32| (tile.x1 + tile.width() * f64::from(i) / f64::from(across)) * w;
            let y = |i: u32| (tile.y1 + tile.height() * f64::from(i) / f64::from(down)) * h;
            let at = |index, half| sample(index, half, x(column), y(row), x(column + 1), y(row + 1));
            let (l, u, v) = (1.164_383_56 * (at(0, 1.0) - 16.0), at(1, 2.0) - 128.0, at(2, 2.0) - 128.0);
            let rgb = [l + 1.596_026_78 * v, l - 0.391_762_29 * u - 0.812_967_65 * v, l + 2.017_232_14 * u];
            for (plane, value) in rgb.into_iter().enumerate() {
                out[plane * area + ((top + row) * spec.size.width + left + column) as usize] = value.clamp(0.0, 255.0) as f32;
            }
        }
    }
    out
}

fn furthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn the_fast_way_gives_what_the_plain_way_gives() {
    let tile = BBox { x1: 0.11, y1: 0.23, x2: 0.87, y2: 0.9 };
    for (picture, tile, w, h, resize) in [
        (Size { width: 201, height: 113 }, BBox::FULL, 32, 32, Resize::Stretch),
        (Size { width: 201, height: 113 }, tile, 48, 40, Resize::Letterbox),
        (Size { width: 40, height: 30 }, tile, 64, 64, Resize::LetterboxCorner),
        (Size { width: 120, height: 40 }, BBox::FULL, 32, 64, Resize::Stretch),
        (Size { width: 3, height: 500 }, BBox::FULL, 16, 16, Resize::Letterbox),
    ] {
        let spec = spec(w, h, resize);
        let picture = textured(picture);
        let (fast, placement) = tensor(&picture, tile, &spec);
        // The vertical weights are rounded to 256ths; through the colour matrix that is less than two levels of 255.
        let off = furthest(&fast, &slow(&picture, tile, &spec, &placement));
        assert!(off < 2.0, "{w}x{h} {resize:?}: {off}");
    }
}

#[test]
fn both_pixel_formats_give_the_same_tensor_whatever_the_strides() {
    for size in [Size { width: 201, height: 113 }, Size { width: 64, height: 48 }, Size { width: 1, height: 1 }] {
        let picture = textured(size);
        let spec = spec(48, 32, Resize::Letterbox);
        let planar = tensor(&picture, BBox::FULL, &spec).0;
        assert_eq!(planar, tensor(&Nv12::of(picture), BBox::FULL, &spec).0);
    }
}

#[test]
fn colours_mean_and_order_are_as_the_model_wants_them() {
    // BT.601 limited: pure red is (82, 90, 240) to the nearest integer.
    let red = I420::filled(Size { width: 64, height: 64 }, [82, 90, 240]);
    let mut spec = spec(32, 32, Resize::Stretch);
    let at = |tensor: &[f32]| [tensor[0], tensor[1024], tensor[2048]];
    let [r, g, b] = at(&tensor(&red, BBox::FULL, &spec).0);
    assert!((r - 255.0).abs() < 2.0 && g < 2.0 && b < 2.0, "{r} {g} {b}");
    spec.colour = ColourOrder::Bgr;
    spec.scale = 1.0 / 255.0;
    spec.mean = [0.1, 0.2, 0.3];
    spec.std = [0.5, 1.0, 2.0];
    let [b, g, r] = at(&tensor(&red, BBox::FULL, &spec).0);
    assert!((r - (1.0 - 0.3) / 2.0).abs() < 0.01 && (g + 0.2).abs() < 0.01 && (b + 0.2).abs() < 0.02, "{r} {g} {b}");
}

#[test]
fn what_a_letterbox_leaves_free_is_padded_in_the_models_scale() {
    let grey = I420::filled(Size { width: 200, height: 100 }, [126, 128, 128]);
    let (tensor, placement) = tensor(&grey, BBox::FULL, &spec(32, 32, Resize::Letterbox));
    assert_eq!(placement.content, [0, 8, 32, 16]);
    assert!((tensor[0] - 114.0).abs() < 1e-3 && (tensor[31 * 32] - 114.0).abs() < 1e-3);
    assert!((tensor[16 * 32 + 16] - 128.08).abs() < 0.1, "{}", tensor[16 * 32 + 16]);
}

#[test]
fn a_thin_line_does_not_vanish_when_shrunk() {
    let mut picture = I420::filled(Size { width: 1920, height: 1080 }, [16, 128, 128]);
    picture.fill_rect((1000, 0, 1002, 1080), [235, 128, 128]);
    let (tensor, _) = tensor(&picture, BBox::FULL, &spec(416, 416, Resize::Stretch));
    let brightest = tensor[200 * 416..201 * 416].iter().copied().fold(0.0, f32::max);
    assert!(brightest > 80.0, "two of 4.6 pixels are white: {brightest}");
}

proptest::proptest! {
    #[test]
    fn boxes_find_their_way_back(
        frame in (2u32..4000, 2u32..4000), a in (0.0..0.9f64, 0.0..0.9f64), wh in (0.05..1.0f64, 0.05..1.0f64),
        kind in 0usize..3, part in (0.1..0.5f64, 0.1..0.5f64),
    ) {
        let tile = BBox::clamped(a.0, a.1, a.0 + wh.0, a.1 + wh.1);
        let spec = spec(416, 320, [Resize::Stretch, Resize::Letterbox, Resize::LetterboxCorner][kind]);
        let placement = Placement::new(frame.0, frame.1, tile, &spec);
        let [x, y, w, h] = placement.content.map(f64::from);
        let input = [x + w * part.0, y + h * part.1, x + w * 0.75, y + h * 0.75].map(|v| v as f32);
        let back = placement.to_picture(input).unwrap();
        let near = |got: f64, want: f64| (got - want).abs() < 1e-5;
        proptest::prop_assert!(near(back.x1, tile.x1 + tile.width() * part.0) && near(back.y2, tile.y1 + tile.height() * 0.75));
    }
}
