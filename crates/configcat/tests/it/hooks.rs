//! Callbacks: their times, threads and arguments.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use configcat::{
    CacheState, Client, Config, Hooks, MapOverrides, OverrideBehavior, PollingMode, RefreshErrorKind, User,
    Value, details::EvaluationFailureKind, fetch::FetchErrorKind,
};
use log::Level;

use crate::support::{
    Cdn, MINUTE, Mailbox, ManualClock, Reply, SECOND, Sender, TestCache, bool_config, client, entry,
    text_config,
};

/// The client is ready before callbacks are called, because these may evaluate.
const FIRST_FETCH: [&str; 4] =
    ["ready HasUpToDateFlagData", "changed [\"a\"]", "flags +a", "fetched Ok(()) false"];

/// Argument of a callback, and the name of its thread.
type Told = (String, String);

/// Subscribes all hooks.
fn watch(hooks: &Hooks, sender: &Sender<Told>) {
    let tell = |sender: &Sender<Told>| {
        let sender = sender.clone();
        move |told: String| {
            let thread = thread::current().name().unwrap_or_default().to_owned();
            sender.send((told, thread));
        }
    };
    let send = tell(sender);
    hooks.on_client_ready(move |state| send(format!("ready {state:?}")));
    let send = tell(sender);
    hooks.on_config_changed(move |config| send(format!("changed {:?}", config.keys().collect::<Vec<_>>())));
    let send = tell(sender);
    hooks.on_flags_changed(move |flags| {
        let signed =
            |sign: &str, keys: &[String]| keys.iter().map(|key| format!(" {sign}{key}")).collect::<String>();
        send(format!("flags{}{}", signed("+", &flags.added), signed("-", &flags.removed)));
    });
    let send = tell(sender);
    hooks.on_config_fetched(move |fetched| {
        let result = fetched.result.as_ref().map_err(configcat::RefreshError::kind);
        send(format!("fetched {result:?} {}", fetched.initiated_by_user));
    });
    let send = tell(sender);
    hooks.on_flag_evaluated(move |details| send(format!("evaluated {} {}", details.key, details.value)));
    let send = tell(sender);
    hooks.on_error(move |error| send(format!("error {}", error.event_id)));
}

#[track_caller]
fn expect(mailbox: &Mailbox<Told>, thread: &str, all: &[&str]) {
    for expected in all {
        assert_eq!(mailbox.next(), ((*expected).to_owned(), thread.to_owned()));
    }
    assert_eq!(mailbox.all(), [], "nothing else");
}

#[test]
fn manual_polling_calls_hooks_on_the_callers_thread() {
    let (clock, cdn, cache) = (ManualClock::new(), Cdn::new(&bool_config("a", true)), TestCache::new());
    let (sender, mailbox) = Mailbox::new();
    let here = thread::current().name().unwrap().to_owned();
    let builder = client(&cdn, PollingMode::manual()).clock(clock.clone()).cache(cache.clone());
    let client = builder.hooks(|hooks| watch(hooks, &sender)).build().unwrap();
    expect(&mailbox, &here, &["ready NoFlagData"]);
    client.force_refresh().unwrap();
    expect(&mailbox, &here, &["changed [\"a\"]", "flags +a", "fetched Ok(()) true"]);
    client.force_refresh().unwrap();
    expect(&mailbox, &here, &["fetched Ok(()) true"]);

    // The change comes from the cache, and the CDN has the same config.
    clock.advance(SECOND);
    cdn.serve(&bool_config("b", true));
    cache.put(entry(clock.now(), &cdn.etag(), &bool_config("b", true)));
    client.force_refresh().unwrap();
    expect(&mailbox, &here, &["changed [\"b\"]", "flags +b -a", "fetched Ok(()) true"]);
    // From the cache only.
    client.set_offline();
    clock.advance(SECOND);
    cache.put(entry(clock.now(), "\"c\"", &bool_config("c", true)));
    client.force_refresh().unwrap();
    expect(&mailbox, &here, &["changed [\"c\"]", "flags +c -b"]);

    client.set_online();
    cdn.script([Reply::status(500)]);
    client.force_refresh().unwrap_err();
    expect(&mailbox, &here, &["error 1101", "fetched Err(Fetch(UnexpectedResponse)) true"]);

    assert!(client.get_value("c", false, None));
    expect(&mailbox, &here, &["evaluated c true"]);
    client.get_value("none", false, None);
    expect(&mailbox, &here, &["error 1001", "evaluated none false"]);
    client.get_value("none", true, None);
    expect(&mailbox, &here, &["evaluated none true"]);
    client.snapshot().get_value("c", "text", None);
    expect(&mailbox, &here, &["error 2002", "evaluated c text"]);
    client.get_all_values(None);
    expect(&mailbox, &here, &["evaluated c true"]);
    client.explain("c", None).unwrap();
    assert_eq!(client.get_all_keys(), ["c"]);
    client.close();
    client.force_refresh().unwrap_err();
    expect(&mailbox, &here, &[]);
}

