//! Signals between threads: a thread waits for one of several, or for a moment.
//!
//! The channels of a crate would do that too. They cost a program 45 kB and two crates, for what is
//! a flag and a list of threads here.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, Thread},
    time::{Duration, Instant},
};

/// Flag that threads set, clear and wait for. Clones are the same flag.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signal(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    is_set: bool,
    /// Threads to wake. Each adds itself before it waits and removes itself afterwards.
    waiting: Vec<Thread>,
}

impl Signal {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the flag and wakes the waiting threads.
    pub(crate) fn set(&self) {
        let mut state = self.state();
        state.is_set = true;
        state.waiting.iter().for_each(Thread::unpark);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.state().is_set
    }

    /// Clears the flag. Returns whether it was set.
    pub(crate) fn take(&self) -> bool {
        std::mem::take(&mut self.state().is_set)
    }
}

/// Waits until one of the signals is set, and until that moment at most; without a moment, for
/// ever.
pub(crate) fn wait_for_any(signals: &[&Signal], until: Option<Instant>) {
    let is_any_set = || signals.iter().any(|signal| signal.is_set());
    if is_any_set() {
        return;
    }
    let current = thread::current();
    signals.iter().for_each(|signal| signal.state().waiting.push(current.clone()));
    // Checked after this thread is in the lists: a signal that is set from now on wakes it, even
    // before it parks.
    while !is_any_set() {
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            None => thread::park(),
            Some(Duration::ZERO) => break,
            Some(left) => thread::park_timeout(left),
        }
    }
    for signal in signals {
        signal.state().waiting.retain(|thread| thread.id() != current.id());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_signal_ends_the_wait_at_once_and_stays_set() {
        let (signal, other) = (Signal::default(), Signal::default());
        signal.set();
        wait_for_any(&[&other, &signal], None);
        assert!(signal.is_set() && !other.is_set());
        assert!(signal.take() && !signal.take());
    }

    #[test]
    fn a_wait_ends_at_its_moment() {
        let signal = Signal::default();
        let until = Instant::now() + Duration::from_millis(1);
        wait_for_any(&[&signal], Some(until));
        assert!(Instant::now() >= until && !signal.is_set());
        assert!(signal.state().waiting.is_empty(), "a thread that waits no more is kept");
    }

    #[test]
    fn each_waiting_thread_is_woken() {
        let (signal, never) = (Signal::default(), Signal::default());
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| wait_for_any(&[&never, &signal], None));
            }
            // Whether a thread waits already or not makes no difference.
            signal.set();
        });
        assert!(signal.state().waiting.is_empty() && never.state().waiting.is_empty());
    }

    #[test]
    fn threads_that_answer_each_other_miss_no_signal() {
        let (ping, pong) = (Signal::default(), Signal::default());
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..1000 {
                    wait_for_any(&[&ping], None);
                    ping.take();
                    pong.set();
                }
            });
            for _ in 0..1000 {
                ping.set();
                wait_for_any(&[&pong], None);
                pong.take();
            }
        });
    }
}
