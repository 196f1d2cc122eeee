//! Thread that refreshes a client, with delays between the fetches.

use std::{
    io, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use configcat::{Client, RefreshErrorKind};

use crate::fetch_delay::FetchDelay;

/// Sender of triggers to the thread, over a channel with room for one. The thread ends when the
/// channel is closed.
#[derive(Clone)]
pub(crate) struct Trigger(SyncSender<()>);

impl Trigger {
    pub(crate) fn send(&self) {
        // If the channel is full, a fetch has yet to begin, and it will see this change too.
        let _ = self.0.try_send(());
    }
}

/// Clocks, and waiting by them. A test advances its own.
pub(crate) trait Clocks: Send + 'static {
    /// Returns the time since a fixed moment, and the time of day.
    fn now(&self) -> (Duration, SystemTime);

    /// Waits for a trigger, up to the limit. Returns `false` after the last trigger was dropped.
    fn wait(&self, triggers: &Receiver<()>, limit: Duration) -> bool;
}

pub(crate) struct SystemClocks(pub(crate) Instant);

impl Clocks for SystemClocks {
    fn now(&self) -> (Duration, SystemTime) {
        (self.0.elapsed(), SystemTime::now())
    }

    fn wait(&self, triggers: &Receiver<()>, limit: Duration) -> bool {
        triggers.recv_timeout(limit) != Err(RecvTimeoutError::Disconnected)
    }
}

/// Starts the thread, which ends after the last clone of its trigger is dropped.
pub(crate) fn start(client: Client, clocks: impl Clocks) -> io::Result<(Trigger, JoinHandle<()>)> {
    let (trigger, triggers) = sync_channel(1);
    // Hooks and loggers of the application run on this thread, also when the last clone of the
    // client is dropped here, and each of them may panic.
    let run = move || {
        contain_panics(move || run(&client, &triggers, &clocks));
    };
    let thread = thread::Builder::new().name("configcat-webhook".into()).spawn(run)?;
    Ok((Trigger(trigger), thread))
}

