//! Tests of flags that a test sets, and of the record of evaluations.

use std::{
    panic,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use configcat::{CacheState, Flag, RefreshErrorKind, User, Value};
use configcat_testkit::{Evaluations, TestFlags, config_json};

static LIMIT: Flag<i64> = Flag::new("limit", -1);

#[test]
fn a_change_is_seen_at_once_by_all_clones() {
    let flags = TestFlags::new([("limit", 0)]);
    let client = flags.client().clone();
    for limit in 1..200 {
        flags.set("limit", limit);
        assert_eq!((client.get_value("limit", -1, None), client.get(&LIMIT, None)), (limit, limit));
    }
    flags.unset("limit");
    assert_eq!(client.get(&LIMIT, None), -1);
    flags.unset("limit"); // it was not there
}

#[test]
fn threads_that_set_at_once_all_see_theirs() {
    let flags = TestFlags::default();
    thread::scope(|scope| {
        for number in 0..4 {
            let flags = &flags;
            scope.spawn(move || {
                let key = format!("flag{number}");
                for value in 0..50 {
                    flags.set(key.as_str(), value);
                    assert_eq!(flags.client().get_value(&key, -1, None), value);
                }
            });
        }
    });
    assert_eq!(flags.client().get_all_keys(), ["flag0", "flag1", "flag2", "flag3"]);
}

#[test]
fn a_config_has_rules_and_can_be_changed_and_restored() {
    let rules = r#"{"f": {"isBeta": {"t": 0, "v": {"b": false}, "r": [
        {"c": [{"u": {"a": "Email", "c": 32, "l": ["@example.com"]}}], "s": {"v": {"b": true}}}]}}}"#;
    let (jane, joe) = (User::new("1").email("jane@example.com"), User::new("2"));
    let flags = TestFlags::from_config(rules).unwrap();
    let values = || [&jane, &joe].map(|user| flags.client().get_value("isBeta", false, user));
    assert_eq!(values(), [true, false]);
    flags.set("isBeta", true);
    assert_eq!(values(), [true, true]);
    flags.unset("isBeta");
    assert_eq!(values(), [true, false]);
    assert!(flags.set_config("[]").is_err());
    assert_eq!(values(), [true, false], "what is no config changes nothing");
    flags.set_config(&config_json([("isOther", true)])).unwrap();
    assert_eq!(flags.client().get_all_keys(), ["isOther"]);
    assert!(TestFlags::from_config("{").is_err());
}

#[test]
fn one_user_has_another_value_than_the_others() {
    let (jane, joe) = (User::new("jane"), User::new("joe").email("joe@example.com"));
    let flags = TestFlags::from_config(
        r#"{"p": {"s": "salt"}, "s": [{"n": "Beta", "r": [{"a": "Email", "c": 2, "l": ["@example.com"]}]}],
            "f": {"title": {"t": 1, "v": {"s": "none"}, "r": [
                {"c": [{"s": {"s": 0, "c": 0}}], "s": {"v": {"s": "rule"}}}]}}}"#,
    )
    .unwrap();
    let titles = || [&jane, &joe, &User::new("jim")].map(|user| flags.client().get_value("title", "", user));
    assert_eq!(titles(), ["none", "rule", "none"]);
    flags.set_for(&jane, "title", "Jane's");
    assert_eq!(titles(), ["Jane's", "rule", "none"], "the rules of the config stay");
    flags.set_for(&joe, "title", "Joe's");
    flags.set_for(&jane, "title", "Jane's again");
    assert_eq!(titles(), ["Jane's again", "Joe's", "none"]);
    flags.set("title", "all");
    assert_eq!(titles(), ["Jane's again", "Joe's", "all"]);
    assert_eq!(flags.client().get_value("title", "", None), "all");
    flags.unset("title");
    assert_eq!(titles(), ["none", "rule", "none"]);
}

