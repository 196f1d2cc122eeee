//! Each in all orders where that ends soon, and a larger one in many orders at random.
//!
//! `CONFIGCAT_SCHEDULES` says how many.

use std::env;

use interleavings::{client, flights, stores};
use shuttle::{Runner, check_pct, check_random, scheduler::DfsScheduler};

/// If there are more orders than these, they are too many for a test.
const MOST: usize = 300_000;

#[expect(clippy::expect_used, reason = "helpers of tests may panic as tests may")]
fn schedules() -> usize {
    env::var("CONFIGCAT_SCHEDULES").map_or(1000, |count| count.parse().expect("a number of schedules"))
}

fn at_random(run: impl Fn() + Copy + Send + Sync + 'static) {
    check_random(run, schedules() / 2);
    // Few switches of threads, but at any place.
    check_pct(run, schedules() / 2, 3);
}

fn in_all_orders(run: impl Fn() + Send + Sync + 'static) {
    let orders = Runner::new(DfsScheduler::new(Some(MOST), false), shuttle::Config::default()).run(run);
    println!("{orders} orders");
    assert!(orders < MOST, "there are more");
}

#[test]
fn one_leads_and_the_others_get_its_result() {
    in_all_orders(|| flights::one_leads_and_the_others_get_its_result(2));
    at_random(|| flights::one_leads_and_the_others_get_its_result(4));
}

#[test]
fn a_leader_that_gives_up_frees_all() {
    in_all_orders(|| flights::a_leader_that_gives_up_frees_all(2));
    at_random(|| flights::a_leader_that_gives_up_frees_all(4));
}

#[test]
fn nobody_goes_back() {
    in_all_orders(|| stores::nobody_goes_back(1, 1, 1));
    at_random(|| stores::nobody_goes_back(3, 3, 2));
}

#[test]
fn two_who_publish_at_once_both_do() {
    in_all_orders(stores::two_who_publish_at_once_both_do);
}

#[test]
fn closing_frees_all_and_nothing_is_published_after_it() {
    in_all_orders(|| flights::closing_frees_who_follows(1));
    in_all_orders(stores::nothing_is_published_after_closing);
    at_random(|| flights::closing_frees_who_follows(4));
    at_random(|| client::closing_frees_all_and_nothing_is_published_after_it(3, 2));
}

#[test]
fn who_waits_sees_the_first_config() {
    at_random(|| client::who_waits_sees_the_first_config(3));
}
