//! Text settings with JSON: parsed once, replaced with the config, checked when it is published.

use std::{
    collections::HashMap,
    sync::{
        Arc, Barrier, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use configcat::{
    Client, Flag, FlagProblem, PollingMode, Snapshot, User,
    details::{EvaluationFailureKind, EvaluationReason},
    json::Json,
};
use log::Level;
use serde::{Deserialize, Deserializer};

use crate::support::{Cdn, Log, Mailbox, client, config, local, on_document, quietly, text_config};

#[derive(Debug, PartialEq, Deserialize)]
struct Limits {
    uploads: u32,
    #[serde(default)]
    sizes: Vec<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { uploads: 10, sizes: Vec::new() }
    }
}

static LIMITS: Flag<Json<Limits>> = Flag::new("limits", Json::new(Limits::default));

/// A setting with a good default, a rule with a good text, and two with bad ones.
const TARGETED: &str = r#"{"f": {"limits": {"t": 1, "v": {"s": "{\"uploads\": 1}"}, "r": [
    {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "s": {"v": {"s": "{\"uploads\": 2}"}}},
    {"c": [{"u": {"a": "Plan", "c": 28, "s": "old"}}], "s": {"v": {"s": "{\"uploads\": 3, \"sizes\": [1, \"x\"]}"}}},
    {"c": [{"u": {"a": "Plan", "c": 28, "s": "new"}}], "p": [{"p": 100, "v": {"s": "uploads: 4"}}]}]}}}"#;

fn plan(plan: &str) -> User {
    User::new("42").custom("Plan", plan)
}

#[test]
fn a_text_is_a_value_of_the_type_for_each_user() {
    let client = on_document(TARGETED);
    let uploads = |client: &Client, user: Option<&User>| client.get(&LIMITS, user).uploads;
    assert_eq!(uploads(&client, None), 1);
    assert_eq!(uploads(&client, Some(&plan("pro"))), 2);
    let snapshot = client.snapshot();
    assert_eq!(snapshot.get(&LIMITS, &plan("pro")).uploads, 2);
    assert!(Arc::ptr_eq(&snapshot.get(&LIMITS, None), &client.get(&LIMITS, None)));
    let any: Flag<Json<serde_json::Value>> = Flag::new("limits", Json::new(Default::default));
    assert_eq!(client.get(&any, None)["uploads"], 1, "another type of the same text");
}

