//! Writes sample streams, composed streets or labelled stills into a folder; what is finished is not rendered again.
//!
//! - `render FOLDER [--codec h264|h265|mjpeg] [--only ID]`: the catalogue, with `site.toml` and `truth.jsonl`
//! - `render FOLDER --streets N [--first-seed S] [--size WxH] [--fps F] [--gop G] [--codec C] [--jobs J]`: composed streets, with
//!   `lookalikes.jsonl` too
//! - `render FOLDER --stills N [--first-seed S] [--size WxH]`: labelled pictures and `annotations.json` (COCO)
//! - `render FOLDER --moments N [--first-seed S] [--size WxH]`: of N composed streets the telling moments, labelled likewise
//! - `render FOLDER --look [--streets N …]`: stills at telling moments, true boxes red, look-alikes blue

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use events::Size;
use kerbwatch_sample_streams::encode::{self, Codec};
use kerbwatch_sample_streams::set::{self, Progress, StillSet, StreetSet};
use kerbwatch_sample_streams::{SampleScene, catalogue, site_header, still};

struct Args {
    folder: PathBuf,
    codec: Codec,
    only: Option<String>,
    streets: Option<u64>,
    stills: Option<u64>,
    moments: Option<u64>,
    first_seed: u64,
    size: Option<Size>,
    fps: u32,
    gop: Option<u32>,
    jobs: usize,
    look: bool,
}

fn args() -> Result<Args> {
    let mut list = std::env::args().skip(1);
    let folder = list.next().filter(|folder| !folder.starts_with('-')).context(
        "usage: render FOLDER [--streets N | --stills N | --moments N] [--first-seed S] [--size WxH] [--fps F] [--gop G] [--codec C] [--jobs J] [--only ID] [--look]",
    )?;
    let mut args = Args {
        folder: folder.into(),
        codec: Codec::H264,
        only: None,
        streets: None,
        stills: None,
        moments: None,
        first_seed: 1,
        size: None,
        fps: 5,
        gop: None,
        jobs: 1,
        look: false,
    };
    while let Some(flag) = list.next() {
        let mut value = || list.next().with_context(|| format!("{flag} wants a value"));
        match flag.as_str() {
            "--codec" => {
                args.codec = match value()?.as_str() {
                    "h264" => Codec::H264,
                    "h265" => Codec::H265,
                    "mjpeg" => Codec::Mjpeg,
                    other => bail!("unknown codec {other:?}"),
                }
            }
            "--only" => args.only = Some(value()?),
            "--streets" => args.streets = Some(value()?.parse().context("--streets wants a number")?),
            "--stills" => args.stills = Some(value()?.parse().context("--stills wants a number")?),
            "--moments" => args.moments = Some(value()?.parse().context("--moments wants a number")?),
            "--first-seed" => args.first_seed = value()?.parse().context("--first-seed wants a number")?,
            "--size" => {
                let text = value()?;
                let (w, h) = text.split_once('x').context("--size wants WxH, e.g. 640x360")?;
                args.size = Some(Size { width: even(w)?, height: even(h)? });
            }
            "--fps" => args.fps = value()?.parse().ok().filter(|fps| (1..=60).contains(fps)).context("--fps wants 1 to 60")?,
            "--gop" => args.gop = Some(value()?.parse().ok().filter(|gop| *gop > 0).context("--gop wants frames, at least 1")?),
            "--jobs" => args.jobs = value()?.parse().ok().filter(|jobs| *jobs > 0).context("--jobs wants at least 1")?,
            "--look" => args.look = true,
            other => bail!("unknown argument {other:?}"),
        }
    }
    Ok(args)
}

fn even(text: &str) -> Result<u32> {
    text.parse().ok().filter(|side| side % 2 == 0 && (64..=4096).contains(side)).context("--size wants even sides of 64 to 4096")
}

