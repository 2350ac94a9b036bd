//! `kerbwatch evaluate`: events against the truth, as a table or as JSON.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::cmd::bad_use;
use crate::evaluate::{Permitted, Score, Scores, read_events, read_lookalikes, read_truth, score_with};

/// Compare events with the truth
///
/// A candidate is right when kind and camera agree, it is raised between the event's start and its end plus the rule's
/// dwell, and its box's centre lies in the event's box or overlaps it with IoU >= 0.1. A second candidate for the same
/// event is a duplicate and counts as false. Exit code 2 when a line is malformed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What happened: {"kind","camera","zone","start_s","end_s"|null,"box"} a line; may be given more than once
    #[arg(long, required = true, value_name = "TRUTH.jsonl")]
    pub truth: Vec<PathBuf>,
    /// What was raised: events as `analyze` writes them; may be given more than once
    #[arg(long, required = true, value_name = "EVENTS.jsonl")]
    pub events: Vec<PathBuf>,
    /// What only looks like a violation: lines of the truth's shape with a "name"; says which of them a false candidate fell on.
    /// May be given more than once
    #[arg(long, value_name = "LOOKALIKES.jsonl")]
    pub lookalikes: Vec<PathBuf>,
    /// JSON instead of a table
    ///
    /// Keys: "kinds" (by wire name) and "total", each with truths, candidates, true_positives, false_positives, duplicates,
    /// missed, precision, precision_ci95, recall, recall_ci95, f1, delay_median_s, delay_p90_s, delay_p95_s; "permitted",
    /// "permitted_are"; "cameras" (camera → kind → true_positives, false_positives, missed); "false_alarms" (id, kind,
    /// camera, raised_s, box, duplicate, lookalike); "missed" (the truth's fields); with --lookalikes, "lookalikes"
    /// (name → seen, alarmed, candidates).
    #[arg(long)]
    pub json: bool,
    /// Count candidates that a permit covers too; by default they are left out, as they are not shown as violations
    #[arg(long)]
    pub include_permitted: bool,
}

/// Reads, compares, writes to stdout.
///
/// # Errors
/// When a file cannot be read or a line is malformed (bad use), or stdout cannot be written.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (mut truths, mut candidates) = (Vec::new(), Vec::new());
    for path in &args.truth {
        truths.extend(read_truth(path).map_err(bad_use)?);
    }
    for path in &args.events {
        candidates.extend(read_events(path).map_err(bad_use)?);
    }
    let mut lookalikes = Vec::new();
    for path in &args.lookalikes {
        lookalikes.extend(read_lookalikes(path).map_err(bad_use)?);
    }
    let lookalikes = (!args.lookalikes.is_empty()).then_some(lookalikes.as_slice());
    let permitted = if args.include_permitted { Permitted::Counted } else { Permitted::LeftOut };
    let scores = score_with(&truths, lookalikes, &candidates, permitted);
    let text = if args.json { serde_json::to_string_pretty(&scores)? + "\n" } else { table(&scores) };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

const HEAD: [&str; 10] =
    ["kind", "truths", "candidates", "right", "false", "of them double", "missed", "precision [95 %]", "recall [95 %]", "F1"];

/// A table for people: numbers without a denominator are a dash.
fn table(scores: &Scores) -> String {
    let mut rows: Vec<Vec<String>> =
        vec![HEAD.iter().map(|&h| h.to_owned()).chain(["delay median", "p90"].map(String::from)).collect()];
    rows.extend(scores.kinds.iter().map(|(kind, score)| row(kind, score)));
    rows.push(row("all", &scores.total));
    let widths: Vec<usize> = (0..rows[0].len()).map(|c| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        if index + 1 == rows.len() {
            text.push_str(&"─".repeat(widths.iter().sum::<usize>() + 2 * (widths.len() - 1)));
            text.push('\n');
        }
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            // Names to the left, numbers to the right.
            let pad = " ".repeat(width - cell.chars().count());
            if column == 0 { format!("{cell}{pad}") } else { format!("{pad}{cell}") }
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    if scores.permitted > 0 {
        let are = match scores.permitted_are {
            Permitted::LeftOut => "left out (--include-permitted counts them)",
            Permitted::Counted => "counted",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} candidates covered by a permit are {are}.", scores.permitted);
    }
    for (name, taken) in scores.lookalikes.iter().flatten().filter(|(_, taken)| taken.alarmed > 0) {
        let _ =
            writeln!(text, "{name}: {} of {} taken for a violation, {} candidates.", taken.alarmed, taken.seen, taken.candidates);
    }
    text
}

fn row(name: &str, score: &Score) -> Vec<String> {
    let number = |value: usize| value.to_string();
    let dash = || "–".to_owned();
    let interval = |value: Option<f64>, ci: Option<[f64; 2]>| match (value, ci) {
        (Some(value), Some([low, high])) => format!("{value:.3} [{low:.2}–{high:.2}]"),
        _ => dash(),
    };
    let seconds = |value: Option<f64>| value.map_or_else(dash, |s| format!("{s:.1} s"));
    vec![
        name.to_owned(),
        number(score.truths),
        number(score.candidates),
        number(score.true_positives),
        number(score.false_positives),
        number(score.duplicates),
        number(score.missed),
        interval(score.precision, score.precision_ci95),
        interval(score.recall, score.recall_ci95),
        score.f1.map_or_else(dash, |f1| format!("{f1:.3}")),
        seconds(score.delay_median_s),
        seconds(score.delay_p90_s),
    ]
}