#[test]
fn automatic_polling_calls_hooks_on_its_thread() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&bool_config("a", true)));
    let (sender, mailbox) = Mailbox::new();
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone());
    let client = builder.hooks(|hooks| watch(hooks, &sender)).build().unwrap();
    for expected in FIRST_FETCH {
        assert_eq!(mailbox.next(), (expected.to_owned(), "configcat".to_owned()));
    }
    clock.await_timer(MINUTE);
    cdn.script([Reply::status(503)]);
    clock.advance(MINUTE);
    for expected in ["error 1101", "fetched Err(Fetch(UnexpectedResponse)) false"] {
        assert_eq!(mailbox.next(), (expected.to_owned(), "configcat".to_owned()));
    }
    clock.await_timer(2 * MINUTE);
    clock.advance(2 * MINUTE);
    expect(&mailbox, "configcat", &["fetched Ok(()) false"]);
    // Evaluations and forced refreshes run on the thread of the caller.
    let here = thread::current().name().unwrap().to_owned();
    client.get_value("a", false, None);
    client.force_refresh().unwrap();
    expect(&mailbox, &here, &["evaluated a true", "fetched Ok(()) true"]);
}

#[test]
fn lazy_loading_calls_hooks_on_the_evaluating_thread() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&bool_config("a", true)));
    let (sender, mailbox) = Mailbox::new();
    let here = thread::current().name().unwrap().to_owned();
    let builder = client(&cdn, PollingMode::lazy()).clock(clock.clone());
    let client = builder.hooks(|hooks| watch(hooks, &sender)).build().unwrap();
    expect(&mailbox, &here, &["ready NoFlagData"]);
    client.get_value("a", false, None);
    expect(&mailbox, &here, &["changed [\"a\"]", "flags +a", "fetched Ok(()) false", "evaluated a true"]);
    client.get_value("a", false, None);
    expect(&mailbox, &here, &["evaluated a true"]);
}

#[test]
fn a_cache_makes_the_client_ready_and_changes_the_config() {
    let (clock, cdn) = (ManualClock::new(), Cdn::empty());
    for (mode, state) in [
        (PollingMode::auto().into(), CacheState::HasUpToDateFlagData),
        (PollingMode::lazy().into(), CacheState::HasUpToDateFlagData),
        (PollingMode::manual(), CacheState::HasCachedFlagDataOnly),
    ] {
        let (sender, mailbox) = Mailbox::new();
        let cache = TestCache::with(entry(clock.now(), "\"1\"", &bool_config("a", true)));
        let builder = client(&cdn, mode).clock(clock.clone()).cache(cache);
        let client = builder.hooks(|hooks| watch(hooks, &sender)).build().unwrap();
        let mut told = [mailbox.next().0, mailbox.next().0, mailbox.next().0];
        told.sort();
        assert_eq!(told, ["changed [\"a\"]".to_owned(), "flags +a".to_owned(), format!("ready {state:?}")]);
        assert_eq!(client.wait_for_ready(SECOND), state);
    }
    assert_eq!(cdn.count(), 0);
}

#[test]
fn overrides_alone_are_ready_at_once() {
    let (sender, mailbox) = Mailbox::new();
    let overrides = MapOverrides::new([("a", Value::from(true))]);
    let builder = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides);
    let client = builder.hooks(|hooks| watch(hooks, &sender)).build().unwrap();
    assert_eq!(mailbox.next().0, "ready HasLocalOverrideFlagDataOnly");
    assert!(client.get_value("a", false, None));
    assert_eq!(mailbox.next().0, "evaluated a true");
}

