//! An RTSP server that plays video files, or scenes as they are rendered, as cameras do: for ever, in real time, over UDP
//! or TCP, with a password if one is wanted. Also misbehaves like a camera when a test asks for it ([`Fault`]).
//!
//! A file is looped without decoding: its access units go round with times that go on, so a client sees one endless stream.
//! A camera's stream starts when its first client comes, and all clients of one camera see the same moment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use gst::glib;
use gst::prelude::*;
use gst_rtsp_server::gst_rtsp;
use gst_rtsp_server::prelude::*;

use crate::encode::{Codec, frame_time, picture_buffer, raw_caps};
use crate::media::Media;
use crate::scene::{Renderer, SampleScene};

pub use crate::media::MediaError;

/// What a camera shows.
#[derive(Debug, Clone)]
pub enum Play {
    /// A video file (H.264, H.265, motion JPEG; MP4, Matroska, AVI, transport stream …), looped.
    File(PathBuf),
    /// A scene, rendered and encoded (H.264) while it plays; takes a core at full size.
    Live(Box<SampleScene>),
}

/// Name and password that clients must give, by the Basic or the Digest scheme (RFC 7617, RFC 7616).
#[derive(Debug, Clone)]
pub struct Auth {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// How a camera may misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Behaves.
    None,
    /// New clients are told 404; those that play go on.
    Refuse,
    /// Connections stay open, but no more frames come.
    Stall,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// GStreamer itself did not start.
    #[error("starting GStreamer")]
    Init(#[source] glib::Error),
    /// The address is taken, or not ours.
    #[error("listening on {listen} for RTSP")]
    Listen {
        /// What was asked for.
        listen: SocketAddr,
        /// What the server said.
        source: glib::BoolError,
    },
    /// A file cannot be played.
    #[error("camera {camera}")]
    Media {
        /// The camera's id.
        camera: String,
        /// What is wrong with its file.
        source: MediaError,
    },
    /// Two cameras with one id, or an id that does not fit into an address.
    #[error("camera id {0:?} is used twice, or holds something else than a-z, 0-9 and -")]
    Id(String),
}

struct Camera {
    factory: gst_rtsp_server::RTSPMediaFactory,
    stalled: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
}

/// A running RTSP server; stops when dropped.
pub struct RtspCameras {
    server: gst_rtsp_server::RTSPServer,
    address: SocketAddr,
    auth: Option<Auth>,
    cameras: BTreeMap<String, Camera>,
    main_loop: glib::MainLoop,
    thread: Option<JoinHandle<()>>,
}

impl RtspCameras {
    /// Loads all files, listens on `listen` (port 0 takes a free one) and plays each camera at `/ID`.
    ///
    /// # Errors
    /// [`ServerError`]: the address, the camera or the file that is wrong.
    pub fn start(listen: SocketAddr, cameras: Vec<(String, Play)>, auth: Option<Auth>) -> Result<Self, ServerError> {
        Self::start_named("rtsp-cameras", listen, cameras, auth)
    }

    /// [`RtspCameras::start`], with a name for the server's thread where several run in one process.
    ///
    /// # Errors
    /// As [`RtspCameras::start`].
    pub fn start_named(
        thread_name: &str,
        listen: SocketAddr,
        cameras: Vec<(String, Play)>,
        auth: Option<Auth>,
    ) -> Result<Self, ServerError> {
        gst::init().map_err(ServerError::Init)?;
        let server = gst_rtsp_server::RTSPServer::new();
        server.set_address(&listen.ip().to_string());
        server.set_service(&listen.port().to_string());
        // A pool of its own: the default one is shared by all servers of the process and would outlive this one.
        let pool = gst_rtsp_server::RTSPThreadPool::new();
        pool.set_max_threads(2);
        server.set_thread_pool(Some(&pool));
        if let Some(auth) = &auth {
            server.set_auth(Some(&rtsp_auth(auth)));
        }
        let mounts = server.mount_points().expect("a new server has mount points");
        let mut by_id = BTreeMap::new();
        for (id, play) in cameras {
            let fits = !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !fits || by_id.contains_key(&id) {
                return Err(ServerError::Id(id));
            }
            let camera = camera(&id, play, auth.is_some())?;
            mounts.add_factory(&format!("/{id}"), camera.factory.clone());
            by_id.insert(id, camera);
        }
        let (main_loop, thread) = serve(thread_name, &server).map_err(|source| ServerError::Listen { listen, source })?;
        let port = u16::try_from(server.bound_port()).unwrap_or_default();
        let address = SocketAddr::new(listen.ip(), port);
        Ok(Self { server, address, auth, cameras: by_id, main_loop, thread: Some(thread) })
    }

