//! Records of evaluations, results of `explain`, and snapshots.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use configcat::{Client, PollingMode, SettingType, User};
use log::{Level, LevelFilter};
use serde_json::json;

use crate::{
    details::CONFIG,
    support::{
        Cdn, Mailbox, ManualClock, Reply, SECOND, TestCache, bool_config, client, client_on, client_on_cache,
        config, entry, in_its_own_process,
    },
};

/// Rules that cause each warning, a segment and a prerequisite flag.
const RULES: &str = r#"{"p": {"s": "salt"},
    "s": [{"n": "Beta", "r": [{"a": "Email", "c": 2, "l": ["@example.com"]}]}],
    "f": {
        "byRule": {"t": 1, "v": {"s": "plain"}, "r": [
            {"c": [{"u": {"a": "Age", "c": 12, "d": 18}}], "s": {"v": {"s": "young"}}},
            {"c": [{"u": {"a": "Plan", "c": 28, "s": "7"}}], "s": {"v": {"s": "seventh"}}}]},
        "nested": {"t": 0, "v": {"b": false}, "r": [
            {"c": [{"s": {"s": 0, "c": 0}}, {"p": {"f": "byRule", "c": 1, "v": {"s": "young"}}}],
             "s": {"v": {"b": true}}}]},
        "byShare": {"t": 0, "v": {"b": false}, "a": "Team", "p": [{"p": 100, "v": {"b": true}}]},
        "broken": {"t": 0, "v": {"s": "no bool"}, "r": [
            {"c": [{"u": {"a": "Age", "c": 12, "d": 18}}], "s": {"v": {"b": true}}}]}}}"#;

#[test]
fn the_log_and_explain_are_the_same() {
    let clock = ManualClock::new();
    let client = client_on(&clock, RULES);
    let snapshot = client.snapshot();
    let user = User::new("42").email("john@example.com").custom("Age", 17).custom("Plan", 7);
    for user in [None, Some(&user)] {
        for (key, kind) in [("byRule", SettingType::Text), ("nested", SettingType::Bool)] {
            let before = clock.log().events_of(5000).len();
            match kind {
                SettingType::Text => drop(client.get_value(key, "", user)),
                _ => drop(snapshot.get_value_details(key, false, user)),
            }
            let logged = clock.log().events_of(5000);
            assert_eq!(logged.len(), before + 1);
            let record = logged.last().unwrap();
            assert_eq!((record.level, &*record.target), (Level::Info, "configcat"));
            assert_eq!(record.text, client.explain(key, user).unwrap().to_string());
            assert_eq!(record.text, snapshot.explain(key, user).unwrap().to_string());
        }
    }
    assert_eq!(
        client.explain("nested", &user).unwrap().to_string(),
        r#"Evaluating 'nested' for User '{"Identifier":"42","Email":"john@example.com","Age":17,"Plan":7}'
  Evaluating targeting rules and applying the first match if any:
  - IF User IS IN SEGMENT 'Beta'
    (
      Evaluating segment 'Beta':
      - IF User.Email CONTAINS ANY OF ['@example.com'] => true
      Segment evaluation result: User IS IN SEGMENT.
      Condition (User IS IN SEGMENT 'Beta') evaluates to true.
    ) => true
    AND Flag 'byRule' NOT EQUALS 'young'
    (
      Evaluating prerequisite flag 'byRule':
      Evaluating targeting rules and applying the first match if any:
      - IF User.Age < '18' THEN 'young' => MATCH, applying rule
      Prerequisite flag evaluation result: 'young'.
      Condition (Flag 'byRule' NOT EQUALS 'young') evaluates to false.
    ) => false, skipping the remaining AND conditions
    THEN 'true' => no match
  Returning 'false'."#
    );
}

#[test]
fn after_an_error_the_log_ends_with_the_callers_default() {
    let clock = ManualClock::new();
    let client = client_on(&clock, RULES);
    assert!(client.get_value("broken", true, &User::new("42").custom("Age", 40)));
    let logged = clock.log().assert_once(5000, Level::Info).text;
    assert!(logged.starts_with("Evaluating 'broken' for User '"), "{logged}");
    assert!(logged.ends_with("=> no match\n  Returning 'true'."), "{logged}");
    let user = User::new("42").custom("Age", 40);
    let shown = client.explain("broken", &user).unwrap();
    assert_eq!(shown.returning(true).to_string(), logged);
    assert_eq!(clock.log().events(), [1002]);
}

