//! Refresh of a client outside of the thread of a request, once for many webhooks.

use std::{fmt, io, time::Instant};

use configcat::Client;

use crate::refresh_thread::{SystemClocks, Trigger, start};

/// Thread that refreshes a client on each trigger.
///
/// During a fetch, any number of [triggers](Self::trigger) leads to one more fetch after it. So a
/// burst of webhooks leads to two fetches at most, and the last of them begins after the last
/// webhook has arrived. A poll that runs when a webhook arrives may have got its response before
/// the change, so the refresher waits for the poll and fetches again. (It distinguishes fetches by
/// the time at which they began: under a [`Clock`](configcat::time::Clock) that stands still, one
/// trigger may lead to two fetches.)
///
/// Triggers never shorten the times in this table. A trigger that comes too early is not lost: one
/// fetch for all of them follows when the time has passed.
///
/// | after | the next fetch begins |
/// |---|---|
/// | a fetch of this refresher | 1 s after its end, the shortest interval that polling may have |
/// | the n-th failure in a row, of polling or of webhooks | 2ⁿ s after it, 5 min at most |
/// | a failure with `Retry-After` | after that time if it is longer, 1 h at most |
///
/// Clones share the thread, which is named `configcat-webhook`. It ends after the last clone is
/// dropped: a running fetch is completed, and one that waits for its time is cancelled. The thread
/// has a clone of the client, so the client stays open until then. The client logs failed fetches,
/// and calls its error hook.
///
/// ```
/// use configcat::{Client, PollingMode, fetch::Proxy};
/// use configcat_testkit::{Cdn, SDK_KEY, config_json};
/// use configcat_webhook::Refresher;
///
/// let cdn = Cdn::new(&config_json([("isNew", true)]));
/// let client = Client::builder(SDK_KEY)
///     .base_url(cdn.url())
///     .proxy(Proxy::None)
///     .polling_mode(PollingMode::manual())
///     .build()?;
/// let refresher = Refresher::new(&client)?;
/// refresher.trigger(); // does not wait
/// cdn.await_requests(1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Refresher {
    trigger: Trigger,
}

impl Refresher {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The system cannot start a thread.
    pub fn new(client: &Client) -> io::Result<Self> {
        let (trigger, _) = start(client.clone(), SystemClocks(Instant::now()))?;
        Ok(Self { trigger })
    }

    /// Makes the client [refresh](Client::force_refresh) as soon as the [table](Self) allows.
    /// Returns at once.
    pub fn trigger(&self) {
        self.trigger.send();
    }
}

impl fmt::Debug for Refresher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresher").finish_non_exhaustive()
    }
}
