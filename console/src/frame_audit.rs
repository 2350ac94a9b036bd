//! Drawing a frame audit: minutes out of the watched ones, by a seed, and to each the kept picture nearest to it.
//!
//! The frame is every minute in which a rule was in force at a place and a camera watched it. Candidates take no part: what the program
//! noticed must not decide where it is looked for.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::backtest::KeptView;
use crate::clearance::interval::Ms;
use crate::clearance::recall::Minutes;
use crate::dto::{NotSampled, word};
use crate::keeper::Place;

/// Minutes of the frame, in a fixed order.
pub(crate) struct AuditFrame<'a> {
    places: &'a [Place],
    minutes: Vec<Minutes>,
    /// How many minutes were before each place's.
    before: Vec<u64>,
    pub(crate) count: u64,
    /// Over places and spans: the same digest is the same frame.
    pub(crate) sha256: String,
}

/// A number of 64 bits by the seed.
fn dice(seed: &str, n: u64) -> u64 {
    let digest: [u8; 32] = Sha256::digest(format!("kerbwatch.frame-audit.v1\0{seed}\0{n}")).into();
    u64::from_be_bytes(digest[..8].try_into().expect("eight bytes"))
}

impl<'a> AuditFrame<'a> {
    pub(crate) fn of(places: &'a [Place]) -> Self {
        let (mut minutes, mut before, mut count) = (Vec::new(), Vec::new(), 0);
        let mut digest = Sha256::new();
        for place in places {
            let (camera, zone, kind) = &place.cell;
            digest.update(format!("{camera}\0{zone}\0{}\0{:?}\n", word(kind), place.watched.spans()));
            let own = Minutes::of(&place.watched);
            before.push(count);
            count += own.count;
            minutes.push(own);
        }
        Self { places, minutes, before, count, sha256: hex::encode(digest.finalize()) }
    }

    /// So many different minutes, each as likely as the next; all where there are fewer.
    pub(crate) fn draw(&self, seed: &str, wanted: usize) -> Vec<(&'a Place, Ms)> {
        let wanted = u64::try_from(wanted).unwrap_or(u64::MAX).min(self.count);
        let mut taken = BTreeSet::new();
        let mut out = Vec::new();
        let mut n = 0;
        while (out.len() as u64) < wanted {
            let index = u64::try_from((u128::from(dice(seed, n)) * u128::from(self.count)) >> 64).unwrap_or(0);
            n += 1;
            if taken.insert(index) {
                out.extend(self.at(index));
            }
        }
        out
    }

    fn at(&self, index: u64) -> Option<(&'a Place, Ms)> {
        let place = self.before.partition_point(|before| *before <= index).checked_sub(1)?;
        // Places without a whole minute share their number with the next one; the last of them has it.
        self.minutes[place].nth(index - self.before[place]).map(|at| (&self.places[place], at))
    }
}

/// The picture of a drawn minute: of which view (by its place among them), when taken, its key.
pub(crate) type Picture = (usize, Ms, String);

/// The kept picture nearest to a minute, at whose moment its zone was in force and watched itself.
fn nearest(place: &Place, minute: Ms, most: Ms, pictures: &BTreeMap<String, Vec<KeptView>>) -> Option<Picture> {
    let of_view = |(index, (view, watched)): (usize, &(crate::keeper::CellId, crate::clearance::interval::IntervalSet))| {
        let kept = pictures.get(&view.0).map_or(&[][..], Vec::as_slice).iter();
        let fits = kept.filter(|kept| (kept.at_ms - minute).abs() <= most && watched.holds(kept.at_ms));
        let best = fits.min_by_key(|kept| ((kept.at_ms - minute).abs(), kept.at_ms));
        best.map(|kept| ((kept.at_ms - minute).abs(), index, kept.at_ms, kept.key.clone()))
    };
    let best = place.views.iter().enumerate().filter_map(of_view).min();
    best.map(|(_, index, at, key)| (index, at, key))
}

