//! Refreshes a client off the thread of the request, once for many webhooks.

use std::{
    fmt, io, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant, SystemTime},
};

use configcat::{Client, RefreshErrorKind};

use crate::pace::Pace;

/// Has a client fetch when it is told to, on a thread of its own.
///
/// While a fetch is under way, any number of [triggers](Self::trigger) leads to one more after it.
/// So a burst of webhooks leads to two fetches at most, and the last of them begins after the last
/// webhook has come. A fetch of polling that is under way when a webhook comes may have been
/// answered before the change, so it is awaited and another one follows. (That a fetch is another
/// one is told by the time at which it began: under a [`Clock`](configcat::time::Clock) that stands
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
    /// Has room for one trigger; the thread ends when it is dropped.
    wake: SyncSender<()>,
}

impl Refresher {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The system would not start a thread.
    pub fn new(client: &Client) -> io::Result<Self> {
        start(client.clone(), SystemTimes(Instant::now())).map(|(refresher, _)| refresher)
    }

    /// Has the client [refresh](Client::force_refresh) as soon as the [table](Self) allows. It does
    /// not wait for that, nor for anything else.
    pub fn trigger(&self) {
        // Full: one is to begin anyway, and it will see what is new now.
        let _ = self.wake.try_send(());
    }
}

impl fmt::Debug for Refresher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresher").finish_non_exhaustive()
    }
}

/// The clocks, and waiting by them. A test turns its own.
trait Times: Send + 'static {
    /// The time since some fixed moment, and the time of day.
    fn now(&self) -> (Duration, SystemTime);

    /// Waits for a trigger, for that long at most; `false` if there is no refresher any more.
    fn wait(&self, woken: &Receiver<()>, limit: Duration) -> bool;
}

struct SystemTimes(Instant);

impl Times for SystemTimes {
    fn now(&self) -> (Duration, SystemTime) {
        (self.0.elapsed(), SystemTime::now())
    }

    fn wait(&self, woken: &Receiver<()>, limit: Duration) -> bool {
        woken.recv_timeout(limit) != Err(RecvTimeoutError::Disconnected)
    }
}

fn start(client: Client, times: impl Times) -> io::Result<(Refresher, JoinHandle<()>)> {
    let (wake, woken) = sync_channel(1);
    // Not only the application's logger can panic, but all of it that the client drops with its
    // last clone.
    let run = move || {
        contain_panics(move || run(&client, &woken, &times));
    };
    let thread = thread::Builder::new().name("configcat-webhook".into()).spawn(run)?;
    Ok((Refresher { wake }, thread))
}

fn run(client: &Client, woken: &Receiver<()>, times: &impl Times) {
    let mut pace = Pace::default();
    while woken.recv().is_ok() {
        let mut has_joined = false;
        loop {
            if !rest(client, &mut pace, woken, times) {
                return;
            }
            // Later webhooks are to be heard though the application's logger should panic.
            let refreshed = contain_panics(|| refresh(client));
            if refreshed == Some(Refreshed::Joined) && !has_joined {
                // At once, since that fetch was none for a webhook.
                has_joined = true;
                continue;
            }
            pace.refreshed(times.now().0);
            if refreshed != Some(Refreshed::StillRunning) {
                break;
            }
        }
    }
}

/// Waits until the next fetch may begin; `false` if there is no refresher any more.
fn rest(client: &Client, pace: &mut Pace, woken: &Receiver<()>, times: &impl Times) -> bool {
    /// How long at once, since the client may be well again before a rest is over.
    const LOOK_AGAIN: Duration = Duration::from_secs(60);
    loop {
        let (now, time_of_day) = times.now();
        let rest = pace.rest(now, time_of_day, &client.health());
        if rest.is_zero() {
            return true;
        }
        // What is triggered meanwhile is covered by the fetch that follows.
        if !times.wait(woken, rest.min(LOOK_AGAIN)) {
            return false;
        }
    }
}

#[derive(PartialEq)]
enum Refreshed {
    /// By a fetch that began from then on, if there can be one.
    Now,
    /// By a fetch that was under way.
    Joined,
    /// Not at all: a refresh that is under way does not end.
    StillRunning,
}

