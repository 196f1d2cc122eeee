//! Tests of lazy loading while the CDN or the cache hangs: threads, and the futures that wait.

use std::{
    collections::HashSet,
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, channel},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread, ThreadId},
    time::Duration,
};

use configcat::{
    Client, ClientBuilder, ConfigCache, PollingMode,
    cache::BoxError,
    fetch::Proxy,
    time::{Clock, Timer},
};
use configcat_openfeature::ConfigCatProvider;
use configcat_testkit::{Cdn, ManualClock, Reply, SDK_KEY, config_json};
use open_feature::{EvaluationContext, EvaluationErrorCode, provider::FeatureProvider};

const TTL: Duration = Duration::from_secs(60);

/// The wait for an event that must not come: long enough for the system to run a thread.
const SHORT: Duration = Duration::from_millis(50);

type Resolved = Result<i64, EvaluationErrorCode>;

/// A manual clock that records the threads that ask it, and can panic on the thread of the
/// provider.
struct WatchedClock {
    time: Arc<ManualClock>,
    threads: Mutex<HashSet<ThreadId>>,
    panics: bool,
}

/// A payload that panics when it is dropped.
struct Evil;

impl Drop for Evil {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

impl WatchedClock {
    fn new(panics: bool) -> Arc<Self> {
        Arc::new(Self { time: ManualClock::new(), threads: Mutex::default(), panics })
    }

    fn time(&self) -> &ManualClock {
        let this = thread::current();
        self.threads.lock().unwrap().insert(this.id());
        if self.panics && this.name() == Some("configcat-openfeature") {
            std::panic::panic_any(Evil);
        }
        &self.time
    }

    /// Returns how many threads other than the current one have asked it.
    fn other_threads(&self) -> usize {
        let threads = self.threads.lock().unwrap();
        threads.iter().filter(|thread| **thread != thread::current().id()).count()
    }
}

impl Clock for WatchedClock {
    fn monotonic(&self) -> Duration {
        self.time().monotonic()
    }

    fn unix_time(&self) -> Duration {
        self.time().unix_time()
    }

    fn timer(&self, delay: Duration) -> Timer {
        self.time().timer(delay)
    }
}

fn version(version: i64) -> String {
    config_json([("version", version)])
}

fn lazy(cdn: &Cdn, clock: Arc<dyn Clock>) -> ClientBuilder {
    let builder = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
    builder.polling_mode(PollingMode::lazy()).clock(clock)
}

async fn resolve(provider: &ConfigCatProvider) -> Resolved {
    let resolved = provider.resolve_int_value("version", &EvaluationContext::default()).await;
    resolved.map(|details| details.value).map_err(|error| error.code)
}

/// Runs a future on this thread, without a runtime.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

/// Polls a future once, and drops it if it waits.
fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

#[test]
fn callers_that_give_up_leave_one_thread() {
    let (cdn, clock) = (Cdn::new(&version(1)), WatchedClock::new(false));
    cdn.script([Reply::hang()]);
    let client = lazy(&cdn, clock.clone()).build().unwrap();
    let provider = ConfigCatProvider::new(client).max_wait(Duration::MAX);
    for _ in 0..300 {
        assert_eq!(poll_once(resolve(&provider)), None);
    }
    cdn.await_hanging(1);
    for _ in 0..300 {
        assert_eq!(poll_once(resolve(&provider)), None);
    }
    cdn.release();
    assert_eq!(block_on(resolve(&provider)), Ok(1));
    assert_eq!((clock.other_threads(), cdn.count()), (1, 1));
}

#[test]
fn without_a_config_waiting_ends_with_an_error() {
    let (cdn, clock) = (Cdn::new(&version(1)), ManualClock::new());
    cdn.script([Reply::hang()]);
    let provider = ConfigCatProvider::new(lazy(&cdn, clock).build().unwrap()).max_wait(SHORT);
    assert_eq!(block_on(resolve(&provider)), Err(EvaluationErrorCode::ProviderNotReady));
    let late = poll_once(resolve(&provider));
    assert_eq!(late, Some(Err(EvaluationErrorCode::ProviderNotReady)), "a fetch that is late is not awaited");
}

#[test]
fn waiting_ends_with_the_config_that_is_there_and_the_next_one_is_used_when_it_comes() {
    let (cdn, clock) = (Cdn::new(&version(1)), ManualClock::new());
    let client = lazy(&cdn, clock.clone()).build().unwrap();
    let provider = ConfigCatProvider::new(client.clone()).max_wait(SHORT);
    client.force_refresh().unwrap();
    assert_eq!(poll_once(resolve(&provider)), Some(Ok(1)));

    clock.advance(TTL);
    cdn.script([Reply::hang()]);
    assert_eq!(block_on(resolve(&provider)), Ok(1));
    cdn.await_hanging(1);
    assert_eq!(poll_once(resolve(&provider)), Some(Ok(1)), "a fetch that is late is not awaited");

    let (tell, told) = channel();
    client.hooks().on_config_fetched(move |_| tell.send(()).unwrap());
    cdn.serve(&version(2));
    cdn.release();
    told.recv_timeout(TTL).unwrap();
    assert_eq!(poll_once(resolve(&provider)), Some(Ok(2)));
    assert_eq!(cdn.count(), 2);
}

#[test]
fn with_a_limit_of_zero_an_evaluation_never_waits() {
    let (cdn, clock) = (Cdn::new(&version(1)), ManualClock::new());
    let client = lazy(&cdn, clock).build().unwrap();
    let (tell, told) = channel();
    client.hooks().on_config_fetched(move |_| tell.send(()).unwrap());
    let provider = ConfigCatProvider::new(client).max_wait(Duration::ZERO);
    assert_eq!(poll_once(resolve(&provider)), Some(Err(EvaluationErrorCode::ProviderNotReady)));
    told.recv_timeout(TTL).unwrap();
    assert_eq!(poll_once(resolve(&provider)), Some(Ok(1)), "but it has started a fetch");
}

/// A cache without entries. After the test gives it a channel, one read hangs until the channel is
/// closed.
#[derive(Clone, Default)]
struct StuckCache(Arc<Mutex<Option<Receiver<()>>>>);

impl ConfigCache for StuckCache {
    fn read(&self, _: &str) -> Result<Option<String>, BoxError> {
        let stuck = self.0.lock().unwrap().take();
        let _ = stuck.map(|closed| closed.recv());
        Ok(None)
    }

