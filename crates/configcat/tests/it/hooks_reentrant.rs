//! Callbacks and caches that call the client back, close it or drop it.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use configcat::{
    CacheState, Client, ConfigCache, PollingMode, RefreshErrorKind, User, cache::BoxError,
    hooks::Subscription,
};

use crate::support::{
    Cdn, MINUTE, Mailbox, ManualClock, PATIENCE, Reply, Sender, at_next_http_record, bool_config, client,
    client_on, config, patiently, text_config,
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Hook {
    Ready,
    Changed,
    Flags,
    Fetched,
    Evaluated,
    Error,
}

type Action = fn(&Client);

/// Calls every method of the client.
const ACTIONS: [(&str, Action); 12] = [
    ("get_value", |client| _ = client.get_value("a", false, None)),
    ("get_value of another type", |client| _ = client.get_value("a", "text", &User::new("42"))),
    ("get_all_values", |client| _ = client.get_all_values(None)),
    ("snapshot", |client| _ = client.snapshot().get_value_details("none", 1, None)),
    ("force_refresh", |client| _ = client.force_refresh()),
    ("wait_for_ready", |client| _ = client.wait_for_ready(PATIENCE)),
    ("default user", |client| {
        client.set_default_user(User::new("42"));
        client.clear_default_user();
    }),
    ("subscribe", |client| {
        let subscription = client.hooks().on_config_fetched(|_| {});
        client.hooks().on_error(|_| {});
        client.hooks().unsubscribe(subscription);
    }),
    ("health and Debug", |client| _ = format!("{client:?} {:?} {:?}", client.health(), client.hooks())),
    ("offline and online", |client| {
        client.set_offline();
        client.set_online();
    }),
    ("close", Client::close),
    ("force_refresh after close", |client| {
        client.close();
        client.force_refresh().unwrap_err();
    }),
];

/// Callback that runs once with the client in the slot.
fn subscribe(
    client: &Client,
    hook: Hook,
    slot: Arc<Mutex<Option<Client>>>,
    run: impl Fn(Client) + Send + Sync + 'static,
) -> Subscription {
    let once = move || {
        let client = slot.lock().unwrap().take();
        client.into_iter().for_each(&run);
    };
    let hooks = client.hooks();
    match hook {
        Hook::Ready => hooks.on_client_ready(move |_| once()),
        Hook::Changed => hooks.on_config_changed(move |_| once()),
        Hook::Flags => hooks.on_flags_changed(move |_| once()),
        Hook::Fetched => hooks.on_config_fetched(move |_| once()),
        Hook::Evaluated => hooks.on_flag_evaluated(move |_| once()),
        Hook::Error => hooks.on_error(move |_| once()),
    }
}

fn slot(client: &Client) -> Arc<Mutex<Option<Client>>> {
    Arc::new(Mutex::new(Some(client.clone())))
}

#[test]
fn a_callback_on_the_callers_thread_may_call_any_method() {
    patiently(|| {
        let cdn = Cdn::new(&bool_config("a", true));
        for mode in [PollingMode::manual(), PollingMode::lazy().into()] {
            for hook in [Hook::Changed, Hook::Flags, Hook::Fetched, Hook::Evaluated, Hook::Error] {
                for (name, action) in ACTIONS {
                    let client = client(&cdn, mode).build().unwrap();
                    let (sender, mailbox) = Mailbox::new();
                    subscribe(&client, hook, slot(&client), move |client| {
                        action(&client);
                        sender.send(());
                    });
                    match hook {
                        Hook::Error => _ = client.get_value("a", "text", None),
                        _ if mode == PollingMode::manual() => client.force_refresh().unwrap(),
                        _ => _ = client.get_value("a", false, None),
                    }
                    // The config is there after each of the calls.
                    let value = client.get_value("a", false, None);
                    assert!(value || hook == Hook::Error, "{mode:?} {hook:?} {name}");
                    assert_eq!(mailbox.all().len(), 1, "{mode:?} {hook:?} {name}");
                    let closed = name.contains("close");
                    assert_eq!(client.force_refresh().is_err(), closed, "{mode:?} {hook:?} {name}");
                }
            }
        }
    });
}

#[test]
fn a_callback_on_the_polling_thread_may_call_any_method() {
    patiently(|| {
        let cdn = Cdn::new(&bool_config("a", true));
        for hook in [Hook::Changed, Hook::Flags, Hook::Fetched, Hook::Error] {
            for (name, action) in ACTIONS {
                let case = format!("{hook:?} {name}");
                let clock = ManualClock::new();
                let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
                assert!(client.get_value("a", false, None), "{case}");
                clock.await_timer(MINUTE);
                let (sender, mailbox) = Mailbox::new();
                subscribe(&client, hook, slot(&client), move |client| {
                    action(&client);
                    sender.send(());
                });
                match hook {
                    Hook::Changed | Hook::Flags => cdn.serve(&config_with(&case)),
                    Hook::Error => cdn.script([Reply::status(500)]),
                    _ => {}
                }
                clock.advance(MINUTE);
                mailbox.next();
                assert!(client.get_value("a", false, None), "{case}");
                if name.contains("close") {
                    clock.threads().await_no_worker(PATIENCE);
                } else {
                    // Polling goes on.
                    let (sender, mailbox) = Mailbox::new();
                    client.hooks().on_config_changed(move |_| sender.send(()));
                    cdn.serve(&config_with(&format!("{case}, polled")));
                    poll_until(&clock, &mailbox);
                }
            }
        }
    });
}

/// Returns a config with the flag `a` and another flag.
fn config_with(key: &str) -> String {
    config(&[("a", 0, r#"{"b":true}"#), (key, 0, r#"{"b":true}"#)])
}

/// Lets minutes pass until the callback has reported.
fn poll_until(clock: &ManualClock, mailbox: &Mailbox<()>) {
    for _ in 0..1000 {
        clock.advance(MINUTE);
        if mailbox.within(Duration::from_millis(30)).is_some() {
            return;
        }
    }
    panic!("it does not poll any more");
}

#[test]
fn a_ready_callback_may_call_any_method() {
    patiently(|| {
        for (name, action) in ACTIONS {
            let cdn = Cdn::new(&bool_config("a", true));
            cdn.script([Reply::hang()]);
            let client = client(&cdn, PollingMode::auto()).build().unwrap();
            cdn.await_hanging(1);
            let (sender, mailbox) = Mailbox::new();
            subscribe(&client, Hook::Ready, slot(&client), move |client| {
                action(&client);
                sender.send(());
            });
            cdn.release();
            mailbox.next();
            assert!(client.get_value("a", false, None), "{name}");
        }
    });
}

/// The callback must not wait on the polling thread for the readiness that the same thread brings.
#[test]
fn a_callback_of_the_first_fetch_may_evaluate() {
    for hook in [Hook::Changed, Hook::Flags, Hook::Fetched, Hook::Error] {
        let (clock, cdn) = (ManualClock::new(), Cdn::always(Reply::hang()));
        if hook != Hook::Error {
            cdn.serve(&text_config("title", "Hello"));
        }
        let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
        let (sender, mailbox) = Mailbox::new();
        subscribe(&client, hook, slot(&client), move |client| {
            sender.send(client.get_value("title", "", None));
        });
        cdn.await_hanging(1);
        cdn.release();
        let expected = if hook == Hook::Error { "" } else { "Hello" };
        assert_eq!(mailbox.next(), expected, "{hook:?}");
    }
}

#[test]
fn a_callback_may_drop_the_last_client() {
    patiently(|| {
        for hook in [Hook::Ready, Hook::Changed, Hook::Flags, Hook::Fetched, Hook::Error] {
            let (clock, cdn) = (ManualClock::new(), Cdn::always(Reply::hang()));
            if hook != Hook::Error {
                cdn.serve(&bool_config("a", true));
            }
            let client = client(&cdn, PollingMode::auto()).clock(clock.clone()).build().unwrap();
            cdn.await_hanging(1);
            let (sender, mailbox) = Mailbox::new();
            let slot = Arc::new(Mutex::new(None));
            subscribe(&client, hook, slot.clone(), move |client| {
                drop(client);
                sender.send(());
            });
            *slot.lock().unwrap() = Some(client);
            cdn.release();
            mailbox.next();
            clock.threads().await_no_worker(PATIENCE);
            assert_eq!(cdn.count(), 1, "{hook:?}");
        }
    });
}

#[test]
fn a_callback_of_a_snapshot_may_drop_the_last_client() {
    let cdn = Cdn::new(&bool_config("a", true));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    client.force_refresh().unwrap();
    let (sender, mailbox) = Mailbox::new();
    let slot = Arc::new(Mutex::new(None));
    subscribe(&client, Hook::Evaluated, slot.clone(), move |client| {
        drop(client);
        sender.send(());
    });
    let snapshot = client.snapshot();
    *slot.lock().unwrap() = Some(client);
    assert!(snapshot.get_value("a", false, None));
    mailbox.next();
    assert!(snapshot.get_value("a", false, None));
}

#[test]
fn a_callback_may_remove_itself() {
    let cdn = Cdn::new(&bool_config("a", true));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    let (sender, mailbox) = Mailbox::new();
    let own = Arc::new(Mutex::new(None));
    let taken = (own.clone(), slot(&client));
    let subscription = client.hooks().on_config_fetched(move |_| {
        let client = taken.1.lock().unwrap().take().unwrap();
        client.hooks().unsubscribe(taken.0.lock().unwrap().take().unwrap());
        sender.send(());
    });
    *own.lock().unwrap() = Some(subscription);
    client.force_refresh().unwrap();
    client.force_refresh().unwrap();
    assert_eq!(mailbox.all().len(), 1);
}

/// Callbacks that act each time, unlike those above: they cause their own events.
#[test]
fn a_callback_does_not_get_its_own_events() {
    let cdn = Cdn::new(&bool_config("a", true));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    let (sender, mailbox) = Mailbox::new();
    let (errors, evaluations, fetches) = (sender.clone(), sender.clone(), sender);
    let (in_error, in_evaluated, in_fetched) = (client.clone(), client.clone(), client.clone());
    client.hooks().on_error(move |_| {
        errors.send(Hook::Error);
        in_error.get_value("reportErrors", false, None);
    });
    client.get_value("a", false, None);
    client.get_value("c", false, None);
    assert_eq!(mailbox.all(), [Hook::Error; 2]);

    client.hooks().on_config_fetched(move |_| {
        fetches.send(Hook::Fetched);
        let _ = in_fetched.force_refresh();
    });
    client.force_refresh().unwrap();
    assert_eq!((mailbox.all(), cdn.count()), (vec![Hook::Fetched], 2));

    client.hooks().on_flag_evaluated(move |_| {
        evaluations.send(Hook::Evaluated);
        in_evaluated.get_value("b", false, None);
    });
    client.get_value("a", false, None);
    // Events of another kind are reported: `b` is missing, and so is `reportErrors`.
    assert_eq!(mailbox.all(), [Hook::Evaluated, Hook::Error]);
    client.close();
}

#[test]
fn a_callback_gets_its_events_of_another_client() {
    let clock = ManualClock::new();
    let [outer, inner] = ["a", "b"].map(|key| client_on(&clock, &bool_config(key, true)));
    let (sender, mailbox) = Mailbox::new();
    let told = sender.clone();
    inner.hooks().on_flag_evaluated(move |details| told.send(details.key.to_string()));
    outer.hooks().on_flag_evaluated(move |details| {
        inner.get_value("b", false, None);
        sender.send(details.key.to_string());
        panic!("a callback that panics is called again");
    });
    for _ in 0..2 {
        assert!(outer.get_value("a", false, None));
        assert_eq!(mailbox.all(), ["b", "a"]);
    }
}

/// Cache that evaluates and refreshes while it is read, with the clients that the test sends; for
/// `None` it is only empty.
struct AskingCache {
    clients: Mutex<mpsc::Receiver<Option<Client>>>,
    told: Sender<(bool, Result<(), RefreshErrorKind>)>,
}

impl ConfigCache for AskingCache {
    fn read(&self, _: &str) -> Result<Option<String>, BoxError> {
        let client = self.clients.lock().unwrap().recv().ok().flatten();
        client.into_iter().for_each(|client| {
            let value = client.get_value("a", false, None);
            self.told.send((value, client.force_refresh().map_err(|error| error.kind())));
        });
        Ok(None)
    }

    fn write(&self, _: &str, _: &str) -> Result<(), BoxError> {
        Ok(())
    }
}

#[test]
fn a_cache_may_evaluate_and_refresh() {
    patiently(|| {
        for mode in [PollingMode::from(PollingMode::lazy()), PollingMode::auto().into()] {
            let (cdn, clock) = (Cdn::new(&bool_config("a", true)), ManualClock::new());
            let (clients, asking) = mpsc::channel();
            let (told, mailbox) = Mailbox::new();
            let (ready, readies) = Mailbox::new();
            if mode == PollingMode::lazy().into() {
                clients.send(None).unwrap(); // the read of `build()`
            }
            let builder = client(&cdn, mode).clock(clock.clone());
            let builder = builder.cache(AskingCache { clients: Mutex::new(asking), told });
            let client = builder.on_client_ready(move |state| ready.send(state)).build().unwrap();
            clients.send(Some(client.clone())).unwrap();
            drop(clients);
            assert!(client.get_value("a", false, None), "{mode:?}");
            assert_eq!(mailbox.all(), [(false, Err(RefreshErrorKind::StillRunning))], "{mode:?}");
            let expected = if mode == PollingMode::lazy().into() {
                CacheState::NoFlagData
            } else {
                CacheState::HasUpToDateFlagData // the evaluation has not made it ready
            };
            assert_eq!(readies.all(), [expected], "{mode:?}");
            assert_eq!(cdn.count(), 1, "{mode:?}");
        }
    });
}

#[test]
fn a_logger_of_the_http_client_may_evaluate_and_refresh() {
    patiently(|| {
        let (cdn, clock) = (Cdn::new(&bool_config("a", true)), ManualClock::new());
        let client = client(&cdn, PollingMode::lazy()).clock(clock).build().unwrap();
        let (sender, mailbox) = Mailbox::new();
        let inner = client.clone();
        at_next_http_record(move || {
            let value = inner.get_value("a", false, None);
            sender.send((value, inner.force_refresh().map_err(|error| error.kind())));
        });
        assert!(client.get_value("a", false, None));
        assert_eq!(mailbox.all(), [(false, Err(RefreshErrorKind::StillRunning))]);
        assert_eq!(cdn.count(), 1);
    });
}
