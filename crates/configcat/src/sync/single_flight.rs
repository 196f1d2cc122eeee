//! Single flight: of those who want the same at once, one does it and all get its result.

use crate::{
    Timer,
    sync::fork::PerProcess,
    sync::primitives::{Arc, End, Ended, Mutex, MutexGuard, OnceLock, PoisonError, ending},
};

/// Lets one lead and the others follow. What a parent process flies is not for its forked children.
pub(crate) struct SingleFlight<T>(PerProcess<Current<T>>);

/// The flight under way.
type Current<T> = Mutex<Option<Arc<Flight<T>>>>;

/// What several wait for.
struct Flight<T> {
    result: OnceLock<T>,
    ended: Ended,
}

pub(crate) enum Boarding<'a, T> {
    Lead(Leader<'a, T>),
    Follow(Follower<T>),
}

/// Who does it. The flight ends when it is dropped, with a result or not.
pub(crate) struct Leader<'a, T> {
    current: &'a Current<T>,
    flight: Arc<Flight<T>>,
    /// Ends `ended` when dropped.
    _end: End,
}

/// Who waits for the result.
pub(crate) struct Follower<T>(Arc<Flight<T>>);

impl<T: Clone> SingleFlight<T> {
    pub(crate) fn new() -> Self {
        Self(PerProcess::new(Mutex::new(None)))
    }

    pub(crate) fn board(&self) -> Boarding<'_, T> {
        let current = self.0.get(|_| Mutex::new(None));
        let mut flying = lock(current);
        if let Some(flight) = &*flying {
            return Boarding::Follow(Follower(flight.clone()));
        }
        let (end, ended) = ending();
        let flight = Arc::new(Flight { result: OnceLock::new(), ended });
        *flying = Some(flight.clone());
        Boarding::Lead(Leader { current, flight, _end: end })
    }
}

fn lock<T>(current: &Current<T>) -> MutexGuard<'_, Option<Arc<Flight<T>>>> {
    // It is but set and read.
    current.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Leader<'_, T> {
    /// Ends the flight with a result.
    pub(crate) fn land(self, result: T) {
        // It is set here only.
        let _ = self.flight.result.set(result);
    }
}

impl<T> Drop for Leader<'_, T> {
    fn drop(&mut self) {
        *lock(self.current) = None;
    }
}

impl<T: Clone> Follower<T> {
    /// The result, once the flight has ended with one. Waits no longer than until `closed` or until the timer fires.
    pub(crate) fn wait(&self, closed: &Ended, timer: &Timer) -> Option<T> {
        self.0.ended.wait_or(closed, timer);
        self.0.result.get().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Boarding, Follower, SingleFlight};
    use crate::{Timer, sync::primitives::ending};

    /// What there is without waiting.
    fn now<T: Clone>(follower: &Follower<T>) -> Option<T> {
        let (alarm, timer) = Timer::with_alarm();
        alarm.ring();
        follower.wait(&ending().1, &timer)
    }

    #[test]
    fn the_first_leads_and_the_others_get_its_result() {
        let flights = SingleFlight::new();
        let Boarding::Lead(leader) = flights.board() else { panic!("nobody leads") };
        let Boarding::Follow(follower) = flights.board() else { panic!("two lead") };
        assert_eq!(now(&follower), None);
        leader.land(7);
        let ((_open, closed), (_alarm, never)) = (ending(), Timer::with_alarm());
        assert_eq!(follower.wait(&closed, &never), Some(7));
        assert!(matches!(flights.board(), Boarding::Lead(_)), "the next one leads again");
    }

    #[test]
    fn a_leader_that_gives_up_ends_the_flight() {
        let flights = SingleFlight::<u8>::new();
        let Boarding::Lead(leader) = flights.board() else { panic!("nobody leads") };
        let Boarding::Follow(follower) = flights.board() else { panic!("two lead") };
        drop(leader);
        let ((_open, closed), (_alarm, never)) = (ending(), Timer::with_alarm());
        assert_eq!(follower.wait(&closed, &never), None);
    }
}
