//! The report: text for people, JSON lines for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::words::{Worded, number, remedy, worded};
use super::{Drawn, Explainer, Place};

/// Places that the text tells of; the JSON lines have them all.
const TOLD: usize = 25;

/// How the report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One JSON object a line and place.
    JsonLines,
}

#[derive(Serialize)]
struct PlaceLine<'a> {
    camera: &'a str,
    place: usize,
    things: usize,
    short_by: f64,
    raised: Option<RaisedLine>,
    misses: Vec<MissLine>,
}

#[derive(Serialize)]
struct RaisedLine {
    id: String,
    kind: &'static str,
    raised_s: f64,
}

#[derive(Serialize)]
struct MissLine {
    kind: &'static str,
    zone: String,
    first_seen_s: f64,
    last_seen_s: f64,
    nearest_s: f64,
    nearest_at: String,
    #[serde(rename = "box")]
    bbox: [f64; 4],
    short_by: f64,
    failed: Vec<FailedLine>,
    would_be_raised_with: Option<Vec<String>>,
    drawing: Option<String>,
}

#[derive(Serialize)]
struct FailedLine {
    condition: &'static str,
    value: f64,
    limit: Option<f64>,
    bound: &'static str,
    unit: &'static str,
    short_by: f64,
    set_by: Option<String>,
    text: String,
}

fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

impl Explainer {
    /// Writes the report on all places; `drawn` says what was drawn where.
    ///
    /// # Errors
    /// When `out` refuses.
    pub fn write(&self, form: Form, drawn: &[Drawn], out: &mut dyn Write) -> io::Result<()> {
        let places = self.places();
        match form {
            Form::Text => self.write_text(&places, drawn, out),
            Form::JsonLines => places.iter().try_for_each(|place| {
                serde_json::to_writer(&mut *out, &self.line(place, drawn))?;
                out.write_all(b"\n")
            }),
        }
    }

    fn line<'a>(&'a self, place: &Place, drawn: &[Drawn]) -> PlaceLine<'a> {
        let miss = |miss: &scene::NearMiss| MissLine {
            kind: miss.kind.wire_name(),
            zone: miss.zone.to_string(),
            first_seen_s: rounded(miss.first_seen.at.as_secs_f64()),
            last_seen_s: rounded(miss.last_seen.at.as_secs_f64()),
            nearest_s: rounded(miss.nearest.at.as_secs_f64()),
            nearest_at: miss.nearest.wall.to_rfc3339(),
            bbox: miss.bbox.to_array().map(rounded),
            short_by: rounded(miss.short_by),
            failed: miss.failed.iter().map(|condition| failed(condition, worded(&self.camera, miss, condition))).collect(),
            would_be_raised_with: remedy(&self.camera, miss),
            drawing: drawing_of(miss, drawn),
        };
        PlaceLine {
            camera: self.camera.id.as_str(),
            place: place.number,
            things: place.things,
            short_by: rounded(place.nearest().short_by),
            raised: place.raised.as_ref().map(|candidate| RaisedLine {
                id: candidate.id.to_string(),
                kind: candidate.kind.wire_name(),
                raised_s: rounded(candidate.raised.at.as_secs_f64()),
            }),
            misses: place.misses.iter().map(miss).collect(),
        }
    }

    fn write_text(&self, places: &[Place], drawn: &[Drawn], out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "camera {}: {} raised, {} place(s) not raised, nearest first",
            self.camera.id,
            self.raised.len(),
            places.len()
        )?;
        for candidate in &self.raised {
            let (first, raised) = (candidate.first_seen.at.as_secs_f64(), candidate.raised.at.as_secs_f64());
            let text = &candidate.why.text;
            write!(out, "  raised {} in {} at {raised:.1} s (first seen {first:.1} s): {text}", candidate.kind, candidate.zone)?;
            self.write_drawing(drawn.iter().find(|d| d.look == super::look_of(&candidate.raised)), out)?;
        }
        for place in places.iter().take(TOLD) {
            writeln!(out)?;
            self.write_place(place, drawn, out)?;
        }
        if places.len() > TOLD {
            writeln!(out, "\n{} more came less near; --explain FILE.jsonl has them all", places.len() - TOLD)?;
        }
        Ok(())
    }

    fn write_place(&self, place: &Place, drawn: &[Drawn], out: &mut dyn Write) -> io::Result<()> {
        let [x1, y1, x2, y2] = place.nearest().bbox.to_array();
        let seen = place.misses.iter().map(|m| m.first_seen.at.as_secs_f64()).fold(f64::INFINITY, f64::min);
        let until = place.misses.iter().map(|m| m.last_seen.at.as_secs_f64()).fold(0.0, f64::max);
        write!(out, "{:3}. box [{x1:.3}, {y1:.3}, {x2:.3}, {y2:.3}], seen {seen:.1} s to {until:.1} s", place.number)?;
        if place.things > 1 {
            write!(out, ", {} things one after the other", place.things)?;
        }
        if let Some(raised) = &place.raised {
            write!(out, "; raised there: {} at {:.1} s", raised.kind, raised.raised.at.as_secs_f64())?;
        }
        writeln!(out)?;
        for miss in &place.misses {
            let at = miss.nearest.at.as_secs_f64();
            write!(out, "     {} in {}, nearest at {at:.1} s, short by {}", miss.kind, miss.zone, number(miss.short_by))?;
            self.write_drawing(drawn.iter().find(|d| d.look == super::look_of(&miss.nearest)), out)?;
            for condition in &miss.failed {
                let words = worded(&self.camera, miss, condition);
                let key = words.key.unwrap_or_else(|| "built in".to_owned());
                writeln!(out, "       - {} [{key}]", words.text)?;
            }
            if let Some(settings) = remedy(&self.camera, miss) {
                writeln!(out, "       with {} it would have been raised", settings.join(" and "))?;
            }
        }
        Ok(())
    }

    fn write_drawing(&self, drawn: Option<&Drawn>, out: &mut dyn Write) -> io::Result<()> {
        match drawn {
            Some(drawn) => writeln!(out, " ({})", drawn.name),
            None => writeln!(out),
        }
    }
}

fn drawing_of(miss: &scene::NearMiss, drawn: &[Drawn]) -> Option<String> {
    Some(drawn.iter().find(|d| d.look == super::look_of(&miss.nearest))?.name.clone())
}

fn failed(condition: &scene::Condition, words: Worded) -> FailedLine {
    FailedLine {
        condition: condition.fact.name,
        value: rounded(condition.fact.value),
        limit: condition.fact.needed.map(rounded),
        bound: if condition.at_least { "at_least" } else { "at_most" },
        unit: condition.fact.unit,
        short_by: rounded(condition.short_by),
        set_by: words.key,
        text: words.text,
    }
}
