//! Refreshes, waits and a close at the same time, on the real client.

use std::{sync::Arc, time::Duration};

use configcat_fetch::{BaseUrl, FetchOptions, Proxy, SdkKey};
use configcat_testkit::{Cdn, SDK_KEY};
use shuttle::{future::block_on, thread};

use super::{fetcher::Fetcher, flights::panic_in_thread};
use crate::{
    client::{
        inner::{Options, Shared},
        ready_future::Ready,
    },
    error::RefreshErrorKind,
    notify::hooks::Hooks,
    polling::PollingMode,
    refresh::{refresher::RefreshRequest, store::Store},
};

/// Returns a function that makes a client: each run of the scheduler needs a new one.
fn clients() -> impl Fn() -> Arc<Shared> + Clone + Send + Sync {
    let cdn = Cdn::new(r#"{"f": {}}"#);
    let options = FetchOptions::new(SdkKey::parse(SDK_KEY).unwrap());
    let options = options.base_url(BaseUrl::parse(&cdn.url()).unwrap()).proxy(Proxy::None);
    let fetcher = Arc::new(Fetcher::new(options).unwrap());
    move || {
        // Only a refresh or a close ends a wait.
        let options = Options { init_deadline: Duration::MAX, ..Options::for_tests(PollingMode::manual()) };
        let store = Store::new(None, None);
        Shared::new(options, Hooks::default(), None, false, store, Some(fetcher.with_new_connections()))
    }
}

/// Starts `count` threads that call `run`.
fn spawn(
    count: usize,
    shared: &Arc<Shared>,
    run: impl Fn(&Shared) + Copy + Send + 'static,
) -> Vec<thread::JoinHandle<()>> {
    let start = |_| {
        let shared = shared.clone();
        thread::spawn(move || run(&shared))
    };
    (0..count).map(start).collect()
}

fn join(threads: Vec<thread::JoinHandle<()>>) {
    threads.into_iter().for_each(|thread| thread.join().unwrap_or_else(|_| panic_in_thread()));
}

/// Some threads refresh, some wait, and one closes. All threads return, and the config of that
/// moment stays.
pub(super) fn closing_during_refreshes(refreshing: usize, waiting: usize) -> impl Fn() + Clone + Send + Sync {
    let client = clients();
    move || {
        let shared = client();
        let mut threads = spawn(refreshing, &shared, |shared| {
            let outcome = shared.client().refresh(RefreshRequest::Now { by_user: true });
            let is_closed = |kind| kind == RefreshErrorKind::Closed && shared.inner().closed.is_set();
            assert!(outcome.result.map_or_else(|error| is_closed(error.kind()), |()| true));
        });
        threads.extend(spawn(waiting, &shared, |shared| {
            let is_ready = shared.client().wait_until_ready(Duration::MAX);
            assert!(is_ready || shared.inner().closed.is_set());
        }));
        threads.extend((0..waiting).map(|_| spawn_future(&shared)));
        shared.client().close();
        let store = &shared.inner().store;
        let then = store.current.load_full();
        join(threads);
        assert!(Arc::ptr_eq(&then, &store.current.load_full()), "a config was published after closing");
        assert_eq!(then.generation, store.generation());
    }
}

/// Starts a thread that waits for the future of a ready client.
fn spawn_future(shared: &Arc<Shared>) -> thread::JoinHandle<()> {
    let (shared, future) = (shared.clone(), Ready::new(shared.clone()));
    thread::spawn(move || {
        block_on(future);
        assert!(shared.inner().ready.is_set() || shared.inner().closed.is_set());
    })
}

/// Threads and futures wait until the client is ready, and then find its first config.
pub(super) fn waiting_for_the_first_config(waiting: usize) -> impl Fn() + Clone + Send + Sync {
    let client = clients();
    move || {
        let shared = client();
        let futures = (0..waiting).map(|_| spawn_future(&shared)).collect();
        let threads = spawn(waiting, &shared, |shared| {
            assert!(shared.client().wait_until_ready(Duration::MAX));
            assert!(
                shared.inner().store.current.load().config.is_some(),
                "the client is ready without a config"
            );
        });
        assert!(shared.client().refresh(RefreshRequest::Now { by_user: true }).result.is_ok());
        join(threads);
        join(futures);
    }
}

/// Several threads refresh. Each returns with a config, and no thread goes back to an older one.
pub(super) fn forced_refreshes(threads: usize) -> impl Fn() + Clone + Send + Sync {
    let client = clients();
    move || {
        let shared = client();
        join(spawn(threads, &shared, |shared| {
            let number = || {
                let state = shared.inner().store.current.load();
                let config = state.config.clone();
                config.and_then(|config| config.evaluate("flag", None).ok()?.value().as_int()).unwrap_or(0)
            };
            let before = number();
            assert!(shared.client().force_refresh().is_ok());
            assert!(number() >= before.max(1));
        }));
    }
}
