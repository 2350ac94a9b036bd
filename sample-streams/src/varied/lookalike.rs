//! What must not alarm: one story piece a file.

mod bag;
mod bikes;
mod bin;
mod bus;
mod caption;
mod cars;
mod chatting;
mod delivery;
mod door;
mod permitted;
mod vendor;
mod weather;

use super::Teller;

/// Who tells the look-alike of this name.
pub(super) fn teller(name: &str) -> Option<Teller> {
    Some(match name {
        "vendor_moves_on" => vendor::moves_on,
        "bikes_parked" => bikes::parked,
        "people_chatting" => chatting::tell,
        "delivery" => delivery::tell,
        "permitted_market" => permitted::market,
        "approved_sign" => permitted::sign,
        "car_leaves" => cars::leaves,
        "car_parks" => cars::parks,
        "bag_taken_up" => bag::tell,
        "bin_moved" => bin::moved,
        "puddle" => weather::puddle,
        "leaves" => weather::leaves,
        "building_shadow" => weather::building_shadow,
        "tree_sways" => weather::tree_sways,
        "headlights" => weather::headlights,
        "door_left_open" => door::left_open,
        "caption" => caption::tell,
        "bus_queue" => bus::queue,
        _ => return None,
    })
}
