//! Single flight: of several threads that want the same result, one works and all get its result.

use std::time::Duration;

use super::primitives::{Arc, Completion, CompletionGuard, Mutex, OnceLock, completion, lock};
use crate::clock::Timer;

/// Cell in which one thread leads and the others wait for its result.
pub(crate) struct SingleFlight<T> {
    current: Mutex<Option<Arc<Flight<T>>>>,
}

/// Work of one leader.
struct Flight<T> {
    /// Time when the leader started, by the clock of the client.
    started: Duration,
    result: OnceLock<T>,
    finished: Completion,
}

/// Role of a thread that has joined.
pub(crate) enum Role<'a, T> {
    Leader(Leader<'a, T>),
    Waiter(Waiter<T>),
}

/// Thread that does the work. The flight ends when this is dropped, with a result or without.
pub(crate) struct Leader<'a, T> {
    // `Drop` clears `current` before the fields are dropped: a thread that is released finds no
    // flight, so a new refresh of that thread does not join the one that has ended.
    current: &'a Mutex<Option<Arc<Flight<T>>>>,
    flight: Arc<Flight<T>>,
    /// Guard that releases the waiting threads when dropped.
    _finish: CompletionGuard,
}

/// Thread that waits for the result.
pub(crate) struct Waiter<T>(Arc<Flight<T>>);

impl<T: Clone> SingleFlight<T> {
    pub(crate) fn new() -> Self {
        Self { current: Mutex::new(None) }
    }

    /// Joins the flight under way, or starts one. `now` is the time of the client's clock.
    pub(crate) fn join(&self, now: Duration) -> Role<'_, T> {
        let mut current = lock(&self.current);
        if let Some(flight) = &*current {
            return Role::Waiter(Waiter(flight.clone()));
        }
        let (finish, finished) = completion();
        let flight = Arc::new(Flight { started: now, result: OnceLock::new(), finished });
        *current = Some(flight.clone());
        Role::Leader(Leader { current: &self.current, flight, _finish: finish })
    }
}

impl<T> Leader<'_, T> {
    /// Ends the flight with a result.
    pub(crate) fn finish(self, result: T) {
        // Never set before, because this consumes the only leader.
        let _ = self.flight.result.set(result);
    }
}

impl<T> Drop for Leader<'_, T> {
    fn drop(&mut self) {
        *lock(self.current) = None;
    }
}

impl<T: Clone> Waiter<T> {
    /// Returns the time when the leader started.
    pub(crate) fn started(&self) -> Duration {
        self.0.started
    }

    /// Returns the result once the flight has ended; `None` if it ended without one. Waits until
    /// `closed` or until the timer fires at most.
    pub(crate) fn wait(&self, closed: &Completion, timer: &Timer) -> Option<T> {
        self.0.finished.wait_or(closed, timer);
        self.0.result.get().cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Role, SingleFlight, Waiter};
    use crate::{clock::Timer, sync::primitives::completion};

    /// Returns the result if it is there already.
    fn now<T: Clone>(waiter: &Waiter<T>) -> Option<T> {
        let (alarm, timer) = Timer::with_alarm();
        alarm.ring();
        waiter.wait(&completion().1, &timer)
    }

    #[test]
    fn the_first_thread_leads_and_the_others_get_its_result() {
        let flight = SingleFlight::new();
        let Role::Leader(leader) = flight.join(Duration::ZERO) else { panic!("no thread leads") };
        let Role::Waiter(waiter) = flight.join(Duration::MAX) else { panic!("two threads lead") };
        assert_eq!((now(&waiter), waiter.started()), (None, Duration::ZERO));
        leader.finish(7);
        let ((_open, closed), (_alarm, never)) = (completion(), Timer::with_alarm());
        assert_eq!(waiter.wait(&closed, &never), Some(7));
        assert!(matches!(flight.join(Duration::ZERO), Role::Leader(_)), "the next thread leads again");
    }

    #[test]
    fn a_leader_without_a_result_ends_the_flight() {
        let flight = SingleFlight::<u8>::new();
        let Role::Leader(leader) = flight.join(Duration::ZERO) else { panic!("no thread leads") };
        let Role::Waiter(waiter) = flight.join(Duration::ZERO) else { panic!("two threads lead") };
        drop(leader);
        let ((_open, closed), (_alarm, never)) = (completion(), Timer::with_alarm());
        assert_eq!(waiter.wait(&closed, &never), None);
    }
}
