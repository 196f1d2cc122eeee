//! Time limits of one fetch.

use std::error::Error;
use std::fmt;
use std::time::{Duration, Instant};

/// Time limits of one fetch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// For the lookup of a name, and once more for connecting, TLS handshake included.
    pub(crate) connect: Duration,
    /// From the start of the fetch to the last byte of the last body.
    pub(crate) fetch: Duration,
    pub(crate) deadline: Instant,
}

impl Limits {
    /// Makes the limits of a fetch that starts now.
    pub(crate) fn new(connect: Duration, fetch: Duration) -> Self {
        Self { connect, fetch, deadline: Instant::now() + fetch }
    }

    pub(crate) fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Returns the error of a fetch that has used all of its time.
    pub(crate) fn elapsed(&self) -> Elapsed {
        Elapsed("the request", self.fetch)
    }
}

/// Error of a step that took longer than its limit.
#[derive(Debug)]
pub(crate) struct Elapsed(pub(crate) &'static str, pub(crate) Duration);

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(step, limit) = self;
        match limit {
            &Duration::ZERO => write!(f, "there was no time left for {step}"),
            // The limit of a fetch is what the cache has left of it: 29.999983 s of 30 s.
            limit => {
                let milliseconds = (limit.as_secs_f64() * 1000.0).round().max(1.0);
                write!(f, "{step} took longer than {:?}", Duration::from_secs_f64(milliseconds / 1000.0))
            }
        }
    }
}

impl Error for Elapsed {}
