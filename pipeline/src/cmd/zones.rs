//! `kerbwatch zones`: what other zones would have raised.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use console::backtest::{Answer, Ask, Fate, Row, Zoning};
use events::Candidate;
use events::site::Site;
use serde_json::{Value, json};

use super::bad_use;
use crate::backtest::Recordings;
use crate::config::read_site;
use crate::recording::{KEPT_DAYS, folder, tapes};

const DAY_MS: i64 = 86_400_000;

/// Work with zones
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge what a camera saw again under the zones of a site file, from stored tracks and changes
    Backtest(Backtest),
}

/// Judge what a camera saw again
#[derive(Debug, clap::Args)]
struct Backtest {
    /// Site file with the zones to be tried
    #[arg(long, value_name = "SITE.toml")]
    site: PathBuf,
    /// Which camera of the site
    #[arg(long, value_name = "ID")]
    camera: String,
    /// Folder of recordings: `recordings` in the evidence store, or what `analyze --recordings` wrote
    #[arg(long, value_name = "DIR")]
    recordings: PathBuf,
    /// Site file with the zones to compare with; without it, all that would be raised counts as added
    #[arg(long, value_name = "SITE.toml")]
    against: Option<PathBuf>,
    /// First moment (RFC 3339); default: so many days before the last
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Last moment (RFC 3339); default: the end of the recordings
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// How many days back, 1 to 30
    #[arg(long, default_value_t = 7, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=KEPT_DAYS))]
    days: i64,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// Judges and prints.
///
/// # Errors
/// Wrong files (exit 2), recordings that cannot be read.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Backtest(args) => backtest(&args),
    }
}

fn zoning(path: &std::path::Path, camera: &str) -> anyhow::Result<Zoning> {
    let (site, _): (Site, _) = read_site(path).map_err(bad_use)?;
    let found = site.camera(camera).cloned().ok_or_else(|| bad_use(anyhow!("{}: no camera {camera:?}", path.display())))?;
    Ok(Zoning { camera: found, calendar: site.calendar })
}

fn moment(name: &str, text: Option<&str>) -> anyhow::Result<Option<i64>> {
    let parse = |text: &str| {
        let at: Result<jiff::Timestamp, _> = text.parse();
        at.map(jiff::Timestamp::as_millisecond)
            .map_err(|_| bad_use(anyhow!("--{name}: {text:?} is not a time such as 2026-10-01T08:00:00+08:00")))
    };
    text.map(parse).transpose()
}

fn backtest(args: &Backtest) -> anyhow::Result<ExitCode> {
    let after = zoning(&args.site, &args.camera)?;
    let before = match &args.against {
        Some(path) => zoning(path, &args.camera)?,
        None => {
            let mut none = after.clone();
            none.camera.zones.clear();
            none
        }
    };
    let from = moment("from", args.from.as_deref())?;
    let until_ms = match moment("until", args.until.as_deref())? {
        Some(until) => until,
        None => {
            let all = tapes(&folder(&args.recordings, &after.camera.id), 0, i64::MAX)?;
            let last = all
                .last()
                .ok_or_else(|| bad_use(anyhow!("{}: no recording of camera {:?}", args.recordings.display(), args.camera)))?;
            // To the end of the day of the last recording.
            (last.from_ms.div_euclid(DAY_MS) + 1) * DAY_MS - 1
        }
    };
    let from_ms = from.unwrap_or(until_ms - args.days * DAY_MS);
    if from_ms > until_ms {
        return Err(bad_use(anyhow!("--from lies after --until")));
    }
    let answer = Recordings::new(&args.recordings).backtest(&Ask { before, after, from_ms, until_ms })?;
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &as_json(&answer)).context("writing the answer")?;
        writeln!(out)?;
    } else {
        print(&answer, &mut out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Added => "added",
        Fate::Lost => "lost",
        Fate::Unchanged => "unchanged",
    }
}

fn candidate(candidate: &Candidate) -> Value {
    json!({
        "id": candidate.id.as_str(), "kind": candidate.kind.wire_name(), "zone": candidate.zone.as_str(),
        "permit": candidate.permit.as_ref().map(ToString::to_string),
        "first_seen_at": candidate.first_seen.wall.to_rfc3339(), "raised_at": candidate.raised.wall.to_rfc3339(),
        "box": candidate.bbox.to_array(), "score": candidate.score.value(), "why": candidate.why.text,
    })
}

fn as_json(answer: &Answer) -> Value {
    let row = |row: &Row| {
        json!({
            "fate": word(row.fate), "still": row.still,
            "before": row.before.as_ref().map(candidate), "after": row.after.as_ref().map(candidate),
        })
    };
    let counts: BTreeMap<&str, usize> = [Fate::Added, Fate::Lost, Fate::Unchanged]
        .map(|fate| (word(fate), answer.rows.iter().filter(|row| row.fate == fate).count()))
        .into();
    json!({
        "counts": counts,
        "rows": answer.rows.iter().map(row).collect::<Vec<_>>(),
        "cover": answer.cover.iter().map(|c| json!({ "zone": c.zone, "share": c.share })).collect::<Vec<_>>(),
        "seen_s": answer.seen_s, "looks": answer.looks, "least_area": answer.least_area,
        "unread": answer.unread, "took_ms": answer.took_ms,
    })
}

fn print(answer: &Answer, out: &mut impl std::io::Write) -> anyhow::Result<()> {
    for row in &answer.rows {
        let Some(shown) = row.after.as_ref().filter(|c| c.permit.is_none()).or(row.before.as_ref()) else { continue };
        let permitted = row.after.as_ref().and_then(|c| c.permit.as_ref()).map(|p| format!(" (permit {p})")).unwrap_or_default();
        writeln!(
            out,
            "{:<9} {} {:<23} {:<20} {}{permitted}",
            word(row.fate),
            shown.raised.wall.to_rfc3339(),
            shown.kind.wire_name(),
            shown.zone.as_str(),
            shown.why.text
        )?;
    }
    let count = |fate| answer.rows.iter().filter(|row| row.fate == fate).count();
    writeln!(
        out,
        "{} added, {} lost, {} unchanged; {:.1} h seen in {} looks, judged in {:.2} s",
        count(Fate::Added),
        count(Fate::Lost),
        count(Fate::Unchanged),
        answer.seen_s / 3600.0,
        answer.looks,
        answer.took_ms as f64 / 1000.0
    )?;
    for cover in answer.cover.iter().filter(|cover| cover.share < 0.95) {
        let share = cover.share * 100.0;
        writeln!(out, "zone {}: only {share:.0} % of it was watched then; of the rest nobody can say", cover.zone)?;
    }
    answer.unread.iter().try_for_each(|reason| writeln!(out, "not read: {reason}"))?;
    Ok(())
}
