//! From what is known of things to candidates and observations.

use std::time::Duration;

use events::site::{Permit, Zone};
use events::{Candidate, CandidateId, CandidateState, Fact, Kind, Moment, Observation, Point, Score, Subject, Why};

use super::{Scene, kind_at, kind_index};
use crate::clock::{Seconds, When};
use crate::judgement::Judgement;
use crate::place::thing::{Presence, Thing};
use crate::violation::{CLAIMS, Check, Episode, Facts, Name, Raised, judge, newness};

/// Looks a thing must have been measured in before anything is said of it.
const MEASURED: u32 = 2;

/// Does a zone watch a thing with this box? What stands is where its foot is; a little above it, for the lower edge of a box
/// is often a pixel low.
fn in_zone(zone: &Zone, bbox: &events::BBox) -> bool {
    let foot = Point { x: bbox.foot().x, y: bbox.y2 - 0.1 * bbox.height() };
    zone.polygon.contains(foot) || zone.polygon.contains(bbox.centre())
}

/// The permit of this kind that covers the place now.
fn permit_for<'a>(zone: &'a Zone, kind: Kind, bbox: &events::BBox, valid: impl Fn(&Permit) -> bool) -> Option<&'a Permit> {
    zone.permits.iter().find(|permit| {
        permit.kinds.contains(&kind)
            && permit.polygon.as_ref().is_none_or(|p| p.contains(bbox.centre()) || p.contains(bbox.foot()))
            && valid(permit)
    })
}

impl Scene {
    /// Judges all things.
    pub(super) fn decide(&mut self, now: Seconds, said: &mut Vec<Judgement>) {
        let mut things = std::mem::take(&mut self.state.things);
        for thing in &mut things {
            if !thing.in_street {
                self.decide_one(thing, now, said);
            }
            self.follow_raised(thing, now, said);
        }
        self.state.things = things;
    }

    fn decide_one(&mut self, thing: &mut Thing, now: Seconds, said: &mut Vec<Judgement>) {
        let Some(at) = self.state.line.last() else { return };
        let Some((w, h)) = self.state.street.as_ref().map(|s| (s.empty.w, s.empty.h)) else { return };
        let bbox = thing.bbox(w, h);
        let area = thing.mask.len() as f64 / (w * h) as f64;
        for zone in self.camera.zones.clone().iter().filter(|zone| in_zone(zone, &bbox)) {
            for kind in CLAIMS {
                let Some(rule) = zone.rules.get(&kind) else { continue };
                let index = self.episode(thing, zone, kind, now);
                let permit = permit_for(zone, kind, &bbox, |p| p.valid_at(&self.calendar, at.wall)).map(|p| p.id.to_string());
                let in_force = rule.in_force(&self.calendar, at.wall);
                self.note_schedule(thing, index, in_force, permit.clone(), now, zone, kind);
                if !in_force || thing.episodes[index].raised.is_some() || thing.measured < MEASURED {
                    continue;
                }
                let facts = Facts { thing, zone, rule, bbox, area, now, learnt_at: self.state.learnt_at };
                let verdict = judge(kind, &facts);
                let dwell = verdict.since.map_or(0.0, |since| now - since.max(thing.episodes[index].counts_from));
                let needed = rule.dwell.as_secs_f64();
                let score = verdict.score();
                let mut failed: Vec<Check> = verdict.checks.iter().filter(|c| !c.holds()).copied().collect();
                let likely = failed.is_empty() || newness(&facts).iter().all(Check::holds);
                let dwell_check = Check::at_least(Name::Dwell, dwell, needed);
                if !dwell_check.holds() {
                    failed.push(dwell_check);
                }
                let text = (verdict.text)(&facts, dwell);
                let mut trace: Vec<Fact> = verdict.checks.iter().map(Check::fact).collect();
                trace.insert(0, dwell_check.fact());
                let seen = thing.presence == Presence::Seen;
                let claimed = thing.episodes.iter().any(|e| e.raised.as_ref().is_some_and(|r| !r.permitted || permit.is_some()));
                let met = failed.is_empty() && f64::from(score) >= rule.min_score;
                thing.episodes[index].failed = failed;
                if claimed {
                    continue;
                }
                if likely && !thing.episodes[index].opened {
                    thing.episodes[index].opened = true;
                    self.open(thing, index, zone, bbox, said);
                }
                if met && seen {
                    let candidate =
                        self.candidate(thing, index, zone, bbox, at, Score::clamped(score), Why { text, facts: trace });
                    let episode = &mut thing.episodes[index];
                    if !episode.opened {
                        episode.opened = true;
                        self.open(thing, index, zone, bbox, said);
                    }
                    thing.episodes[index].raised = Some(Raised {
                        at: now,
                        confirmed: now,
                        permitted: permit.is_some(),
                        clear_after: rule.clear_after.as_secs_f64(),
                    });
                    said.push(Judgement::Raised(Box::new(candidate)));
                    self.close_others(thing, index, said);
                }
            }
        }
    }

    /// The episode of a thing in a zone and of a kind, begun when there is none.
    fn episode(&self, thing: &mut Thing, zone: &Zone, kind: Kind, now: Seconds) -> usize {
        let code = kind_index(kind);
        if let Some(index) = thing.episodes.iter().rposition(|e| e.kind == code && e.zone == zone.id.as_str()) {
            return index;
        }
        // Long-standing things that only now come under a rule (a new zone) have stood all the time.
        let _ = now;
        let id = self.id_of(thing, zone, kind, thing.first_seen);
        thing.episodes.push(Episode {
            kind: code,
            zone: zone.id.as_str().to_owned(),
            id,
            first_seen: thing.first_seen,
            counts_from: f64::NEG_INFINITY,
            opened: false,
            permit: None,
            raised: None,
            failed: Vec::new(),
        });
        thing.episodes.len() - 1
    }

