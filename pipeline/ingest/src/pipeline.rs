//! What is built in GStreamer for a source: `source ! (depayloader | demuxer) ! parser ! tap ! decoder ! tap ! sink`. One pipeline
//! per run. No scaling, no RGB; a converter is there for the rare decoder that gives neither I420 nor NV12 and is a
//! pass-through otherwise.

use std::sync::Arc;

use gst::glib;
use gst::prelude::*;

use crate::codec::{self, Codec};
use crate::error::{FailReason, SourceError};
use crate::fault;
use crate::options::{Pace, SessionOptions, Transport};
use crate::source::{Kind, SourceUrl};
use crate::tap::Tap;

/// How long packets may wait for a late one (UDP). Over TCP nothing comes out of order.
const UDP_REORDER_MS: u32 = 200;

/// A running pipeline. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Running {
    pipeline: gst::Pipeline,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails only for elements that cannot be stopped, of which there are none here; there would be nobody to tell.
        let _ = self.pipeline.set_state(gst::State::Null);
        if let Some(bus) = self.pipeline.bus() {
            bus.unset_sync_handler();
        }
    }
}

/// What the callbacks share. They hold no strong reference to the pipeline: nothing here keeps it alive.
struct Builder {
    pipeline: glib::WeakRef<gst::Pipeline>,
    source: SourceUrl,
    tap: Arc<Tap>,
    /// The sink waits for the clock: a file played at the pace of a camera.
    paced: bool,
    /// The video pad that is played; further ones are left alone.
    chosen: std::sync::Mutex<Option<String>>,
}

/// Builds and starts the pipeline for a source. What it meets is told to the tap's handover.
pub(crate) fn start(
    source: &SourceUrl,
    options: &SessionOptions,
    transport: Transport,
    tap: &Arc<Tap>,
) -> Result<Running, SourceError> {
    source.check_plugins()?;
    let pipeline = gst::Pipeline::new();
    let builder = Arc::new(Builder {
        pipeline: pipeline.downgrade(),
        source: source.clone(),
        tap: Arc::clone(tap),
        paced: options.pace == Pace::Live && !source.is_live(),
        chosen: std::sync::Mutex::default(),
    });
    watch_bus(&pipeline, &builder);
    match source.kind() {
        Kind::Rtsp => rtsp(&pipeline, options, transport, &builder)?,
        Kind::Http => http(&pipeline, options, &builder)?,
        Kind::File(path) => {
            let file = make(source, "filesrc")?;
            file.set_property("location", path.to_string_lossy().as_ref());
            demuxed(&pipeline, &file, &builder)?;
        }
    }
    let running = Running { pipeline };
    // An element that refuses has posted why on the bus; this is for one that did not.
    if running.pipeline.set_state(gst::State::Playing).is_err() {
        tap.handover.fail(FailReason::Other, "GStreamer refused to start the pipeline".to_owned());
    }
    Ok(running)
}

fn make(source: &SourceUrl, element: &str) -> Result<gst::Element, SourceError> {
    gst::ElementFactory::make(element).build().map_err(|_| source.missing(element, codec::package_of(element)))
}

fn add(pipeline: &gst::Pipeline, elements: &[&gst::Element], source: &SourceUrl) -> Result<(), SourceError> {
    let failed = |what: &str| SourceError::Failed {
        source_name: source.redacted().to_owned(),
        reason: FailReason::Other,
        detail: format!("GStreamer could not {what} its elements"),
    };
    pipeline.add_many(elements.iter().copied()).map_err(|_| failed("hold"))?;
    gst::Element::link_many(elements.iter().copied()).map_err(|_| failed("link"))
}