#[test]
fn a_type_mismatch_is_explained_in_the_log() {
    let clock = ManualClock::new();
    let client = client_on(&clock, RULES);
    assert_eq!(client.get_value("byRule", 7, &User::new("42").custom("Age", 17)), 7);
    assert_eq!(clock.log().events(), [2002]);
    let logged = clock.log().assert_once(5000, Level::Info).text;
    assert!(logged.contains("User.Age < '18' THEN 'young' => MATCH, applying rule"), "{logged}");
    assert!(logged.ends_with("\n  Returning '7'."), "{logged}");
}

#[test]
fn all_evaluations_write_one_record_each() {
    let clock = ManualClock::new();
    let client = client_on(&clock, CONFIG);
    client.get_value("isOn", false, None);
    client.get_value_details("isOn", false, None);
    client.snapshot().get_value("isOn", false, None);
    assert_eq!(clock.log().events_of(5000).len(), 3);
    // Four settings have a value; the fifth has an error, and no default to end the record with.
    client.get_all_values(None);
    client.get_all_value_details(&User::new("42"));
    assert_eq!((clock.log().events_of(5000).len(), clock.log().events_of(1002).len()), (3 + 2 * 4, 2));
    // These evaluate nothing for the caller.
    assert_eq!(client.get_all_keys().len(), 5);
    assert!(client.get_key_and_value("on-id").is_some() && client.explain("isOn", None).is_some());
    client.get_value("missing", false, None);
    assert_eq!(clock.log().events_of(5000).len(), 11);
}