#[test]
fn a_text_is_parsed_once_for_each_config() {
    static PARSED: AtomicUsize = AtomicUsize::new(0);

    struct Counted(u32);

    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            PARSED.fetch_add(1, Ordering::Relaxed);
            u32::deserialize(deserializer).map(Self)
        }
    }

    static ONE: Flag<Json<Counted>> = Flag::new("one", Json::new(|| Counted(0)));
    static TWO: Flag<Json<Counted>> = Flag::new("two", Json::new(|| Counted(0)));

    let texts = |one: &str, two: &str| {
        config(&[("one", 1, &format!(r#"{{"s":"{one}"}}"#)), ("two", 1, &format!(r#"{{"s":"{two}"}}"#))])
    };
    let cdn = Cdn::new(&texts("1", "1"));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    let values = || (client.get(&ONE, None).0, client.get(&TWO, None).0);
    client.force_refresh().unwrap();
    for (values_there, parsed) in [((1, 1), 1), ((1, 1), 1)] {
        assert_eq!((values(), PARSED.load(Ordering::Relaxed)), (values_there, parsed));
    }
    client.force_refresh().unwrap();
    assert_eq!((values(), PARSED.load(Ordering::Relaxed)), ((1, 1), 1), "the config is unchanged");
    cdn.serve(&texts("1", "x"));
    client.force_refresh().unwrap();
    for _ in 0..3 {
        // The text of `one` once more, and that of `two` a second time for its path. Then no more.
        quietly(|| assert_eq!((values(), PARSED.load(Ordering::Relaxed)), ((1, 0), 4)));
    }
}

#[test]
fn a_request_with_overrides_uses_the_parsed_values_of_its_config() {
    let client = on_document(TARGETED);
    let value = client.get(&LIMITS, None);
    let flags = |overrides: &str| client.snapshot().with_overrides(&overrides.parse().unwrap());
    let other = flags("other=true");
    assert!(Arc::ptr_eq(&other.get(&LIMITS, None), &value));
    assert!(Arc::ptr_eq(&other.with_overrides(&"more=1".parse().unwrap()).get(&LIMITS, None), &value));
    let own = flags(r#"limits={"uploads": 9}"#);
    let uploads = |flags: &Snapshot| flags.get(&LIMITS, None).uploads;
    assert_eq!((uploads(&own), uploads(&flags("")), uploads(&client.snapshot())), (9, 1, 1));
}

#[test]
fn a_text_that_does_not_parse_returns_the_default_with_the_reason() {
    let (log, client) = (Log::new(), on_document(TARGETED));
    let (sender, evaluated) = Mailbox::new();
    client.hooks().on_flag_evaluated(move |details| sender.send(details.clone()));
    quietly(|| {
        for _ in 0..3 {
            assert_eq!(*client.get(&LIMITS, &plan("old")), Limits::default());
        }
    });
    let record = log.assert_once(2002, Level::Error);
    let text =
        "cannot be read as it::json::Limits: sizes[1]: invalid type: string \"x\", expected u64 at line 1";
    assert!(record.text.contains(text), "{}", record.text);
    let details = evaluated.next();
    assert_eq!(details.reason(), EvaluationReason::Error);
    assert_eq!(details.error.map(|error| error.kind), Some(EvaluationFailureKind::TypeMismatch));
    let details = client.get_value_details("limits", Json::new(Limits::default), &plan("new"));
    let failure = details.error.unwrap();
    assert!(failure.message().contains("expected value at line 1 column 1"), "{failure}");
    assert_eq!(details.value.uploads, 10);
}

/// A type may log while it is parsed, and the logger may evaluate the same flag.
#[test]
fn a_type_that_evaluates_its_own_flag_while_it_is_parsed_gets_the_default() {
    static CLIENT: OnceLock<Client> = OnceLock::new();

    struct Nested {
        own: u32,
        seen: u32,
    }

    impl<'de> Deserialize<'de> for Nested {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let own = u32::deserialize(deserializer)?;
            let seen = CLIENT.get().unwrap().get(&NESTED, None).own;
            Ok(Self { own, seen })
        }
    }

    static NESTED: Flag<Json<Nested>> = Flag::new("nested", Json::new(|| Nested { own: 1, seen: 1 }));
    let log = Log::new();
    let client = CLIENT.get_or_init(|| local([("nested", "7".into())]));
    let value = quietly(|| client.get(&NESTED, None));
    assert_eq!((value.own, value.seen), (7, 1));
    let record = log.assert_once(2002, Level::Error);
    let cause = "another text is being parsed as this type on this thread";
    assert!(record.text.contains(cause), "{}", record.text);
    assert_eq!(client.check(&[&NESTED]), [], "the failure is not kept");
}

#[test]
fn health_shows_a_type_that_hangs_while_a_new_config_is_checked() {
    static GATE: Barrier = Barrier::new(2);

    struct Hangs;

    impl<'de> Deserialize<'de> for Hangs {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            if u32::deserialize(deserializer)? == 2 {
                GATE.wait();
                GATE.wait();
            }
            Ok(Self)
        }
    }

    static HANGS: Flag<Json<Hangs>> = Flag::new("hangs", Json::new(|| Hangs));
    let cdn = Cdn::new(&text_config("hangs", "1"));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    client.force_refresh().unwrap();
    assert_eq!(client.check_flags(&[&HANGS]), []);
    cdn.serve(&text_config("hangs", "2"));
    thread::scope(|scope| {
        let refreshing = scope.spawn(|| client.force_refresh());
        GATE.wait();
        let health = client.health();
        assert!(health.callbacks_running_since.is_some() && health.refresh_running_since.is_none());
        assert_eq!(client.get_value("hangs", "", None), "2", "the config is published");
        GATE.wait();
        refreshing.join().unwrap().unwrap();
    });
    assert_eq!(client.health().callbacks_running_since, None);
}

#[test]
fn a_setting_that_is_missing_or_no_text_returns_the_default() {
    let (log, client) = (Log::new(), local([("limits", 7.into())]));
    let missing: Flag<Json<Limits>> = Flag::new("limit", Json::new(Limits::default));
    quietly(|| {
        assert_eq!(*client.get(&LIMITS, None), Limits::default());
        assert_eq!(*client.get(&missing, None), Limits::default());
    });
    log.assert_events(&[2002, 1001]);
    assert!(log.records()[0].text.contains("is of type int, but the default value's type is text"));
    assert_eq!(client.check(&[&LIMITS]).len(), 1);
}

#[test]
fn a_check_finds_texts_of_rules_that_match_nobody() {
    let problems = on_document(TARGETED).check(&[&LIMITS]);
    let shown: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "flag 'limits' has an invalid text at f.limits.r[1].s.v: \
             sizes[1]: invalid type: string \"x\", expected u64 at line 1 column 31",
            "flag 'limits' has an invalid text at f.limits.r[2].p[0].v: \
             expected value at line 1 column 1",
        ]
    );
    assert!(matches!(&problems[0], FlagProblem::InvalidText { key, .. } if key == "limits"));
}