    fn write(&self, _: &str, _: &str) -> Result<(), BoxError> {
        Ok(())
    }
}

#[test]
fn a_cache_that_hangs_holds_up_an_evaluation_for_the_limit() {
    let (cdn, clock) = (Cdn::new(&version(1)), ManualClock::new());
    let cache = StuckCache::default();
    let client = lazy(&cdn, clock).cache(cache.clone()).build().unwrap();
    let (release, released) = channel();
    *cache.0.lock().unwrap() = Some(released);
    let (tell, told) = channel();
    client.hooks().on_config_fetched(move |_| tell.send(()).unwrap());
    let provider = ConfigCatProvider::new(client).max_wait(SHORT);
    assert_eq!(block_on(resolve(&provider)), Err(EvaluationErrorCode::ProviderNotReady));
    drop(release);
    told.recv_timeout(TTL).unwrap();
    assert_eq!(block_on(resolve(&provider)), Ok(1));
}

#[test]
fn a_provider_is_dropped_at_once_while_a_fetch_hangs() {
    let (cdn, clock) = (Cdn::new(&version(1)), ManualClock::new());
    cdn.script([Reply::hang()]);
    let provider = ConfigCatProvider::new(lazy(&cdn, clock).build().unwrap()).max_wait(Duration::MAX);
    assert_eq!(poll_once(resolve(&provider)), None);
    cdn.await_hanging(1);
    drop(provider);
    cdn.await_hanging(1);
    cdn.release();
    cdn.await_answers(200, 1);
}

#[test]
fn a_panic_on_the_thread_of_the_fetch_keeps_nobody_waiting() {
    let (cdn, clock) = (Cdn::new(&version(1)), WatchedClock::new(true));
    let client = lazy(&cdn, clock.clone()).build().unwrap();
    let provider = ConfigCatProvider::new(client.clone()).max_wait(Duration::MAX);
    assert_eq!(block_on(resolve(&provider)), Err(EvaluationErrorCode::ProviderNotReady));
    assert_eq!(client.get_value("version", 0, None), 1, "on this thread the clock does not panic");
    assert_eq!(block_on(resolve(&provider)), Ok(1));
    clock.time().advance(TTL);
    assert_eq!(block_on(resolve(&provider)), Ok(1), "the config that is there");
}
