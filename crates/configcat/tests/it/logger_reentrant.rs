//! Loggers that call the client while they handle its records.

use std::{cell::Cell, panic::panic_any, rc::Rc};

use configcat::{CacheState, Client, PollingMode, User};

use crate::support::{
    Cdn, Log, MINUTE, Mailbox, ManualClock, Reply, bool_config, client, client_on, in_the_logger, quietly,
};

/// `isOn` has a rule, so that an evaluation without a user warns.
const CONFIG: &str = r#"{"f":{"isOn":{"t":0,"v":{"b":false},"r":[
    {"c":[{"u":{"a":"Email","c":28,"s":"a@b.c"}}],"s":{"v":{"b":true}}}]}}}"#;

/// Counts the evaluations of the logger, and their depth.
fn evaluating(client: &Client) -> (Rc<Cell<usize>>, Rc<Cell<usize>>, impl Drop + use<>) {
    let (times, depth, deepest) = (Rc::new(Cell::new(0)), Cell::new(0_usize), Rc::new(Cell::new(0)));
    let (client, counted, reached) = (client.clone(), times.clone(), deepest.clone());
    let guard = in_the_logger(move || {
        depth.set(depth.get() + 1);
        reached.set(reached.get().max(depth.get()));
        counted.set(counted.get() + 1);
        assert!(depth.get() < 10, "endless recursion");
        client.get_value("isOn", false, None);
        client.get_value("missing", false, None);
        client.get_value("isOn", "of another type", None);
        client.get_value_details("isOn", false, &User::new("42").email("a@b.c"));
        let _ = client.get_all_values(None);
        let _ = client.snapshot().get_all_value_details(None);
        depth.set(depth.get() - 1);
    });
    (times, deepest, guard)
}

#[test]
fn a_logger_that_evaluates_ends_and_is_silent() {
    let clock = ManualClock::new();
    let client = client_on(&clock, CONFIG);
    let (sender, evaluated) = Mailbox::new();
    client.hooks().on_flag_evaluated(move |details| sender.send(details.key.clone()));
    let (sender, errors) = Mailbox::new();
    client.hooks().on_error(move |error| sender.send(error.event_id));
    let evaluate = || {
        client.get_value("isOn", false, None);
        client.get_value("missing", false, None);
    };
    let log = Log::new();
    let (times, deepest, guard) = evaluating(&client);
    evaluate();
    drop(guard);
    assert!(times.get() > 0);
    assert_eq!(deepest.get(), 1, "within a record no other is written");
    assert_eq!((evaluated.all(), errors.all()), (vec!["isOn".to_owned(), "missing".to_owned()], vec![1001]));
    let ids: Vec<_> = log.records().into_iter().filter_map(|record| record.event_id).collect();
    assert_eq!(ids, [3001, 5000, 1001]);
}

#[test]
fn a_logger_that_evaluates_in_enabled_ends() {
    let clock = ManualClock::new();
    let client = client_on(&clock, CONFIG);
    quietly(|| {
        let (times, deepest, _guard) = evaluating(&client);
        client.get_value("isOn", false, &User::new("42"));
        assert!(times.get() > 0);
        assert_eq!(deepest.get(), 1);
    });
}

/// One logger serves all clients, so the depth must not grow with their number.
#[test]
fn a_logger_that_evaluates_with_other_clients_ends_too() {
    let clock = ManualClock::new();
    let clients: Vec<_> = (0..50).map(|_| client_on(&clock, CONFIG)).collect();
    let (first, depth, deepest) = (clients[0].clone(), Cell::new(0_usize), Rc::new(Cell::new(0)));
    let reached = deepest.clone();
    let guard = in_the_logger(move || {
        depth.set(depth.get() + 1);
        reached.set(reached.get().max(depth.get()));
        for client in &clients {
            client.get_value("isOn", false, None);
        }
        depth.set(depth.get() - 1);
    });
    first.get_value("isOn", false, None);
    drop(guard);
    assert_eq!(deepest.get(), 1);
}