fn rtsp(
    pipeline: &gst::Pipeline,
    options: &SessionOptions,
    transport: Transport,
    builder: &Arc<Builder>,
) -> Result<(), SourceError> {
    let source = make(&builder.source, "rtspsrc")?;
    source.set_property("location", builder.source.without_credentials());
    if let Some((user, password)) = builder.source.credentials() {
        source.set_property("user-id", user);
        source.set_property("user-pw", password);
    }
    let (protocols, latency) = match transport {
        Transport::Tcp | Transport::Auto => ("tcp", 0),
        Transport::Udp => ("udp", UDP_REORDER_MS),
    };
    source.set_property_from_str("protocols", protocols);
    source.set_property("latency", latency);
    // RTP time as the camera says it: GStreamer's skew correction would move frames by arrival jitter.
    source.set_property_from_str("buffer-mode", "none");
    let limit_us = u64::try_from(options.connect_timeout.as_micros()).unwrap_or(u64::MAX);
    source.set_property("tcp-timeout", limit_us);
    // Falling back to TCP by itself is not wanted: the transport was chosen.
    source.set_property("timeout", 0_u64);
    source.set_property("user-agent", "kerbwatch");

    // Sound is not even asked for.
    let chooser = Arc::clone(builder);
    source.connect("select-stream", false, move |values| {
        let caps = values.get(2).and_then(|value| value.get::<gst::Caps>().ok());
        let media = caps.as_ref().and_then(|caps| caps.structure(0)).and_then(|s| s.get::<String>("media").ok());
        let number = values.get(1).and_then(|value| value.get::<u32>().ok()).unwrap_or(0);
        let wanted = media.as_deref() == Some("video") && chooser.choose(&format!("stream {number}"));
        Some(wanted.to_value())
    });
    let adder = Arc::clone(builder);
    source.connect_pad_added(move |_, pad| {
        if pad.direction() == gst::PadDirection::Src {
            adder.attach_rtp(pad);
        }
    });
    let checker = Arc::clone(builder);
    source.connect_no_more_pads(move |_| checker.no_more_pads());
    add(pipeline, &[&source], &builder.source)
}

fn http(pipeline: &gst::Pipeline, options: &SessionOptions, builder: &Arc<Builder>) -> Result<(), SourceError> {
    let source = make(&builder.source, "souphttpsrc")?;
    source.set_property("location", builder.source.without_credentials());
    if let Some((user, password)) = builder.source.credentials() {
        source.set_property("user-id", user);
        source.set_property("user-pw", password);
    }
    source.set_property("user-agent", "kerbwatch");
    let seconds = u32::try_from(options.connect_timeout.as_secs().max(1)).unwrap_or(u32::MAX);
    source.set_property("timeout", seconds);
    // Trying again is the camera's business, which counts it and backs off.
    source.set_property("retries", 0_i32);
    demuxed(pipeline, &source, builder)
}

/// `source ! parsebin`, and whatever video comes out of it.
fn demuxed(pipeline: &gst::Pipeline, source: &gst::Element, builder: &Arc<Builder>) -> Result<(), SourceError> {
    let parse = make(&builder.source, "parsebin")?;
    // A camera's multipart stream never says "no more pads" by itself.
    parse.downcast_ref::<gst::Bin>().expect("parsebin is a bin").connect_deep_element_added(|_, _, element| {
        if element.factory().is_some_and(|factory| factory.name() == "multipartdemux") {
            element.set_property("single-stream", true);
        }
    });
    let adder = Arc::clone(builder);
    parse.connect_pad_added(move |_, pad| {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        match Codec::of(&caps) {
            Some(codec) if adder.choose(&pad.name()) => adder.attach(pad, None, codec),
            _ => adder.pass_over(pad, &caps),
        }
    });
    let checker = Arc::clone(builder);
    parse.connect_no_more_pads(move |_| checker.no_more_pads());
    add(pipeline, &[source, &parse], &builder.source)
}

impl Builder {
    /// Takes the first that comes.
    fn choose(&self, name: &str) -> bool {
        let mut chosen = self.chosen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        chosen.get_or_insert_with(|| name.to_owned()) == name
    }

