//! One thing of a recording: its bytes as they were last read, and until when they need not be looked at.

use events::ObjectClass;

use super::diff::Touched;
use crate::clock::Seconds;
use crate::place::identity::Identity;
use crate::place::thing::Thing;
use crate::scene::Quiet;
use crate::violation::looks_like_a_cart;

/// What is kept beside a thing.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) serial: u64,
    /// The order in which things appear in the recording: the same under all zones.
    pub(super) key: u64,
    pub(super) body: Vec<u8>,
    /// The bytes say more than the thing that was made of them.
    pub(super) stale: bool,
    /// Until when judging it changes nothing, see [`crate::scene::Scene::quiet_until`]; `None` when it is to be judged at once.
    pub(super) quiet: Option<Quiet>,
    /// Episodes that were out when that was asked.
    pub(super) raised: usize,
    guarded: (usize, usize),
}

impl Slot {
    pub(super) fn new(serial: u64, key: u64, body: Vec<u8>) -> Self {
        Self { serial, key, body, stale: true, quiet: None, raised: 0, guarded: (usize::MAX, 0) }
    }

    /// The bytes whose change may make a quiet thing worth judging: all before the time it was last seen, and whether it is gone.
    pub(super) fn guarded(&self) -> (usize, usize) {
        self.guarded
    }

    /// Has it to be judged in this look?
    pub(super) fn is_loud(&self, now: Seconds) -> bool {
        self.quiet.is_none_or(|quiet| now >= quiet.until)
    }

    /// What changed in its bytes: anything but the tail has it judged, and so has what makes a cart of it.
    pub(super) fn touched(&mut self, touched: Touched) {
        self.stale = true;
        let unless_cart = self.quiet.is_some_and(|quiet| quiet.unless_cart);
        if touched == Touched::Head || unless_cart && identity_in(&self.body).is_none_or(|it| looks_like_a_cart(&it)) {
            self.quiet = None;
            self.raised = usize::MAX;
        }
    }

    /// The thing has been made of the bytes.
    pub(super) fn made(&mut self, thing: &Thing) {
        self.stale = false;
        let head = head_of(thing);
        // The time it was last seen, then the tag of when it went.
        self.guarded = (head, head + size_of::<Seconds>());
    }
}

/// Bytes that an identity takes when it is written: it remembers too few answers for their number to take more than one.
const IDENTITY: usize = 1 + size_of::<bool>() + size_of::<Seconds>() + size_of::<f32>() * ObjectClass::NAMES.len();

/// What behind a written thing's identity is written of it: that its episodes are not, and two answers of yes or no.
const BEHIND_IDENTITY: usize = 3;

/// The identity in the bytes of a thing, without making the thing.
fn identity_in(body: &[u8]) -> Option<Identity> {
    let end = body.len().checked_sub(BEHIND_IDENTITY)?;
    postcard::from_bytes(body.get(end.checked_sub(IDENTITY)?..end)?).ok()
}

/// How many bytes of a written thing lie before the time at which it was last seen.
fn head_of(thing: &Thing) -> usize {
    let head = (
        thing.serial,
        // Its outline is written apart.
        [0u8; 1],
        thing.at,
        thing.first_box,
        thing.first_seen,
        thing.onset,
        thing.complete,
        thing.spread,
        thing.born,
        thing.presence,
    );
    let mut room = [0u8; 192];
    // What does not fit is guarded in full: judged more often, and no less right.
    postcard::to_slice(&head, &mut room).map_or(usize::MAX - size_of::<Seconds>(), |head| head.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::When;
    use events::{Moment, RunId, StreamTime, WallTime};

    #[test]
    fn an_identity_is_found_in_the_bytes_of_its_thing() {
        let first_seen = When::from(Moment { run: RunId(3), at: StreamTime(7), wall: WallTime::known(1) });
        let mut thing = Thing::new(300, Vec::new(), 360, 200, (4.0, 5.0, 1.0), 6.0, first_seen);
        for answers in 0..20 {
            let body = postcard::to_stdvec(&thing).unwrap();
            assert_eq!(identity_in(&body).as_ref(), Some(&thing.identity), "after {answers} answers");
            assert_eq!(identity_in(&body[..BEHIND_IDENTITY + 9]), None);
            thing.identity.believe(answers % 3 > 0);
            thing.identity.hear(&[(ObjectClass::Stall, 0.7), (ObjectClass::Bin, 0.1)], f64::from(answers));
            (thing.in_street, thing.went_unseen) = (answers % 2 == 0, answers % 5 == 0);
        }
    }

    #[test]
    fn what_becomes_a_cart_is_judged() {
        let first_seen = When::from(Moment { run: RunId(3), at: StreamTime(7), wall: WallTime::known(1) });
        let mut thing = Thing::new(300, Vec::new(), 360, 200, (4.0, 5.0, 1.0), 6.0, first_seen);
        for (unless_cart, said, quiet) in
            [(true, ObjectClass::Bin, true), (true, ObjectClass::Canopy, false), (false, ObjectClass::Canopy, true)]
        {
            thing.identity = Identity::default();
            thing.identity.believe(true);
            (0..2).for_each(|at| thing.identity.hear(&[(said, 0.9)], f64::from(at)));
            let mut slot = Slot::new(300, 1, postcard::to_stdvec(&thing).unwrap());
            slot.quiet = Some(Quiet { until: 90.0, unless_cart });
            slot.touched(Touched::Tail);
            assert_eq!(slot.is_loud(8.0), !quiet, "{said:?} where carts count: {unless_cart}");
        }
    }

    #[test]
    fn what_is_guarded_ends_where_a_thing_says_when_it_was_last_seen() {
        let first_seen =
            When::from(Moment { run: RunId(3), at: StreamTime(7_000_000_000), wall: WallTime::known(1_794_787_200_000) });
        let mut thing = Thing::new(300, vec![5, 6, 7], 360, 200, (4.0, 5.0, 1.0), 6.0, first_seen);
        thing.mask.clear();
        let written = |thing: &Thing| postcard::to_stdvec(thing).unwrap();
        let before = written(&thing);
        let mut slot = Slot::new(300, 1, before.clone());
        slot.made(&thing);
        let (head, tag) = slot.guarded();
        let differ = |thing: &Thing| -> Vec<usize> {
            let after = written(thing);
            (0..before.len()).filter(|&i| before[i] != after[i]).collect()
        };
        let mut later = thing.clone();
        later.last_seen = -1.0e-300;
        let seen = differ(&later);
        assert!(*seen.first().unwrap() >= head && *seen.last().unwrap() < tag, "{seen:?} of {head} {tag}");
        let mut gone = thing.clone();
        gone.gone_since = Some(9.0);
        assert_eq!(written(&gone)[..tag], before[..tag]);
        assert_ne!(written(&gone)[tag], before[tag]);
        for place in [|t: &mut Thing| t.at.x2 += 1.0, |t: &mut Thing| t.onset += 1.0, |t: &mut Thing| t.first_box[3] += 0.1] {
            let mut moved = thing.clone();
            place(&mut moved);
            assert!(differ(&moved).iter().all(|i| *i < head));
        }
    }
}