#[test]
fn a_logger_may_refresh_and_close() {
    let cdn = Cdn::new(&bool_config("isOn", true));
    let client = client(&cdn, PollingMode::manual()).clock(ManualClock::new()).build().unwrap();
    let (inner, once) = (client.clone(), Cell::new(true));
    let guard = in_the_logger(move || {
        if once.replace(false) {
            inner.force_refresh().unwrap();
            inner.get_value("isOn", false, None);
            inner.close();
        }
    });
    client.get_value("isOn", false, None);
    drop(guard);
    assert!(client.get_value("isOn", false, None));
    assert!(client.force_refresh().is_err());
}

/// Hooks are silent while a logger handles a record, and `client ready` comes only once.
#[test]
fn a_logger_does_not_use_up_the_ready_hook() {
    for next_is_refresh in [false, true] {
        ready_hook_after_a_logger(next_is_refresh);
    }
}

fn ready_hook_after_a_logger(next_is_refresh: bool) {
    let (cdn, clock) = (Cdn::empty(), ManualClock::new());
    cdn.script([Reply::content().held()]);
    let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
    cdn.await_hanging(1);
    // Subscribed late, so that no thread waits for the end of the max init wait.
    let (sender, mailbox) = Mailbox::new();
    client.hooks().on_client_ready(move |state| sender.send(state));
    clock.advance(MINUTE);
    let inner = client.clone();
    let guard = in_the_logger(move || {
        let _ = inner.ready_state();
        inner.get_value("isOn", false, None);
    });
    client.set_offline();
    drop(guard);
    if next_is_refresh {
        cdn.release();
        mailbox.next();
    } else {
        assert_eq!(client.ready_state(), Some(CacheState::NoFlagData));
        assert_eq!(mailbox.all(), [CacheState::NoFlagData]);
    }
    let _ = client.force_refresh();
    let _ = client.ready_state();
    assert!(mailbox.all().is_empty(), "the hook is called once");
}

/// A change that a logger causes is reported by the next refresh.
#[test]
fn a_logger_that_refreshes_does_not_use_up_a_change() {
    let cdn = Cdn::new(&bool_config("isOn", true));
    let client = client(&cdn, PollingMode::manual()).clock(ManualClock::new()).build().unwrap();
    let (sender, mailbox) = Mailbox::new();
    client.hooks().on_config_changed(move |config| sender.send(config.keys().count()));
    let (inner, once) = (client.clone(), Cell::new(true));
    let guard = in_the_logger(move || {
        if once.replace(false) {
            inner.force_refresh().unwrap();
        }
    });
    client.get_value("isOn", false, None);
    drop(guard);
    client.force_refresh().unwrap();
    assert_eq!(mailbox.all(), [1]);
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("a payload that panics when it is dropped");
    }
}

#[test]
fn a_panic_whose_payload_panics_is_caught() {
    let cdn = Cdn::new(&bool_config("isOn", true));
    let client = client(&cdn, PollingMode::manual()).clock(ManualClock::new()).build().unwrap();
    let hooks = client.hooks();
    hooks.on_flag_evaluated(|_| panic_any(PanicsWhenDropped));
    hooks.on_error(|_| panic_any(PanicsWhenDropped));
    hooks.on_config_changed(|_| panic_any(PanicsWhenDropped));
    hooks.on_config_fetched(|_| panic_any(PanicsWhenDropped));
    let guard = in_the_logger(|| panic_any(PanicsWhenDropped));
    client.force_refresh().unwrap();
    assert!(client.get_value("isOn", false, None));
    assert_eq!(client.get_value("isOn", "text", None), "text");
    drop(guard);
    // A value that a callback holds may panic too.
    let held = PanicsWhenDropped;
    let subscription = hooks.on_config_changed(move |_| {
        let _ = &held;
    });
    hooks.unsubscribe(subscription);
}