    /// Where it listens; the real port where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The camera's address, with name and password in it where they are wanted. An unknown id gives an address too: the
    /// server answers 404 there.
    pub fn url_of(&self, id: &str) -> String {
        match &self.auth {
            Some(auth) => format!("rtsp://{}:{}@{}/{id}", escaped(&auth.user), escaped(&auth.password), self.address),
            None => format!("rtsp://{}/{id}", self.address),
        }
    }

    /// The cameras' ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.cameras.keys().map(String::as_str)
    }

    /// Clients that are connected now.
    pub fn clients(&self) -> usize {
        self.server.client_filter(None).len()
    }

    /// Frames that were handed to the camera's stream since the server started, over all its plays.
    pub fn frames_sent(&self, id: &str) -> u64 {
        self.cameras.get(id).map_or(0, |camera| camera.sent.load(Ordering::Relaxed))
    }

    /// Cuts every connection, as a camera that restarts; gives how many. Clients may come back at once.
    pub fn kill_clients(&self) -> usize {
        let mut killed = 0;
        let mut remove = |_: &gst_rtsp_server::RTSPServer, client: &gst_rtsp_server::RTSPClient| {
            killed += 1;
            client.close();
            gst_rtsp_server::RTSPFilterResult::Remove
        };
        self.server.client_filter(Some(&mut remove));
        killed
    }

    /// Makes one camera misbehave, or behave again. An unknown id is ignored.
    pub fn set_fault(&self, id: &str, fault: Fault) {
        let Some(camera) = self.cameras.get(id) else { return };
        let mounts = self.server.mount_points().expect("a server has mount points");
        let path = format!("/{id}");
        match fault {
            Fault::Refuse => mounts.remove_factory(&path),
            Fault::None | Fault::Stall => mounts.add_factory(&path, camera.factory.clone()),
        }
        camera.stalled.store(fault == Fault::Stall, Ordering::Relaxed);
    }
}

impl Drop for RtspCameras {
    fn drop(&mut self) {
        self.kill_clients();
        self.main_loop.quit();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the RTSP server's thread panicked");
        }
    }
}

/// Runs the server's main loop on a thread of its own; the listening socket is closed when the loop ends.
fn serve(name: &str, server: &gst_rtsp_server::RTSPServer) -> Result<(glib::MainLoop, JoinHandle<()>), glib::BoolError> {
    let context = glib::MainContext::new();
    let main_loop = glib::MainLoop::new(Some(&context), false);
    let (ready, is_ready) = mpsc::sync_channel(1);
    let (server, main_loop_there) = (server.clone(), main_loop.clone());
    let run = move || {
        let attached = context.with_thread_default(|| server.attach(Some(&context)));
        let source = match attached {
            Ok(Ok(source)) => source,
            Ok(Err(error)) | Err(error) => {
                // The starter waits for exactly this.
                let _ = ready.send(Err(error));
                return;
            }
        };
        let _ = ready.send(Ok(()));
        main_loop_there.run();
        // `SourceId::remove` looks only into the default context.
        if let Some(source) = context.find_source_by_id(&source) {
            source.destroy();
        }
        // What the clients' end still has to do on this context.
        while context.iteration(false) {}
    };
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run).expect("the system has a thread left");
    is_ready.recv().expect("the thread answers once before it ends")?;
    Ok((main_loop, thread))
}

const ROLE: &str = "viewer";

fn rtsp_auth(auth: &Auth) -> gst_rtsp_server::RTSPAuth {
    let token = gst_rtsp_server::RTSPToken::builder().field("media.factory.role", ROLE).build();
    let rtsp_auth = gst_rtsp_server::RTSPAuth::new();
    rtsp_auth.set_supported_methods(gst_rtsp::RTSPAuthMethod::Basic);
    rtsp_auth.add_basic(&gst_rtsp_server::RTSPAuth::make_basic(&auth.user, &auth.password), &token);
    rtsp_auth.add_digest(&auth.user, &auth.password, &token);
    rtsp_auth
}

