//! The fault matrix: every fault of the network, of the cache and of redirection, in every polling
//! mode, on a client in every state.

mod cache;
mod cell;
mod network;
mod redirect;
mod table;
mod trial;

use std::{
    panic::resume_unwind,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use self::cell::{Cell, Fault, Mode};

/// Cells of the network that run at once. Mostly they wait.
const NETWORK_LANES: usize = 6;
/// Cells of another axis that run at once. They wait for polls, a second each.
const LANES: usize = 16;
/// How often a cell is tried that was late: first among others, then alone, since a busy machine
/// makes anything late.
const TRIES: usize = 4;
/// How long cells of one axis are tried again, so that a client that is ill fails soon.
const TIME_FOR_TRIES: Duration = Duration::from_secs(60);

/// The outcome of all cells.
pub struct Matrix {
    network: Vec<Cell>,
    caches: Vec<Cell>,
    redirects: Vec<Cell>,
}

impl Matrix {
    /// Runs all cells, and those that were late again.
    #[must_use]
    pub fn run() -> Self {
        let network = run(&network::faults(), NETWORK_LANES);
        let (caches, redirects) = thread::scope(|scope| {
            let redirects = scope.spawn(|| run(&redirect::faults(), LANES));
            let caches = run(&cache::faults(), LANES);
            (caches, redirects.join().unwrap_or_else(|panic| resume_unwind(panic)))
        });
        Self { network, caches, redirects }
    }

    /// The events that must not happen, and have.
    pub fn violations(&self) -> impl Iterator<Item = String> {
        self.cells()
            .flat_map(|cell| cell.outcome.violations.iter().map(move |what| format!("{cell}: {what}")))
    }

    fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.network.iter().chain(&self.caches).chain(&self.redirects)
    }
}

/// Lets each fault strike in each mode and state.
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

/// What comes of each, in their order.
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
