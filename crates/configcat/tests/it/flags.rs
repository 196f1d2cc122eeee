//! Typed flags, which cache their place in the config.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use configcat::{Flag, PollingMode, User, Value};

use crate::support::{Cdn, bool_config, client, config, local, on_document, text_config};

#[test]
fn a_flag_sees_each_new_config_at_once() {
    static IS_NEW: Flag<bool> = Flag::new("isNew", false);
    let cdn = Cdn::new(&bool_config("isNew", true));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    assert!(!client.get(&IS_NEW, None), "there is no config yet");
    client.force_refresh().unwrap();
    let first = client.snapshot();
    assert!(client.get(&IS_NEW, None) && client.get(&IS_NEW, None));
    for value in [false, true, false] {
        // The place of the flag changes too.
        cdn.serve(&config(&[("other", 1, r#"{"s": "x"}"#), ("isNew", 0, &format!(r#"{{"b": {value}}}"#))]));
        client.force_refresh().unwrap();
        assert_eq!((client.get(&IS_NEW, None), client.get(&IS_NEW, None)), (value, value));
        assert_eq!(client.snapshot().get(&IS_NEW, None), value);
        assert!(first.get(&IS_NEW, None), "a snapshot stays as it is");
    }
    cdn.serve(&bool_config("other", true));
    client.force_refresh().unwrap();
    assert!(!client.get(&IS_NEW, None), "the flag is gone");
    cdn.serve(&text_config("isNew", "x"));
    client.force_refresh().unwrap();
    assert!(!client.get(&IS_NEW, None), "the flag is a text now");
}

#[test]
fn clients_may_share_a_flag() {
    static IS_NEW: Flag<bool> = Flag::new("isNew", false);
    static LIMIT: Flag<i64> = Flag::new("limit", -1);
    let on = local([("isNew", true.into()), ("limit", 1.into())]);
    let off = local([("limit", 2.into()), ("isNew", false.into())]);
    let without = local([]);
    for _ in 0..3 {
        assert!(on.get(&IS_NEW, None) && !off.get(&IS_NEW, None) && !without.get(&IS_NEW, None));
        assert_eq!((on.get(&LIMIT, None), off.get(&LIMIT, None), without.get(&LIMIT, None)), (1, 2, -1));
    }
}

#[test]
fn flags_of_all_types_are_cached() {
    static BOOL: Flag<bool> = Flag::new("bool", false);
    static INT: Flag<i64> = Flag::new("int", 0);
    static DOUBLE: Flag<f64> = Flag::new("double", 0.0);
    static TEXT: Flag<&str> = Flag::new("text", "");
    let client = on_document(
        r#"{"f": {"bool": {"t": 0, "v": {"b": false}, "r": [{"c": [{"u": {"a": "Email", "c": 28, "s": "a@b.c"}}],
                "s": {"v": {"b": true}}}]}, "int": {"t": 2, "v": {"i": 7}}, "double": {"t": 3, "v": {"d": 0.5}},
            "text": {"t": 1, "v": {"s": "Hello"}}}}"#,
    );
    let user = User::new("u").email("a@b.c");
    for _ in 0..3 {
        assert!(client.get(&BOOL, &user) && !client.get(&BOOL, None));
        assert_eq!((client.get(&INT, None), client.get(&DOUBLE, &user)), (7, 0.5));
        assert_eq!(client.get(&TEXT, None), "Hello");
    }
}

#[test]
fn hooks_get_evaluations_of_cached_flags() {
    static IS_NEW: Flag<bool> = Flag::new("isNew", false);
    let client = local([("isNew", true.into())]);
    assert!(client.get(&IS_NEW, None) && client.get(&IS_NEW, None));
    let told = Arc::new(AtomicBool::new(false));
    let teller = told.clone();
    client.hooks().on_flag_evaluated(move |details| {
        teller.store(details.key == "isNew" && details.value == Value::Bool(true), Ordering::Relaxed);
    });
    assert!(client.get(&IS_NEW, None));
    assert!(told.load(Ordering::Relaxed));
}

/// While the config changes, a thread that has seen a value by key never sees an older one by flag,
/// nor the other way round.
#[test]
fn keys_and_flags_never_go_back_in_time() {
    static VERSION: Flag<i64> = Flag::new("version", -1);
    static IS_ODD: Flag<bool> = Flag::new("isOdd", false);
    let version = |n: i64| {
        let is_odd = n % 2 == 1;
        config(&[("isOdd", 0, &format!(r#"{{"b": {is_odd}}}"#)), ("version", 2, &format!(r#"{{"i": {n}}}"#))])
    };
    let cdn = Cdn::new(&version(0));
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    client.force_refresh().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                while !done.load(Ordering::Acquire) {
                    let by_key = client.get_value("version", -1, None);
                    let by_flag = client.get(&VERSION, None);
                    let is_odd = client.get(&IS_ODD, None);
                    let after = client.get_value("version", -1, None);
                    assert!(last <= by_key && by_key <= by_flag && by_flag <= after);
                    assert!(by_flag != after || is_odd == (after % 2 == 1));
                    last = after;
                }
            });
        }
        for n in 1..200 {
            cdn.serve(&version(n));
            client.force_refresh().unwrap();
        }
        done.store(true, Ordering::Release);
    });
}
