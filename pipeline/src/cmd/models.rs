//! `kerbwatch models`: add, check and list model folders.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use inference::Family;
use inference::models::{AddOptions, CheckLine};

use super::bad_use;

/// Add, check and list models
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `libonnxruntime.so`; default: looked for in the usual places
    #[arg(long, global = true, value_name = "FILE")]
    runtime: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a model folder from an ONNX file
    Add {
        /// The ONNX file; it is copied
        onnx: PathBuf,
        /// Folder that holds the model folders
        #[arg(long, default_value = "models", value_name = "DIR")]
        dir: PathBuf,
        /// Name of the new folder; default: the file's name
        #[arg(long)]
        name: Option<String>,
        /// How its outputs are read: yolox, yolov8, end2end, detr, nanodet, fastestdet; default: guessed from their shapes
        #[arg(long)]
        family: Option<Family>,
        /// File with the class names, one a line, in the model's order; default: COCO's 80 where the shapes allow it
        #[arg(long, value_name = "FILE")]
        classes: Option<PathBuf>,
        /// Licence of the weights (SPDX identifier)
        #[arg(long)]
        licence: Option<String>,
        /// Where it was had from
        #[arg(long)]
        source: Option<String>,
    },
    /// Check a model folder, or all of a folder of them: digest, shapes, classes, a run on an empty picture
    Check {
        /// Model folder, or a folder of them
        #[arg(default_value = "models", value_name = "DIR")]
        dir: PathBuf,
    },
    /// List the model folders
    List {
        /// Folder that holds the model folders
        #[arg(default_value = "models", value_name = "DIR")]
        dir: PathBuf,
    },
}

/// Adds, checks or lists.
///
/// # Errors
/// A file that is no model or a folder that is wrong (exit 2). A check that found something wrong is exit 1, with a report.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    match args.command {
        Command::Add { onnx, dir, name, family, classes, licence, source } => {
            inference::runtime::load(args.runtime.as_deref())?;
            let classes = classes.map(|file| read_classes(&file)).transpose().map_err(bad_use)?;
            let options = AddOptions { name, family, classes, licence, source, ..AddOptions::default() };
            let (folder, lines) = inference::models::add(&dir, &onnx, &options).map_err(bad_use)?;
            print(&mut out, &lines)?;
            writeln!(out, "added {}; say in its MODEL_CARD.md what is known of it", folder.dir().display())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Check { dir } => {
            inference::runtime::load(args.runtime.as_deref())?;
            let lines = inference::models::check(&dir).map_err(bad_use)?;
            print(&mut out, &lines)?;
            if lines.is_empty() {
                writeln!(out, "no model folder under {}", dir.display())?;
            }
            Ok(ExitCode::from(u8::from(lines.iter().any(|line| !line.ok))))
        }
        Command::List { dir } => {
            let models = inference::models::list(&dir).map_err(bad_use)?;
            for (name, model) in &models {
                match model {
                    Ok(model) => writeln!(
                        out,
                        "{name:<24} {:<10} {:>3} classes  licence {:<14} sha256 {}",
                        model.family().to_string(),
                        model.classes().len(),
                        model.licence(),
                        model.sha256()
                    )?,
                    Err(error) => writeln!(out, "{name:<24} unusable: {error}")?,
                }
            }
            if models.is_empty() {
                writeln!(out, "no model folder under {}", dir.display())?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn read_classes(file: &std::path::Path) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(file).map_err(|error| anyhow::anyhow!("reading {}: {error}", file.display()))?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

fn print(out: &mut impl std::io::Write, lines: &[CheckLine]) -> std::io::Result<()> {
    for line in lines {
        writeln!(out, "{:<24} {:<10} {:<6} {}", line.model, line.what, if line.ok { "ok" } else { "WRONG" }, line.detail)?;
    }
    Ok(())
}
