//! A decoded picture with its stamp. What is shared is not changed: there is no way to write to a [`Frame`].

use std::fmt;
use std::sync::Arc;

use crate::time::Stamp;

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// How the planes are laid out. Ingest converts anything else before it gets here. All 8 bit, 4:2:0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelFormat {
    /// Three planes Y, U, V; U and V half as wide and half as high, rounded up.
    I420,
    /// Two planes: Y; U and V interleaved.
    Nv12,
}

/// Which matrix turns the planes to RGB (ITU-R BT.601 or BT.709).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorMatrix {
    /// Standard definition.
    Bt601,
    /// High definition.
    Bt709,
}

/// How luma is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorRange {
    /// 16..=235, as broadcast and nearly all cameras.
    Limited,
    /// 0..=255, as JPEG.
    Full,
}

/// One plane of a picture. Row `y` begins at `data[y * stride]`.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    /// The bytes, at least `stride * (height - 1) + row bytes` of them.
    pub data: &'a [u8],
    /// Bytes from one row to the next.
    pub stride: usize,
}

impl<'a> Plane<'a> {
    /// The first `len` bytes of row `y`.
    pub fn row(&self, y: usize, len: usize) -> &'a [u8] {
        &self.data[y * self.stride..y * self.stride + len]
    }
}

/// The pixels of one picture, wherever they are kept (a decoder's buffer, a `Vec` in a test).
pub trait Pixels: Send + Sync {
    /// Width and height of the luma plane.
    fn size(&self) -> Size;
    /// The layout of the planes.
    fn format(&self) -> PixelFormat;
    /// Plane `index`: 0 is luma; I420 has 3, NV12 has 2.
    ///
    /// # Panics
    /// When the format has no such plane.
    fn plane(&self, index: usize) -> Plane<'_>;
    /// The matrix for RGB.
    fn matrix(&self) -> ColorMatrix {
        if self.size().height >= 720 { ColorMatrix::Bt709 } else { ColorMatrix::Bt601 }
    }
    /// The scale of luma.
    fn range(&self) -> ColorRange {
        ColorRange::Limited
    }
}

/// A decoded picture: stamped once, shared by reference, never changed.
#[derive(Clone)]
pub struct Frame {
    stamp: Stamp,
    pixels: Arc<dyn Pixels>,
}

impl Frame {
    /// Joins pixels with their stamp.
    pub fn new(stamp: Stamp, pixels: Arc<dyn Pixels>) -> Self {
        Self { stamp, pixels }
    }

    /// Who and when.
    pub fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// What.
    pub fn pixels(&self) -> &dyn Pixels {
        &*self.pixels
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").field("stamp", &self.stamp).field("size", &self.pixels.size()).finish()
    }
}

/// A picture in memory of its own; what renderers and tests make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct I420 {
    size: Size,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl I420 {
    /// A picture of one colour.
    pub fn filled(size: Size, [y, u, v]: [u8; 3]) -> Self {
        let luma = size.width as usize * size.height as usize;
        let chroma = (size.width as usize).div_ceil(2) * (size.height as usize).div_ceil(2);
        Self { size, y: vec![y; luma], u: vec![u; chroma], v: vec![v; chroma] }
    }

    /// From packed planes.
    ///
    /// # Panics
    /// When a plane has not the length its size asks for.
    pub fn from_planes(size: Size, y: Vec<u8>, u: Vec<u8>, v: Vec<u8>) -> Self {
        let chroma = (size.width as usize).div_ceil(2) * (size.height as usize).div_ceil(2);
        assert_eq!(y.len(), size.width as usize * size.height as usize, "luma plane");
        assert_eq!((u.len(), v.len()), (chroma, chroma), "chroma planes");
        Self { size, y, u, v }
    }

    /// Paints a rectangle `x0..x1`, `y0..y1` (pixels, cut to the picture) in one colour.
    pub fn fill_rect(&mut self, (x0, y0, x1, y1): (u32, u32, u32, u32), [y, u, v]: [u8; 3]) {
        let (w, h) = (self.size.width, self.size.height);
        let (x1, y1) = (x1.min(w), y1.min(h));
        for row in y0..y1 {
            for col in x0..x1 {
                self.y[(row * w + col) as usize] = y;
                let c = (row / 2) as usize * (w as usize).div_ceil(2) + (col / 2) as usize;
                self.u[c] = u;
                self.v[c] = v;
            }
        }
    }

    /// The luma plane, packed, to paint on.
    pub fn luma_mut(&mut self) -> &mut [u8] {
        &mut self.y
    }

    /// The two planes of colour differences, row by row.
    pub fn chroma_mut(&mut self) -> [&mut [u8]; 2] {
        [&mut self.u, &mut self.v]
    }
}

impl Pixels for I420 {
    fn size(&self) -> Size {
        self.size
    }
    fn format(&self) -> PixelFormat {
        PixelFormat::I420
    }
    fn plane(&self, index: usize) -> Plane<'_> {
        let half = (self.size.width as usize).div_ceil(2);
        match index {
            0 => Plane { data: &self.y, stride: self.size.width as usize },
            1 => Plane { data: &self.u, stride: half },
            2 => Plane { data: &self.v, stride: half },
            _ => panic!("I420 has planes 0 to 2, not {index}"),
        }
    }
}
