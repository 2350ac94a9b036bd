//! A real RTSP server on loopback, which can be taken down with all its connections and put up again.

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use gst::glib;
use gst_rtsp_server::gst_rtsp::RTSPLowerTrans;
use gst_rtsp_server::prelude::*;
use gst_rtsp_server::{RTSPAuth, RTSPFilterResult, RTSPMediaFactory, RTSPServer, RTSPToken};

/// What is done to the elements of a camera that was just asked for, before it plays.
type Meddle = Arc<dyn Fn(&RTSPMediaFactory, &gst::Bin) + Send + Sync>;

/// What is to be served.
#[derive(Clone)]
pub(crate) struct Mount {
    pub(crate) launch: String,
    pub(crate) protocols: RTSPLowerTrans,
    /// User and password.
    pub(crate) login: Option<(&'static str, &'static str)>,
    /// All clients are given the same pictures; else each has a camera of its own.
    pub(crate) shared: bool,
    pub(crate) meddle: Option<Meddle>,
}

impl Mount {
    pub(crate) fn new(launch: &str) -> Self {
        let protocols = RTSPLowerTrans::TCP | RTSPLowerTrans::UDP;
        Self { launch: launch.to_owned(), protocols, login: None, shared: false, meddle: None }
    }

    /// A camera of 25 frames a second. Its element `size` sets the size of its picture, `pay0` makes packets of it.
    pub(crate) fn camera(codec: &str) -> Self {
        let (encoder, pay) = match codec {
            "h264" => (super::encoder("h264"), "rtph264pay config-interval=-1 name=pay0 pt=96"),
            "h265" => (super::encoder("h265"), "rtph265pay config-interval=-1 name=pay0 pt=96"),
            "jpeg" => ("jpegenc", "rtpjpegpay name=pay0 pt=26"),
            other => panic!("no payloader for {other}"),
        };
        Self::new(&format!(
            "( videotestsrc is-live=true pattern=ball ! capsfilter name=size caps=video/x-raw,format=I420,width=320,height=240,framerate=25/1 ! {encoder} ! {pay} )"
        ))
    }
}

pub(crate) struct Server {
    pub(crate) port: u16,
    main: glib::MainLoop,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(mount: Mount) -> Self {
        Self::start_at(0, mount)
    }

    /// On a port that was used before.
    pub(crate) fn start_at(port: u16, mount: Mount) -> Self {
        kerbwatch_ingest::init().unwrap();
        let context = glib::MainContext::new();
        let main = glib::MainLoop::new(Some(&context), false);
        let (ready, is_ready) = mpsc::channel();
        let inner = main.clone();
        let thread = std::thread::spawn(move || {
            context
                .with_thread_default(|| {
                    let server = RTSPServer::new();
                    server.set_address("127.0.0.1");
                    server.set_service(&port.to_string());
                    let factory = RTSPMediaFactory::new();
                    factory.set_launch(&mount.launch);
                    factory.set_shared(mount.shared);
                    factory.set_protocols(mount.protocols);
                    if let Some((user, password)) = mount.login {
                        let auth = RTSPAuth::new();
                        let token = RTSPToken::builder().field("media.factory.role", "watcher").build();
                        auth.add_basic(&RTSPAuth::make_basic(user, password), &token);
                        server.set_auth(Some(&auth));
                        factory.add_role_from_structure(
                            &gst::Structure::builder("watcher")
                                .field("media.factory.access", true)
                                .field("media.factory.construct", true)
                                .build(),
                        );
                    }
                    if let Some(meddle) = mount.meddle {
                        factory.connect_media_configure(move |factory, media| {
                            meddle(factory, media.element().downcast_ref().expect("a launch line in brackets is a bin"));
                        });
                    }
                    server.mount_points().unwrap().add_factory("/live", factory);
                    let source = server.attach(Some(&context)).unwrap();
                    ready.send(u16::try_from(server.bound_port()).unwrap()).unwrap();
                    inner.run();
                    server.client_filter(Some(&mut |_, _| RTSPFilterResult::Remove));
                    context.find_source_by_id(&source).unwrap().destroy();
                    drop(server);
                    while context.iteration(false) {}
                })
                .unwrap();
        });
        Self { port: is_ready.recv().unwrap(), main, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("rtsp://127.0.0.1:{}/live", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.main.quit();
        self.thread.take().unwrap().join().unwrap();
    }
}
