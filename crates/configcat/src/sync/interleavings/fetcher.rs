//! A fetcher for the scheduler: it fetches once, over a real socket, and replays that response.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use configcat_fetch::{Fetch, FetchOptions, OptionsError, Outcome};
use shuttle::thread;

/// Takes the place of [`configcat_fetch::Fetcher`], whose sockets the scheduler does not know.
pub(crate) struct Fetcher {
    fetch: Fetch,
    count: AtomicU64,
}

impl Fetcher {
    pub(crate) fn new(options: FetchOptions) -> Result<Self, OptionsError> {
        let fetcher = configcat_fetch::Fetcher::new(options)?;
        Ok(Self { fetch: fetcher.fetch(None), count: AtomicU64::new(0) })
    }

    pub(crate) fn with_new_connections(&self) -> Self {
        Self { fetch: self.fetch.clone(), count: AtomicU64::new(0) }
    }

    /// Does nothing: a response that was on its way when the client closed is the harder case.
    pub(crate) fn shut_down(&self) {}

    /// Returns the response with a config of its own: the setting `flag` has the number of the
    /// fetch.
    pub(crate) fn fetch_until(&self, _etag: Option<&str>, _deadline: Instant) -> Fetch {
        let number = 1 + self.count.fetch_add(1, Ordering::SeqCst);
        let mut fetch = self.fetch.clone();
        if let Ok(Outcome::Fetched(fetched)) = &mut fetch.outcome {
            fetched.body = format!(r#"{{"f": {{"flag": {{"t": 2, "v": {{"i": {number}}}}}}}}}"#);
            fetched.etag = Some(number.to_string());
        }
        // The response takes its time.
        thread::yield_now();
        fetch
    }
}
