//! Refreshes a client off the thread of the request, once for many webhooks.

use std::{
    fmt, io, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use configcat::{Client, RefreshErrorKind};

use crate::fetch_delay::FetchDelay;

/// Has a client fetch when it is told to, on a thread of its own.
///
/// While a fetch is under way, any number of [triggers](Self::trigger) leads to one more after it.
/// So a burst of webhooks leads to two fetches at most, and the last of them begins after the last
/// webhook has come. A fetch of polling that is under way when a webhook comes may have been
/// answered before the change, so it is awaited and another one follows. (That a fetch is another
/// one is told by the time at which it began: under a [`Clock`](configcat::Clock) that stands
/// still, one trigger may lead to two fetches.)
///
/// However many triggers there are, the CDN gets its rest. A trigger that comes too early is not
/// lost: one fetch follows when the time has passed, for all of them.
///
/// | after | the next fetch begins |
/// |---|---|
/// | a fetch of this refresher | 1 s after its end, the shortest interval that polling may have |
/// | the n-th failure in a row, of polling or of webhooks | 2ⁿ s after it, 5 min at most |
/// | a failure with `Retry-After` | after that time if it is longer, 1 h at most |
///
/// Clones share the thread, which is named `configcat-webhook` and ends with the last of them,
/// after the fetch under way; one that waits for its time is given up. It has a clone of the
/// client, which so lives as long. Fetches that fail are logged by the client, and told to its
/// error hook.
///
/// ```
/// use configcat::{Client, PollingMode, Proxy};
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
    /// Has room for one trigger; the thread ends when it is dropped.
    trigger: SyncSender<()>,
}

impl Refresher {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The system would not start a thread.
    pub fn new(client: &Client) -> io::Result<Self> {
        start(client.clone(), SystemClocks(Instant::now())).map(|(refresher, _)| refresher)
    }

    /// Has the client [refresh](Client::force_refresh) as soon as the [table](Self) allows. It does
    /// not wait for that, nor for anything else.
    pub fn trigger(&self) {
        // Full: one is to begin anyway, and it will see what is new now.
        let _ = self.trigger.try_send(());
    }
}

impl fmt::Debug for Refresher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresher").finish_non_exhaustive()
    }
}

/// The clocks, and waiting by them. A test turns its own.
trait Clocks: Send + 'static {
    /// The time since some fixed moment, and the time of day.
    fn now(&self) -> (Duration, SystemTime);

    /// Waits for a trigger, for that long at most; `false` if there is no refresher any more.
    fn wait(&self, triggers: &Receiver<()>, limit: Duration) -> bool;
}

struct SystemClocks(Instant);

impl Clocks for SystemClocks {
    fn now(&self) -> (Duration, SystemTime) {
        (self.0.elapsed(), SystemTime::now())
    }

    fn wait(&self, triggers: &Receiver<()>, limit: Duration) -> bool {
        triggers.recv_timeout(limit) != Err(RecvTimeoutError::Disconnected)
    }
}

fn start(client: Client, clocks: impl Clocks) -> io::Result<(Refresher, JoinHandle<()>)> {
    let (trigger, triggers) = sync_channel(1);
    // Not only the application's logger can panic, but all of it that the client drops with its
    // last clone.
    let run = move || {
        contain_panics(move || run(&client, &triggers, &clocks));
    };
    let thread = thread::Builder::new().name("configcat-webhook".into()).spawn(run)?;
    Ok((Refresher { trigger }, thread))
}

fn run(client: &Client, triggers: &Receiver<()>, clocks: &impl Clocks) {
    let mut delay = FetchDelay::default();
    while triggers.recv().is_ok() {
        let mut has_joined = false;
        loop {
            if !wait_until_allowed(client, &mut delay, triggers, clocks) {
                return;
            }
            // Later webhooks are to be heard though the application's logger should panic.
            let refreshed = contain_panics(|| refresh(client));
            if refreshed == Some(RefreshOutcome::Joined) && !has_joined {
                // At once, since that fetch was none for a webhook.
                has_joined = true;
                continue;
            }
            delay.refreshed(clocks.now().0);
            if refreshed != Some(RefreshOutcome::StillRunning) {
                break;
            }
        }
    }
}

