//! A cell of the matrix: a fault in a polling mode and a state of the client, its limits and its
//! outcome.

use std::{fmt, time::Duration};

/// The longest that a request may take here.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_millis(300);
/// The longest that the first evaluation may wait in auto polling here.
pub(super) const MAX_INIT_WAIT: Duration = Duration::from_millis(200);
/// Interval and TTL: the shortest that `build()` takes.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);
/// How much longer than its limit a caller may wait.
pub(super) const SLACK: Duration = Duration::from_millis(100);

/// When the client fetches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mode {
    Auto,
    Lazy,
    Manual,
}

/// What the client has when the fault strikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    Cold,
    WarmCache,
    WarmMemory,
}

impl Mode {
    pub(super) const ALL: [Self; 3] = [Self::Auto, Self::Lazy, Self::Manual];
}

impl State {
    pub(super) const ALL: [Self; 3] = [Self::Cold, Self::WarmCache, Self::WarmMemory];
}

/// A fault of one of the axes.
pub(super) trait Fault: Clone + Send + Sync {
    fn name(&self) -> &'static str;

    /// The states of a client in which it shows.
    fn states(&self) -> &'static [State] {
        &State::ALL
    }

    /// Lets it strike a client in that mode and state.
    fn strike(&self, mode: Mode, state: State) -> Outcome;
}

/// A fault in a mode and a state, and the outcome.
pub(super) struct Cell {
    pub(super) mode: Mode,
    pub(super) state: State,
    pub(super) fault: &'static str,
    pub(super) outcome: Outcome,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {:?}, {}", self.mode, self.state, self.fault)
    }
}

/// The result of a trial.
#[derive(Default)]
pub(super) struct Outcome {
    /// The longest time that a caller waited while the fault lasted.
    pub(super) wait: Duration,
    /// Whether a caller may wait at all.
    pub(super) is_slow: bool,
    /// The columns of the table after those of fault and state.
    pub(super) columns: Vec<String>,
    pub(super) violations: Vec<Violation>,
}

/// An event that must not happen.
#[derive(Debug)]
pub(super) struct Violation {
    pub(super) text: String,
    /// Whether a busy machine may be the cause, so that the trial is repeated.
    pub(super) is_late: bool,
}

impl Violation {
    pub(super) fn wrong(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_late: false }
    }

    pub(super) fn late(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_late: true }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
