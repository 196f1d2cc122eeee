//! The client within an async runtime.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use configcat::{Client, PollingMode, User};
use tokio::{
    runtime::{Builder, Runtime},
    task,
};

use crate::support::{
    Cdn, MINUTE, ManualClock, PATIENCE, Reply, SECOND, bool_config, client, patiently, timed,
};

/// Returns a runtime on the thread of the test, and one with threads of its own.
fn runtimes() -> [(&'static str, Runtime); 2] {
    let one = Builder::new_current_thread().enable_time().build().unwrap();
    let many = Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    [("current thread", one), ("multi thread", many)]
}

/// Runs a future in both runtimes, as a task of the runtime.
fn in_both<F: Future<Output = ()> + Send + 'static>(run: impl Fn() -> F + Send + 'static) {
    patiently(move || {
        for (name, runtime) in runtimes() {
            let ended = runtime.block_on(async { task::spawn(run()).await });
            assert!(ended.is_ok(), "{name}: {ended:?}");
        }
    });
}

async fn blocking<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    task::spawn_blocking(run).await.unwrap()
}

#[test]
fn a_client_is_built_and_dropped_within_a_runtime() {
    for mode in [PollingMode::auto().into(), PollingMode::lazy().into(), PollingMode::manual()] {
        in_both(move || async move {
            let cdn = Arc::new(Cdn::new(&bool_config("isOn", true)));
            let client = client(&cdn, mode).build().unwrap();
            let refreshing = client.clone();
            blocking(move || refreshing.force_refresh()).await.unwrap();
            let ready = client.clone();
            blocking(move || ready.wait_for_ready(PATIENCE)).await;
            assert!(client.get_value("isOn", false, None));
            assert!(client.snapshot().get_value("isOn", false, &User::new("42")));
            client.set_offline();
            client.set_online();
            // Blocking the executor is a bad idea, and still no panic.
            client.force_refresh().unwrap();
            drop(client);
            blocking(move || drop(cdn)).await;
        });
    }
}

#[test]
fn an_evaluation_that_waits_for_the_first_config_may_be_moved_off_the_executor() {
    in_both(|| async {
        let cdn = Arc::new(Cdn::always(Reply::hang()));
        cdn.serve(&bool_config("isOn", true));
        let client = client(&cdn, PollingMode::auto()).build().unwrap();
        let waiting = client.clone();
        let value = task::spawn_blocking(move || waiting.get_value("isOn", false, None));
        let server = cdn.clone();
        blocking(move || server.await_hanging(1)).await;
        cdn.release();
        assert!(value.await.unwrap());
    });
}

#[test]
fn evaluations_do_not_block_the_executor_once_the_client_is_ready() {
    in_both(|| async {
        let (clock, cdn) = (ManualClock::new(), Arc::new(Cdn::new(&bool_config("isOn", true))));
        let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
        let ready = client.clone();
        blocking(move || ready.wait_for_ready(PATIENCE)).await;
        // From here on the poll hangs and time stands still: an evaluation that waited for the poll
        // would wait for ever.
        cdn.set_always(Reply::hang());
        let (server, waker) = (cdn.clone(), clock.clone());
        blocking(move || {
            waker.await_timer(MINUTE);
            waker.advance(MINUTE);
            server.await_hanging(1);
        })
        .await;

        let ticks = Arc::new(AtomicUsize::new(0));
        let ticking = ticks.clone();
        let ticker = task::spawn(async move {
            loop {
                ticking.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        for round in 0..20 {
            for _ in 0..50 {
                assert!(client.get_value("isOn", false, None));
                assert!(client.snapshot().get_value_details("isOn", false, None).value);
            }
            assert_eq!(client.get_all_keys().len(), 1);
            while ticks.load(Ordering::Relaxed) <= round {
                task::yield_now().await;
            }
        }
        ticker.abort();
        // Nor does dropping the client wait for the request.
        let ((), took) = timed(|| drop(client));
        assert!(took < SECOND, "{took:?}");
        let (server, threads) = (cdn, clock);
        blocking(move || {
            threads.threads().await_no_worker(PATIENCE);
            drop(server);
        })
        .await;
    });
}

#[test]
fn tasks_share_a_client() {
    in_both(|| async {
        let cdn = Arc::new(Cdn::new(&bool_config("isOn", true)));
        let client: Client = client(&cdn, PollingMode::auto()).build().unwrap();
        let tasks: Vec<_> = (0..20)
            .map(|id| {
                let client = client.clone();
                task::spawn(async move {
                    let user = User::new(id);
                    for _ in 0..20 {
                        assert!(client.get_value("isOn", false, &user));
                        task::yield_now().await;
                    }
                })
            })
            .collect();
        drop(client); // the last task closes it
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(cdn.count(), 1);
    });
}

#[test]
fn a_runtime_may_end_before_its_client() {
    patiently(|| {
        for (_, runtime) in runtimes() {
            let cdn = Cdn::new(&bool_config("isOn", true));
            let client = runtime.block_on(async { client(&cdn, PollingMode::auto()).build().unwrap() });
            drop(runtime);
            assert!(client.get_value("isOn", false, None));
            client.force_refresh().unwrap();
        }
    });
}
