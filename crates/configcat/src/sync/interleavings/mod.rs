//! The threads of a client in many orders of their steps: the real `refresh`, `prepare`, `close`
//! and what is below.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p configcat --lib --target-dir target/shuttle
//! interleavings` runs these tests. Each runs in all orders where there are few, and a larger one
//! in many orders at random; `CONFIGCAT_SCHEDULES` is the number of these. The scheduler prints an
//! order that fails, and `shuttle::replay` runs it again. Orders are sequentially consistent:
//! weaker orderings of atomics are not explored.

mod client;
pub(crate) mod fetcher;
mod flights;
pub(crate) mod primitives;
mod stores;

use std::env;

use shuttle::{Runner, check_pct, check_random, scheduler::DfsScheduler};

/// If there are more orders than these, they are too many for a test.
const MOST: usize = 300_000;

#[expect(clippy::expect_used, reason = "helpers of tests may panic as tests may")]
fn schedules() -> usize {
    env::var("CONFIGCAT_SCHEDULES").map_or(1000, |count| count.parse().expect("a number of schedules"))
}

fn at_random(run: impl Fn() + Clone + Send + Sync + 'static) {
    check_random(run.clone(), schedules() / 2);
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
}

#[test]
fn a_client_that_closes_frees_all_and_publishes_nothing_after() {
    at_random(client::closing_during_refreshes(2, 2));
}

#[test]
fn threads_that_wait_for_a_client_see_its_first_config() {
    at_random(client::waiting_for_the_first_config(3));
}

#[test]
fn a_forced_refresh_fetches_itself_or_joins_a_fetch() {
    at_random(client::forced_refreshes(3));
}