#[test]
fn the_log_of_a_call_for_all_settings_has_one_budget() {
    // A flag that takes a tenth of the budget is evaluated once for the values of all settings that
    // depend on it, and once for the trace of each.
    let prefixes: Vec<_> = (60_000..60_008).map(|length| format!("{length}_{}", "0".repeat(64))).collect();
    let rule = json!({"c": [{"u": {"a": "Email", "c": 22, "l": prefixes}}], "s": {"v": {"b": true}}});
    let mut settings = json!({"costly": {"t": 0, "v": {"b": false}, "r": [rule]}});
    let needs_costly =
        json!({"c": [{"p": {"f": "costly", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}});
    for number in 0..20 {
        settings[format!("k{number}")] = json!({"t": 0, "v": {"b": false}, "r": [needs_costly]});
    }
    let clock = ManualClock::new();
    let client = client_on(&clock, &json!({"p": {"s": "salt"}, "f": settings}).to_string());
    let user = User::new("42").email("x".repeat(70_000));
    assert_eq!(client.get_all_values(&user).iter().count(), 21);
    let records = clock.log().events_of(5000);
    let is_whole = |text: &str| text.contains("Prerequisite flag evaluation result");
    assert_eq!(records.len(), 21);
    assert_eq!(records.iter().filter(|record| is_whole(&record.text)).count(), 9);
    assert!(records.iter().all(|record| record.text.ends_with("Returning 'false'.")));
}

#[test]
fn warnings_come_before_the_record_with_their_ids() {
    let clock = ManualClock::new();
    let client = client_on(&clock, RULES);
    let user = || User::new("42");
    for (key, user, warnings, says) in [
        ("byRule", None, vec![3001], "for setting 'byRule' (User Object is missing)"),
        ("nested", None, vec![3001], "for setting 'nested' (User Object is missing)"),
        (
            "byRule",
            Some(user()),
            vec![3003, 3003],
            "(User.Age < '18') for setting 'byRule' (the User.Age attr",
        ),
        ("byShare", Some(user()), vec![3003], "% options for setting 'byShare' (the User.Team attribute is"),
        (
            "byRule",
            Some(user().custom("Age", "old").custom("Plan", "7")),
            vec![3004],
            "('old' is not a valid decimal number)",
        ),
        (
            "byRule",
            Some(user().custom("Age", 40).custom("Plan", 7)),
            vec![3005],
            "automatically converted to the string value '7'",
        ),
        ("byRule", Some(user().custom("Age", 17)), vec![], ""),
    ] {
        let before = clock.log().records().len();
        if key == "byRule" {
            client.get_value(key, "", user.as_ref());
        } else {
            client.get_value(key, false, user.as_ref());
        }
        let records = &clock.log().records()[before..];
        let (record, warned) = records.split_last().unwrap();
        assert_eq!(record.event_id, Some(5000));
        let ids: Vec<_> = warned.iter().filter_map(|record| record.event_id).collect();
        assert_eq!(ids, warnings, "{key} {user:?}: {warned:#?}");
        assert!(warned.iter().all(|record| record.level == Level::Warn && record.target == "configcat"));
        assert!(warned.first().is_none_or(|first| first.text.contains(says)), "{warned:#?}");
    }
}

#[test]
fn nothing_is_logged_below_the_level_that_is_on() {
    in_its_own_process("evaluation_log::nothing_is_logged_below_the_level_that_is_on", || {
        let user = User::new("42").custom("Plan", 7);
        for (level, ids) in [
            (LevelFilter::Off, vec![]),
            (LevelFilter::Error, vec![2002]),
            (LevelFilter::Warn, vec![3003, 3005, 3001, 2002]),
            (LevelFilter::Info, vec![3003, 3005, 5000, 3001, 5000, 2002]),
        ] {
            let clock = ManualClock::new();
            let client = client_on(&clock, RULES);
            let (sender, errors) = Mailbox::new();
            client.hooks().on_error(move |error| sender.send(error.event_id));
            log::set_max_level(level);
            let before = clock.log().records().len();
            assert_eq!(client.get_value("byRule", "", &user), "seventh");
            assert!(!client.get_value("byRule", false, None));
            let records = clock.log().records();
            let found: Vec<_> = records[before..].iter().filter_map(|record| record.event_id).collect();
            assert_eq!(found, ids, "{level}");
            assert_eq!(errors.all(), [2002], "callbacks do not depend on the logger: {level}");
        }
    });
}

#[test]
fn a_snapshot_stays_as_it_is() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&bool_config("isOn", true)));
    let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
    let empty = client.snapshot();
    client.force_refresh().unwrap();
    let (first, fetched_at) = (client.snapshot(), clock.now());
    clock.advance(SECOND);
    cdn.serve(&bool_config("isNew", true));
    client.force_refresh().unwrap();

    assert!(empty.get_all_keys().is_empty() && empty.fetch_time().is_none());
    assert!(!empty.get_value("isOn", false, None));
    assert!(first.get_value("isOn", false, None) && first.clone().get_value("isOn", false, None));
    assert_eq!((first.get_all_keys(), first.fetch_time()), (vec!["isOn".to_owned()], Some(fetched_at)));
    assert!(!client.get_value("isOn", false, None) && client.get_value("isNew", false, None));
    assert_eq!(client.snapshot().fetch_time(), Some(clock.now()));

    // The snapshot needs no client.
    let requests = cdn.count();
    cdn.set_always(Reply::hang());
    drop((client, cdn));
    assert!(first.get_value("isOn", false, None));
    assert_eq!((first.get_all_keys(), requests), (vec!["isOn".to_owned()], 2));
}

#[test]
fn evaluations_on_a_snapshot_agree_while_the_config_changes() {
    let clock = ManualClock::new();
    let cache = TestCache::new();
    let client: Client = client_on_cache(&clock, &cache);
    let publish = |number: i64| {
        let value = format!(r#"{{"i":{number}}}"#);
        let pair = config(&[("a", 2, &value), ("b", 2, &value)]);
        clock.advance(Duration::from_millis(1));
        cache.put(entry(clock.now(), &format!("\"{number}\""), &pair));
        client.force_refresh().unwrap();
    };
    publish(0);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut last = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let snapshot = client.snapshot();
                    let a = snapshot.get_value("a", -1, None);
                    std::thread::yield_now();
                    assert_eq!(snapshot.get_value("b", -2, None), a);
                    let all = snapshot.get_all_values(None);
                    assert_eq!((all.get("a"), all.get("b")), (Some(&a.into()), Some(&a.into())));
                    assert!(a >= last, "time does not run backwards");
                    last = a;
                }
            });
        }
        (1..=200).for_each(publish);
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(client.get_value("b", -1, None), 200);
}
