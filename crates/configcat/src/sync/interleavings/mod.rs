//! Threads of a client in many orders of their steps: the real `refresh`, `prepare`, `close` and
//! everything below.
//!
//! `RUSTFLAGS="--cfg shuttle" cargo test -p configcat --lib --target-dir target/shuttle
//! interleavings` runs these tests. CI gives the flag to the crates of this workspace alone. A
//! small case runs in all orders; a larger case runs in many orders at random, and
//! `CONFIGCAT_SCHEDULES` is their number. The scheduler prints an order that
//! fails, and `shuttle::replay` runs it again. The orders are sequentially consistent: weaker
//! orderings of atomics are not explored.

#[expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]
mod client;
pub(crate) mod fetcher;
mod flights;
pub(crate) mod primitives;
mod stores;

use std::env;

use shuttle::{Runner, check_pct, check_random, scheduler::DfsScheduler};

/// Largest number of orders for a test of all orders: some seconds on a laptop.
const MOST: usize = 300_000;

#[expect(clippy::expect_used, reason = "helpers of tests may panic as tests may")]
fn schedules() -> usize {
    env::var("CONFIGCAT_SCHEDULES")
        .map_or(1000, |count| count.parse().expect("CONFIGCAT_SCHEDULES must be a number"))
}

fn at_random(run: impl Fn() + Clone + Send + Sync + 'static) {
    check_random(run.clone(), schedules() / 2);
    // Few switches of threads, at any place: finds faults that need one unlucky switch.
    check_pct(run, schedules() / 2, 3);
}

fn in_all_orders(run: impl Fn() + Send + Sync + 'static) {
    let orders = Runner::new(DfsScheduler::new(Some(MOST), false), shuttle::Config::default()).run(run);
    println!("{orders} orders");
    assert!(orders < MOST, "more than {MOST} orders: make the case smaller");
}

#[test]
fn one_thread_leads_and_the_others_get_its_result() {
    in_all_orders(|| flights::one_thread_leads_and_the_others_get_its_result(2));
    at_random(|| flights::one_thread_leads_and_the_others_get_its_result(4));
}

#[test]
fn a_leader_without_a_result_releases_waiters() {
    in_all_orders(|| flights::a_leader_without_a_result_releases_waiters(2));
    at_random(|| flights::a_leader_without_a_result_releases_waiters(4));
}

#[test]
fn no_reader_goes_back() {
    in_all_orders(|| stores::no_reader_goes_back(1, 1, 1));
    at_random(|| stores::no_reader_goes_back(3, 3, 2));
}

#[test]
fn publications_at_once_are_both_kept() {
    in_all_orders(stores::publications_at_once_are_both_kept);
}

#[test]
fn closing_releases_waiters_and_ends_publishing() {
    in_all_orders(|| flights::closing_releases_waiters(1));
    in_all_orders(stores::nothing_is_published_after_closing);
    at_random(|| flights::closing_releases_waiters(4));
}

#[test]
fn a_closing_client_releases_waiters_and_ends_publishing() {
    at_random(client::closing_during_refreshes(2, 2));
}

#[test]
fn waiting_threads_see_the_first_config() {
    at_random(client::waiting_for_the_first_config(3));
}

#[test]
fn a_forced_refresh_fetches_itself_or_joins_a_fetch() {
    at_random(client::forced_refreshes(3));
}
