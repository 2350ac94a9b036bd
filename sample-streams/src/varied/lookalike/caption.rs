//! The camera writes a line into its picture, and it stays.

use events::Kind;

use crate::air::Caption;
use crate::draw::letters;
use crate::varied::{Tale, Told};
use crate::world::Place;

pub(in crate::varied) fn tell(tale: &mut Tale) -> Option<Told> {
    let stay = tale.seed.range(20.0, 70.0);
    let start = tale.time(stay.min(50.0));
    let text = tale.seed.pick(&["MOTION", "ALARM 2", "PRESET 3", "REC", "ZOOM 4", "MOTION DETECTED", "NO DISC", "PATROL 1"]);
    let at = (tale.seed.range(0.03, 0.6), tale.seed.pick(&[0.11, 0.16, 0.55, 0.80, 0.86]));
    let size = tale.seed.range(0.03, 0.045);
    let caption = Caption { from: start, until: start + stay, text: Some(text.to_owned()), clock: 0, at, size };
    let place = Place::Picture(letters::caption_box(&caption));
    let mut told = Told::new(Kind::UnauthorizedAd, place, start, (start + stay < tale.duration).then_some(start + stay));
    told.caption = Some(caption);
    Some(told)
}
