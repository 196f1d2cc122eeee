//! Readiness, closing and dropping of a client.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use configcat::{
    CacheState, Client, ConfigCache, MapOverrides, OverrideBehavior, PollingMode, RefreshErrorKind, Value,
    cache::BoxError,
    fetch::{Request, Response, Transport, TransportError},
};
use log::Level;

use crate::support::{
    Cdn, Fault, MINUTE, ManualClock, PATIENCE, Reply, SDK_KEY, SECOND, TestCache, bool_config, client, entry,
    patiently, timed,
};

/// Longest time that closing and dropping may take.
const LIMIT: Duration = Duration::from_millis(100);

fn is_new(client: &Client) -> bool {
    client.get_value("isNew", false, None)
}

/// A busy machine only makes a measured time longer, so one undisturbed round is enough.
fn assert_quick(mut round: impl FnMut() -> Duration) {
    let slow: Vec<_> = (0..5).map(|_| round()).take_while(|time| *time >= LIMIT).collect();
    assert!(slow.len() < 5, "{slow:?}");
}

fn hanging_in(mode: impl Into<PollingMode>) -> (Cdn, Client, Arc<ManualClock>) {
    let (cdn, clock) = (Cdn::always(Reply::hang()), ManualClock::new());
    let client = client(&cdn, mode).clock(clock.clone()).build().unwrap();
    (cdn, client, clock)
}

#[test]
fn closing_does_not_wait_for_a_poll_that_hangs() {
    assert_quick(|| {
        let (cdn, client, clock) = hanging_in(PollingMode::auto());
        cdn.await_hanging(1);
        let ((), time) = timed(|| client.close());
        clock.threads().await_no_worker(PATIENCE);
        clock.log().assert_events(&[]);
        time
    });
}

#[test]
fn closing_releases_evaluations_that_wait_for_the_first_poll() {
    assert_quick(|| {
        let (cdn, client, clock) = hanging_in(PollingMode::auto());
        cdn.await_hanging(1);
        let waiting: Vec<_> = (0..10)
            .map(|_| {
                let client = client.clone();
                thread::spawn(move || is_new(&client))
            })
            .collect();
        clock.await_timers(10);
        let ((), time) = timed(|| client.close());
        let values =
            patiently(|| waiting.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>());
        assert_eq!(values, [false; 10]);
        time
    });
}

#[test]
fn closing_releases_waits_for_readiness() {
    let (cdn, client, clock) = hanging_in(PollingMode::auto());
    cdn.await_hanging(1);
    let waiting = {
        let client = client.clone();
        thread::spawn(move || client.wait_for_ready(3 * SECOND))
    };
    clock.await_timer(3 * SECOND);
    client.close();
    assert_eq!(patiently(|| waiting.join().unwrap()), CacheState::NoFlagData);
}

#[test]
fn closing_interrupts_a_lazy_fetch_and_releases_its_waiters() {
    assert_quick(|| {
        let (cdn, client, clock) = hanging_in(PollingMode::lazy());
        let ask = |client: &Client| {
            let client = client.clone();
            thread::spawn(move || is_new(&client))
        };
        let first = ask(&client);
        cdn.await_hanging(1);
        let others: Vec<_> = (0..10).map(|_| ask(&client)).collect();
        clock.await_timers(10);
        let ((), time) = timed(|| client.close());
        patiently(|| {
            assert!(!first.join().unwrap());
            assert!(others.into_iter().all(|other| !other.join().unwrap()));
        });
        assert_eq!(cdn.count(), 1);
        time
    });
}

#[test]
fn closing_interrupts_a_forced_refresh() {
    let (cdn, client, _clock) = hanging_in(PollingMode::manual());
    let refresh = {
        let client = client.clone();
        thread::spawn(move || client.force_refresh())
    };
    cdn.await_hanging(1);
    client.close();
    assert!(patiently(|| refresh.join().unwrap()).is_err());
}

#[test]
fn closing_does_not_wait_for_a_cache_that_hangs() {
    assert_quick(|| {
        let (cdn, clock, cache) = (Cdn::empty(), ManualClock::new(), TestCache::new());
        cache.fail_reads(Fault::Held);
        let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache.clone());
        let client = builder.build().unwrap();
        cache.await_reads(1);
        let ((), time) = timed(|| client.close());
        cache.release();
        clock.threads().await_no_worker(PATIENCE);
        assert_eq!(cdn.count(), 0);
        time
    });
}

