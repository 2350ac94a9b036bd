use std::sync::Arc;

use events::frame::Plane;
use events::{I420, Size};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

use super::super::fixture::stamp;
use super::*;

/// A picture under another matrix, range or layout than [`I420`]'s own.
struct As {
    picture: I420,
    matrix: ColorMatrix,
    range: ColorRange,
    /// NV12's second plane, with a stride wider than its rows.
    interleaved: Option<(Vec<u8>, usize)>,
}

impl Pixels for As {
    fn size(&self) -> Size {
        self.picture.size()
    }
    fn format(&self) -> PixelFormat {
        if self.interleaved.is_some() { PixelFormat::Nv12 } else { PixelFormat::I420 }
    }
    fn plane(&self, index: usize) -> Plane<'_> {
        match (&self.interleaved, index) {
            (Some((data, stride)), 1) => Plane { data, stride: *stride },
            _ => self.picture.plane(index),
        }
    }
    fn matrix(&self) -> ColorMatrix {
        self.matrix
    }
    fn range(&self) -> ColorRange {
        self.range
    }
}

fn frame(pixels: impl Pixels + 'static) -> Frame {
    Frame::new(stamp(1.0), Arc::new(pixels))
}

/// The RGB pixels a viewer shows.
fn shown(jpeg: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut decoder = JpegDecoder::new(ZCursor::new(jpeg));
    let pixels = decoder.decode().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    (width, height, pixels)
}

/// What ITU-R BT.601 and BT.709 say the camera saw.
fn rgb([y, u, v]: [u8; 3], matrix: ColorMatrix, range: ColorRange) -> [f64; 3] {
    let (y, u, v) = (f64::from(y), f64::from(u), f64::from(v));
    let (y, cb, cr) = match range {
        ColorRange::Limited => ((y - 16.0) / 219.0, (u - 128.0) / 224.0, (v - 128.0) / 224.0),
        ColorRange::Full => (y / 255.0, (u - 128.0) / 255.0, (v - 128.0) / 255.0),
    };
    let (kr, kb) = match matrix {
        ColorMatrix::Bt601 => (0.299, 0.114),
        ColorMatrix::Bt709 => (0.2126, 0.0722),
    };
    let (r, b) = (y + 2.0 * (1.0 - kr) * cr, y + 2.0 * (1.0 - kb) * cb);
    let g = (y - kr * r - kb * b) / (1.0 - kr - kb);
    [r, g, b].map(|v| (v * 255.0).clamp(0.0, 255.0))
}

#[test]
fn a_viewer_sees_the_colours_the_camera_saw() {
    let colours = [[16, 128, 128], [235, 128, 128], [126, 90, 160], [60, 140, 120], [180, 110, 100], [90, 160, 110]];
    for colour in colours {
        for matrix in [ColorMatrix::Bt601, ColorMatrix::Bt709] {
            for range in [ColorRange::Limited, ColorRange::Full] {
                let picture = I420::filled(Size { width: 40, height: 24 }, colour);
                let jpeg = still(&frame(As { picture, matrix, range, interleaved: None })).unwrap();
                let (width, height, pixels) = shown(&jpeg);
                assert_eq!((width, height), (40, 24));
                let expected = rgb(colour, matrix, range);
                for (got, expected) in pixels[..3].iter().zip(expected) {
                    let off = (f64::from(*got) - expected).abs();
                    assert!(off <= 3.0, "{colour:?} {matrix:?} {range:?}: {:?} instead of {expected:?}", &pixels[..3]);
                }
            }
        }
    }
}

#[test]
fn odd_sizes_both_layouts_and_wide_strides_give_the_same_picture() {
    let size = Size { width: 37, height: 21 };
    let (cw, ch) = (19, 11);
    let y: Vec<u8> = (0..37 * 21).map(|i| (40 + (i % 37) * 4) as u8).collect();
    let u: Vec<u8> = (0..cw * ch).map(|i| (100 + i % cw) as u8).collect();
    let v: Vec<u8> = (0..cw * ch).map(|i| (150 - i / cw) as u8).collect();
    let mut interleaved = Vec::new();
    for row in 0..ch {
        for col in 0..cw {
            interleaved.extend([u[row * cw + col], v[row * cw + col]]);
        }
        interleaved.extend([0; 10]);
    }
    let picture = I420::from_planes(size, y, u, v);
    let (matrix, range) = (ColorMatrix::Bt601, ColorRange::Limited);
    let planar = still(&frame(As { picture: picture.clone(), matrix, range, interleaved: None })).unwrap();
    let stride = cw * 2 + 10;
    let nv12 = still(&frame(As { picture, matrix, range, interleaved: Some((interleaved, stride)) })).unwrap();
    assert_eq!(planar, nv12);
    let (width, height, pixels) = shown(&planar);
    assert_eq!((width, height, pixels.len()), (37, 21, 37 * 21 * 3));
}

#[test]
fn chroma_stays_at_4_2_0() {
    let jpeg = still(&frame(I420::filled(Size { width: 64, height: 64 }, [100, 90, 150]))).unwrap();
    // SOF0: marker, length, precision, height, width, 3 components of (id, sampling, table).
    let sof = jpeg.windows(2).position(|w| w == [0xff, 0xc0]).expect("a baseline JPEG");
    let sampling = [jpeg[sof + 11], jpeg[sof + 14], jpeg[sof + 17]];
    assert_eq!(sampling, [0x22, 0x11, 0x11]);
}

#[test]
fn what_jpeg_cannot_hold_is_refused() {
    for (width, height) in [(0, 10), (10, 0), (70_000, 2)] {
        let error = still(&frame(I420::filled(Size { width, height }, [0, 0, 0]))).unwrap_err();
        assert!(matches!(error, StillError::Size { .. }), "{error}");
    }
}