/// Percent-encodes what may not stand in the user part of an address (RFC 3986, 3.2.1).
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b"-._~".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// What is fed into a camera's appsrc.
enum Feed {
    Looped(Media),
    Live(Box<SampleScene>),
}

impl Feed {
    fn caps(&self) -> gst::Caps {
        match self {
            Feed::Looped(media) => media.caps.clone(),
            Feed::Live(sample) => raw_caps(sample.size, sample.fps),
        }
    }

    /// From the appsrc's caps to the payloader, which the server finds by the name `pay0`.
    fn tail(&self) -> String {
        match self {
            Feed::Live(sample) => {
                format!(
                    "queue max-size-buffers=4 ! {} ! rtph264pay name=pay0 pt=96 config-interval=-1",
                    Codec::H264.encoder(sample.gop, sample.quantizer)
                )
            }
            Feed::Looped(media) => match media.caps.structure(0).map(|s| s.name().as_str()) {
                Some("video/x-h265") => "h265parse ! rtph265pay name=pay0 pt=96 config-interval=-1".to_owned(),
                Some("image/jpeg") => "jpegparse ! rtpjpegpay name=pay0 pt=26".to_owned(),
                _ => "h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1".to_owned(),
            },
        }
    }
}

fn camera(id: &str, play: Play, locked: bool) -> Result<Camera, ServerError> {
    let feed = Arc::new(match play {
        Play::File(path) => {
            Feed::Looped(Media::load(&path).map_err(|source| ServerError::Media { camera: id.to_owned(), source })?)
        }
        Play::Live(sample) => Feed::Live(sample),
    });
    let factory = gst_rtsp_server::RTSPMediaFactory::new();
    // Small queue: the payloader's clock paces the feed, and a late client should not wait for what is queued.
    factory.set_launch(&format!("( appsrc name=source format=time max-buffers=8 ! {} )", feed.tail()));
    factory.set_shared(true);
    if locked {
        let role = gst::Structure::builder(ROLE).field("media.factory.access", true).field("media.factory.construct", true);
        factory.add_role_from_structure(&role.build());
    }
    let (stalled, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (stalled_there, sent_there) = (Arc::clone(&stalled), Arc::clone(&sent));
    factory.connect_media_configure(move |_, media| {
        let bin = media.element().downcast::<gst::Bin>().expect("a launch line makes a bin");
        let source = bin.by_name("source").expect("named in the launch line");
        let source = source.downcast::<gst_app::AppSrc>().expect("an appsrc element");
        source.set_caps(Some(&feed.caps()));
        source.set_callbacks(callbacks(&feed, &stalled_there, &sent_there));
    });
    Ok(Camera { factory, stalled, sent })
}

/// One play of a camera: from its first client's coming to its last one's going.
fn callbacks(feed: &Arc<Feed>, stalled: &Arc<AtomicBool>, sent: &Arc<AtomicU64>) -> gst_app::AppSrcCallbacks {
    let (feed, stalled, sent) = (Arc::clone(feed), Arc::clone(stalled), Arc::clone(sent));
    let position: Mutex<(u64, Option<Renderer>)> = Mutex::new((0, None));
    gst_app::AppSrcCallbacks::builder()
        .need_data(move |source, _| {
            // Runs on the appsrc's own streaming thread, which has nothing else to do: so it may wait here.
            while stalled.load(Ordering::Relaxed) {
                // Being taken down: whoever does that waits for this thread.
                if source.static_pad("src").is_none_or(|pad| pad.pad_flags().contains(gst::PadFlags::FLUSHING)) {
                    return;
                }
                std::thread::park_timeout(std::time::Duration::from_millis(20));
            }
            let mut position = position.lock().unwrap_or_else(PoisonError::into_inner);
            let index = position.0;
            let buffer = match &*feed {
                Feed::Looped(media) => media.unit(index),
                Feed::Live(sample) => {
                    let renderer = position.1.get_or_insert_with(|| sample.renderer());
                    picture_buffer(&renderer.frame(index), frame_time(index, sample.fps), frame_time(1, sample.fps))
                }
            };
            position.0 += 1;
            // Fails only while the stream is being taken down.
            if source.push_buffer(buffer).is_ok() {
                sent.fetch_add(1, Ordering::Relaxed);
            }
        })
        .build()
}