/// To each drawn minute its picture, or why there is none.
pub(crate) fn pictured(
    drawn: &[(&Place, Ms)],
    most: Ms,
    pictures: &BTreeMap<String, Vec<KeptView>>,
) -> Vec<Result<Picture, NotSampled>> {
    let mut taken = BTreeSet::new();
    let mut one = |(place, minute): &(&Place, Ms)| {
        let (index, at, key) = nearest(place, *minute, most, pictures).ok_or(NotSampled::NoPicture)?;
        let new = taken.insert((place.views[index].0.clone(), at));
        if new { Ok((index, at, key)) } else { Err(NotSampled::DrawnAlready) }
    };
    drawn.iter().map(&mut one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backtest::Light;
    use crate::clearance::figures::CellKey;
    use crate::clearance::interval::{IntervalSet, MINUTE};
    use crate::dto::Kind;

    fn place(camera: &str, watched: &[(Ms, Ms)]) -> Place {
        let cell = (camera.to_owned(), "north".to_owned(), Kind::IllegalStall);
        let spans = IntervalSet::of(watched.iter().map(|(from, until)| (from * MINUTE, until * MINUTE)));
        let key = CellKey {
            camera: camera.to_owned(),
            zone: "north".to_owned(),
            kind: Kind::IllegalStall,
            camera_name: String::new(),
            zone_name: String::new(),
            district: String::new(),
            street: String::new(),
            area: String::new(),
            grade: None,
            place: None,
        };
        Place { views: vec![(cell.clone(), spans.clone())], cell, key, watched: spans }
    }

    fn kept(minutes: &[Ms]) -> Vec<KeptView> {
        minutes.iter().map(|m| KeptView { at_ms: m * MINUTE, light: Light::Day, key: m.to_string() }).collect()
    }

    #[test]
    fn a_seed_draws_the_same_minutes_of_the_frame_and_no_other() {
        let places = [place("a", &[(0, 100), (200, 300)]), place("b", &[]), place("c", &[(0, 50)])];
        let frame = AuditFrame::of(&places);
        assert_eq!(frame.count, 250);
        let names = |drawn: Vec<(&Place, Ms)>| drawn.iter().map(|(p, at)| (p.cell.0.clone(), *at)).collect::<Vec<_>>();
        let first = names(frame.draw("seed", 60));
        assert_eq!(first, names(frame.draw("seed", 60)));
        assert_ne!(first, names(frame.draw("other", 60)));
        assert!(places.iter().all(|p| first.iter().filter(|(c, _)| *c == p.cell.0).all(|(_, at)| p.watched.holds(*at))));
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 60, "none twice");
        assert_eq!(frame.draw("seed", 999).len(), 250, "all where there are fewer");
        assert_eq!(AuditFrame::of(&[]).draw("seed", 5).len(), 0);
        assert_ne!(frame.sha256, AuditFrame::of(&places[..1]).sha256);
    }

    #[test]
    fn every_minute_is_as_likely_as_the_next() {
        // 10 of 50 by 2000 seeds: each 400 times on average, standard deviation 18.
        let places = [place("a", &[(0, 20)]), place("b", &[(0, 30)])];
        let frame = AuditFrame::of(&places);
        let mut counts = BTreeMap::new();
        for seed in 0..2000 {
            for (place, at) in frame.draw(&seed.to_string(), 10) {
                *counts.entry((place.cell.0.clone(), at)).or_insert(0u32) += 1;
            }
        }
        assert!(counts.len() == 50 && counts.values().all(|n| (310..490).contains(n)), "{counts:?}");
    }

    #[test]
    fn the_nearest_picture_within_reach_at_a_watched_moment_is_looked_at_once() {
        let places = [place("a", &[(0, 60), (70, 120)])];
        let at = |minute: Ms| (&places[0], minute * MINUTE);
        let pictures = BTreeMap::from([("a".to_owned(), kept(&[10, 65, 110]))]);
        let found = pictured(&[at(20), at(0), at(75), at(59), at(105)], 30 * MINUTE, &pictures);
        let keys: Vec<Result<&str, NotSampled>> =
            found.iter().map(|one| one.as_ref().map(|(_, _, key)| key.as_str()).map_err(|why| *why)).collect();
        let (none, again) = (NotSampled::NoPicture, NotSampled::DrawnAlready);
        assert_eq!(keys, [Ok("10"), Err(again), Err(none), Err(none), Ok("110")], "65 was unwatched: it says nothing");
    }

    #[test]
    fn of_two_cameras_on_a_place_the_one_that_watched_shows_it() {
        let mut both = place("a", &[(0, 120)]);
        let second = ("b".to_owned(), "square".to_owned(), Kind::IllegalStall);
        both.views[0].1 = IntervalSet::span(60 * MINUTE, 120 * MINUTE);
        both.views.push((second, IntervalSet::span(0, 120 * MINUTE)));
        let pictures = BTreeMap::from([("a".to_owned(), kept(&[30])), ("b".to_owned(), kept(&[25]))]);
        let found = pictured(&[(&both, 30 * MINUTE)], 30 * MINUTE, &pictures);
        assert_eq!(found, [Ok((1, 25 * MINUTE, "25".to_owned()))]);
    }
}
