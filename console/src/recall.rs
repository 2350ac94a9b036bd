//! Drawn minutes and finds, matched with what the program had: the rows that estimates of recall are folded from.

use std::collections::{BTreeMap, HashMap};

use crate::clearance::day::{Cell, violations};
use crate::clearance::episode::Episode;
use crate::clearance::interval::{MINUTE, Ms};
use crate::clearance::recall::{FindFact, Overlap, cover, outcome, overlaps};
use crate::clock::rfc3339;
use crate::dto::{
    ClearanceParameters, FindCover, FindRecord, FindRuling, FrameVerdict, MinuteOutcome, OverlapRecord, RecallMinute,
};
use crate::keeper::{self, CellId};
use crate::state::AppState;
use crate::store::{AuditPlan, FindRow, MinuteRow};

/// A drawn minute with what became of it.
#[derive(Debug, Clone)]
pub(crate) struct Minute {
    pub(crate) record: RecallMinute,
    /// In which cell it is counted.
    pub(crate) cell: CellId,
    pub(crate) at: Ms,
    pub(crate) answered: Ms,
}

/// A find with what it was matched with.
#[derive(Debug, Clone)]
pub(crate) struct Find {
    pub(crate) record: FindRecord,
    /// In which cell it is counted; `None` where it stood in no zone.
    pub(crate) cell: Option<CellId>,
    pub(crate) at: Ms,
    pub(crate) fact: FindFact,
}

/// What is known around the moments that are asked about, each cell's violations made once.
struct Known {
    counted_in: HashMap<CellId, CellId>,
    cells: HashMap<CellId, Vec<Stretch>>,
    as_of: Ms,
}

/// A stretch of a cell's time with its candidates and violations.
struct Stretch {
    span: (Ms, Ms),
    cell: Cell,
    episodes: Vec<Episode>,
}

impl Known {
    async fn of(
        state: &AppState,
        parameters: &ClearanceParameters,
        wanted: &BTreeMap<CellId, Vec<Ms>>,
        slack_min: u32,
    ) -> Result<Self, sqlx::Error> {
        let around = state.clearance.around(&state.store, parameters, wanted, Ms::from(slack_min) * MINUTE).await?;
        let as_of = state.now_ms();
        let with_episodes = |known: keeper::Known| {
            let episodes = violations(&known.cell, as_of, parameters);
            Stretch { span: known.span, cell: known.cell, episodes }
        };
        let of_cell = |(id, known): (CellId, Vec<keeper::Known>)| (id, known.into_iter().map(with_episodes).collect());
        let cells = tokio::task::block_in_place(|| around.known.into_iter().map(of_cell).collect());
        Ok(Self { counted_in: around.counted_in, cells, as_of })
    }

    fn counted(&self, cell: &CellId) -> CellId {
        self.counted_in.get(cell).unwrap_or(cell).clone()
    }

    fn at(&self, cell: &CellId, at: Ms) -> Option<&Stretch> {
        self.cells.get(cell)?.iter().find(|known| (known.span.0..known.span.1).contains(&at))
    }

    fn overlaps(&self, cell: &CellId, at: Ms, slack_min: u32) -> Vec<Overlap> {
        let slack = Ms::from(slack_min) * MINUTE;
        self.at(cell, at).map_or_else(Vec::new, |known| overlaps(&known.cell, &known.episodes, at, slack, self.as_of))
    }

    fn cover(&self, cell: &CellId, at: Ms) -> FindCover {
        self.at(cell, at).map_or(FindCover::NotInForce, |known| cover(&known.cell, at))
    }
}

/// The moments that are asked about, by cell; none where only its name matters.
fn by_cell(asked: impl Iterator<Item = (CellId, Option<Ms>)>) -> BTreeMap<CellId, Vec<Ms>> {
    let mut out: BTreeMap<CellId, Vec<Ms>> = BTreeMap::new();
    for (cell, at) in asked {
        out.entry(cell).or_default().extend(at);
    }
    out
}

fn told(overlaps: &[Overlap]) -> Vec<OverlapRecord> {
    overlaps.iter().map(overlap_record).collect()
}

fn overlap_record(overlap: &Overlap) -> OverlapRecord {
    let Overlap { candidate, raised, rejected } = overlap;
    OverlapRecord { candidate: candidate.clone(), raised_at: rfc3339(*raised), rejected: *rejected }
}

/// What became of drawn minutes. What the program had is told only of those that somebody has looked at.
///
/// # Errors
/// The database failed.
pub(crate) async fn minutes(
    state: &AppState,
    parameters: &ClearanceParameters,
    rows: Vec<MinuteRow>,
) -> Result<Vec<Minute>, sqlx::Error> {
    let cell_of = |row: &MinuteRow| (row.drawn.camera.clone(), row.drawn.zone.clone(), row.drawn.kind);
    // Of what nobody has looked at nothing is told: its candidates need not be read.
    let looked_at = |row: &MinuteRow| row.drawn.picture.as_ref().filter(|_| !row.answers.is_empty()).map(|(at, _)| *at);
    let wanted = by_cell(rows.iter().map(|row| (cell_of(row), looked_at(row))));
    let known = Known::of(state, parameters, &wanted, parameters.audit_match_min).await?;
    let one = |row: MinuteRow| {
        let cell = known.counted(&cell_of(&row));
        let answer = row.answers.last().cloned();
        let found = match (&answer, &row.drawn.picture) {
            (Some(_), Some((at, _))) => known.overlaps(&cell, *at, parameters.audit_match_min),
            _ => Vec::new(),
        };
        let outcome = match answer.as_ref().map(|answer| answer.verdict) {
            _ if row.drawn.why_not.is_some() => MinuteOutcome::NotSampled,
            None => MinuteOutcome::Waiting,
            Some(FrameVerdict::CannotTell) => MinuteOutcome::CannotTell,
            Some(FrameVerdict::None) => MinuteOutcome::None,
            Some(FrameVerdict::Violation) => outcome(&found),
        };
        let record = RecallMinute {
            audit: row.audit,
            position: row.position,
            minute_at: rfc3339(row.drawn.minute_ms),
            picture_at: row.drawn.picture.as_ref().map(|(at, _)| rfc3339(*at)),
            kind: row.drawn.kind,
            area: Some(cell.1.clone()).filter(|_| cell.0.is_empty()),
            camera: row.drawn.camera,
            camera_name: row.drawn.camera_name,
            zone: row.drawn.zone,
            zone_name: row.drawn.zone_name,
            district: row.drawn.district,
            street: row.drawn.street,
            outcome,
            answer,
            revised: row.answers.len() > 1,
            weight: 1.0,
            overlaps: told(&found),
        };
        Minute { record, cell, at: row.drawn.minute_ms, answered: row.answered_ms }
    };
    Ok(rows.into_iter().map(one).collect())
}

