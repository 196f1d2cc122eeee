//! Fetches by a transport of the application, each on a [thread of its own](crate::sync::calls)
//! with a deadline.
//!
//! The default transport keeps its deadlines itself, so it needs no such thread.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use configcat_fetch::{Fetch, FetchErrorKind};

use super::refresher::Fetcher;
use crate::sync::{
    calls::{Calls, NotStarted, time_until},
    panics,
    primitives::Completion,
};

/// Largest time that a transport gets less than the thread that waits for it; a quarter of the time
/// at most. A fetch that ends at its deadline has then returned, on a busy machine too: with the
/// transport's own error, or with the config that names a host that is silent. The fault matrix
/// has lost such configs with a margin of 15 ms.
const MAX_MARGIN: Duration = Duration::from_millis(500);

/// Fetches of one client in this process. A fetch that panicked outside of its transport is the
/// message of the panic.
pub(super) struct FetchCalls(Calls<Result<Fetch, String>>);

impl FetchCalls {
    pub(super) fn new(client: usize) -> Self {
        Self(Calls::new("configcat-fetch", client))
    }

    pub(super) fn for_child(&self) -> Self {
        Self(self.0.for_child())
    }

    /// Fetches until the deadline, and not longer than until `closed`. The response of a late call
    /// is ignored.
    pub(super) fn fetch(
        &self,
        fetcher: &Arc<Fetcher>,
        etag: Option<&str>,
        deadline: Instant,
        closed: &Completion,
    ) -> Fetch {
        let late = |text| fetcher.failed(FetchErrorKind::TimedOut, text);
        let failed = |text: String| fetcher.failed(FetchErrorKind::ConnectionFailed, text);
        let time = time_until(deadline);
        let own_deadline = deadline.checked_sub(MAX_MARGIN.min(time / 4)).unwrap_or(deadline);
        let etag = etag.map(str::to_owned);
        let run = move |fetcher: &Arc<Fetcher>| {
            panics::catch(|| fetcher.fetch_until(etag.as_deref(), own_deadline))
        };
        let call = match self.0.start(Arc::clone(fetcher), run) {
            Ok(call) => call,
            Err(NotStarted::Busy) => {
                return late("an earlier call of the transport has not returned, so there is no new one");
            }
            Err(NotStarted::NoThread(cause)) => {
                return failed(format!("the thread for the call cannot be started: {cause}"));
            }
        };
        match call.wait(time_until(deadline), closed) {
            Some(Ok(fetch)) => fetch,
            Some(Err(message)) => failed(format!("panicked: {message}")),
            None if closed.is_complete() => failed("the client was closed".to_owned()),
            None => late("the transport did not return in time, so it is not called until it does"),
        }
    }
}
