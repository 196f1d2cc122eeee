//! The future of `Client::ready`, in several runtimes and by hand.

use std::{
    future::{Future, poll_fn},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use configcat::{CacheState, Client, MapOverrides, OverrideBehavior, PollingMode};
use log::Level;

use crate::support::{Cdn, MINUTE, ManualClock, PATIENCE, Reply, SECOND, bool_config, client, patiently};

type Block<F> = fn(F) -> <F as Future>::Output;

/// Returns functions that run a future to its end, each in another runtime.
fn runtimes<F: Future>() -> [(&'static str, Block<F>); 4] {
    use tokio::runtime::Builder;
    [
        ("tokio, current thread", |future| Builder::new_current_thread().build().unwrap().block_on(future)),
        ("tokio, multi thread", |future| Builder::new_multi_thread().build().unwrap().block_on(future)),
        ("smol", |future| smol::block_on(future)),
        ("futures", |future| futures_executor::block_on(future)),
    ]
}

/// Returns a client whose first fetch hangs, with a max init wait of 5 s.
fn hanging() -> (Cdn, Arc<ManualClock>, Client) {
    let (cdn, clock) = (Cdn::new(&bool_config("isOn", true)), ManualClock::new());
    cdn.script([Reply::hang()]);
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    cdn.await_hanging(1);
    (cdn, clock, client)
}

/// Waits until all futures have their results.
fn all<F: Future + Unpin>(futures: Vec<F>) -> impl Future<Output = Vec<F::Output>> {
    let mut pending: Vec<_> = futures.into_iter().map(Some).collect();
    let mut results = Vec::new();
    poll_fn(move |context| {
        for slot in &mut pending {
            if let Some(Poll::Ready(result)) = slot.as_mut().map(|future| poll(future, context)) {
                results.push(result);
                *slot = None;
            }
        }
        let is_over = pending.iter().all(Option::is_none);
        if is_over { Poll::Ready(std::mem::take(&mut results)) } else { Poll::Pending }
    })
}

fn poll<F: Future + Unpin>(future: &mut F, context: &mut Context<'_>) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(context)
}

/// Waker that counts.
#[derive(Default)]
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Counter {
    /// Polls a future with this waker.
    fn poll<F: Future + Unpin>(self: &Arc<Self>, future: &mut F) -> Poll<F::Output> {
        poll(future, &mut Context::from_waker(&Waker::from(self.clone())))
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Runs a future in a runtime on another thread. When this returns, the future was polled once.
fn start<F: Future<Output: Send> + Send + Unpin + 'static>(
    block_on: Block<F>,
    clock: &ManualClock,
    future: F,
) -> thread::JoinHandle<F::Output> {
    let timers = clock.timers_set();
    let thread = thread::spawn(move || block_on(future));
    // The thread that waits for the end of the max init wait.
    clock.await_timers(timers + 1);
    thread
}

#[test]
fn the_end_of_the_first_fetch_ends_the_wait() {
    for (name, block_on) in runtimes() {
        patiently(move || {
            let (cdn, clock, client) = hanging();
            let future = all((0..3).map(|_| client.ready()).collect());
            let waiting = start(block_on, &clock, Box::pin(future));
            assert!(!waiting.is_finished(), "{name}");
            cdn.release();
            assert_eq!(waiting.join().unwrap(), [CacheState::HasUpToDateFlagData; 3], "{name}");
            assert!(client.get_value("isOn", false, None));
            clock.log().assert_events(&[]);
            drop(client);
            clock.threads().await_no_worker(PATIENCE);
        });
    }
}

#[test]
fn the_end_of_the_max_init_wait_ends_the_wait() {
    for (name, block_on) in runtimes() {
        patiently(move || {
            let (cdn, clock, client) = hanging();
            let waiting = start(block_on, &clock, Box::pin(client.ready()));
            clock.advance(5 * SECOND);
            assert_eq!(waiting.join().unwrap(), CacheState::NoFlagData, "{name}");
            assert_eq!(client.ready_state(), Some(CacheState::NoFlagData));
            cdn.release();
        });
    }
}

#[test]
fn closing_ends_the_wait() {
    for (name, block_on) in runtimes() {
        for drops in [false, true] {
            patiently(move || {
                let (_cdn, clock, client) = hanging();
                let waiting = start(block_on, &clock, Box::pin(client.ready()));
                // The future does not keep the client open.
                if drops {
                    drop(client)
                } else {
                    client.close()
                }
                assert_eq!(waiting.join().unwrap(), CacheState::NoFlagData, "{name}");
                clock.threads().await_no_worker(PATIENCE);
            });
        }
    }
}

#[test]
fn many_futures_need_one_thread() {
    patiently(|| {
        let (cdn, clock, client) = hanging();
        let counter = Arc::new(Counter::default());
        let mut futures: Vec<_> = (0..100).map(|_| client.ready()).collect();
        for _ in 0..2 {
            assert!(futures.iter_mut().all(|future| counter.poll(future).is_pending()));
        }
        clock.await_timers(1);
        // The polling thread and the one that waits for the end of the max init wait.
        assert_eq!((clock.threads().workers(), clock.timers_set()), (2, 1));
        // A cancelled future is not woken, and leaves nothing behind.
        futures.truncate(60);
        assert_eq!(Arc::strong_count(&counter), 61);
        cdn.release();
        clock.await_timer(MINUTE);
        assert_eq!((counter.count(), Arc::strong_count(&counter)), (60, 1));
        let state = Poll::Ready(CacheState::HasUpToDateFlagData);
        assert!(futures.iter_mut().all(|future| counter.poll(future) == state));
        assert_eq!(Arc::strong_count(&counter), 1);
    });
}

#[test]
fn a_future_that_moves_to_another_task_wakes_that_one() {
    patiently(|| {
        let (cdn, clock, client) = hanging();
        let (first, second) = (Arc::new(Counter::default()), Arc::new(Counter::default()));
        let mut future = client.ready();
        assert!(first.poll(&mut future).is_pending() && second.poll(&mut future).is_pending());
        cdn.release();
        clock.await_timer(MINUTE);
        assert_eq!((first.count(), second.count()), (0, 1));
    });
}

#[test]
fn a_client_without_polling_is_ready_at_once() {
    let (cdn, counter) = (Cdn::empty(), Arc::new(Counter::default()));
    for mode in [PollingMode::lazy().into(), PollingMode::manual()] {
        let client = client(&cdn, mode).build().unwrap();
        assert_eq!(counter.poll(&mut client.ready()), Poll::Ready(CacheState::NoFlagData));
    }
    let flags = MapOverrides::new([("isOn", true.into())]);
    let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build().unwrap();
    assert_eq!(counter.poll(&mut client.ready()), Poll::Ready(CacheState::HasLocalOverrideFlagDataOnly));
    assert_eq!((cdn.count(), Arc::strong_count(&counter)), (0, 1));
}

#[test]
fn a_max_init_wait_of_zero_does_not_wait() {
    let (cdn, counter) = (Cdn::always(Reply::hang()), Arc::new(Counter::default()));
    let mode = PollingMode::auto().max_init_wait(Duration::ZERO);
    let client = client(&cdn, mode).clock(ManualClock::new()).build().unwrap();
    assert_eq!(counter.poll(&mut client.ready()), Poll::Ready(CacheState::NoFlagData));
}

#[test]
fn a_closed_client_does_not_wait_and_says_so() {
    let (_cdn, clock, client) = hanging();
    client.close();
    let counter = Arc::new(Counter::default());
    assert_eq!(counter.poll(&mut client.ready()), Poll::Ready(CacheState::NoFlagData));
    assert!(clock.log().assert_once(3201, Level::Warn).text.contains("`ready()`"));
}

#[test]
fn hooks_are_called_first() {
    patiently(|| {
        let (cdn, clock) = (Cdn::new(&bool_config("isOn", true)), ManualClock::new());
        let (calls, called) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let may_go_on = std::sync::Mutex::new(may_go_on);
        let builder = client(&cdn, PollingMode::auto()).clock(clock.clone());
        let builder = builder.hooks(|hooks| {
            hooks.on_config_changed(move |_| {
                calls.send(()).unwrap();
                may_go_on.lock().unwrap().recv().unwrap();
            });
        });
        let client = builder.build().unwrap();
        called.recv().unwrap();
        let (mut future, counter) = (client.ready(), Arc::new(Counter::default()));
        assert!(counter.poll(&mut future).is_pending());
        assert_eq!(counter.count(), 0);
        go_on.send(()).unwrap();
        clock.await_timer(MINUTE);
        assert_eq!(counter.count(), 1);
        assert_eq!(counter.poll(&mut future), Poll::Ready(CacheState::HasUpToDateFlagData));
    });
}

#[test]
fn a_hook_that_hangs_delays_the_end_until_the_max_init_wait_has_passed() {
    patiently(|| {
        let (cdn, clock) = (Cdn::new(&bool_config("isOn", true)), ManualClock::new());
        let (calls, called) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let may_go_on = std::sync::Mutex::new(may_go_on);
        let builder = client(&cdn, PollingMode::auto()).clock(clock.clone());
        let builder = builder.hooks(|hooks| {
            hooks.on_config_changed(move |_| {
                calls.send(()).unwrap();
                let _ = may_go_on.lock().unwrap().recv();
            });
        });
        let client = builder.build().unwrap();
        called.recv().unwrap();
        let waiting = start(smol::block_on, &clock, Box::pin(client.ready()));
        clock.advance(5 * SECOND);
        assert_eq!(waiting.join().unwrap(), CacheState::HasUpToDateFlagData);
        drop(go_on);
    });
}

/// A thread that calls hooks would wait for itself.
#[test]
fn a_hook_may_wait_for_the_future() {
    patiently(|| {
        let cdn = Cdn::new(&bool_config("isOn", true));
        let is_called = Arc::new(AtomicBool::new(false));
        let (sender, clients) = mpsc::channel::<Client>();
        let clients = std::sync::Mutex::new(clients);
        let called = is_called.clone();
        let builder = client(&cdn, PollingMode::auto()).hooks(|hooks| {
            hooks.on_client_ready(move |_| {
                let client = clients.lock().unwrap().recv().unwrap();
                let state = futures_executor::block_on(client.ready());
                called.store(state == CacheState::HasUpToDateFlagData, Ordering::SeqCst);
            });
        });
        let client = builder.build().unwrap();
        sender.send(client.clone()).unwrap();
        assert_eq!(client.wait_for_ready(PATIENCE), CacheState::HasUpToDateFlagData);
        assert!(is_called.load(Ordering::SeqCst));
    });
}

/// Waker that panics.
struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker that panics");
    }
}

#[test]
fn a_waker_that_panics_stops_neither_polling_nor_other_futures() {
    patiently(|| {
        let (cdn, clock, client) = hanging();
        let (mut first, mut second) = (client.ready(), client.ready());
        let counter = Arc::new(Counter::default());
        let panicking = Waker::from(Arc::new(Panics));
        assert!(poll(&mut first, &mut Context::from_waker(&panicking)).is_pending());
        assert!(counter.poll(&mut second).is_pending());
        cdn.release();
        clock.await_timer(MINUTE);
        assert_eq!(counter.count(), 1);
        clock.advance(MINUTE);
        clock.await_timer(MINUTE);
        assert_eq!(cdn.count(), 2);
        clock.log().assert_events(&[]);
    });
}

/// The thread that would end the wait exists in the parent only.
#[cfg(unix)]
#[test]
fn a_future_goes_on_in_a_forked_child() {
    use crate::support::{fork_and_run, in_its_own_process};

    in_its_own_process("ready_future::a_future_goes_on_in_a_forked_child", || {
        let cdn = Cdn::new(&bool_config("isOn", true));
        cdn.script([Reply::hang()]);
        let client = client(&cdn, PollingMode::auto().max_init_wait(PATIENCE)).build().unwrap();
        cdn.await_hanging(1);
        let counter = Arc::new(Counter::default());
        let (mut future, unused) = (client.ready(), client.ready());
        assert!(counter.poll(&mut future).is_pending());
        let mut unused = Some(unused);
        let cancelled = &mut unused;
        let future = &mut future;
        fork_and_run(
            || {
                drop(cancelled.take());
                assert_eq!(smol::block_on(future), CacheState::HasUpToDateFlagData);
                assert!(client.get_value("isOn", false, None));
            },
            || (),
        );
        assert_eq!(counter.count(), 0);
        cdn.release();
        client.wait_for_ready(PATIENCE);
    });
}

#[test]
fn a_long_wait_of_an_evaluation_is_logged_once() {
    for (wait, is_logged) in [(100, false), (101, true)] {
        patiently(move || {
            let (cdn, clock, client) = hanging();
            // Waits that are meant are not logged.
            let meant = start(smol::block_on, &clock, Box::pin(client.ready()));
            let timers = clock.timers_set();
            let waiting: Vec<_> = (0..3)
                .map(|number| {
                    let client = client.clone();
                    thread::spawn(move || {
                        if number == 0 {
                            client.wait_for_ready(MINUTE);
                        } else {
                            assert!(client.get_value("isOn", false, None));
                        }
                    })
                })
                .collect();
            clock.await_timers(timers + 3);
            clock.advance(Duration::from_millis(wait));
            cdn.release();
            waiting.into_iter().for_each(|thread| thread.join().unwrap());
            meant.join().unwrap();
            if is_logged {
                assert_eq!(
                    clock.log().assert_once(4201, Level::Warn).line,
                    "[4201] An evaluation waited 101 ms for the first config. To wait before the first evaluation, \
                     call `client.ready().await` in async code, or `client.wait_for_ready(timeout)`. This is logged \
                     once."
                );
            }
            clock.log().assert_events(if is_logged { &[4201] } else { &[] });
        });
    }
}