/// Weighs drawn minutes by how densely the minutes like them were drawn, all audits together: two audits of one district next to one of
/// the city would else make the city's figure that district's. The weight is `1 / sum of n / N` over the audits that could have drawn the
/// minute (the single-frame estimator for overlapping frames, Bankier 1986; Kalton and Anderson 1986). `key_area` says whether a minute
/// was one of a key area, `day` its local day.
pub(crate) fn weigh(minutes: &mut [Minute], plans: &[AuditPlan], key_area: impl Fn(&Minute) -> bool, day: impl Fn(Ms) -> String) {
    for one in minutes {
        let (it, on) = (&one.record, day(one.at));
        let could = |plan: &&AuditPlan| {
            let same = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
            let of_it = plan.from_day <= on
                && on <= plan.until_day
                && same(&plan.district, &it.district)
                && same(&plan.street, &it.street)
                && (plan.kinds.is_empty() || plan.kinds.contains(&it.kind))
                && plan.units.holds(&it.district, &it.street)
                && (!plan.key_only || key_area(one));
            // Its own audit drew it, whatever the places are called today.
            of_it || plan.id == it.audit
        };
        let density: f64 = plans.iter().filter(could).map(|plan| plan.density).sum();
        one.record.weight = if density > 0.0 { 1.0 / density } else { 1.0 };
    }
}

/// Finds with what they were matched with. A person's word goes before the program's.
///
/// # Errors
/// The database failed.
pub(crate) async fn finds(
    state: &AppState,
    parameters: &ClearanceParameters,
    rows: Vec<FindRow>,
) -> Result<Vec<Find>, sqlx::Error> {
    let cell_of = |row: &FindRow| (row.put.camera.clone(), row.put.zone.clone(), row.put.kind);
    let in_zones = rows.iter().filter(|row| !row.put.zone.is_empty());
    let wanted = by_cell(in_zones.map(|row| (cell_of(row), Some(row.put.seen_ms))));
    let known = Known::of(state, parameters, &wanted, parameters.find_match_min).await?;
    Ok(rows.into_iter().map(|row| find(&known, parameters, row)).collect())
}

fn find(known: &Known, parameters: &ClearanceParameters, row: FindRow) -> Find {
    let put = row.put;
    let cell = (!put.zone.is_empty()).then(|| known.counted(&(put.camera.clone(), put.zone.clone(), put.kind)));
    let found = cell.as_ref().map_or_else(Vec::new, |cell| known.overlaps(cell, put.seen_ms, parameters.find_match_min));
    let cover = cell.as_ref().map_or(FindCover::NoZone, |cell| known.cover(cell, put.seen_ms));
    let last = row.rulings.last();
    let ruling = last.map_or(FindRuling::Automatic, |last| last.record.ruling);
    let matched = match (ruling, last) {
        (FindRuling::Automatic, _) => found.first().filter(|best| !best.rejected).cloned(),
        (FindRuling::Candidate, Some(last)) => last.record.candidate.clone().zip(last.raised_ms).map(|(candidate, raised)| {
            Overlap { rejected: found.iter().any(|one| one.candidate == candidate && one.rejected), candidate, raised }
        }),
        _ => None,
    };
    let fact = FindFact {
        cover,
        raised: matched.as_ref().map(|matched| matched.raised),
        rejected: matched.is_none() && found.iter().any(|one| one.rejected),
        reported: put.reported_ms,
    };
    let lead = fact.raised.filter(|raised| put.reported_ms < *raised).map(|raised| raised - put.reported_ms);
    let record = FindRecord {
        id: row.id,
        source: put.source,
        number: put.number,
        kind: put.kind,
        camera: put.camera,
        camera_name: row.camera_name,
        zone: Some(put.zone).filter(|zone| !zone.is_empty()),
        zone_name: row.zone_name,
        district: row.district,
        street: row.street,
        seen_at: rfc3339(put.seen_ms),
        reported_at: rfc3339(put.reported_ms),
        note: put.note,
        by: row.by,
        at: rfc3339(row.at_ms),
        cover,
        matched: matched.as_ref().map(overlap_record),
        overlaps: told(&found),
        lead_s: lead.map(|lead| u32::try_from(lead / 1000).unwrap_or(u32::MAX)),
        withdrawn: ruling == FindRuling::Withdrawn,
        rulings: row.rulings.into_iter().map(|ruling| ruling.record).collect(),
    };
    Find { record, cell, at: put.seen_ms, fact }
}