#[test]
fn callbacks_get_all_fields() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&text_config("title", "Hello")));
    let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
    let (sender, configs) = Mailbox::<Arc<Config>>::new();
    client.hooks().on_config_changed(move |config| sender.send(config.clone()));
    let (sender, fetches) = Mailbox::new();
    client.hooks().on_config_fetched(move |fetched| sender.send(fetched.clone()));
    let (sender, errors) = Mailbox::new();
    client.hooks().on_error(move |error| sender.send(error.clone()));
    let (sender, evaluations) = Mailbox::new();
    client.hooks().on_flag_evaluated(move |details| sender.send(details.clone()));

    client.force_refresh().unwrap();
    let config = configs.next();
    assert_eq!(config.evaluate("title", None).unwrap().value(), &Value::from("Hello"));
    assert!(fetches.next().result.is_ok());

    let user = User::new("42");
    let details = client.get_value_details("title", "x", &user);
    let told = evaluations.next();
    assert_eq!((told.value, told.variation_id), (Value::from("Hello"), details.variation_id));
    assert_eq!((told.user, told.fetch_time), (Some(user), Some(clock.now())));
    client.get_value("title", 7, None);
    let told = evaluations.next();
    assert_eq!((&told.value, told.is_default_value()), (&Value::from(7), true));
    assert_eq!(told.error.unwrap().kind, EvaluationFailureKind::TypeMismatch);
    let error = errors.next();
    let record = clock.log().assert_once(2002, Level::Error);
    assert_eq!((error.event_id, error.message), (2002, record.text));

    cdn.script([Reply::status(403)]);
    client.force_refresh().unwrap_err();
    let error = fetches.next().result.unwrap_err();
    assert_eq!(error.kind(), RefreshErrorKind::Fetch(FetchErrorKind::SdkKeyRejected));
    assert_eq!(error.fetch_error().unwrap().status(), Some(403));
    assert_eq!(errors.next().event_id, 1100);
    assert_eq!(configs.all().len(), 0);
}

#[test]
fn callbacks_can_be_added_and_removed_at_any_time() {
    let cdn = Cdn::new(&bool_config("a", true));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    let counts: [Arc<AtomicUsize>; 2] = Default::default();
    let subscribe = |count: &Arc<AtomicUsize>| {
        let count = count.clone();
        client.hooks().on_config_fetched(move |_| _ = count.fetch_add(1, Ordering::Relaxed))
    };
    let told = || counts.each_ref().map(|count| count.load(Ordering::Relaxed));
    client.force_refresh().unwrap();
    let first = subscribe(&counts[0]);
    client.force_refresh().unwrap();
    let second = subscribe(&counts[1]);
    assert_ne!(first, second);
    client.clone().force_refresh().unwrap();
    assert_eq!(told(), [2, 1]);
    client.hooks().unsubscribe(first);
    client.force_refresh().unwrap();
    assert_eq!(told(), [2, 2]);
    client.hooks().unsubscribe(second);
    client.hooks().unsubscribe(second);
    client.force_refresh().unwrap();
    assert_eq!(told(), [2, 2]);
}

#[test]
fn a_callback_that_panics_is_logged_and_called_again() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&bool_config("a", true)));
    let (sender, mailbox) = Mailbox::new();
    let panicking = |hooks: &Hooks| {
        hooks.on_client_ready(|_| panic!("ready panics"));
        hooks.on_config_changed(|_| panic!("changed panics"));
        hooks.on_flags_changed(|_| panic!("flags panic"));
        hooks.on_config_fetched(|_| panic!("fetched panics"));
        hooks.on_flag_evaluated(|_| panic!("evaluated panics"));
        hooks.on_error(|_| std::panic::panic_any(7));
    };
    let builder = client(&cdn, PollingMode::auto()).clock(clock.clone()).hooks(panicking);
    let client = builder.hooks(|hooks| watch(hooks, &sender)).build().unwrap();
    for expected in FIRST_FETCH {
        assert_eq!(mailbox.next().0, expected, "those after it are called");
    }
    clock.await_timer(MINUTE);
    cdn.script([Reply::status(500)]);
    clock.advance(MINUTE);
    for expected in ["error 1101", "fetched Err(Fetch(UnexpectedResponse)) false"] {
        assert_eq!(mailbox.next().0, expected);
    }
    assert!(client.get_value("a", false, None));
    assert_eq!(mailbox.next().0, "evaluated a true");

    clock.await_timer(2 * MINUTE);
    let logged = clock.log().events_of(1003);
    assert!(logged.iter().all(|record| record.level == Level::Error));
    for says in [
        "`client ready`: ready panics",
        "`config changed`: changed panics",
        "`flags changed`: flags panic",
        "`error`: panicked",
    ] {
        assert_eq!(logged.iter().filter(|record| record.text.contains(says)).count(), 1, "{logged:#?}");
    }
    assert_eq!(logged.len(), 7);
    // Polling goes on.
    cdn.serve(&bool_config("b", true));
    clock.advance(2 * MINUTE);
    assert_eq!(mailbox.next().0, "changed [\"b\"]");
    assert_eq!(client.health().worker_alive, Some(true));
}

