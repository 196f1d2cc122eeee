//! Memory of accepted requests, so that each is accepted once only.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::error::VerifyError;

/// Limit of remembered requests, which take some 60 KiB.
// Only signed requests are remembered: one for each webhook and each change on the dashboard. In
// the ten minutes of the default window, the limit leaves room for one request in 0.6 s.
const CAPACITY: usize = 1024;

/// Digests of the accepted requests, each with the time until which the window accepts the request
/// (Unix time).
// A digest covers all signed parts in one piece, so moving digits between id, timestamp and body
// leads to the same digest.
#[derive(Default)]
pub(crate) struct AcceptedRequests(Mutex<HashMap<[u8; 32], Duration>>);

impl AcceptedRequests {
    /// Remembers a new request.
    ///
    /// # Errors
    ///
    /// The request is known already, or the memory is full.
    pub(crate) fn add(&self, digest: [u8; 32], until: Duration, now: Duration) -> Result<(), VerifyError> {
        // Each change of the map is one call that cannot panic halfway, so a poisoned mutex is
        // still consistent.
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.contains_key(&digest) {
            return Err(VerifyError::Repeated);
        }
        if requests.len() >= CAPACITY {
            // Only when the memory is full, so that most calls need no search. Meanwhile requests
            // are remembered for longer than the window.
            requests.retain(|_, until| *until >= now);
        }
        if requests.len() >= CAPACITY {
            // To forget a request would accept it again. To refuse one costs the time until the
            // next poll.
            return Err(VerifyError::TooMany);
        }
        requests.insert(digest, until);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{AcceptedRequests, CAPACITY, Duration, VerifyError};

    fn digest(number: usize) -> [u8; 32] {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_le_bytes());
        digest
    }

    #[test]
    fn a_full_memory_refuses_new_requests() {
        let requests = AcceptedRequests::default();
        let (early, late) = (Duration::from_secs(100), Duration::from_secs(200));
        for number in 0..CAPACITY {
            let until = if number < 2 { early } else { late };
            assert_eq!(requests.add(digest(number), until, early), Ok(()));
            assert_eq!(requests.add(digest(number), until, early), Err(VerifyError::Repeated));
        }
        assert_eq!(requests.add(digest(CAPACITY), late, early), Err(VerifyError::TooMany));
        // The two that are too old for the window make room.
        let now = early + Duration::from_millis(1);
        for number in CAPACITY..CAPACITY + 2 {
            assert_eq!(requests.add(digest(number), late, now), Ok(()));
        }
        assert_eq!(requests.add(digest(CAPACITY + 2), late, now), Err(VerifyError::TooMany));
        assert_eq!(requests.add(digest(2), late, now), Err(VerifyError::Repeated), "though it is full");
        assert_eq!(requests.0.lock().unwrap().len(), CAPACITY);
    }
}