    fn found_none(&self) -> bool {
        self.chosen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).is_none()
    }

    /// A pad that is not played. Usually one of sound; but it may be all there is.
    fn pass_over(self: &Arc<Self>, pad: &gst::Pad, caps: &gst::CapsRef) {
        let name = caps.structure(0).map(|s| s.name().to_string()).unwrap_or_default();
        // Never a track of a container: the whole of it is a page, such as a log-in form.
        if ["text/html", "text/plain", "text/xml", "application/xml"].contains(&name.as_str()) {
            self.tap.handover.fail(FailReason::Corrupt, format!("it is not video but {name}"));
            return;
        }
        // A short one is at its end before anybody notices that it is linked to nothing.
        let watcher = Arc::clone(self);
        pad.add_probe(gst::PadProbeType::EVENT_DOWNSTREAM, move |_, info| {
            if info.event().is_some_and(|event| event.type_() == gst::EventType::Eos) {
                watcher.no_more_pads();
            }
            gst::PadProbeReturn::Ok
        });
    }

    fn no_more_pads(&self) {
        if self.found_none() {
            self.no_video();
        }
    }

    fn no_video(&self) {
        self.tap.handover.fail(FailReason::NoVideo, "it has no video track".to_owned());
    }

    fn attach_rtp(&self, pad: &gst::Pad) {
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let text = |name| caps.structure(0).and_then(|s| s.get::<String>(name).ok());
        if text("media").as_deref() != Some("video") {
            return;
        }
        let encoding = text("encoding-name").unwrap_or_default();
        let unsupported = || {
            let detail = format!("its video is {encoding:?}, which cannot be received over RTP here");
            self.tap.handover.fail(FailReason::UnsupportedCodec, detail);
        };
        let Some(name) = codec::depayloader(&encoding) else { return unsupported() };
        let depay = match make(&self.source, name) {
            Ok(depay) => depay,
            Err(error) => return self.fail(&error),
        };
        let template = depay.static_pad("src").map(|src| src.pad_template_caps());
        match template.and_then(|caps| Codec::of(&caps)) {
            Some(codec) => self.attach(pad, Some(depay), codec),
            None => unsupported(),
        }
    }

    /// Plays a pad of coded video: `[depayloader] ! parser ! decoder ! sink`.
    fn attach(&self, pad: &gst::Pad, depay: Option<gst::Element>, codec: Codec) {
        // The pipeline is being stopped.
        let Some(pipeline) = self.pipeline.upgrade() else { return };
        if let Err(error) = self.try_attach(&pipeline, pad, depay, &codec) {
            self.fail(&error);
        }
    }

    fn fail(&self, error: &SourceError) {
        let detail = match error {
            SourceError::Failed { detail, .. } => detail.clone(),
            SourceError::MissingPlugin { element, package, .. } => {
                format!("GStreamer element {element} is missing; install the Debian package {package}")
            }
            other => other.to_string(),
        };
        self.tap.handover.fail(error.reason(), detail);
    }

    fn try_attach(
        &self,
        pipeline: &gst::Pipeline,
        pad: &gst::Pad,
        depay: Option<gst::Element>,
        codec: &Codec,
    ) -> Result<(), SourceError> {
        let mut chain: Vec<gst::Element> = depay.into_iter().collect();
        if let Some(parser) = codec.parser {
            chain.push(make(&self.source, parser)?);
        }
        if let Some(filter) = codec.filter {
            let element = make(&self.source, "capsfilter")?;
            element.set_property_from_str("caps", filter);
            chain.push(element);
        }
        let decoder = self.decoder(codec)?;
        chain.push(decoder.clone());
        chain.push(make(&self.source, "videoconvert")?);
        let sink = self.sink();
        chain.push(sink.clone().upcast());
        let refs: Vec<&gst::Element> = chain.iter().collect();
        add(pipeline, &refs, &self.source)?;

        let (Some(packets), Some(frames)) = (decoder.static_pad("sink"), decoder.static_pad("src")) else {
            return Err(self.broken("its decoder has no pads"));
        };
        self.tap_pads(&packets, &frames);
        answer_allocation(&sink.static_pad("sink").ok_or_else(|| self.broken("its sink has no pad"))?);
        for element in chain.iter().rev() {
            element.sync_state_with_parent().map_err(|_| self.broken("GStreamer refused to start its decoder"))?;
        }
        let entry =
            chain.first().and_then(|first| first.static_pad("sink")).ok_or_else(|| self.broken("its parser has no pad"))?;
        pad.link(&entry).map(|_| ()).map_err(|_| self.broken("GStreamer could not link its stream to the parser"))
    }

    fn broken(&self, detail: &str) -> SourceError {
        SourceError::Failed {
            source_name: self.source.redacted().to_owned(),
            reason: FailReason::Other,
            detail: detail.to_owned(),
        }
    }

    fn decoder(&self, codec: &Codec) -> Result<gst::Element, SourceError> {
        let Some(first) = codec.decoders.first() else {
            return Err(SourceError::Failed {
                source_name: self.source.redacted().to_owned(),
                reason: FailReason::UnsupportedCodec,
                detail: format!("no GStreamer decoder is installed for its codec {}", codec.name),
            });
        };
        let found = codec.decoders.iter().find_map(|name| gst::ElementFactory::make(name).build().ok());
        let decoder = found.ok_or_else(|| self.source.missing(first, codec::package_of(first)))?;
        // One thread: key frames come one at a time, and many threads cost many pictures of memory and delay each frame.
        if decoder.has_property("max-threads") {
            decoder.set_property("max-threads", 1_i32);
        }
        if decoder.has_property("qos") {
            decoder.set_property("qos", false);
        }
        Ok(decoder)
    }

    fn sink(&self) -> gst_app::AppSink {
        let formats = gst::List::new(["I420", "NV12"]);
        let caps = gst::Caps::builder("video/x-raw").field("format", formats).build();
        let sink = gst_app::AppSink::builder().caps(&caps).sync(self.paced).async_(false).max_buffers(1).build();
        sink.set_enable_last_sample(false);
        sink.set_qos(false);
        let (frames, end) = (Arc::clone(&self.tap), Arc::clone(&self.tap));
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .new_sample(move |sink| {
                    frames.deliver(sink.pull_sample().map_err(|_| gst::FlowError::Eos)?);
                    Ok(gst::FlowSuccess::Ok)
                })
                .eos(move |_| end.drained())
                .build(),
        );
        sink
    }

    fn tap_pads(&self, packets: &gst::Pad, frames: &gst::Pad) {
        let tap = Arc::clone(&self.tap);
        packets.add_probe(gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM, move |pad, info| {
            match &mut info.data {
                Some(gst::PadProbeData::Buffer(buffer)) => tap.packet(pad, buffer),
                Some(gst::PadProbeData::Event(event)) => {
                    tap.event(event);
                    gst::PadProbeReturn::Ok
                }
                _ => gst::PadProbeReturn::Ok,
            }
        });
        let tap = Arc::clone(&self.tap);
        frames.add_probe(gst::PadProbeType::BUFFER, move |_, info| match &info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => tap.decoded(buffer),
            _ => gst::PadProbeReturn::Ok,
        });
    }
}

