//! Plays a source to its end as `analyze` would and prints what it took: `probe SOURCE [keyframes|full|FPS]`.
//! The same for a live source, until it is interrupted or fails.
#![allow(clippy::print_stdout, reason = "a program's output")]

use std::path::Path;
use std::time::Duration;

use kerbwatch_ingest::{Next, Rate, Session, SessionOptions, SourceUrl};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let source = args.next().ok_or("usage: probe SOURCE [keyframes|full|FPS]")?;
    let rate = match args.next().as_deref() {
        None | Some("keyframes") => Rate::KeyFrames,
        Some("full") => Rate::Full,
        Some(fps) => Rate::Fps(fps.parse()?),
    };
    let source = SourceUrl::parse(&source, Path::new("."))?;
    let mut session = Session::open(&source, SessionOptions::new("probe".parse()?))?;
    session.set_rate(rate);
    println!("{:?}", session.info());
    loop {
        match session.next(Duration::from_secs(1))? {
            Next::Frame(_) | Next::Idle => {}
            Next::Ended(ended) => {
                println!("{ended:?}\n{:#?}", session.stats());
                return Ok(());
            }
        }
    }
}
