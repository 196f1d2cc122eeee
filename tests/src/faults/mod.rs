//! The fault matrix: every fault of the network, of the cache, of redirection and of a transport of
//! the application, in every polling mode, on a client in every state. The faults of the network
//! and of redirection run a second time through such a transport.

mod cache;
mod cell;
mod network;
mod redirect;
mod summary;
mod table;
mod trial;

use std::{
    panic::resume_unwind,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use self::{
    cell::{Cell, Fault, Mode},
    trial::Through,
};

/// The cells that run at the same time. They mostly wait, for polls of a second each and for time
/// limits, so there may be more of them than processors: with six, these were idle most of the
/// time.
const LANES: usize = 16;
/// The attempts at a cell that is late: the first one among others, the others alone, since other
/// cells make the machine busy.
const TRIES: usize = 4;
/// The time in which late cells of one axis are repeated. Without it, a defect that makes all cells
/// late would take hours to be reported.
const TIME_FOR_TRIES: Duration = Duration::from_secs(60);

/// The outcome of all cells.
#[derive(Default)]
pub struct Matrix {
    network: Vec<Cell>,
    caches: Vec<Cell>,
    redirects: Vec<Cell>,
    transports: Vec<Cell>,
    /// The cells of the network and of redirection, through a transport of the application.
    again: Vec<Cell>,
}

impl Matrix {
    /// Runs all cells, and repeats those that were late.
    #[must_use]
    pub fn run() -> Self {
        let network = run(&network::faults(Through::Default), LANES);
        let mut again = run(&network::faults(Through::OwnTransport), LANES);
        let transports = run(&network::transport_faults(), LANES);
        let (caches, redirects) = thread::scope(|scope| {
            let redirects = scope.spawn(|| run(&redirect::faults(Through::Default), LANES));
            let caches = run(&cache::faults(), LANES);
            (caches, redirects.join().unwrap_or_else(|panic| resume_unwind(panic)))
        });
        again.extend(run(&redirect::faults(Through::OwnTransport), LANES));
        Self { network, caches, redirects, transports, again }
    }

    /// Returns the events that must not happen, and have happened.
    pub fn violations(&self) -> impl Iterator<Item = String> {
        let first = self.network.iter().chain(&self.caches).chain(&self.redirects).map(|cell| ("", cell));
        let own = self.transports.iter().chain(&self.again).map(|cell| ("own transport, ", cell));
        first.chain(own).flat_map(|(place, cell)| {
            cell.outcome.violations.iter().map(move |what| format!("{place}{cell}: {what}"))
        })
    }
}

/// Runs each fault in each mode, in the states that it has an effect in.
fn run<F: Fault>(faults: &[F], lanes: usize) -> Vec<Cell> {
    let mut todo = Vec::new();
    for (mode, fault) in Mode::ALL.into_iter().flat_map(|mode| faults.iter().map(move |fault| (mode, fault)))
    {
        todo.extend(fault.states().iter().map(|&state| (mode, state, fault)));
    }
    let mut outcomes = in_lanes(&todo, lanes, |&(mode, state, fault)| fault.strike(mode, state));
    let start = Instant::now();
    for (&(mode, state, fault), outcome) in todo.iter().zip(&mut outcomes) {
        for _ in 1..TRIES {
            let late = outcome.violations.iter().find(|violation| violation.is_late);
            let Some(late) = late.filter(|_| start.elapsed() < TIME_FOR_TRIES) else { break };
            println!("again: {mode:?}, {state:?}, {}: {late}", fault.name());
            *outcome = fault.strike(mode, state);
        }
    }
    let cells = todo.into_iter().zip(outcomes);
    cells.map(|((mode, state, fault), outcome)| Cell { mode, state, fault: fault.name(), outcome }).collect()
}

/// Runs each item, on as many threads as there are lanes. Returns the results in the order of the
/// items.
fn in_lanes<T: Sync, R: Send>(todo: &[T], lanes: usize, run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let lane = || {
        let numbers = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        numbers.map_while(|number| Some((number, run(todo.get(number)?)))).collect::<Vec<_>>()
    };
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        let done =
            lanes.into_iter().flat_map(|lane| lane.join().unwrap_or_else(|panic| resume_unwind(panic)));
        done.collect()
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}