/// Tells the decoder that padded rows are welcome: without it, it copies each picture to pack them.
fn answer_allocation(pad: &gst::Pad) {
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM | gst::PadProbeType::PUSH, |_, info| {
        if let Some(gst::PadProbeData::Query(query)) = &mut info.data
            && let gst::QueryViewMut::Allocation(allocation) = query.view_mut()
        {
            allocation.add_allocation_meta::<gst_video::VideoMeta>(None);
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
}

/// Errors go straight to the handover from whatever thread posts them; nothing piles up on the bus.
fn watch_bus(pipeline: &gst::Pipeline, builder: &Arc<Builder>) {
    let bus = pipeline.bus().expect("a pipeline has a bus");
    let builder = Arc::clone(builder);
    bus.set_sync_handler(move |_, message| {
        let handover = &builder.tap.handover;
        match message.view() {
            gst::MessageView::Error(error) => {
                let debug = error.debug();
                // Sound alone: the demuxer complains that nobody listens before it says that nothing else will come.
                if builder.found_none() && fault::nobody_listens(&error.error(), debug.as_deref()) {
                    builder.no_video();
                }
                let (reason, detail) = fault::classify(&builder.source, &error.error(), debug.as_deref());
                handover.fail(reason, detail);
            }
            gst::MessageView::Element(element) => {
                if let Some((reason, detail)) = element.structure().and_then(fault::missing_plugin) {
                    handover.fail(reason, detail);
                }
            }
            // Reached without a sink when no video was found at all.
            gst::MessageView::Eos(_) => handover.drained(),
            _ => {}
        }
        gst::BusSyncReply::Drop
    });
}
