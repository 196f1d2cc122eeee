//! Every fault in every polling mode, and in every state that a client can be in when it strikes.

mod cell;
mod fault;
mod table;

use std::{
    fmt,
    panic::resume_unwind,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use configcat_testkit::config_json;

pub use self::table::{document, summary};
use self::{
    cell::{Outcome, Violation},
    fault::{Fault, faults},
};

/// The longest that a request may take here.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(300);
/// The longest that the first evaluation may wait in auto polling here.
const MAX_INIT_WAIT: Duration = Duration::from_millis(200);
/// How much longer than that a caller may wait.
const SLACK: Duration = Duration::from_millis(100);

/// Cells that run at once. Mostly they wait.
const LANES: usize = 6;
/// How often a cell is tried that was late: first among others, then alone, since a busy machine makes anything late.
const TRIES: usize = 4;

/// When the client fetches.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Auto,
    Lazy,
    Manual,
}

/// What the client has when the fault strikes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Cold,
    WarmCache,
    WarmMemory,
}

impl Mode {
    const ALL: [Self; 3] = [Self::Auto, Self::Lazy, Self::Manual];
}

impl State {
    const ALL: [Self; 3] = [Self::Cold, Self::WarmCache, Self::WarmMemory];
}

/// A config whose one flag has this value, with a base URL that it must be fetched from, if there is one.
fn config(value: &str, base_url: Option<&str>) -> String {
    let config = config_json([("flag", value)]);
    match base_url {
        None => config,
        Some(url) => config.replacen(r#""p":{"#, &format!(r#""p":{{"u":"{url}","r":2,"#), 1),
    }
}

/// A fault, a mode, a state, and what came of them.
pub struct Cell {
    mode: Mode,
    state: State,
    fault: Fault,
    outcome: Outcome,
}

impl Cell {
    /// What should not have come of it.
    pub fn violations(&self) -> impl Iterator<Item = String> {
        self.outcome.violations.iter().map(move |violation| format!("{self}: {violation}"))
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {:?}, {}", self.mode, self.state, self.fault.name)
    }
}

/// Runs all cells, those that were late again.
#[must_use]
pub fn run() -> Vec<Cell> {
    let mut todo = Vec::new();
    for (mode, fault) in
        Mode::ALL.into_iter().flat_map(|mode| faults().into_iter().map(move |fault| (mode, fault)))
    {
        todo.extend(State::ALL.map(|state| (mode, state, fault.clone())));
    }
    let mut outcomes = in_lanes(&todo, |(mode, state, fault)| cell::run(*mode, *state, fault));
    for ((mode, state, fault), outcome) in todo.iter().zip(&mut outcomes) {
        for _ in 1..TRIES {
            if outcome.violations.iter().any(Violation::is_late) {
                *outcome = cell::run(*mode, *state, fault);
            }
        }
    }
    let cells = todo.into_iter().zip(outcomes);
    cells.map(|((mode, state, fault), outcome)| Cell { mode, state, fault, outcome }).collect()
}

/// What comes of each, in their order.
fn in_lanes<T: Sync, R: Send>(todo: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let lane = || {
        let numbers = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        numbers.map_while(|number| Some((number, run(todo.get(number)?)))).collect::<Vec<_>>()
    };
    let mut done: Vec<(usize, R)> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|_| scope.spawn(lane)).collect();
        let done =
            lanes.into_iter().flat_map(|lane| lane.join().unwrap_or_else(|panic| resume_unwind(panic)));
        done.collect()
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}