#[test]
fn the_same_config_without_an_etag_is_no_change() {
    let cdn = Cdn::always(Reply::body(text_config("title", "1")));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    let (sender, changes) = Mailbox::new();
    client.hooks().on_config_changed(move |_| sender.send(()));
    for (content, expected) in [("1", 1), ("1", 0), ("2", 1), ("2", 0)] {
        cdn.set_always(Reply::body(text_config("title", content)));
        client.force_refresh().unwrap();
        assert_eq!((changes.all().len(), client.get_value("title", "", None).as_str()), (expected, content));
    }
}

/// A callback often ends with a call that returns something.
#[test]
fn the_result_of_a_callback_is_ignored() {
    let cdn = Cdn::new(&text_config("title", "1"));
    let calls = [(); 6].map(|()| Arc::new(AtomicUsize::new(0)));
    let [ready, changed, flags, fetched, evaluated, failed] = calls.clone();
    let builder = client(&cdn, PollingMode::manual())
        .on_client_ready(move |_| ready.fetch_add(1, Ordering::SeqCst))
        .on_config_changed(move |_| changed.fetch_add(1, Ordering::SeqCst))
        .on_flags_changed(move |_| flags.fetch_add(1, Ordering::SeqCst))
        .on_config_fetched(move |_| fetched.fetch_add(1, Ordering::SeqCst))
        .on_flag_evaluated(move |_| evaluated.fetch_add(1, Ordering::SeqCst))
        .on_error(move |_| failed.fetch_add(1, Ordering::SeqCst));
    let client = builder.build().unwrap();
    client.force_refresh().unwrap();
    client.get_value("missing", 0, None);
    assert_eq!(calls.map(|count| count.load(Ordering::SeqCst)), [1; 6]);
}

#[test]
fn a_hook_subscribed_after_waiting_gets_no_earlier_event() {
    for _ in 0..20 {
        let cdn = Cdn::new(&text_config("title", "1"));
        let (sender, fetched) = Mailbox::new();
        let builder = client(&cdn, PollingMode::auto()).on_config_fetched(move |_| sender.send(()));
        let client = builder.build().unwrap();
        assert_eq!(client.wait_for_ready(MINUTE), CacheState::HasUpToDateFlagData);
        assert_eq!(fetched.all().len(), 1, "the last callback of the first fetch");
    }
}

/// Overrides that the test releases.
struct Later(std::sync::Mutex<std::sync::mpsc::Receiver<Arc<Config>>>);

impl configcat::OverrideSource for Later {
    fn load(&self) -> Result<Option<Arc<Config>>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(self.0.lock().unwrap().try_recv().ok())
    }

    fn reloads(&self) -> bool {
        true
    }
}

/// While a callback gets a fetched config, the reload thread publishes a later one.
#[test]
fn changes_are_delivered_in_the_order_of_publication() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&bool_config("remote", true)));
    let (overrides, receiver) = std::sync::mpsc::channel();
    let source = Later(std::sync::Mutex::new(receiver));
    let builder = client(&cdn, PollingMode::manual()).clock(clock.clone());
    let client = builder.overrides(OverrideBehavior::LocalOverRemote, source).build().unwrap();
    let (sender, inside) = Mailbox::new();
    let (go, wait) = std::sync::mpsc::channel();
    let (wait, told) = (std::sync::Mutex::new(wait), Arc::new(std::sync::Mutex::new(Vec::new())));
    let telling = told.clone();
    client.hooks().on_config_changed(move |config| {
        sender.send(());
        let _ = wait.lock().unwrap().recv();
        telling.lock().unwrap().push(config.keys().map(str::to_owned).collect::<Vec<_>>());
    });
    let refreshing = {
        let client = client.clone();
        thread::spawn(move || client.force_refresh())
    };
    inside.next();
    overrides.send(Arc::new(Config::from_values([("local", Value::from(true))]))).unwrap();
    clock.await_timer(SECOND / 2);
    clock.advance(SECOND / 2);
    clock.await_timer(SECOND / 2); // the reload thread has published, and waits for nothing
    assert!(client.get_value("local", false, None));
    go.send(()).unwrap();
    go.send(()).unwrap();
    crate::support::patiently(|| refreshing.join().unwrap()).unwrap();
    assert_eq!(*told.lock().unwrap(), [vec!["remote"], vec!["remote", "local"]]);
}
