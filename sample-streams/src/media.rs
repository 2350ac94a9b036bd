//! A video file as access units in memory, ready to be sent round and round.

use std::path::{Path, PathBuf};

use gst::prelude::*;

/// Why a file cannot be played as a camera.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// GStreamer could not open, parse or demux it.
    #[error("reading {path}: {reason}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the element said.
        reason: String,
    },
    /// It holds no H.264, H.265 or JPEG video.
    #[error("{path} holds no H.264, H.265 or motion JPEG video")]
    NoVideo {
        /// The file.
        path: PathBuf,
    },
}

/// All access units of a file, in decoding order, with times from 0.
pub(crate) struct Media {
    pub(crate) caps: gst::Caps,
    pub(crate) units: Vec<gst::Buffer>,
    /// From the first unit of one loop to the first of the next.
    pub(crate) period: gst::ClockTime,
}

impl Media {
    pub(crate) fn load(path: &Path) -> Result<Self, MediaError> {
        let failed = |reason: String| MediaError::Read { path: path.to_owned(), reason };
        if !path.is_file() {
            return Err(failed("there is no such file".to_owned()));
        }
        let description = "filesrc name=file ! parsebin name=parse  appsink name=sink sync=false max-buffers=64";
        let pipeline = gst::parse::launch(description).map_err(|error| failed(error.to_string()))?;
        let pipeline = pipeline.downcast::<gst::Pipeline>().expect("several elements make a pipeline");
        pipeline.by_name("file").expect("named in the description").set_property("location", path);
        let sink = pipeline.by_name("sink").expect("named in the description");
        let sink = sink.downcast::<gst_app::AppSink>().expect("an appsink element");
        let weak = (pipeline.downgrade(), sink.downgrade());
        pipeline.by_name("parse").expect("named in the description").connect_pad_added(move |_, pad| {
            let (Some(pipeline), Some(sink)) = (weak.0.upgrade(), weak.1.upgrade()) else { return };
            link_video(&pipeline, sink.upcast_ref(), pad);
        });
        let result = collect(&pipeline, &sink, path);
        // Going to NULL fails only for elements that are broken already.
        let _ = pipeline.set_state(gst::State::Null);
        result
    }

    /// Unit `index` of an endless stream: times go on where the last loop ended.
    pub(crate) fn unit(&self, index: u64) -> gst::Buffer {
        let len = self.units.len() as u64;
        let offset = self.period * (index / len);
        let template = &self.units[(index % len) as usize];
        // Copies the header and refers to the same memory.
        let mut buffer = template.copy();
        let writable = buffer.get_mut().expect("nobody else has the copy");
        writable.set_pts(template.pts().map(|pts| pts + offset));
        writable.set_dts(template.dts().map(|dts| dts + offset));
        buffer
    }
}

/// Links the first video pad to the sink, by way of a parser that gives whole access units with parameter sets in band.
fn link_video(pipeline: &gst::Pipeline, sink: &gst::Element, pad: &gst::Pad) {
    let sink_pad = sink.static_pad("sink").expect("an appsink has one");
    let Some(caps) = pad.current_caps() else { return };
    let Some(structure) = caps.structure(0) else { return };
    if sink_pad.is_linked() {
        return;
    }
    let bin = match structure.name().as_str() {
        "video/x-h264" => "h264parse config-interval=-1 ! capsfilter caps=video/x-h264,stream-format=byte-stream,alignment=au",
        "video/x-h265" => "h265parse config-interval=-1 ! capsfilter caps=video/x-h265,stream-format=byte-stream,alignment=au",
        "image/jpeg" => "capsfilter caps=image/jpeg",
        _ => return,
    };
    let linked = gst::parse::bin_from_description(bin, true).map_err(|error| error.to_string()).and_then(|bin| {
        let bin = bin.upcast::<gst::Element>();
        pipeline.add(&bin).map_err(|error| error.to_string())?;
        bin.link(sink).map_err(|error| error.to_string())?;
        bin.sync_state_with_parent().map_err(|error| error.to_string())?;
        let bin_pad = bin.static_pad("sink").expect("ghosted from the parser");
        pad.link(&bin_pad).map(|_| ()).map_err(|error| error.to_string())
    });
    if let Err(reason) = linked {
        gst::element_error!(pipeline, gst::CoreError::Negotiation, ("{reason}"));
    }
}