/// Waits until the next fetch may begin; `false` if there is no refresher any more.
fn wait_until_allowed(
    client: &Client,
    delay: &mut FetchDelay,
    triggers: &Receiver<()>,
    clocks: &impl Clocks,
) -> bool {
    /// How long at once, since the client may be well again before a rest is over.
    const MAX_WAIT: Duration = Duration::from_secs(60);
    loop {
        let (now, time_of_day) = clocks.now();
        let wait = delay.time_to_wait(now, time_of_day, &client.health());
        if wait.is_zero() {
            return true;
        }
        // What is triggered meanwhile is covered by the fetch that follows.
        if !clocks.wait(triggers, wait.min(MAX_WAIT)) {
            return false;
        }
    }
}

#[derive(PartialEq)]
enum RefreshOutcome {
    /// By a fetch that began from then on, if there can be one.
    Now,
    /// By a fetch that was under way.
    Joined,
    /// Not at all: a refresh that is under way does not end.
    StillRunning,
}

/// Has the client fetch. It reports errors itself.
fn refresh(client: &Client) -> RefreshOutcome {
    let last_attempt = || client.health().last_attempt;
    let before = last_attempt();
    match client.force_refresh().map_err(|error| error.kind()) {
        Err(RefreshErrorKind::StillRunning) => RefreshOutcome::StillRunning,
        Err(RefreshErrorKind::Closed) => RefreshOutcome::Now,
        _ if before.is_none() || last_attempt() != before || client.is_offline() => RefreshOutcome::Now,
        _ => RefreshOutcome::Joined,
    }
}

