//! Single flight: of those who want the same at once, one does it and all get its result.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use crossbeam_channel::{Receiver, Sender, bounded};

/// Lets one lead and the others follow.
pub(crate) struct SingleFlight<T>(Mutex<Option<Arc<Flight<T>>>>);

/// What several wait for.
struct Flight<T> {
    result: OnceLock<T>,
    /// Disconnected when the flight has ended.
    ended: Receiver<Infallible>,
}

pub(crate) enum Boarding<'a, T> {
    Lead(Leader<'a, T>),
    Follow(Follower<T>),
}

/// Who does it. The flight ends when it is dropped, with a result or not.
pub(crate) struct Leader<'a, T> {
    owner: &'a SingleFlight<T>,
    flight: Arc<Flight<T>>,
    /// Disconnects `ended` when dropped.
    _end: Sender<Infallible>,
}

/// Who waits for the result.
pub(crate) struct Follower<T>(Arc<Flight<T>>);

impl<T: Clone> SingleFlight<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(None))
    }

    pub(crate) fn board(&self) -> Boarding<'_, T> {
        let mut current = self.lock();
        if let Some(flight) = &*current {
            return Boarding::Follow(Follower(flight.clone()));
        }
        let (end, ended) = bounded(0);
        let flight = Arc::new(Flight { result: OnceLock::new(), ended });
        *current = Some(flight.clone());
        Boarding::Lead(Leader { owner: self, flight, _end: end })
    }
}

impl<T> SingleFlight<T> {
    fn lock(&self) -> MutexGuard<'_, Option<Arc<Flight<T>>>> {
        // It is but set and read.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        *self.owner.lock() = None;
    }
}

impl<T: Clone> Follower<T> {
    /// Disconnected when the flight has ended.
    pub(crate) fn ended(&self) -> &Receiver<Infallible> {
        &self.0.ended
    }

    /// The result, if the flight has ended with one.
    pub(crate) fn result(&self) -> Option<T> {
        self.0.result.get().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Boarding, SingleFlight};

    #[test]
    fn the_first_leads_and_the_others_get_its_result() {
        let flights = SingleFlight::new();
        let Boarding::Lead(leader) = flights.board() else { panic!("nobody leads") };
        let Boarding::Follow(follower) = flights.board() else { panic!("two lead") };
        assert!(follower.ended().try_recv().is_err_and(|error| error.is_empty()));
        leader.land(7);
        assert!(follower.ended().recv().is_err(), "ended");
        assert_eq!(follower.result(), Some(7));
        assert!(matches!(flights.board(), Boarding::Lead(_)), "the next one leads again");
    }

    #[test]
    fn a_leader_that_gives_up_ends_the_flight() {
        let flights = SingleFlight::<u8>::new();
        let Boarding::Lead(leader) = flights.board() else { panic!("nobody leads") };
        let Boarding::Follow(follower) = flights.board() else { panic!("two lead") };
        drop(leader);
        assert!(follower.ended().recv().is_err());
        assert_eq!(follower.result(), None);
    }
}
