//! The feature `tracing`: events and spans in place of log records.

use std::{
    collections::BTreeMap,
    fmt::{self, Debug},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use configcat::{Client, PollingMode, RefreshErrorKind};
use tracing::{
    Event, Level, Metadata, Subscriber, dispatcher,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::support::{Cdn, Log, Mailbox, ManualClock, Reply, bool_config, client, patiently};

type Fields = BTreeMap<String, String>;

/// Subscriber that takes the records of the SDK up to a level.
struct Taken {
    level: Level,
    spans: Mutex<Vec<Fields>>,
    /// Events with the number of their span, counted from 1; 0 without a span.
    events: Mutex<Vec<(Level, u64, Fields)>>,
    entered: AtomicU64,
}

struct FieldsOf<'f>(&'f mut Fields);

impl Visit for FieldsOf<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

/// Subscriber that runs a closure in the methods of spans and events; the closure gets the name of
/// the method.
struct Acting<F>(F);

impl<F: Fn(&str) + Send + Sync + 'static> Subscriber for Acting<F> {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        self.0("enabled");
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        self.0("new_span");
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {
        self.0("record");
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        self.0("event");
    }

    fn enter(&self, _: &Id) {
        self.0("enter");
    }

    fn exit(&self, _: &Id) {
        self.0("exit");
    }
}

/// [`Taken`], shared with the test.
struct Shared(Arc<Taken>);

impl Subscriber for Shared {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("configcat") && *metadata.level() <= self.0.level
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::from([("name".to_owned(), span.metadata().name().to_owned())]);
        span.record(&mut FieldsOf(&mut fields));
        let mut spans = self.0.spans.lock().unwrap();
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut FieldsOf(&mut self.0.spans.lock().unwrap()[index]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut FieldsOf(&mut fields));
        let entered = self.0.entered.load(Ordering::Relaxed);
        self.0.events.lock().unwrap().push((*event.metadata().level(), entered, fields));
    }

    fn enter(&self, span: &Id) {
        self.0.entered.store(span.into_u64(), Ordering::Relaxed);
    }

    fn exit(&self, _: &Id) {
        self.0.entered.store(0, Ordering::Relaxed);
    }
}

impl Taken {
    /// Returns the events and spans that a subscriber of this thread gets while a closure runs.
    fn during(level: Level, run: impl FnOnce()) -> Arc<Self> {
        let taken = Arc::new(Self {
            level,
            spans: Mutex::default(),
            events: Mutex::default(),
            entered: AtomicU64::new(0),
        });
        dispatcher::with_default(&dispatcher::Dispatch::new(Shared(taken.clone())), run);
        taken
    }

    fn event_ids(&self) -> Vec<(Level, String)> {
        let events = self.events.lock().unwrap();
        events.iter().map(|(level, _, fields)| (*level, fields["event_id"].clone())).collect()
    }
}

fn manual(cdn: &Cdn) -> Client {
    client(cdn, PollingMode::manual()).build().unwrap()
}

#[test]
fn a_subscriber_gets_events_and_the_log_nothing() {
    let cdn = Cdn::new(&bool_config("isOn", true));
    let client = manual(&cdn);
    client.force_refresh().unwrap();
    let evaluate = || {
        client.get_value("isOn", false, None);
        client.get_value("isOn", 1, None);
        client.set_offline();
        let _ = client.force_refresh();
        client.set_online();
    };
    let events = [5000, 5000, 2002, 5200, 3200, 5200];

    let log = Log::new();
    let taken = Taken::during(Level::INFO, evaluate);
    let level = |id| match id {
        ..3000 => Level::ERROR,
        3000..5000 => Level::WARN,
        _ => Level::INFO,
    };
    assert_eq!(taken.event_ids(), events.map(|id| (level(id), id.to_string())));
    let message = taken.events.lock().unwrap()[0].2["message"].clone();
    assert_eq!(message, "Evaluating 'isOn'\n  Returning 'true'.");
    assert_eq!(log.events_of(5000).len() + log.events().len(), 0, "{:#?}", log.records());

    evaluate();
    assert_eq!(taken.event_ids().len(), events.len(), "the subscriber is gone");
    log.assert_events(&[5200, 3200, 5200]); // 2002 is logged once
    assert_eq!(log.events_of(5000).len(), 2);
}

#[test]
fn a_subscriber_without_the_level_info_gets_no_evaluations() {
    let cdn = Cdn::new(&bool_config("isOn", true));
    let client = manual(&cdn);
    client.force_refresh().unwrap();
    let log = Log::new();
    let taken = Taken::during(Level::WARN, || {
        assert!(client.get_value("isOn", false, None));
        client.get_value("isOn", 1, None);
    });
    assert_eq!(taken.event_ids(), [(Level::ERROR, "2002".to_owned())]);
    assert!(log.records().is_empty(), "{:#?}", log.records());
}

