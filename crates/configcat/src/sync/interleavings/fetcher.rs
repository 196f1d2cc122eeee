//! Fetcher for the scheduler: it fetches once, over a real socket, and replays that response.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use configcat_fetch::{Fetch, FetchErrorKind, FetchOptions, OptionsError, Outcome};
use shuttle::thread;

/// Replacement of [`configcat_fetch::Fetcher`], whose sockets the scheduler does not know.
pub(crate) struct Fetcher {
    fetcher: Arc<configcat_fetch::Fetcher>,
    fetch: Fetch,
    count: AtomicU64,
}

impl Fetcher {
    pub(crate) fn new(options: FetchOptions) -> Result<Self, OptionsError> {
        let fetcher = configcat_fetch::Fetcher::new(options)?;
        let fetch = fetcher.fetch(None);
        Ok(Self { fetcher: Arc::new(fetcher), fetch, count: AtomicU64::new(0) })
    }

    pub(crate) fn with_new_connections(&self) -> Self {
        Self { fetcher: self.fetcher.clone(), fetch: self.fetch.clone(), count: AtomicU64::new(0) }
    }

    /// Does nothing: a response that arrives while the client closes is the harder case.
    pub(crate) fn shut_down(&self) {}

    pub(crate) fn failed(
        &self,
        kind: FetchErrorKind,
        cause: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Fetch {
        self.fetcher.failed(kind, cause)
    }

    /// Returns the response with a config of its own: the value of the setting `flag` is the number
    /// of the fetch.
    pub(crate) fn fetch_until(&self, _etag: Option<&str>, _deadline: Instant) -> Fetch {
        let number = 1 + self.count.fetch_add(1, Ordering::SeqCst);
        let mut fetch = self.fetch.clone();
        if let Ok(Outcome::Fetched(fetched)) = &mut fetch.outcome {
            fetched.body = format!(r#"{{"f": {{"flag": {{"t": 2, "v": {{"i": {number}}}}}}}}}"#);
            fetched.etag = Some(number.to_string());
        }
        // Other threads run while the response is on its way.
        thread::yield_now();
        fetch
    }
}
