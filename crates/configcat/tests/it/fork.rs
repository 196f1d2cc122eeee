//! Forks: the child goes on by itself, and the parent is not affected.

use std::{
    fs,
    sync::{
        Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use crate::support::{
    Cdn, MINUTE, Mailbox, ManualClock, PATIENCE, Reply, bool_config, client, fork_and_run,
    in_its_own_process, patiently,
};
use configcat::{
    Client, ConfigCache, FileOverrides, OverrideBehavior, PollingMode, RefreshErrorKind, cache::BoxError,
};

/// Forks, and runs a closure in the child.
#[track_caller]
fn in_child(run: impl FnOnce()) {
    fork_and_run(run, || ());
}

fn is_new(client: &Client) -> bool {
    client.get_value("isNew", false, None)
}

/// Returns the number of threads of the SDK in the process.
#[cfg(target_os = "linux")]
fn count_threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    // A thread may end during the count.
    let names = tasks.filter_map(|task| fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|name| name.trim_end() == "configcat").count()
}

#[cfg(not(target_os = "linux"))]
fn count_threads() -> usize {
    1
}

/// Evaluates in a forked child, lets a minute pass, and waits for a poll of the child.
fn poll_in_child(client: &Client, clock: &ManualClock) {
    let (sender, fetches) = Mailbox::new();
    let timers = clock.timers_set();
    assert!((0..100).all(|_| is_new(client)));
    assert_eq!(client.health().worker_alive, Some(true));
    clock.await_timers(timers + 1);
    client.hooks().on_config_fetched(move |fetched| sender.send(fetched.result.is_ok()));
    clock.advance(MINUTE);
    assert!(fetches.next());
    clock.await_timer(MINUTE);
    assert_eq!(count_threads(), 1);
}

#[test]
fn a_child_polls_by_itself_and_the_parent_goes_on() {
    in_its_own_process("fork::a_child_polls_by_itself_and_the_parent_goes_on", || {
        let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
        let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
        clock.await_timer(MINUTE);
        in_child(|| {
            poll_in_child(&client, &clock);
            clock.log().assert_events(&[3203]);
            // The children of the child do the same.
            in_child(|| {
                poll_in_child(&client, &clock);
                clock.log().assert_events(&[3203, 3203]);
                client.close();
                assert!(is_new(&client));
            });
            clock.advance(MINUTE);
            clock.await_timer(MINUTE);
            drop(client.clone());
        });
        assert_eq!((cdn.count(), cdn.connections()), (4, 3), "one connection for each process");
        clock.advance(MINUTE);
        clock.await_timer(MINUTE);
        assert_eq!((cdn.count(), cdn.connections(), count_threads()), (5, 3, 1));
        assert!(is_new(&client));
        clock.log().assert_events(&[]);
    });
}

#[test]
fn a_child_does_not_wait_for_a_fetch_of_its_parent() {
    in_its_own_process("fork::a_child_does_not_wait_for_a_fetch_of_its_parent", || {
        for mode in [
            PollingMode::auto().max_init_wait(PATIENCE).into(),
            PollingMode::lazy().into(),
            PollingMode::manual(),
        ] {
            let cdn = Cdn::new(&bool_config("isNew", true));
            cdn.script([Reply::hang()]);
            let client = client(&cdn, mode).build().unwrap();
            let refreshing = {
                let client = client.clone();
                thread::spawn(move || client.force_refresh())
            };
            cdn.await_hanging(1);
            in_child(|| {
                if mode == PollingMode::manual() {
                    client.force_refresh().unwrap();
                }
                assert!(is_new(&client), "{mode:?}");
                client.force_refresh().unwrap();
            });
            cdn.release();
            patiently(move || refreshing.join().unwrap()).unwrap();
            assert!(is_new(&client));
        }
    });
}

#[test]
fn a_child_that_does_not_use_the_client_leaves_it_alone() {
    in_its_own_process("fork::a_child_that_does_not_use_the_client_leaves_it_alone", || {
        let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
        let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
        clock.await_timer(MINUTE);
        cdn.script([Reply::hang()]);
        clock.advance(MINUTE);
        cdn.await_hanging(1);
        let mut client = Some(client);
        in_child(|| {
            drop(client.take());
            clock.log().assert_events(&[]);
            assert_eq!(clock.timers_set(), 1);
        });
        cdn.release();
        clock.await_timer(MINUTE);
        assert_eq!((cdn.count(), cdn.connections()), (2, 1), "the connection was not shut down");
        clock.log().assert_events(&[]);
        client.unwrap().close();
        clock.threads().await_no_worker(PATIENCE);
    });
}

#[test]
fn a_closed_client_stays_closed_in_a_child() {
    in_its_own_process("fork::a_closed_client_stays_closed_in_a_child", || {
        let (cdn, clock) = (Cdn::new(&bool_config("isNew", true)), ManualClock::new());
        let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
        clock.await_timer(MINUTE);
        client.close();
        in_child(|| {
            assert!(is_new(&client) && client.force_refresh().is_err());
            assert_eq!(client.health().worker_alive, Some(false));
            clock.log().assert_events(&[3201]);
        });
        assert_eq!(cdn.count(), 1);
    });
}

/// Cache that reports each read and blocks it until it may go on.
struct Slow {
    reads: Sender<()>,
    go_on: Mutex<Receiver<()>>,
}

impl ConfigCache for Slow {
    fn read(&self, _: &str) -> Result<Option<String>, BoxError> {
        self.reads.send(())?;
        self.go_on.lock().unwrap().recv()?;
        Ok(None)
    }

    fn write(&self, _: &str, _: &str) -> Result<(), BoxError> {
        Ok(())
    }
}

#[test]
fn a_child_that_closes_stops_fetching() {
    in_its_own_process("fork::a_child_that_closes_stops_fetching", || {
        let cdn = Cdn::new(&bool_config("isNew", true));
        let ((reads, read), (go, go_on)) = (channel(), channel());
        go.send(()).unwrap(); // for the read of `build()`
        let cache = Slow { reads, go_on: Mutex::new(go_on) };
        let client = client(&cdn, PollingMode::manual()).cache(cache).build().unwrap();
        read.recv().unwrap();
        in_child(|| {
            let refreshing = {
                let client = client.clone();
                thread::spawn(move || client.force_refresh())
            };
            read.recv().unwrap();
            client.close();
            go.send(()).unwrap();
            let error = refreshing.join().unwrap().unwrap_err();
            assert_eq!(error.kind(), RefreshErrorKind::Closed);
        });
        assert_eq!(cdn.count(), 0);
    });
}

#[test]
fn a_child_reloads_its_overrides() {
    in_its_own_process("fork::a_child_reloads_its_overrides", || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flags.json");
        fs::write(&path, r#"{"flags": {"isNew": false}}"#).unwrap();
        let overrides = FileOverrides::new(&path).reload(true);
        let client =
            Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build().unwrap();
        in_child(|| {
            let (sender, changes) = Mailbox::new();
            client.hooks().on_config_changed(move |_| sender.send(()));
            assert!(!is_new(&client));
            fs::write(&path, r#"{"flags": {"isNew": true}}"#).unwrap();
            changes.next();
            assert!(is_new(&client));
            assert_eq!((changes.within(Duration::ZERO), count_threads()), (None, 1));
        });
    });
}
