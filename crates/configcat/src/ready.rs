//! What a client tells without waiting.

use crate::{CacheState, Client, PollingMode, Snapshot};

impl Client {
    /// What the client has, as [`wait_for_ready`](Self::wait_for_ready) tells it, if it is ready; `None` if it is not
    /// yet. It never waits, and logs nothing: for a probe that is asked again and again.
    ///
    /// ```
    /// # use configcat::{MapOverrides, OverrideBehaviour};
    /// use configcat::{CacheState, Client};
    ///
    /// # let flags = MapOverrides::new([("isNew", true.into())]);
    /// let client = Client::builder("local").overrides(OverrideBehaviour::LocalOnly, flags).build()?;
    /// assert_eq!(client.ready_state(), Some(CacheState::HasLocalOverrideFlagDataOnly));
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    #[must_use]
    pub fn ready_state(&self) -> Option<CacheState> {
        let core = self.core();
        core.is_ready_by_now().then(|| core.cache_state())
    }

    /// A [`snapshot`](Self::snapshot), if it is to be had at once; `None` if the client would wait for the first config,
    /// or in lazy polling fetch. It never waits, so async code can evaluate in any polling mode without blocking its executor:
    /// where there is none, take a `snapshot` on a thread that may block.
    ///
    /// ```
    /// use std::time::Duration;
    /// use configcat::{Client, PollingMode};
    ///
    /// let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
    ///     .polling_mode(PollingMode::lazy())
    /// #   .offline(true)
    ///     .build()?;
    /// assert!(client.try_snapshot().is_none(), "there is no config yet");
    /// let flags = client.snapshot(); // may fetch
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    #[must_use]
    pub fn try_snapshot(&self) -> Option<Snapshot> {
        let core = self.core();
        let is_at_once = match core.mode {
            PollingMode::Auto { .. } => core.is_ready_by_now() || core.refresher.closed.has_happened(),
            PollingMode::Lazy { cache_ttl } => !core.needs_lazy_fetch(cache_ttl),
            PollingMode::Manual => true,
        };
        is_at_once.then(|| Snapshot::new(core.clone(), core.refresher.store.load_full()))
    }
}