fn main() -> Result<()> {
    let args = args()?;
    let begun = Instant::now();
    let show = |what: &str, progress: Progress| {
        let Progress { done, wanted, found } = progress;
        let made = done - found;
        let rate = begun.elapsed().as_secs_f64() / made.max(1) as f64;
        let left = if made > 0 { format!(", about {:.0} s left", rate * (wanted - done) as f64) } else { String::new() };
        eprint!("\r{done}/{wanted} {what} ({found} found){left}        ");
    };
    if let Some(count) = args.stills {
        let mut wanted = StillSet::new(args.first_seed, count);
        wanted.size = args.size.unwrap_or(wanted.size);
        set::stills(&args.folder, &wanted, |progress| show("pictures", progress))?;
        eprintln!("in {:.1} s", begun.elapsed().as_secs_f64());
        return Ok(());
    }
    if let Some(count) = args.moments {
        let mut wanted = StillSet::new(args.first_seed, count);
        wanted.size = args.size.unwrap_or(wanted.size);
        set::moments(&args.folder, &wanted, |progress| show("streets", progress))?;
        eprintln!("in {:.1} s", begun.elapsed().as_secs_f64());
        return Ok(());
    }
    if let Some(count) = args.streets {
        let mut wanted = StreetSet::new(args.first_seed, count);
        (wanted.fps, wanted.codec, wanted.jobs) = (args.fps, args.codec, args.jobs);
        wanted.size = args.size.unwrap_or(wanted.size);
        wanted.gop = args.gop.unwrap_or(wanted.fps * 2);
        if args.look {
            fs::create_dir_all(&args.folder).with_context(|| format!("making {}", args.folder.display()))?;
            return (args.first_seed..args.first_seed + count).try_for_each(|seed| look(&args.folder, &wanted.scene(seed)));
        }
        set::streets(&args.folder, &wanted, |progress| show("streets", progress))?;
        eprintln!("in {:.1} s", begun.elapsed().as_secs_f64());
        return Ok(());
    }
    fs::create_dir_all(&args.folder).with_context(|| format!("making {}", args.folder.display()))?;
    let scenes = catalogue().into_iter().filter(|scene| args.only.as_ref().is_none_or(|only| *only == scene.id));
    if args.look { scenes.into_iter().try_for_each(|scene| look(&args.folder, &scene)) } else { streams(&args, scenes.collect()) }
}

fn streams(args: &Args, scenes: Vec<SampleScene>) -> Result<()> {
    let mut site = site_header().to_owned();
    let mut truth = String::new();
    for scene in scenes {
        let file = format!("{}.{}", scene.id, args.codec.extension());
        let begin = Instant::now();
        encode::to_file(&scene, &args.folder.join(&file), args.codec, |done, all| {
            if done % 50 == 0 || done == all {
                eprint!("\r{} {done}/{all} frames", scene.id);
            }
        })?;
        eprintln!(" in {:.1} s", begin.elapsed().as_secs_f64());
        site.push('\n');
        site.push_str(&scene.site_camera(&file));
        for line in scene.truth() {
            truth.push_str(&line.to_json());
            truth.push('\n');
        }
    }
    fs::write(args.folder.join("site.toml"), site).context("writing site.toml")?;
    fs::write(args.folder.join("truth.jsonl"), truth).context("writing truth.jsonl")
}

/// Stills of a scene: before, during and after each thing that happens or seems to.
fn look(folder: &Path, scene: &SampleScene) -> Result<()> {
    let last = f64::from(scene.duration_s) - 0.5;
    let mut moments = vec![0.0, last];
    let spans = scene.truth().into_iter().map(|line| (line.start_s, line.end_s));
    let likes = scene.lookalikes().iter().map(|like| (like.line.start_s, like.line.end_s));
    for (start, end) in spans.chain(likes) {
        let end = end.unwrap_or(last).min(last);
        moments.extend([start + 1.0, (start + end) / 2.0, (end + 3.0).min(last)]);
    }
    moments.sort_by(f64::total_cmp);
    moments.dedup_by(|a, b| *a - *b < 1.5);
    let mut renderer = scene.renderer();
    for second in moments {
        let holds = |start: f64, end: Option<f64>| start <= second && end.is_none_or(|end| second <= end);
        let truth = scene.truth().into_iter().filter(|line| holds(line.start_s, line.end_s)).map(|line| (line.bbox, [255, 0, 0]));
        let likes = scene.lookalikes().iter().map(|like| &like.line).filter(|line| holds(line.start_s, line.end_s));
        let boxes: Vec<still::Drawn> = truth.chain(likes.map(|line| (line.bbox, [40, 120, 255]))).collect();
        let picture = renderer.frame((second * f64::from(scene.fps)) as u64);
        still::write(&folder.join(format!("{}-{second:05.1}.jpg", scene.id)), &picture, 92, &boxes)?;
    }
    Ok(())
}