#[test]
fn records_for_debugging_are_events_with_their_id_as_a_field() {
    let cdn = Cdn::new(&bool_config("isOn", true));
    let client = manual(&cdn);
    let taken = Taken::during(Level::DEBUG, || {
        client.force_refresh().unwrap();
        cdn.serve(&bool_config("isOn", false));
        client.force_refresh().unwrap();
    });
    assert_eq!(taken.event_ids(), ["6000", "6000", "6002"].map(|id| (Level::DEBUG, id.to_owned())));
    let (_, span, fields) = taken.events.lock().unwrap()[2].clone();
    assert_eq!((span, &*fields["message"]), (2, "The config JSON has changed, in the settings 'isOn'."));
}

#[test]
fn a_refresh_is_a_span_that_has_its_events() {
    let cdn = Cdn::new(&bool_config("isOn", true));
    cdn.script([Reply::content(), Reply::content(), Reply::status(500)]);
    let client = manual(&cdn);
    let taken = Taken::during(Level::INFO, || {
        for _ in 0..3 {
            let _ = client.force_refresh();
        }
    });
    let spans = taken.spans.lock().unwrap();
    let told: Vec<_> = spans
        .iter()
        .map(|span| ["name", "initiated_by_user", "fetched", "outcome"].map(|name| span[name].as_str()))
        .collect();
    let expected = |outcome| ["configcat.refresh", "true", "true", outcome];
    assert_eq!(told, [expected("\"changed\""), expected("\"unchanged\""), expected("\"failed\"")]);
    assert!(spans[2]["error"].contains("500") && !spans[0].contains_key("error"), "{spans:#?}");
    let events = taken.events.lock().unwrap();
    assert_eq!(events.len(), 1, "{events:#?}");
    assert_eq!((events[0].0, events[0].1, &*events[0].2["event_id"]), (Level::ERROR, 3, "1101"));
}

#[test]
fn a_subscriber_that_panics_stops_nothing() {
    for method in ["new_span", "record", "event", "enter", "exit"] {
        let cdn = Cdn::new(&bool_config("isOn", true));
        cdn.script([Reply::content(), Reply::status(500)]);
        let client = manual(&cdn);
        let panicking = Acting(move |called: &str| assert_ne!(called, method, "a subscriber that panics"));
        dispatcher::with_default(&dispatcher::Dispatch::new(panicking), || {
            assert!(client.force_refresh().is_ok() && client.force_refresh().is_err(), "{method}");
            assert!(client.get_value("isOn", false, None), "{method}");
        });
    }
}

/// As a sampler does: it runs within the refresh, which must not wait for itself.
#[test]
fn a_subscriber_may_evaluate_and_refresh() {
    for method in ["new_span", "enter", "record"] {
        let cdn = Cdn::new(&bool_config("isOn", true));
        let client = client(&cdn, PollingMode::lazy()).clock(ManualClock::new()).build().unwrap();
        let (sender, mailbox) = Mailbox::new();
        let inner = client.clone();
        let asking = Acting(move |called: &str| {
            if called == method {
                inner.get_value("isOn", false, None);
                sender.send(inner.force_refresh().map_err(|error| error.kind()));
            }
        });
        patiently(move || {
            dispatcher::with_default(&dispatcher::Dispatch::new(asking), || {
                assert!(client.get_value("isOn", false, None), "{method}");
            });
        });
        let told = mailbox.all();
        assert!(!told.is_empty(), "{method}");
        assert!(told.iter().all(|told| *told == Err(RefreshErrorKind::StillRunning)), "{method} {told:?}");
        assert_eq!(cdn.count(), 1, "{method}");
    }
}

/// Without the guard, a filter or a layer that evaluates would call itself without end.
#[test]
fn a_subscriber_that_evaluates_ends_and_is_silent() {
    for method in ["enabled", "event", "new_span", "record", "enter", "exit"] {
        let cdn = Cdn::new(&bool_config("isOn", true));
        let client = manual(&cdn);
        let inner = client.clone();
        let (depth, deepest) = (AtomicU64::new(0), Arc::new(AtomicU64::new(0)));
        let reached = deepest.clone();
        let evaluating = Acting(move |called: &str| {
            if called == method {
                let now = 1 + depth.fetch_add(1, Ordering::SeqCst);
                reached.fetch_max(now, Ordering::SeqCst);
                assert!(now < 10, "endless recursion");
                inner.get_value("isOn", false, None);
                inner.get_value("isOn", "of another type", None);
                depth.fetch_sub(1, Ordering::SeqCst);
            }
        });
        dispatcher::with_default(&dispatcher::Dispatch::new(evaluating), || {
            client.force_refresh().unwrap();
            assert!(client.get_value("isOn", false, None), "{method}");
        });
        assert_eq!(deepest.load(Ordering::SeqCst), 1, "{method}");
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Taken").field("events", &self.events).finish_non_exhaustive()
    }
}