/// Runs what may call code of the application; `None` if it panics.
fn contain_panics<T>(run: impl FnOnce() -> T) -> Option<T> {
    let drop_safely = |payload| {
        // A payload may panic when it is dropped. That of the second panic is leaked, since it may
        // do so in turn.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(mem::forget);
    };
    catch_unwind(AssertUnwindSafe(run)).map_err(drop_safely).ok()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            mpsc::{Receiver, Sender, TryRecvError, channel},
        },
        thread::JoinHandle,
        time::{Duration, Instant, SystemTime},
    };

    use configcat::{Client, Clock, PollingMode, Proxy};
    use configcat_testkit::{Cdn, ManualClock, Reply, SDK_KEY, config_json};

    use super::{Clocks, Refresher, SystemClocks, contain_panics, start};

    const SECOND: Duration = Duration::from_secs(1);

    /// Clocks that a test advances, by as much as the refresher waits for.
    struct ManualClocks {
        clock: Arc<ManualClock>,
        waits: Sender<Duration>,
        over: Receiver<()>,
    }

    impl Clocks for ManualClocks {
        fn now(&self) -> (Duration, SystemTime) {
            (self.clock.monotonic(), self.clock.now())
        }

        fn wait(&self, triggers: &Receiver<()>, limit: Duration) -> bool {
            self.waits.send(limit).unwrap();
            self.over.recv().is_ok() && triggers.try_recv() != Err(TryRecvError::Disconnected)
        }
    }

    /// A client with its CDN and its refresher, in a time that the test turns.
    struct Setup {
        cdn: Cdn,
        clock: Arc<ManualClock>,
        client: Client,
        refresher: Refresher,
        thread: JoinHandle<()>,
        waits: Receiver<Duration>,
        over: Sender<()>,
    }

    /// How long the client of a setup waits for another refresh.
    const REQUEST_TIMEOUT: Duration = Duration::from_secs(17);

    impl Setup {
        /// Whose CDN answers the first requests so.
        fn new(mode: PollingMode, replies: impl IntoIterator<Item = Reply>) -> Self {
            let (cdn, clock) = (Cdn::new(&config_json([("version", 1)])), ManualClock::new());
            cdn.script(replies);
            let builder = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
            let builder = builder.polling_mode(mode).request_timeout(REQUEST_TIMEOUT);
            let client = builder.clock(clock.clone()).build().unwrap();
            let ((report, waits), (over, is_over)) = (channel(), channel());
            let clocks = ManualClocks { clock: clock.clone(), waits: report, over: is_over };
            let (refresher, thread) = start(client.clone(), clocks).unwrap();
            Self { cdn, clock, client, refresher, thread, waits, over }
        }

        /// Returns how long the refresher waits next, and lets that time pass.
        fn pass_wait(&self) -> Duration {
            let wait = self.waits.recv_timeout(30 * SECOND).unwrap();
            self.clock.advance(wait);
            self.over.send(()).unwrap();
            wait
        }

        /// Waits until all that was triggered is done, and returns how many requests there were.
        fn end(self) -> usize {
            drop((self.refresher, self.over));
            self.thread.join().unwrap();
            self.cdn.count()
        }
    }

    #[test]
    fn triggers_during_a_fetch_lead_to_one_more_fetch() {
        let setup = Setup::new(PollingMode::manual(), [Reply::content().held()]);
        setup.refresher.trigger();
        setup.cdn.await_hanging(1);
        setup.cdn.serve(&config_json([("version", 2)]));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let refresher = setup.refresher.clone();
                scope.spawn(move || (0..50).for_each(|_| refresher.trigger()));
            }
        });
        setup.cdn.release();
        assert_eq!(setup.pass_wait(), SECOND);
        setup.cdn.await_requests(2);
        let client = setup.client.clone();
        assert_eq!(setup.end(), 2);
        assert_eq!(client.get_value("version", 0, None), 2);
    }

    #[test]
    fn triggers_never_shorten_the_minimum_interval() {
        let setup = Setup::new(PollingMode::manual(), []);
        setup.refresher.trigger();
        for count in 1..=5 {
            setup.cdn.await_requests(count);
            (0..1000).for_each(|_| setup.refresher.trigger());
            assert_eq!(setup.pass_wait(), SECOND);
        }
        setup.cdn.await_requests(6);
        assert_eq!(setup.end(), 6);
    }

    #[test]
    fn a_trigger_that_comes_too_early_is_not_lost() {
        let setup = Setup::new(PollingMode::manual(), []);
        for count in 1..=3 {
            setup.refresher.trigger();
            if count > 1 {
                assert_eq!(setup.pass_wait(), SECOND);
            }
            setup.cdn.await_requests(count);
        }
        assert_eq!(setup.end(), 3);
    }

    #[test]
    fn failures_double_the_delay() {
        let setup = Setup::new(PollingMode::manual(), [500, 502, 503].map(Reply::status));
        setup.refresher.trigger();
        for (count, seconds) in [(1, 2), (2, 4), (3, 8), (4, 1)] {
            setup.cdn.await_requests(count);
            setup.refresher.trigger();
            assert_eq!(setup.pass_wait(), seconds * SECOND, "after {count} requests");
        }
        setup.cdn.await_requests(5);
        assert_eq!(setup.end(), 5);
    }

    #[test]
    fn a_retry_after_of_an_hour_is_respected() {
        let busy = Reply::status(429).header("Retry-After", "3600");
        let setup = Setup::new(PollingMode::manual(), [busy.clone(), busy]);
        // Asked of a fetch that is not for a webhook, and of one that is.
        setup.client.force_refresh().unwrap_err();
        for count in 1..=2 {
            setup.refresher.trigger();
            let minutes: Vec<_> = (0..60).map(|_| setup.pass_wait()).collect();
            assert_eq!(minutes, [60 * SECOND; 60]);
            setup.cdn.await_requests(count + 1);
        }
        assert_eq!(setup.end(), 3);
    }

    #[test]
    fn success_ends_a_backoff() {
        let setup = Setup::new(PollingMode::manual(), [Reply::status(429).header("Retry-After", "3600")]);
        setup.client.force_refresh().unwrap_err();
        setup.refresher.trigger();
        assert_eq!(setup.pass_wait(), 60 * SECOND);
        let wait = setup.waits.recv_timeout(30 * SECOND).unwrap();
        setup.client.force_refresh().unwrap();
        setup.clock.advance(wait);
        setup.over.send(()).unwrap();
        setup.cdn.await_requests(3);
        assert_eq!(setup.end(), 3);
    }

    #[test]
    fn an_earlier_poll_is_followed_by_a_fetch() {
        let setup = Setup::new(PollingMode::auto(), [Reply::content().held()]);
        setup.cdn.await_hanging(1);
        setup.refresher.trigger();
        setup.clock.await_timer(REQUEST_TIMEOUT); // It waits for the poll now.
        setup.cdn.serve(&config_json([("version", 2)]));
        setup.cdn.release();
        setup.cdn.await_requests(2);
        let client = setup.client.clone();
        assert_eq!(setup.end(), 2);
        assert_eq!(client.get_value("version", 0, None), 2);
    }

    #[test]
    fn a_fetch_is_retried_while_a_poll_hangs() {
        let setup = Setup::new(PollingMode::auto(), [Reply::content().held()]);
        setup.cdn.await_hanging(1);
        setup.refresher.trigger();
        setup.clock.await_timer(REQUEST_TIMEOUT);
        setup.clock.advance(REQUEST_TIMEOUT);
        assert_eq!(setup.pass_wait(), SECOND);
        setup.cdn.serve(&config_json([("version", 2)]));
        setup.cdn.release();
        while setup.cdn.count() < 2 {
            if let Ok(wait) = setup.waits.recv_timeout(Duration::from_millis(10)) {
                assert_eq!(wait, SECOND);
                setup.clock.advance(wait);
                setup.over.send(()).unwrap();
            }
        }
        let client = setup.client.clone();
        assert_eq!(setup.end(), 2);
        assert_eq!(client.get_value("version", 0, None), 2);
    }

    #[test]
    fn a_poll_that_fails_while_awaited_counts_as_a_failure() {
        let busy = Reply::status(429).header("Retry-After", "59").held();
        let setup = Setup::new(PollingMode::auto(), [busy]);
        setup.cdn.await_hanging(1);
        setup.refresher.trigger();
        setup.clock.await_timer(REQUEST_TIMEOUT);
        setup.cdn.release();
        assert_eq!(setup.pass_wait(), 59 * SECOND);
        setup.cdn.await_requests(2);
        assert_eq!(setup.end(), 2);
    }

    /// A payload that panics when it is dropped, with one that does so too.
    struct Evil;

    impl Drop for Evil {
        fn drop(&mut self) {
            std::panic::panic_any(Evil);
        }
    }

    #[test]
    fn panics_with_any_payload_are_contained() {
        assert_eq!(contain_panics(|| 7), Some(7));
        assert_eq!(contain_panics(|| panic!("a text")), None::<()>);
        assert_eq!(contain_panics(|| std::panic::panic_any(Evil)), None::<()>);
    }

    #[test]
    fn panics_in_hooks_do_not_end_the_thread() {
        let setup = Setup::new(PollingMode::manual(), [Reply::status(500)]);
        setup.client.hooks().on_config_fetched(|_| std::panic::panic_any(Evil));
        setup.refresher.trigger();
        for (count, seconds) in [(1, 2), (2, 1), (3, 1)] {
            setup.cdn.await_requests(count);
            setup.refresher.trigger();
            assert_eq!(setup.pass_wait(), seconds * SECOND, "after {count} requests");
        }
        setup.cdn.await_requests(4);
        assert_eq!(setup.end(), 4);
    }

    #[test]
    fn a_closed_client_is_not_refreshed() {
        let setup = Setup::new(PollingMode::manual(), []);
        setup.client.close();
        setup.refresher.trigger();
        assert_eq!(setup.end(), 0);
    }

    #[test]
    fn dropping_the_refresher_ends_a_backoff() {
        let cdn = Cdn::always(Reply::status(429).header("Retry-After", "3600"));
        let builder = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
        let client = builder.polling_mode(PollingMode::manual()).build().unwrap();
        client.force_refresh().unwrap_err();
        let (refresher, thread) = start(client, SystemClocks(Instant::now())).unwrap();
        refresher.trigger();
        drop(refresher);
        thread.join().unwrap();
        assert_eq!(cdn.count(), 1);
    }
}
