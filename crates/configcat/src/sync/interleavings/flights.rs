//! Single flight.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use shuttle::thread;

use super::primitives::{Completion, completion};
use crate::{
    clock::Timer,
    sync::{
        latch::Latch,
        single_flight::{Role, SingleFlight},
    },
};

/// Values that the threads of a run share. The numbers are for checks only, and are no steps of the
/// scheduler.
struct Run {
    flights: SingleFlight<usize>,
    leading: AtomicUsize,
    led: AtomicUsize,
    closed: Completion,
}

/// Joins the flight. Returns the result, and whether this thread led.
fn join_flight(run: &Run, gives_up: bool) -> (Option<usize>, bool) {
    match run.flights.join(Duration::ZERO) {
        Role::Leader(leader) => {
            assert_eq!(run.leading.fetch_add(1, Ordering::SeqCst), 0, "two threads lead at once");
            let number = 1 + run.led.fetch_add(1, Ordering::SeqCst);
            thread::yield_now();
            run.leading.fetch_sub(1, Ordering::SeqCst);
            if gives_up {
                drop(leader);
                return (None, true);
            }
            leader.finish(number);
            (Some(number), true)
        }
        Role::Waiter(waiter) => (waiter.wait(&run.closed, &never()), false),
    }
}

/// One thread leads at a time; each waiting thread gets the result of a leader; all return.
pub(super) fn one_thread_leads_and_the_others_get_its_result(threads: usize) {
    join_all(threads, |_| false);
}

/// If the first leader ends without a result, no thread hangs.
pub(super) fn a_leader_without_a_result_releases_waiters(threads: usize) {
    join_all(threads, |thread| thread == 0);
}

fn join_all(threads: usize, gives_up: impl Fn(usize) -> bool) {
    let (_open, closed) = completion();
    let (flights, leading, led) = (SingleFlight::new(), AtomicUsize::new(0), AtomicUsize::new(0));
    let run = Arc::new(Run { flights, leading, led, closed });
    let joining: Vec<_> = (1..threads)
        .map(|thread| {
            let (run, gives_up) = (run.clone(), gives_up(thread));
            thread::spawn(move || (join_flight(&run, gives_up), gives_up))
        })
        .collect();
    let mut results = vec![(join_flight(&run, gives_up(0)), gives_up(0))];
    results.extend(joining.into_iter().map(|thread| thread.join().unwrap_or_else(|_| panic_in_thread())));
    let led = run.led.load(Ordering::SeqCst);
    let leaders = results.iter().filter(|((_, has_led), _)| *has_led).count();
    assert_eq!(leaders, led);
    let mut numbers: Vec<_> =
        results.iter().filter(|((_, has_led), _)| *has_led).filter_map(|((number, _), _)| *number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let gave_up = results.iter().any(|((_, has_led), gives_up)| *has_led && *gives_up);
    assert_eq!(numbers.len() + usize::from(gave_up), led, "each flight has a result of its own");
    for ((number, has_led), _) in &results {
        match number {
            Some(number) => assert!(numbers.contains(number), "a result of no leader"),
            None => assert!(gave_up || *has_led, "a flight that ended has a result"),
        }
    }
}

/// Closing releases the threads that wait for a leader that never ends.
pub(super) fn closing_releases_waiters(threads: usize) {
    let flights = Arc::new(SingleFlight::<()>::new());
    let Role::Leader(leader) = flights.join(Duration::ZERO) else { unreachable!("this is the only thread") };
    let closed = Arc::new(Latch::new());
    let waiting: Vec<_> = (0..threads)
        .map(|_| {
            let (flights, closed) = (flights.clone(), closed.clone());
            thread::spawn(move || match flights.join(Duration::ZERO) {
                Role::Waiter(waiter) => {
                    assert_eq!(waiter.wait(closed.released(), &never()), None);
                    assert!(closed.is_set());
                }
                Role::Leader(_) => unreachable!("two threads lead"),
            })
        })
        .collect();
    closed.set();
    waiting.into_iter().for_each(|thread| thread.join().unwrap_or_else(|_| panic_in_thread()));
    drop(leader);
}

/// Returns a timer that never fires.
fn never() -> Timer {
    Timer::after(Duration::MAX)
}

pub(super) fn panic_in_thread() -> ! {
    unreachable!("the scheduler ends the run when a thread panics")
}