#[test]
fn a_bad_text_is_reported_by_the_refresh_that_publishes_it() {
    static TITLE: Flag<&str> = Flag::new("title", "");
    let log = Log::new();
    let cdn = Cdn::new(&text_config("limits", r#"{\"uploads\": 1}"#));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    let (sender, errors) = Mailbox::new();
    client.hooks().on_error(move |error| sender.send((error.event_id, error.error.is_some())));
    assert_eq!(client.check_flags(&[&LIMITS]).len(), 1, "there is no config yet");
    client.force_refresh().unwrap();
    assert_eq!(client.check_flags(&[&LIMITS, &LIMITS]), []);
    log.assert_events(&[]);

    cdn.serve(TARGETED);
    client.force_refresh().unwrap();
    let records = log.events_of(2012);
    assert_eq!(records.len(), 2, "{records:#?}");
    assert_eq!(
        records[0].text,
        "A flag of the code does not fit the config: flag 'limits' has an invalid text at f.limits.r[1].s.v: \
         sizes[1]: invalid type: string \"x\", expected u64 at line 1 column 31."
    );
    assert_eq!(errors.all(), [(2012, true), (2012, true)]);
    client.force_refresh().unwrap();
    assert_eq!(log.events_of(2012).len(), 2, "once for each config");

    assert_eq!(client.check_flags(&[&TITLE]).len(), 1);
    cdn.serve(&text_config("title", "x"));
    client.force_refresh().unwrap();
    let records = log.events_of(2012);
    assert_eq!(records.len(), 3);
    assert!(records[2].text.ends_with("flag 'limits' is not in the config."), "{}", records[2].text);
}

#[test]
fn a_text_with_control_characters_is_reported_in_one_line() {
    static PLAN: Flag<Json<HashMap<String, u8>>> = Flag::new("pl\nan", Json::new(HashMap::new));
    let (log, cdn) = (Log::new(), Cdn::empty());
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    assert_eq!(client.check_flags(&[&PLAN]).len(), 1);
    cdn.serve(r#"{"f": {"pl\nan": {"t": 1, "v": {"s": "{\"a\\nb\": \"x\\ny\"}"}}}}"#);
    client.force_refresh().unwrap();
    let record = log.assert_once(2012, Level::Error);
    assert!(record.text.contains("a\\nb: invalid type: string \"x\\ny\""), "{}", record.text);
    assert!(!record.text.contains('\n'));
}

#[test]
fn at_most_ten_texts_of_a_flag_are_reported() {
    let options: Vec<_> =
        (0..100).map(|n| format!(r#"{{"p": 1, "v": {{"s": "{{\"uploads\": -{n}1}}"}}}}"#)).collect();
    let text =
        format!(r#"{{"f": {{"limits": {{"t": 1, "v": {{"s": ""}}, "p": [{}]}}}}}}"#, options.join(","));
    assert_eq!(on_document(text.leak()).check(&[&LIMITS]).len(), 10);
}

/// Each config has the same number in a text and in an int setting.
#[test]
fn values_are_replaced_with_their_config_and_never_mixed() {
    static NUMBER: Flag<Json<(i64, String)>> = Flag::new("json", Json::new(|| (-1, String::new())));
    let document = |n: usize| {
        config(&[
            ("int", 2, &format!(r#"{{"i":{n}}}"#)),
            ("json", 1, &format!(r#"{{"s":"[{n}, \"{n}\"]"}}"#)),
        ])
    };
    let cdn = Cdn::new(&document(0));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    client.force_refresh().unwrap();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (client, is_over) = (&client, &is_over);
        let reader = move || {
            let mut seen = 0;
            // Once more after the last config.
            let mut goes_on = true;
            while goes_on {
                goes_on = !is_over.load(Ordering::Acquire);
                let snapshot = client.snapshot();
                let value = snapshot.get(&NUMBER, None);
                assert_eq!((value.0, value.1.parse()), (snapshot.get_value("int", -1, None), Ok(value.0)));
                assert!(value.0 >= seen, "an older value after a newer one");
                seen = client.get(&NUMBER, None).0;
                assert!(seen >= value.0);
            }
            seen
        };
        let readers = [scope.spawn(reader), scope.spawn(reader)];
        for n in 1..=100 {
            cdn.serve(&document(n));
            client.force_refresh().unwrap();
        }
        is_over.store(true, Ordering::Release);
        for reader in readers {
            assert_eq!(reader.join().unwrap(), 100);
        }
    });
}