#[test]
fn a_response_after_closing_is_not_published() {
    let (cdn, clock) = (Cdn::empty(), ManualClock::new());
    let cache = TestCache::with(entry(clock.now(), "\"cached\"", &bool_config("isNew", true)));
    cache.fail_reads(Fault::Held);
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache.clone());
    let changed = Arc::new(AtomicBool::new(false));
    let has_changed = changed.clone();
    let hooks = move |hooks: &configcat::Hooks| {
        hooks.on_config_changed(move |_| has_changed.store(true, Ordering::Release));
    };
    let client = builder.hooks(hooks).build().unwrap();
    cache.await_reads(1);
    client.close();
    cache.release();
    clock.threads().await_no_worker(PATIENCE);
    assert!(!is_new(&client) && !changed.load(Ordering::Acquire));
}

#[test]
fn dropping_leaves_no_thread() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    clock.await_timer(MINUTE);
    assert_eq!(clock.threads().workers(), 1);
    drop(client);
    clock.threads().await_no_worker(PATIENCE);
    assert_eq!(Arc::strong_count(&clock), 1, "nothing else is left either");
}

#[test]
fn dropping_does_not_wait_for_a_poll_that_hangs() {
    assert_quick(|| {
        let (cdn, client, clock) = hanging_in(PollingMode::auto());
        cdn.await_hanging(1);
        let ((), time) = timed(|| drop(client));
        clock.threads().await_no_worker(PATIENCE);
        assert_eq!(cdn.count(), 1);
        time
    });
}

#[test]
fn only_the_last_clone_closes() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    clock.await_timer(MINUTE);
    let snapshot = client.snapshot();
    drop(client.clone());
    clock.advance(MINUTE);
    clock.await_timer(MINUTE);
    assert_eq!((cdn.count(), clock.threads().workers()), (2, 1));
    drop(client);
    clock.threads().await_no_worker(PATIENCE);
    assert!(snapshot.get_value("isNew", false, None), "a snapshot holds its config");
}

#[test]
fn the_last_clone_may_be_dropped_on_the_clients_own_thread() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let (give, take) = mpsc::channel::<Client>();
    let take = std::sync::Mutex::new(take);
    cdn.script([Reply::hang()]);
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone());
    let hooks = move |hooks: &configcat::Hooks| {
        hooks.on_config_changed(move |_| drop(take.lock().unwrap().recv().unwrap()));
    };
    let client = builder.hooks(hooks).build().unwrap();
    cdn.await_hanging(1);
    give.send(client).unwrap();
    cdn.release();
    clock.threads().await_no_worker(PATIENCE);
    clock.log().assert_events(&[]);
}

#[test]
fn a_closed_client_evaluates_on_the_last_config_without_fetching() {
    for mode in [PollingMode::auto().into(), PollingMode::lazy().into(), PollingMode::manual()] {
        let (cdn, clock, cache) =
            (Cdn::new(&bool_config("isNew", true)), ManualClock::new(), TestCache::new());
        let builder = client(&cdn, mode).clock(clock.clone()).cache(cache.clone());
        let client = builder.build().unwrap();
        if mode == PollingMode::manual() {
            client.force_refresh().unwrap();
        }
        assert!(is_new(&client));
        client.close();
        client.close();
        clock.threads().await_no_worker(PATIENCE);
        let (count, reads) = (cdn.count(), cache.reads());
        clock.advance(10 * MINUTE);
        assert!(is_new(&client) && client.clone().snapshot().get_value("isNew", false, None), "{mode:?}");
        assert_eq!(client.get_all_keys(), ["isNew"]);
        let error = client.force_refresh().unwrap_err();
        assert_eq!(error.kind(), RefreshErrorKind::Closed);
        client.set_offline();
        client.set_online();
        assert_eq!((cdn.count(), cache.reads()), (count, reads), "{mode:?}");
        clock.log().assert_events(&[3201; 3]);
        assert_eq!(clock.log().events_of(3201)[0].level, Level::Warn);
    }
}

#[test]
fn a_closed_client_that_never_had_a_config_gives_defaults_at_once() {
    let (cdn, client, _clock) = hanging_in(PollingMode::auto());
    client.close();
    patiently(move || {
        assert!((0..1000).all(|_| !is_new(&client)));
        assert_eq!(client.wait_for_ready(MINUTE), CacheState::NoFlagData);
    });
    assert!(cdn.count() <= 1);
}

#[test]
fn ready_with_no_data() {
    let (cdn, clock) = (Cdn::always(Reply::status(500)), ManualClock::new());
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    assert_eq!(client.wait_for_ready(SECOND), CacheState::NoFlagData);
    clock.await_timer(2 * MINUTE); // the failure is logged by then
    clock.log().assert_events(&[1101]);
}

