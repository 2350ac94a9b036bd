//! Writes the sample streams with `site.toml` and `truth.jsonl`, or labelled stills, into a folder.
//!
//! `render FOLDER [--codec h264|h265|mjpeg] [--only ID]` · `render FOLDER --stills COUNT [--seed FIRST]` ·
//! `render FOLDER --look` (a few stills of each scene, with zones and true boxes drawn in)

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use events::{I420, ObjectClass, Pixels as _, Size};
use kerbwatch_sample_streams::encode::{self, Codec};
use kerbwatch_sample_streams::{SampleScene, catalogue, labels, site_header};

struct Args {
    folder: PathBuf,
    codec: Codec,
    only: Option<String>,
    stills: Option<u64>,
    seed: u64,
    look: bool,
}

fn args() -> Result<Args> {
    let mut list = std::env::args().skip(1);
    let folder = list.next().context("usage: render FOLDER [--codec C] [--only ID] [--stills N] [--seed S] [--look]")?;
    let mut args = Args { folder: folder.into(), codec: Codec::H264, only: None, stills: None, seed: 1, look: false };
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
            "--stills" => args.stills = Some(value()?.parse().context("--stills wants a number")?),
            "--seed" => args.seed = value()?.parse().context("--seed wants a number")?,
            "--look" => args.look = true,
            other => bail!("unknown argument {other:?}"),
        }
    }
    Ok(args)
}

fn main() -> Result<()> {
    let args = args()?;
    fs::create_dir_all(&args.folder).with_context(|| format!("making {}", args.folder.display()))?;
    if let Some(count) = args.stills {
        return stills(&args.folder, args.seed, count);
    }
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

/// Labelled pictures: JPEG files and one COCO JSON.
fn stills(folder: &Path, first: u64, count: u64) -> Result<()> {
    let categories: Vec<serde_json::Value> = ObjectClass::NAMES
        .iter()
        .enumerate()
        .map(|(index, (_, name))| serde_json::json!({ "id": index + 1, "name": name }))
        .collect();
    let (mut images, mut boxes) = (Vec::new(), Vec::new());
    for seed in first..first + count {
        let scene = SampleScene::random(seed).resized(Size { width: 960, height: 540 }, 12);
        let name = format!("{seed:08}.jpg");
        write_jpeg(&folder.join(&name), &scene.render(0), &[])?;
        let (w, h) = (f64::from(scene.size.width), f64::from(scene.size.height));
        images.push(serde_json::json!({ "id": seed, "file_name": name, "width": w, "height": h }));
        for item in labels::annotate(&scene, 0).into_iter().filter(|item| item.visible >= labels::MIN_VISIBLE) {
            let b = item.visible_box;
            let category = ObjectClass::NAMES.iter().position(|(class, _)| *class == item.class).unwrap_or(0) + 1;
            boxes.push(serde_json::json!({
                "id": boxes.len() + 1, "image_id": seed, "category_id": category, "iscrowd": 0,
                "bbox": [b.x1 * w, b.y1 * h, b.width() * w, b.height() * h], "area": b.area() * w * h,
                "visibility": item.visible,
            }));
        }
        eprint!("\r{}/{count} pictures", seed + 1 - first);
    }
    eprintln!();
    let coco = serde_json::json!({ "images": images, "annotations": boxes, "categories": categories });
    fs::write(folder.join("annotations.json"), coco.to_string()).context("writing annotations.json")
}

fn look(folder: &Path, scene: &SampleScene) -> Result<()> {
    let truth = scene.truth();
    let mut renderer = scene.renderer();
    for second in [0u64, 15, 23, 30, 37, 50, 70, 90, 107] {
        let frame = second * u64::from(scene.fps);
        let boxes: Vec<[f64; 4]> = truth
            .iter()
            .filter(|line| line.start_s <= second as f64 && line.end_s.is_none_or(|end| second as f64 <= end))
            .map(|line| line.bbox)
            .collect();
        write_jpeg(&folder.join(format!("{}-{second:03}.jpg", scene.id)), &renderer.frame(frame), &boxes)?;
    }
    Ok(())
}

/// Limited range Y'CbCr (BT.709 from 720 lines up, BT.601 below) to RGB, with boxes drawn in red.
fn write_jpeg(path: &Path, picture: &I420, boxes: &[[f64; 4]]) -> Result<()> {
    let Size { width, height } = picture.size();
    let (w, h) = (width as usize, height as usize);
    let bt709 = height >= 720;
    let mut rgb = Vec::with_capacity(w * h * 3);
    for y in 0..h {
        for x in 0..w {
            let luma = 1.164 * (f64::from(picture.plane(0).row(y, w)[x]) - 16.0);
            let u = f64::from(picture.plane(1).row(y / 2, w / 2)[x / 2]) - 128.0;
            let v = f64::from(picture.plane(2).row(y / 2, w / 2)[x / 2]) - 128.0;
            let (r, g, b) = if bt709 {
                (luma + 1.793 * v, luma - 0.213 * u - 0.533 * v, luma + 2.112 * u)
            } else {
                (luma + 1.596 * v, luma - 0.392 * u - 0.813 * v, luma + 2.017 * u)
            };
            let (px, py) = (x as f64 / w as f64, y as f64 / h as f64);
            let edge = boxes.iter().any(|b| {
                let inside = |grow: f64| px >= b[0] - grow && px <= b[2] + grow && py >= b[1] - grow && py <= b[3] + grow;
                inside(0.003) && !inside(0.0)
            });
            let pixel = if edge { [255.0, 0.0, 0.0] } else { [r, g, b] };
            rgb.extend(pixel.map(|v| v.clamp(0.0, 255.0) as u8));
        }
    }
    let encoder = jpeg_encoder::Encoder::new_file(path, 92).with_context(|| format!("writing {}", path.display()))?;
    let (w, h) = (u16::try_from(width)?, u16::try_from(height)?);
    encoder.encode(&rgb, w, h, jpeg_encoder::ColorType::Rgb).with_context(|| format!("writing {}", path.display()))
}
