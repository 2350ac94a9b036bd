//! Which kinds happen in which seed, so that a run of seeds is balanced without any seed saying what its neighbour holds.

use events::Kind;

use crate::seed::Seed;
use crate::truth::LOOKALIKES;

/// Seeds of a block: together they hold each kind three times.
const BLOCK: u64 = 4;
/// Events of the seeds of a block, before they are shuffled. Their sum is 3 for each of the four kinds.
const COUNTS: [usize; BLOCK as usize] = [2, 3, 3, 4];

/// What a seed's story holds.
pub(super) struct Plan {
    /// The kinds of the true events, all different.
    pub(super) kinds: Vec<Kind>,
    /// How many look-alikes are wanted.
    pub(super) wanted: usize,
    /// All look-alikes in the order in which they are tried.
    pub(super) lookalikes: Vec<&'static str>,
}

/// Any 60 consecutive seeds hold at least 14 whole blocks: 42 events of each kind, and those of the rest.
pub(super) fn of(seed: u64) -> Plan {
    let (block, place) = (seed / BLOCK, (seed % BLOCK) as usize);
    let mut random = Seed::new(block ^ 0x626c_6f63_6b73);
    let mut counts = COUNTS;
    shuffle(&mut counts, &mut random);
    let mut order = Kind::ALL;
    shuffle(&mut order, &mut random);
    // Dealt round and round: nobody gets the same kind twice, for nobody gets more than four.
    let dealt: usize = counts[..place].iter().sum();
    let kinds = (dealt..dealt + counts[place]).map(|i| order[i % 4]).collect();
    // Look-alikes are dealt in turn too; the ones behind stand in where one finds no room.
    let mut own = Seed::new(seed ^ 0x6c6f_6f6b);
    let wanted = 3 + own.below(3);
    let mut cards = LOOKALIKES;
    shuffle(&mut cards, &mut Seed::new((seed / 9) ^ 0x6361_7264));
    let first = (seed % 9) as usize * 2;
    let mut lookalikes: Vec<&'static str> = vec![cards[first], cards[first + 1]];
    let mut rest: Vec<&'static str> = cards.iter().copied().filter(|card| !lookalikes.contains(card)).collect();
    shuffle(&mut rest, &mut own);
    lookalikes.extend(rest);
    Plan { kinds, wanted, lookalikes }
}

/// Fisher and Yates.
fn shuffle<T>(list: &mut [T], random: &mut Seed) {
    for i in (1..list.len()).rev() {
        list.swap(i, random.below(i + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_sixty_seeds_hold_forty_of_each_kind() {
        let plans: Vec<Plan> = (0..9_000).map(of).collect();
        for window in plans.windows(60) {
            for kind in Kind::ALL {
                let count = window.iter().filter(|plan| plan.kinds.contains(&kind)).count();
                assert!(count >= 40, "{kind}: {count}");
            }
        }
    }

    #[test]
    fn a_seed_holds_two_to_four_kinds_and_wants_three_to_five_look_alikes() {
        for seed in 0..9_000 {
            let plan = of(seed);
            let mut kinds = plan.kinds.clone();
            kinds.sort();
            kinds.dedup();
            assert_eq!(kinds.len(), plan.kinds.len(), "seed {seed}: a kind comes twice");
            assert!((2..=4).contains(&kinds.len()) && (3..=5).contains(&plan.wanted), "seed {seed}");
            let mut cards = plan.lookalikes.clone();
            cards.sort_unstable();
            cards.dedup();
            assert_eq!(cards.len(), LOOKALIKES.len(), "seed {seed}: every look-alike may stand in");
        }
    }
}