/// Has the client fetch. It reports errors itself.
fn refresh(client: &Client) -> Refreshed {
    let last_attempt = || client.health().last_attempt;
    let before = last_attempt();
    match client.force_refresh().map_err(|error| error.kind()) {
        Err(RefreshErrorKind::StillRunning) => Refreshed::StillRunning,
        Err(RefreshErrorKind::Closed) => Refreshed::Now,
        _ if before.is_none() || last_attempt() != before || client.is_offline() => Refreshed::Now,
        _ => Refreshed::Joined,
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

    use configcat::{Client, PollingMode, fetch::Proxy, time::Clock};
    use configcat_testkit::{Cdn, ManualClock, Reply, SDK_KEY, config_json};

    use super::{Refresher, SystemTimes, Times, contain_panics, start};

    const SECOND: Duration = Duration::from_secs(1);

    /// Time that the test turns, by as much as the refresher waits for.
    struct Turned {
        clock: Arc<ManualClock>,
        waits: Sender<Duration>,
        over: Receiver<()>,
    }

    impl Times for Turned {
        fn now(&self) -> (Duration, SystemTime) {
            (self.clock.monotonic(), self.clock.now())
        }

        fn wait(&self, woken: &Receiver<()>, limit: Duration) -> bool {
            self.waits.send(limit).unwrap();
            self.over.recv().is_ok() && woken.try_recv() != Err(TryRecvError::Disconnected)
        }
    }

    /// A client with its CDN and its refresher, in a time that the test turns.
    struct World {
        cdn: Cdn,
        clock: Arc<ManualClock>,
        client: Client,
        refresher: Refresher,
        thread: JoinHandle<()>,
        waits: Receiver<Duration>,
        over: Sender<()>,
    }

    /// How long the client of a world waits for another refresh.
    const REQUEST_TIMEOUT: Duration = Duration::from_secs(17);

    impl World {
        /// Whose CDN answers the first requests so.
        fn new(mode: PollingMode, replies: impl IntoIterator<Item = Reply>) -> Self {
            let (cdn, clock) = (Cdn::new(&config_json([("version", 1)])), ManualClock::new());
            cdn.script(replies);
            let builder = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
            let builder = builder.polling_mode(mode).request_timeout(REQUEST_TIMEOUT);
            let client = builder.clock(clock.clone()).build().unwrap();
            let ((tell, waits), (over, told)) = (channel(), channel());
            let turned = Turned { clock: clock.clone(), waits: tell, over: told };
            let (refresher, thread) = start(client.clone(), turned).unwrap();
            Self { cdn, clock, client, refresher, thread, waits, over }
        }

        /// Returns how long the refresher waits next, and lets that time pass.
        fn turn(&self) -> Duration {
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
    fn triggers_during_a_fetch_lead_to_one_more_that_sees_the_change() {
        let world = World::new(PollingMode::manual(), [Reply::content().held()]);
        world.refresher.trigger();
        world.cdn.await_hanging(1);
        world.cdn.serve(&config_json([("version", 2)]));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let refresher = world.refresher.clone();
                scope.spawn(move || (0..50).for_each(|_| refresher.trigger()));
            }
        });
        world.cdn.release();
        assert_eq!(world.turn(), SECOND);
        world.cdn.await_requests(2);
        let client = world.client.clone();
        assert_eq!(world.end(), 2);
        assert_eq!(client.get_value("version", 0, None), 2);
    }

    #[test]
    fn however_many_triggers_there_are_fetches_keep_their_distance() {
        let world = World::new(PollingMode::manual(), []);
        world.refresher.trigger();
        for count in 1..=5 {
            world.cdn.await_requests(count);
            (0..1000).for_each(|_| world.refresher.trigger());
            assert_eq!(world.turn(), SECOND);
        }
        world.cdn.await_requests(6);
        assert_eq!(world.end(), 6);
    }

    #[test]
    fn a_trigger_that_comes_too_early_is_not_lost() {
        let world = World::new(PollingMode::manual(), []);
        for count in 1..=3 {
            world.refresher.trigger();
            if count > 1 {
                assert_eq!(world.turn(), SECOND);
            }
            world.cdn.await_requests(count);
        }
        assert_eq!(world.end(), 3);
    }

    #[test]
    fn failures_make_it_rest_for_longer_and_longer() {
        let world = World::new(PollingMode::manual(), [500, 502, 503].map(Reply::status));
        world.refresher.trigger();
        for (count, seconds) in [(1, 2), (2, 4), (3, 8), (4, 1)] {
            world.cdn.await_requests(count);
            world.refresher.trigger();
            assert_eq!(world.turn(), seconds * SECOND, "after {count} requests");
        }
        world.cdn.await_requests(5);
        assert_eq!(world.end(), 5);
    }

    #[test]
    fn a_server_that_asks_for_an_hour_of_rest_gets_it() {
        let busy = Reply::status(429).header("Retry-After", "3600");
        let world = World::new(PollingMode::manual(), [busy.clone(), busy]);
        // Asked of a fetch that is not for a webhook, and of one that is.
        world.client.force_refresh().unwrap_err();
        for count in 1..=2 {
            world.refresher.trigger();
            let minutes: Vec<_> = (0..60).map(|_| world.turn()).collect();
            assert_eq!(minutes, [60 * SECOND; 60]);
            world.cdn.await_requests(count + 1);
        }
        assert_eq!(world.end(), 3);
    }

    #[test]
    fn a_rest_ends_when_the_client_is_well_again() {
        let world = World::new(PollingMode::manual(), [Reply::status(429).header("Retry-After", "3600")]);
        world.client.force_refresh().unwrap_err();
        world.refresher.trigger();
        assert_eq!(world.turn(), 60 * SECOND);
        let wait = world.waits.recv_timeout(30 * SECOND).unwrap();
        world.client.force_refresh().unwrap();
        world.clock.advance(wait);
        world.over.send(()).unwrap();
        world.cdn.await_requests(3);
        assert_eq!(world.end(), 3);
    }

    #[test]
    fn a_poll_that_began_before_does_not_count() {
        let world = World::new(PollingMode::auto().into(), [Reply::content().held()]);
        world.cdn.await_hanging(1);
        world.refresher.trigger();
        world.clock.await_timer(REQUEST_TIMEOUT); // It waits for the poll now.
        world.cdn.serve(&config_json([("version", 2)]));
        world.cdn.release();
        world.cdn.await_requests(2);
        let client = world.client.clone();
        assert_eq!(world.end(), 2);
        assert_eq!(client.get_value("version", 0, None), 2);
    }

    #[test]
    fn while_a_poll_does_not_end_it_tries_again() {
        let world = World::new(PollingMode::auto().into(), [Reply::content().held()]);
        world.cdn.await_hanging(1);
        world.refresher.trigger();
        world.clock.await_timer(REQUEST_TIMEOUT);
        world.clock.advance(REQUEST_TIMEOUT);
        assert_eq!(world.turn(), SECOND);
        world.cdn.serve(&config_json([("version", 2)]));
        world.cdn.release();
        while world.cdn.count() < 2 {
            if let Ok(wait) = world.waits.recv_timeout(Duration::from_millis(10)) {
                assert_eq!(wait, SECOND);
                world.clock.advance(wait);
                world.over.send(()).unwrap();
            }
        }
        let client = world.client.clone();
        assert_eq!(world.end(), 2);
        assert_eq!(client.get_value("version", 0, None), 2);
    }

    #[test]
    fn a_poll_that_fails_while_it_is_awaited_counts_as_a_failure() {
        let busy = Reply::status(429).header("Retry-After", "59").held();
        let world = World::new(PollingMode::auto().into(), [busy]);
        world.cdn.await_hanging(1);
        world.refresher.trigger();
        world.clock.await_timer(REQUEST_TIMEOUT);
        world.cdn.release();
        assert_eq!(world.turn(), 59 * SECOND);
        world.cdn.await_requests(2);
        assert_eq!(world.end(), 2);
    }

    /// A payload that panics when it is dropped, with one that does so too.
    struct Evil;

    impl Drop for Evil {
        fn drop(&mut self) {
            std::panic::panic_any(Evil);
        }
    }

    #[test]
    fn a_panic_ends_where_it_is_contained_whatever_its_payload_does() {
        assert_eq!(contain_panics(|| 7), Some(7));
        assert_eq!(contain_panics(|| panic!("a text")), None::<()>);
        assert_eq!(contain_panics(|| std::panic::panic_any(Evil)), None::<()>);
    }

    #[test]
    fn panics_in_hooks_do_not_end_it() {
        let world = World::new(PollingMode::manual(), [Reply::status(500)]);
        world.client.hooks().on_config_fetched(|_| std::panic::panic_any(Evil));
        world.refresher.trigger();
        for (count, seconds) in [(1, 2), (2, 1), (3, 1)] {
            world.cdn.await_requests(count);
            world.refresher.trigger();
            assert_eq!(world.turn(), seconds * SECOND, "after {count} requests");
        }
        world.cdn.await_requests(4);
        assert_eq!(world.end(), 4);
    }

    #[test]
    fn a_closed_client_is_left_alone() {
        let world = World::new(PollingMode::manual(), []);
        world.client.close();
        world.refresher.trigger();
        assert_eq!(world.end(), 0);
    }

    #[test]
    fn dropping_it_ends_a_rest() {
        let cdn = Cdn::always(Reply::status(429).header("Retry-After", "3600"));
        let builder = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
        let client = builder.polling_mode(PollingMode::manual()).build().unwrap();
        client.force_refresh().unwrap_err();
        let (refresher, thread) = start(client, SystemTimes(Instant::now())).unwrap();
        refresher.trigger();
        drop(refresher);
        thread.join().unwrap();
        assert_eq!(cdn.count(), 1);
    }
}
