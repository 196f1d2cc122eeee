//! A cell of the matrix: a fault in a polling mode and a state of the client, with the limits of
//! all cells and the outcome.

use std::{fmt, time::Duration};

/// The request timeout of each client: long enough for an answer from 127.0.0.1 on a busy machine,
/// short since slow faults wait for all of it.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_millis(300);
/// The max init wait of each client in auto polling. Shorter than the request timeout, so that a
/// table shows which of the two limits ends a wait.
pub(super) const MAX_INIT_WAIT: Duration = Duration::from_millis(200);
/// Interval and TTL of each client: the shortest that `build()` accepts.
pub(super) const INTERVAL: Duration = Duration::from_secs(1);
/// The time that is added to each limit of a wait, since a thread of a busy machine runs late. Half
/// of the max init wait, so that a wait for another limit is still noticed.
pub(super) const SLACK: Duration = Duration::from_millis(100);

/// A polling mode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mode {
    Auto,
    Lazy,
    Manual,
}

/// The config that the client has when the fault begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    /// The client has no config.
    Cold,
    /// The cache has a config that was fetched an hour ago.
    WarmCache,
    /// The client has fetched a config.
    WarmMemory,
}

impl Mode {
    pub(super) const ALL: [Self; 3] = [Self::Auto, Self::Lazy, Self::Manual];
}

/// Returns how long a caller may wait while the cache or the server is slow.
pub(super) fn longest_wait(is_slow: bool, mode: Mode, state: State) -> Duration {
    let wait = match mode {
        _ if !is_slow => Duration::ZERO,
        // Evaluations use the config in memory while a poll waits.
        Mode::Auto if state == State::WarmMemory => Duration::ZERO,
        Mode::Auto => MAX_INIT_WAIT,
        Mode::Lazy | Mode::Manual => REQUEST_TIMEOUT,
    };
    wait + SLACK
}

impl State {
    pub(super) const ALL: [Self; 3] = [Self::Cold, Self::WarmCache, Self::WarmMemory];
}

/// A fault of one axis: network, cache or redirection.
pub(super) trait Fault: Clone + Send + Sync {
    fn name(&self) -> &'static str;

    /// Returns the states of a client in which the fault has an effect.
    fn states(&self) -> &'static [State] {
        &State::ALL
    }

    /// Runs a client in this mode and state with the fault.
    fn strike(&self, mode: Mode, state: State) -> Outcome;
}

/// A fault in a mode and a state, with its outcome.
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
    /// `true` if the fault makes callers wait.
    pub(super) is_slow: bool,
    /// The cells of the row, after fault and state.
    pub(super) columns: Vec<String>,
    pub(super) violations: Vec<Violation>,
}

/// An event that must not happen.
#[derive(Debug)]
pub(super) struct Violation {
    pub(super) text: String,
    /// `true` if a busy machine may be the cause. Such a trial is repeated.
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
