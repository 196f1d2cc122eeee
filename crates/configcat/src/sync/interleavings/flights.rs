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

/// What the threads of a run share. The numbers only check, and are no steps of the scheduler.
struct Airport {
    flights: SingleFlight<usize>,
    leading: AtomicUsize,
    led: AtomicUsize,
    closed: Completion,
}

/// Boards; the result, and whether this thread led.
fn fly(airport: &Airport, gives_up: bool) -> (Option<usize>, bool) {
    match airport.flights.join(Duration::ZERO) {
        Role::Leader(leader) => {
            assert_eq!(airport.leading.fetch_add(1, Ordering::SeqCst), 0, "two lead at once");
            let number = 1 + airport.led.fetch_add(1, Ordering::SeqCst);
            thread::yield_now();
            airport.leading.fetch_sub(1, Ordering::SeqCst);
            if gives_up {
                drop(leader);
                return (None, true);
            }
            leader.finish(number);
            (Some(number), true)
        }
        Role::Waiter(waiter) => (waiter.wait(&airport.closed, &never()), false),
    }
}

/// One leads at a time; each follower gets the result of a leader, exactly; all return.
pub(super) fn one_leads_and_the_others_get_its_result(threads: usize) {
    fly_all(threads, |_| false);
}

/// Where the first to lead gives up, or panics, nobody hangs.
pub(super) fn a_leader_that_gives_up_frees_all(threads: usize) {
    fly_all(threads, |thread| thread == 0);
}

fn fly_all(threads: usize, gives_up: impl Fn(usize) -> bool) {
    let (_open, closed) = completion();
    let (flights, leading, led) = (SingleFlight::new(), AtomicUsize::new(0), AtomicUsize::new(0));
    let airport = Arc::new(Airport { flights, leading, led, closed });
    let flying: Vec<_> = (1..threads)
        .map(|thread| {
            let (airport, gives_up) = (airport.clone(), gives_up(thread));
            thread::spawn(move || (fly(&airport, gives_up), gives_up))
        })
        .collect();
    let mut results = vec![(fly(&airport, gives_up(0)), gives_up(0))];
    results.extend(flying.into_iter().map(|thread| thread.join().unwrap_or_else(|_| panic_in_thread())));
    let led = airport.led.load(Ordering::SeqCst);
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
            Some(number) => assert!(numbers.contains(number), "a result that nobody brought"),
            None => assert!(gave_up || *has_led, "a flight that landed has a result"),
        }
    }
}

/// While one leads and never lands, closing frees who follows.
pub(super) fn closing_frees_who_follows(threads: usize) {
    let flights = Arc::new(SingleFlight::<()>::new());
    let Role::Leader(leader) = flights.join(Duration::ZERO) else { unreachable!("nobody else is there") };
    let closed = Arc::new(Latch::new());
    let following: Vec<_> = (0..threads)
        .map(|_| {
            let (flights, closed) = (flights.clone(), closed.clone());
            thread::spawn(move || match flights.join(Duration::ZERO) {
                Role::Waiter(waiter) => {
                    assert_eq!(waiter.wait(closed.released(), &never()), None);
                    assert!(closed.is_set());
                }
                Role::Leader(_) => unreachable!("two lead"),
            })
        })
        .collect();
    closed.set();
    following.into_iter().for_each(|thread| thread.join().unwrap_or_else(|_| panic_in_thread()));
    drop(leader);
}

/// Returns a timer that never fires.
fn never() -> Timer {
    Timer::after(Duration::MAX)
}

pub(super) fn panic_in_thread() -> ! {
    unreachable!("the scheduler ends the run when a thread panics")
}
