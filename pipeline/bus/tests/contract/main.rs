//! What both buses promise, written once and run on each: the local bus, and a real Apache Kafka 4 broker.

#![allow(clippy::unwrap_used, reason = "clippy's leave for tests does not reach their helper functions")]

#[path = "../support/mod.rs"]
mod support;

mod cameras;
mod cases;
mod harm;
mod member;

use kerbwatch_bus::BusConfig;
use support::{alone, kafka, shared};

/// Runs the same cases on a bus of each kind; each case gets topics and files of its own.
macro_rules! on_both {
    ($($module:ident :: $case:ident),+ $(,)?) => {
        mod local {
            use super::*;
            $(#[test] fn $case() {
                let folder = tempfile::tempdir().unwrap();
                $module::$case(&BusConfig::Local { path: folder.path().join("bus.db") });
            })+
        }
        mod on_kafka {
            use super::*;
            $(#[test] fn $case() {
                let broker = shared();
                $module::$case(&kafka(broker.config(stringify!($case))));
            })+
        }
    };
}

on_both!(
    cases::a_message_arrives_as_it_was_sent,
    cases::order_holds_per_key,
    cases::what_was_not_committed_comes_again,
    cases::groups_are_independent,
    cases::latest_begins_with_what_comes,
    cases::the_spool_drains_in_order_and_refusals_go_to_the_dead_letters,
    cases::it_says_that_it_is_up,
    member::members_share_keys_and_take_over_from_the_dead,
    cameras::only_the_last_word_on_a_camera_is_heard,
    cameras::bad_records_on_the_cameras_topic_are_passed_over,
);

#[test]
fn a_broker_that_was_away_at_start_gets_everything_in_order() {
    let broker = alone();
    harm::away_at_start(&broker);
}

#[test]
fn a_broker_killed_in_the_middle_loses_and_doubles_nothing() {
    let broker = alone();
    harm::killed_in_the_middle(&broker);
}

#[test]
fn a_broker_that_hangs_loses_and_doubles_nothing() {
    let broker = alone();
    harm::hangs(&broker);
}

#[test]
fn a_message_that_the_topic_refuses_does_not_take_its_batch_with_it() {
    let broker = shared();
    harm::topic_refuses(&broker);
}

#[test]
fn cameras_move_between_workers_as_they_come_and_go() {
    let broker = shared();
    cameras::rebalance(&broker);
}