    fn id_of(&self, thing: &Thing, zone: &Zone, kind: Kind, first_seen: When) -> String {
        let [x1, y1, x2, y2] = thing.first_box;
        let mille = |v: f64| (v.clamp(0.0, 1.0) * 1000.0).round() as u16;
        let place = (mille((x1 + x2) / 2.0), mille((y1 + y2) / 2.0));
        CandidateId::derive(&self.camera.id, &zone.id, kind, Moment::from(first_seen).wall, place).as_str().to_owned()
    }

    /// Keeps account of when the rule is in force and what permits it. A permit that ends begins a new episode.
    #[expect(clippy::too_many_arguments, reason = "one call, all of it about one episode")]
    fn note_schedule(
        &self,
        thing: &mut Thing,
        index: usize,
        in_force: bool,
        permit: Option<String>,
        now: Seconds,
        zone: &Zone,
        kind: Kind,
    ) {
        // Not from the last look before the window, which would count a look too much.
        let episode = &mut thing.episodes[index];
        if !in_force {
            episode.counts_from = f64::INFINITY;
        } else if episode.counts_from == f64::INFINITY {
            episode.counts_from = now;
        }
        let ended = thing.episodes[index].permit.is_some() && permit.is_none();
        if ended && thing.episodes[index].raised.is_some() {
            let first_seen = self.state.line.last().map_or(thing.first_seen, When::from);
            let id = self.id_of(thing, zone, kind, first_seen);
            let old = &thing.episodes[index];
            let fresh = Episode {
                id,
                first_seen,
                counts_from: now,
                opened: false,
                permit: None,
                raised: None,
                failed: Vec::new(),
                ..old.clone()
            };
            thing.episodes.push(fresh);
            return;
        }
        let episode = &mut thing.episodes[index];
        if ended {
            episode.counts_from = now;
        }
        episode.permit = permit;
    }

    fn open(&self, thing: &Thing, index: usize, zone: &Zone, bbox: events::BBox, said: &mut Vec<Judgement>) {
        let episode = &thing.episodes[index];
        if let Ok(id) = episode.id.parse() {
            said.push(Judgement::Opened {
                id,
                kind: kind_at(episode.kind),
                zone: zone.id.clone(),
                first_seen: episode.first_seen.into(),
                bbox,
            });
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one record")]
    fn candidate(
        &self,
        thing: &Thing,
        index: usize,
        zone: &Zone,
        bbox: events::BBox,
        raised: Moment,
        score: Score,
        why: Why,
    ) -> Candidate {
        let episode = &thing.episodes[index];
        Candidate {
            id: episode.id.parse().expect("episode ids are made by CandidateId::derive"),
            kind: kind_at(episode.kind),
            camera: self.camera.id.clone(),
            zone: zone.id.clone(),
            zone_version: zone.version.clone(),
            permit: episode.permit.as_ref().and_then(|p| p.parse().ok()),
            first_seen: episode.first_seen.into(),
            raised,
            bbox,
            score,
            why,
        }
    }

    /// One thing is one candidate: what else was opened for it is closed.
    fn close_others(&self, thing: &mut Thing, raised: usize, said: &mut Vec<Judgement>) {
        for (index, episode) in thing.episodes.iter_mut().enumerate() {
            if index != raised && episode.opened && episode.raised.is_none() {
                episode.opened = false;
                if let Ok(id) = episode.id.parse() {
                    said.push(Judgement::Closed { id });
                }
            }
        }
    }

    /// Present and cleared observations of what is out.
    fn follow_raised(&mut self, thing: &mut Thing, now: Seconds, said: &mut Vec<Judgement>) {
        let every = self.options.present_every.max(Duration::from_secs(1)).as_secs_f64();
        let Some(at) = self.state.line.last() else { return };
        let seen = thing.presence == Presence::Seen;
        let mut present = Vec::new();
        for episode in &mut thing.episodes {
            if let Some(raised) = &mut episode.raised
                && seen
                && now - raised.confirmed >= every
            {
                raised.confirmed = now;
                present.push(episode.id.clone());
            }
        }
        for id in present {
            self.observe(thing, &id, CandidateState::Present, at, said);
        }
        let Some(since) = thing.gone_since else { return };
        let gone_for = now - since;
        let gone: Vec<Episode> =
            thing.episodes.extract_if(.., |e| e.raised.as_ref().is_some_and(|r| gone_for >= r.clear_after)).collect();
        let at = self.state.line.moment(since);
        for episode in gone {
            self.end_episode(thing, episode, CandidateState::Cleared, at, said);
        }
    }

    /// Says how an episode ended, if anybody was told that it had begun.
    pub(super) fn end_episode(
        &self,
        thing: &Thing,
        episode: Episode,
        state: CandidateState,
        at: Moment,
        said: &mut Vec<Judgement>,
    ) {
        if episode.raised.is_some() {
            self.observe(thing, &episode.id, state, at, said);
        } else if episode.opened
            && let Ok(id) = episode.id.parse()
        {
            said.push(Judgement::Closed { id });
        }
    }

    fn observe(&self, thing: &Thing, id: &str, state: CandidateState, at: Moment, said: &mut Vec<Judgement>) {
        let (w, h) = self.state.street.as_ref().map_or((1, 1), |s| (s.empty.w, s.empty.h));
        if let Ok(id) = id.parse() {
            said.push(Judgement::Observed(Observation {
                camera: self.camera.id.clone(),
                at,
                subject: Subject::Candidate { id, state, bbox: thing.bbox(w, h) },
            }));
        }
    }
}