fn run(client: &Client, triggers: &Receiver<()>, clocks: &impl Clocks) {
    let mut delay = FetchDelay::default();
    while triggers.recv().is_ok() {
        let mut has_joined = false;
        loop {
            if !wait_until_allowed(client, &mut delay, triggers, clocks) {
                return;
            }
            // A panic of a hook or logger must not end the thread, which later webhooks need.
            let refreshed = contain_panics(|| refresh(client));
            if refreshed == Some(RefreshOutcome::Joined) && !has_joined {
                // Without a delay, since that fetch was not for a webhook. Once only: otherwise a
                // clock that stands still would repeat this for ever.
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

/// Waits until the next fetch may begin. Returns `false` after the last trigger was dropped.
fn wait_until_allowed(
    client: &Client,
    delay: &mut FetchDelay,
    triggers: &Receiver<()>,
    clocks: &impl Clocks,
) -> bool {
    /// Longest wait at a time.
    // A poll may succeed meanwhile, which ends the backoff.
    const MAX_WAIT: Duration = Duration::from_secs(60);
    loop {
        let (now, time_of_day) = clocks.now();
        let wait = delay.time_to_wait(now, time_of_day, &client.health());
        if wait.is_zero() {
            return true;
        }
        // A trigger during the wait is served by the fetch that follows.
        if !clocks.wait(triggers, wait.min(MAX_WAIT)) {
            return false;
        }
    }
}

#[derive(PartialEq)]
enum RefreshOutcome {
    /// A fetch has begun after the call, or no fetch is possible.
    Now,
    /// The call has joined a fetch that was running already.
    Joined,
    /// A refresh that was running already does not end.
    StillRunning,
}

/// Makes the client fetch. The client reports errors itself.
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

/// Runs a function that may call code of the application. Returns `None` if it panics.
fn contain_panics<T>(run: impl FnOnce() -> T) -> Option<T> {
    let drop_safely = |payload| {
        // A payload may panic when it is dropped. The payload of that second panic is leaked, since
        // dropping it may panic again.
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

    use configcat::{Client, PollingMode, fetch::Proxy, time::Clock};
    use configcat_testkit::{Cdn, ManualClock, Reply, SDK_KEY, config_json};

    use super::{Clocks, SystemClocks, Trigger, contain_panics, start};

    const SECOND: Duration = Duration::from_secs(1);

    /// Clocks that a test advances, by as much as the thread waits for.
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

    /// Client with its CDN and its thread, under clocks of the test.
    struct Setup {
        cdn: Cdn,
        clock: Arc<ManualClock>,
        client: Client,
        trigger: Trigger,
        thread: JoinHandle<()>,
        waits: Receiver<Duration>,
        over: Sender<()>,
    }

    /// Time for which the client of a setup waits for another refresh.
    const REQUEST_TIMEOUT: Duration = Duration::from_secs(17);

    impl Setup {
        /// Makes a setup whose CDN gives these replies first.
        fn new(mode: PollingMode, replies: impl IntoIterator<Item = Reply>) -> Self {
            let (cdn, clock) = (Cdn::new(&config_json([("version", 1)])), ManualClock::new());
            cdn.script(replies);
            let builder = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
            let builder = builder.polling_mode(mode).request_timeout(REQUEST_TIMEOUT);
            let client = builder.clock(clock.clone()).build().unwrap();
            let ((report, waits), (over, is_over)) = (channel(), channel());
            let clocks = ManualClocks { clock: clock.clone(), waits: report, over: is_over };
            let (trigger, thread) = start(client.clone(), clocks).unwrap();
            Self { cdn, clock, client, trigger, thread, waits, over }
        }

        /// Returns the next wait of the thread, and lets that time pass.
        fn pass_wait(&self) -> Duration {
            let wait = self.waits.recv_timeout(30 * SECOND).unwrap();
            self.clock.advance(wait);
            self.over.send(()).unwrap();
            wait
        }

        /// Ends the thread, and returns the number of requests.
        fn end(self) -> usize {
            drop((self.trigger, self.over));
            self.thread.join().unwrap();
            self.cdn.count()
        }
    }

    #[test]
    fn triggers_during_a_fetch_lead_to_one_more_fetch() {
        let setup = Setup::new(PollingMode::manual(), [Reply::content().held()]);
        setup.trigger.send();
        setup.cdn.await_hanging(1);
        setup.cdn.serve(&config_json([("version", 2)]));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let trigger = setup.trigger.clone();
                scope.spawn(move || (0..50).for_each(|_| trigger.send()));
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
        setup.trigger.send();
        for count in 1..=5 {
            setup.cdn.await_requests(count);
            (0..1000).for_each(|_| setup.trigger.send());
            assert_eq!(setup.pass_wait(), SECOND);
        }
        setup.cdn.await_requests(6);
        assert_eq!(setup.end(), 6);
    }

    #[test]
    fn a_trigger_that_comes_too_early_is_not_lost() {
        let setup = Setup::new(PollingMode::manual(), []);
        for count in 1..=3 {
            setup.trigger.send();
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
        setup.trigger.send();
        for (count, seconds) in [(1, 2), (2, 4), (3, 8), (4, 1)] {
            setup.cdn.await_requests(count);
            setup.trigger.send();
            assert_eq!(setup.pass_wait(), seconds * SECOND, "after {count} requests");
        }
        setup.cdn.await_requests(5);
        assert_eq!(setup.end(), 5);
    }

    #[test]
    fn a_retry_after_of_an_hour_is_respected() {
        let busy = Reply::status(429).header("Retry-After", "3600");
        let setup = Setup::new(PollingMode::manual(), [busy.clone(), busy]);
        // The first reply is to a poll, the second one to a fetch for a webhook.
        setup.client.force_refresh().unwrap_err();
        for count in 1..=2 {
            setup.trigger.send();
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
        setup.trigger.send();
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
        let setup = Setup::new(PollingMode::auto().into(), [Reply::content().held()]);
        setup.cdn.await_hanging(1);
        setup.trigger.send();
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
        let setup = Setup::new(PollingMode::auto().into(), [Reply::content().held()]);
        setup.cdn.await_hanging(1);
        setup.trigger.send();
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
        let setup = Setup::new(PollingMode::auto().into(), [busy]);
        setup.cdn.await_hanging(1);
        setup.trigger.send();
        setup.clock.await_timer(REQUEST_TIMEOUT);
        setup.cdn.release();
        assert_eq!(setup.pass_wait(), 59 * SECOND);
        setup.cdn.await_requests(2);
        assert_eq!(setup.end(), 2);
    }

    /// Payload that panics when it is dropped, with another one of its kind.
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
        setup.trigger.send();
        for (count, seconds) in [(1, 2), (2, 1), (3, 1)] {
            setup.cdn.await_requests(count);
            setup.trigger.send();
            assert_eq!(setup.pass_wait(), seconds * SECOND, "after {count} requests");
        }
        setup.cdn.await_requests(4);
        assert_eq!(setup.end(), 4);
    }

    #[test]
    fn a_closed_client_is_not_refreshed() {
        let setup = Setup::new(PollingMode::manual(), []);
        setup.client.close();
        setup.trigger.send();
        assert_eq!(setup.end(), 0);
    }

    #[test]
    fn dropping_the_trigger_ends_a_backoff() {
        let cdn = Cdn::always(Reply::status(429).header("Retry-After", "3600"));
        let builder = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
        let client = builder.polling_mode(PollingMode::manual()).build().unwrap();
        client.force_refresh().unwrap_err();
        let (trigger, thread) = start(client, SystemClocks(Instant::now())).unwrap();
        trigger.send();
        drop(trigger);
        thread.join().unwrap();
        assert_eq!(cdn.count(), 1);
    }
}