fn collect(pipeline: &gst::Pipeline, sink: &gst_app::AppSink, path: &Path) -> Result<Media, MediaError> {
    let failed = |reason: String| MediaError::Read { path: path.to_owned(), reason };
    let bus = pipeline.bus().expect("a pipeline has a bus");
    let bus_error = || {
        bus.pop_filtered(&[gst::MessageType::Error]).and_then(|message| match message.view() {
            gst::MessageView::Error(error) => Some(error.error().to_string()),
            _ => None,
        })
    };
    pipeline.set_state(gst::State::Playing).map_err(|error| failed(bus_error().unwrap_or_else(|| error.to_string())))?;
    let mut caps = None;
    let mut units: Vec<gst::Buffer> = Vec::new();
    // A file without video never links the sink, and the sink then waits for ever: so it is asked in turns with the bus.
    loop {
        match sink.try_pull_sample(gst::ClockTime::from_mseconds(100)) {
            Some(sample) => {
                caps = caps.or_else(|| sample.caps_owned());
                units.extend(sample.buffer_owned());
            }
            None if sink.is_eos() => break,
            None => {
                let ends = [gst::MessageType::Error, gst::MessageType::Eos];
                match bus.pop_filtered(&ends).as_ref().map(|message| message.view()) {
                    Some(gst::MessageView::Error(_)) if !sink.static_pad("sink").is_some_and(|pad| pad.is_linked()) => {
                        return Err(MediaError::NoVideo { path: path.to_owned() });
                    }
                    Some(gst::MessageView::Error(error)) => return Err(failed(error.error().to_string())),
                    Some(_) => break,
                    None => {}
                }
            }
        }
    }
    let Some(caps) = caps.filter(|_| !units.is_empty()) else { return Err(MediaError::NoVideo { path: path.to_owned() }) };
    let rate = caps.structure(0).and_then(|s| s.get::<gst::Fraction>("framerate").ok()).filter(|r| r.numer() > 0);
    Ok(retimed(caps, units, rate))
}

/// Times from 0, and the period of the loop.
fn retimed(caps: gst::Caps, mut units: Vec<gst::Buffer>, rate: Option<gst::Fraction>) -> Media {
    let start = units.iter().filter_map(|unit| unit.pts()).min().unwrap_or(gst::ClockTime::ZERO);
    let end = units.iter().filter_map(|unit| unit.pts()).max().unwrap_or(start);
    // 25 frames a second where neither times nor caps say: elementary streams from a file.
    let step = match rate {
        Some(rate) => gst::ClockTime::from_nseconds(1_000_000_000 * rate.denom() as u64 / rate.numer() as u64),
        None => units.last().and_then(|unit| unit.duration()).unwrap_or(gst::ClockTime::from_mseconds(40)),
    };
    for unit in &mut units {
        let unit = unit.make_mut();
        let (pts, dts) = (unit.pts(), unit.dts());
        unit.set_pts(pts.map(|pts| pts.saturating_sub(start)));
        unit.set_dts(dts.or(pts).map(|dts| dts.saturating_sub(start)));
    }
    // The last frame's time is a multiple of the step up to rounding; rounding the period too would let loops drift.
    let count = units.len() as u64;
    let period = match rate {
        Some(rate) => gst::ClockTime::from_nseconds(1_000_000_000 * rate.denom() as u64 * count / rate.numer() as u64),
        None => end - start + step,
    };
    let spread = end - start;
    Media { caps, units, period: period.max(spread + gst::ClockTime::from_nseconds(1)) }
}
