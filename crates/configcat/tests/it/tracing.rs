//! The feature `tracing`: events and spans in place of log records.

use std::{
    collections::BTreeMap,
    fmt::{self, Debug},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use configcat::{Client, PollingMode};
use tracing::{
    Event, Level, Metadata, Subscriber, dispatcher,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::support::{Cdn, Log, Reply, bool_config, client};

type Fields = BTreeMap<String, String>;

/// Takes what the SDK tells up to a level.
struct Taken {
    level: Level,
    spans: Mutex<Vec<Fields>>,
    /// With the number of the span that they are in, counted from 1; 0 is none.
    events: Mutex<Vec<(Level, u64, Fields)>>,
    entered: AtomicU64,
}

struct FieldsOf<'f>(&'f mut Fields);

impl Visit for FieldsOf<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

/// Panics in one of the methods that spans and events call.
struct Panicking(&'static str);

impl Panicking {
    fn at(&self, method: &str) {
        assert_ne!(self.0, method, "a subscriber that panics");
    }
}

impl Subscriber for Panicking {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        self.at("new_span");
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {
        self.at("record");
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        self.at("event");
    }

    fn enter(&self, _: &Id) {
        self.at("enter");
    }

    fn exit(&self, _: &Id) {
        self.at("exit");
    }
}

/// [`Taken`], as something that can be shared with the test.
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
    /// What is told while this runs, to a subscriber of this thread.
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
    log.assert_events(&[2002, 5200, 3200, 5200]);
    assert_eq!(log.events_of(5000).len(), 2);
}

#[test]
fn a_subscriber_that_wants_no_evaluations_gets_none() {
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
fn a_subscriber_that_panics_does_no_harm() {
    for method in ["new_span", "record", "event", "enter", "exit"] {
        let cdn = Cdn::new(&bool_config("isOn", true));
        cdn.script([Reply::content(), Reply::status(500)]);
        let client = manual(&cdn);
        dispatcher::with_default(&dispatcher::Dispatch::new(Panicking(method)), || {
            assert!(client.force_refresh().is_ok() && client.force_refresh().is_err(), "{method}");
            assert!(client.get_value("isOn", false, None), "{method}");
        });
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Taken").field("events", &self.events).finish_non_exhaustive()
    }
}