#[test]
fn one_user_has_a_value_of_each_type() {
    let (flags, user) = (TestFlags::default(), User::new(42));
    flags.set_for(&user, "bool", true);
    flags.set_for(&user, "int", 7);
    flags.set_for(&user, "double", 0.5);
    flags.set_for(&user, "text", "x");
    let client = flags.client();
    let values = |user| {
        let (bool, int) = (client.get_value("bool", false, user), client.get_value("int", 0, user));
        (bool, int, client.get_value("double", 0.0, user), client.get_value("text", "", user))
    };
    assert_eq!(values(Some(&user)), (true, 7, 0.5, "x".to_owned()));
    assert_eq!(values(None), (false, 0, 0.0, String::new()));
    assert_eq!(values(Some(&User::new("43"))), values(None));
    flags.set_config(&config_json([("int", 1)])).unwrap();
    assert_eq!(client.get_value("int", 0, &user), 1, "a new config replaces all");
}

#[test]
#[should_panic(expected = "the user has an empty identifier")]
fn a_user_without_identifier_has_no_value_of_its_own() {
    TestFlags::default().set_for(&User::new(""), "isNew", true);
}

#[test]
fn a_misspelled_key_fails_the_test() {
    let flags = TestFlags::new([("isNew", true)]);
    let seen = Evaluations::of(flags.client());
    flags.client().get_value("isNew", 1, None); // of another type, and known
    seen.all_known();
    flags.client().get_value("isnew", false, None);
    flags.client().snapshot().get_value("IsNew", false, None);
    let panic = panic::catch_unwind(|| seen.all_known()).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.ends_with(r#"not in the config: {"IsNew", "isnew"}"#), "{text}");
}

#[test]
fn the_client_has_local_flags_only() {
    let flags = TestFlags::new([("limit", 1)]);
    let client = flags.client();
    let state = client.wait_for_ready(Duration::from_secs(20));
    assert_eq!(state, CacheState::HasLocalOverrideFlagDataOnly);
    assert_eq!(client.force_refresh().unwrap_err().kind(), RefreshErrorKind::LocalOnly);
    assert_eq!((client.get_value("limit", 0, None), client.get_value("limit", 0.5, None)), (1, 1.0));
}

#[test]
fn callbacks_of_a_change_have_run_when_it_was_made_and_may_make_another() {
    let flags = Arc::new(TestFlags::new([("limit", 0)]));
    let (told, limits) = mpsc::channel();
    let setter = Arc::downgrade(&flags);
    flags.client().hooks().on_config_changed(move |config| {
        let limit = config.evaluate("limit", None).unwrap().value().as_int().unwrap();
        told.send(limit).unwrap();
        if limit == 1 {
            setter.upgrade().unwrap().set("limit", 2);
        }
    });
    flags.set("limit", 1);
    flags.set("limit", 3);
    assert_eq!(limits.try_iter().collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn setting_within_an_evaluation_is_fine() {
    let flags = Arc::new(TestFlags::new([("limit", 0)]));
    let (setter, next) = (Arc::downgrade(&flags), AtomicI64::new(1));
    flags.client().hooks().on_flag_evaluated(move |_| {
        setter.upgrade().unwrap().set("limit", next.fetch_add(1, Ordering::SeqCst));
    });
    assert_eq!([(); 3].map(|()| flags.client().get_value("limit", -1, None)), [0, 1, 2]);
}

#[test]
fn evaluations_are_recorded_in_order() {
    let flags = TestFlags::new([("isNew", Value::from(true)), ("title", "Hello".into())]);
    let seen = Evaluations::of(flags.client());
    let user = User::new("42");
    flags.client().get_value("title", "", &user);
    flags.client().snapshot().get_value("isNew", false, None);
    flags.client().clone().get_value("isOld", false, None);
    flags.set("title", "Hi");
    flags.client().get_value("title", "", None);

    assert_eq!(seen.keys(), ["title", "isNew", "isOld", "title"]);
    assert_eq!(seen.all()[0].user, Some(user));
    assert_eq!(seen.last("title").unwrap().value, Value::from("Hi"));
    assert!(seen.last("isOld").unwrap().is_default_value());
    assert!(seen.last("other").is_none());
    assert_eq!((seen.len(), seen.take().len(), seen.is_empty()), (4, 4, true));
}
