//! A decoder's buffer as [`Pixels`], mapped once and never copied.

use events::frame::{ColorMatrix, ColorRange};
use events::{PixelFormat, Pixels, Plane, Size};
use gst_video::prelude::*;
use gst_video::{VideoColorMatrix, VideoColorRange, VideoFormat, VideoFrame, VideoInfo};

/// A mapped GStreamer video frame.
pub(crate) struct GstPixels {
    frame: VideoFrame<gst_video::video_frame::Readable>,
    size: Size,
    format: PixelFormat,
    matrix: ColorMatrix,
    range: ColorRange,
}

impl GstPixels {
    /// `None` when the buffer is not the picture its caps promise, or not in one of our two formats.
    pub(crate) fn new(buffer: gst::Buffer, info: &VideoInfo) -> Option<Self> {
        let format = match info.format() {
            VideoFormat::I420 => PixelFormat::I420,
            VideoFormat::Nv12 => PixelFormat::Nv12,
            _ => return None,
        };
        let size = Size { width: info.width(), height: info.height() };
        let matrix = match info.colorimetry().matrix() {
            VideoColorMatrix::Bt709 => ColorMatrix::Bt709,
            VideoColorMatrix::Bt601 | VideoColorMatrix::Fcc => ColorMatrix::Bt601,
            // Not said, or a matrix no street camera uses: by height, as everybody guesses.
            _ if size.height >= 720 => ColorMatrix::Bt709,
            _ => ColorMatrix::Bt601,
        };
        let range = match info.colorimetry().range() {
            VideoColorRange::Range0_255 => ColorRange::Full,
            _ => ColorRange::Limited,
        };
        let frame = VideoFrame::from_buffer_readable(buffer, info).ok()?;
        let planes = if format == PixelFormat::I420 { 3 } else { 2 };
        let pixels = Self { frame, size, format, matrix, range };
        // Checked once, so that `plane` cannot fail and no reader can run over the end of a lying buffer.
        (0..planes).all(|plane| pixels.holds(plane)).then_some(pixels)
    }

    fn holds(&self, plane: usize) -> bool {
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let (row, rows) = match (plane, self.format) {
            (0, _) => (width, height),
            (_, PixelFormat::I420) => (width.div_ceil(2), height.div_ceil(2)),
            (_, PixelFormat::Nv12) => (2 * width.div_ceil(2), height.div_ceil(2)),
        };
        let stride = self.frame.plane_stride().get(plane).and_then(|stride| usize::try_from(*stride).ok());
        let length = u32::try_from(plane).ok().and_then(|plane| self.frame.plane_data(plane).ok()).map(<[u8]>::len);
        match (stride, length) {
            (Some(stride), Some(length)) => stride >= row && rows > 0 && length >= stride * (rows - 1) + row,
            _ => false,
        }
    }
}

impl Pixels for GstPixels {
    fn size(&self) -> Size {
        self.size
    }

    fn format(&self) -> PixelFormat {
        self.format
    }

    fn plane(&self, index: usize) -> Plane<'_> {
        let number = u32::try_from(index).expect("a picture has at most 3 planes");
        let data = self.frame.plane_data(number).expect("planes were checked when the frame was made");
        Plane { data, stride: self.frame.plane_stride()[index].unsigned_abs() as usize }
    }

    fn matrix(&self) -> ColorMatrix {
        self.matrix
    }

    fn range(&self) -> ColorRange {
        self.range
    }
}