#[test]
fn ready_with_overrides_only() {
    for mode in [PollingMode::auto().into(), PollingMode::lazy().into(), PollingMode::manual()] {
        let (cdn, clock) = (Cdn::empty(), ManualClock::new());
        let overrides = MapOverrides::new([("isNew", Value::from(true))]);
        let builder =
            client(&cdn, mode).clock(clock.clone()).overrides(OverrideBehavior::LocalOnly, overrides);
        let client = builder.build().unwrap();
        assert_eq!(client.wait_for_ready(SECOND), CacheState::HasLocalOverrideFlagDataOnly);
        assert!(is_new(&client));
        assert_eq!((cdn.count(), clock.timers_set()), (0, 0));
    }
}

#[test]
fn ready_with_cached_data_only() {
    let (cdn, clock) = (Cdn::always(Reply::status(500)), ManualClock::new());
    let cache = TestCache::with(entry(clock.now() - MINUTE, "\"cached\"", &bool_config("isNew", true)));
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).cache(cache);
    let client = builder.build().unwrap();
    assert_eq!(client.wait_for_ready(SECOND), CacheState::HasCachedFlagDataOnly);
    assert!(is_new(&client));
}

#[test]
fn ready_with_up_to_date_data() {
    let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    assert_eq!(client.wait_for_ready(SECOND), CacheState::HasUpToDateFlagData);
    clock.await_timer(MINUTE);
    clock.advance(MINUTE);
    clock.await_timer(MINUTE);
    assert_eq!(client.wait_for_ready(Duration::ZERO), CacheState::HasUpToDateFlagData);
}

#[test]
fn not_ready_in_time() {
    let (cdn, client, clock) = hanging_in(PollingMode::auto());
    cdn.await_hanging(1);
    let waiting = {
        let client = client.clone();
        thread::spawn(move || client.wait_for_ready(2 * SECOND))
    };
    clock.await_timer(2 * SECOND);
    clock.advance(2 * SECOND);
    assert_eq!(patiently(|| waiting.join().unwrap()), CacheState::NoFlagData);
    let record = clock.log().assert_once(4200, Level::Warn);
    assert!(record.text.contains("2s"), "{}", record.text);
    // Evaluations still wait, up to the max init wait.
    let evaluating = thread::spawn(move || is_new(&client));
    clock.await_timer(3 * SECOND);
    clock.advance(3 * SECOND);
    assert!(!patiently(|| evaluating.join().unwrap()));
}

#[test]
fn ready_when_the_max_init_wait_has_passed() {
    let (cdn, client, clock) = hanging_in(PollingMode::auto());
    cdn.await_hanging(1);
    let waiting = {
        let client = client.clone();
        thread::spawn(move || client.wait_for_ready(Duration::MAX))
    };
    clock.await_timer(5 * SECOND);
    clock.advance(5 * SECOND);
    assert_eq!(patiently(|| waiting.join().unwrap()), CacheState::NoFlagData);
    clock.log().assert_events(&[]);
}

/// The hook is called although no thread waits: an application that starts in this hook must start,
/// however long the fetch takes.
#[test]
fn the_ready_hook_is_called_when_the_max_init_wait_has_passed() {
    let cdn = Cdn::always(Reply::hang());
    let (tell, told) = mpsc::channel();
    let mode = PollingMode::auto().max_init_wait(Duration::from_millis(50));
    let builder = client(&cdn, mode).hooks(move |hooks| {
        hooks.on_client_ready(move |state| tell.send(state).unwrap());
    });
    let _client = builder.build().unwrap();
    assert_eq!(told.recv_timeout(5 * SECOND), Ok(CacheState::NoFlagData));
}

#[test]
fn dropping_leaves_no_thread_if_there_is_a_ready_hook() {
    let (cdn, clock) = (Cdn::always(Reply::hang()), ManualClock::new());
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone());
    let client = builder.on_client_ready(|_| ()).build().unwrap();
    cdn.await_hanging(1);
    clock.await_timer(5 * SECOND);
    drop(client);
    clock.threads().await_no_worker(PATIENCE);
}

/// Value of an application that panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(thread::panicking(), "a panic of mine");
    }
}

impl Transport for Bomb {
    fn send(&self, _: &Request<'_>) -> Result<Response, TransportError> {
        Err(TransportError::connection_failed("no network"))
    }
}

impl ConfigCache for Bomb {
    fn read(&self, _: &str) -> Result<Option<String>, BoxError> {
        Ok(None)
    }

    fn write(&self, _: &str, _: &str) -> Result<(), BoxError> {
        Ok(())
    }
}

#[test]
fn values_of_the_application_may_panic_when_the_client_is_dropped() {
    let builder = || Client::builder(SDK_KEY).polling_mode(PollingMode::manual());
    let bomb = Bomb;
    let hook = move |_| _ = &bomb;
    for builder in [builder().transport(Bomb), builder().cache(Bomb), builder().on_client_ready(hook)] {
        let client = builder.build().unwrap();
        let _ = client.force_refresh();
        drop(client);
    }
}
