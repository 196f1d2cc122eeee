//! Limits of one evaluation of any document: work, memory and text.

use std::time::{Duration, Instant};

use allocation_counter::measure;
use configcat_eval::{AttributeValue, Config, ErrorKind, Trace, User};
use serde_json::json;

use crate::{
    expensive::{self, Case, KEY},
    support::{document, flag, flag_if, hashed, is_u, parse, prerequisite},
};

/// The heap that a call may take beside the config, in bytes.
const MAX_HEAP: u64 = 16 << 20;
/// The time that a call may take: 50 ms on a quiet machine, and longer where others use it or
/// without optimization.
const MAX_TIME: Duration = Duration::from_millis(if cfg!(debug_assertions) { 10_000 } else { 1000 });

/// Does it with its heap and its time measured; again if it took long, since something else may
/// have been in the way.
fn within_limits<T>(name: &str, mut call: impl FnMut() -> T) -> T {
    let mut times = Vec::new();
    loop {
        let start = Instant::now();
        let mut result = None;
        let heap = measure(|| result = Some(call()));
        times.push(start.elapsed());
        assert!(heap.bytes_max < MAX_HEAP, "{name}: {} bytes", heap.bytes_max);
        if times.last().is_some_and(|time| *time < MAX_TIME) {
            return result.unwrap();
        }
        assert!(times.len() < 3, "{name}: {times:?}");
    }
}

fn check(Case { name, config, user }: &Case) {
    let silent =
        within_limits(name, || config.evaluate(KEY, user).map(|evaluation| evaluation.value().clone()));
    let trace = within_limits(name, || {
        let trace = config.explain(KEY, user);
        let text = trace.to_string();
        assert!(text.len() < (1 << 20) + (256 << 10) + 1000, "{name}: {} bytes", text.len());
        assert_eq!(text.contains("The rest is left out"), trace.is_cut(), "{name}");
        trace
    });
    assert_eq!(trace.result().map_err(Clone::clone), silent.as_ref().map_err(Clone::clone), "{name}");
    let (traced, _) = config.evaluate_with_trace(KEY, user);
    assert_eq!(traced.map(|evaluation| evaluation.value().clone()), silent, "{name}");
    match &silent {
        Ok(_) => assert!(trace.work() <= Config::MAX_WORK, "{name}: {}", trace.work()),
        Err(error) => assert_eq!(error.kind(), &ErrorKind::TooComplex, "{name}"),
    }
    assert_eq!(silent.is_ok(), expensive::WITHIN_BUDGET.contains(name), "{name}: {}", trace.work());
    assert!(trace.warnings().len() <= 101, "{name}");
    within_limits(name, || {
        let results = config.evaluate_all(user).map(|(_, result)| result.err());
        results.flatten().for_each(|error| assert_eq!(error.kind(), &ErrorKind::TooComplex, "{name}"));
    });
}

/// Checks every fourth of the cases, so that they run on several threads: without optimization they
/// take some 15 s of one core.
fn check_some(first: usize) {
    expensive::cases(first, 4).for_each(|case| check(&case));
}

#[test]
fn any_evaluation_has_limits_1() {
    check_some(0);
}

#[test]
fn any_evaluation_has_limits_2() {
    check_some(1);
}

#[test]
fn any_evaluation_has_limits_3() {
    check_some(2);
}

#[test]
fn any_evaluation_has_limits_4() {
    check_some(3);
}

/// Of the plan limits of the dashboard: 15,000 texts in a list, each of 255 characters.
#[test]
fn the_largest_list_of_a_real_config_is_well_below_the_budget() {
    let text = |n: usize| {
        let length = 1 + n % 250;
        format!("{}{n:05}{}", "é".repeat(length), "𝄞".repeat(250 - length))
    };
    let version = |n: usize| format!("1.0.0-{n:05}{}", "x".repeat(244));
    let hash = |n: usize| format!("{}_{n:064x}", 1 + n % 1000);
    let items = |item: &dyn Fn(usize) -> String| (0..15_000).map(item).collect::<Vec<_>>();
    for (comparators, items, attribute) in [
        (vec![0, 2, 30, 32, 34], items(&text), text(20_000)),
        (vec![4], items(&version), version(20_000)),
        (vec![16, 22, 24, 26], items(&hash), text(20_000)),
    ] {
        for comparator in comparators {
            let condition = json!({"u": {"a": "A", "c": comparator, "l": items}});
            let config = parse(&document(json!({"k": flag_if(json!([condition]))})));
            let value: AttributeValue = match comparator {
                26 | 34 => vec![&*attribute; 10].into(),
                _ => (&*attribute).into(),
            };
            let user = User::new("u").custom("A", value);
            let trace = config.explain("k", &user);
            assert_eq!(trace.result().unwrap(), &false.into(), "{comparator}");
            assert!(trace.work() < Config::MAX_WORK / 4, "{comparator}: {}", trace.work());
        }
    }
}

/// A setting with that many rules of several conditions, and a user that matches no rule.
#[test]
fn a_thousand_rules_are_far_below_the_budget() {
    let conditions = json!([
        {"u": {"a": "Email", "c": 33, "l": ["@example.org", "@example.net"]}},
        {"u": {"a": "Country", "c": 0, "l": vec!["HU"; 100]}},
        {"u": {"a": "Identifier", "c": 17, "l": [hashed("x")]}},
        {"u": {"a": "Identifier", "c": 28, "s": "nobody"}},
    ]);
    let rule = json!({"c": conditions, "s": {"v": {"b": true}}});
    let config = parse(&document(json!({"k": {"t": 0, "v": {"b": false}, "r": vec![rule; 1000]}})));
    let user = User::new("a-user").email("jane@example.com").country("HU");
    let trace = config.explain("k", &user);
    assert!(trace.result().is_ok() && trace.work() < Config::MAX_WORK / 20, "{}", trace.work());
}

#[test]
fn a_hash_of_the_same_text_and_salt_is_computed_once() {
    let work = |count: usize| {
        let condition = json!({"u": {"a": "Identifier", "c": 21, "s": hashed("x")}});
        let config = parse(&document(json!({"k": flag_if(json!(vec![condition; count]))})));
        config.explain("k", &User::new("u".repeat(10_000))).work()
    };
    assert!(work(1) > 40_000 && work(100) < work(1) + 100 * 200, "{} {}", work(1), work(100));
}

fn warned(trace: &Trace) -> (usize, usize, String) {
    let last = trace.warnings().last().map(ToString::to_string).unwrap_or_default();
    (trace.warnings().len(), trace.warnings_left_out(), last)
}

#[test]
fn a_hundred_warnings_are_given_and_the_others_counted() {
    for count in [1, 100, 101, 5000] {
        let rule = flag_if(json!([{"u": {"a": "A", "c": 28, "s": "x"}}]))["r"][0].clone();
        let config = parse(&document(json!({"k": {"t": 0, "v": {"b": false}, "r": vec![rule; count]}})));
        let trace = config.explain("k", &User::new("u"));
        let (given, left_out, last) = warned(&trace);
        if count > 100 {
            assert_eq!((given, left_out), (101, count - 100));
            assert_eq!(last, format!("and {left_out} more warnings of this evaluation, which are left out."));
            assert_eq!(trace.warnings()[100].id(), 3003);
        } else {
            assert_eq!((given, left_out), (count, 0));
        }
        assert!(
            trace.warnings()[..given.min(100)].iter().all(|warning| warning.to_string().contains("User.A"))
        );
    }
}

#[test]
fn a_long_warning_is_cut() {
    let condition = json!({"u": {"a": "A", "c": 28, "s": "é".repeat(1 << 20)}});
    let config = parse(&document(json!({"k": flag_if(json!([condition]))})));
    let trace = config.explain("k", &User::new("u"));
    assert!(trace.is_cut() && trace.warnings()[0].to_string().ends_with("é…"));
    assert!(trace.warnings()[0].to_string().len() < 300_000 && trace.to_string().len() < 600_000);
}

#[test]
fn a_long_log_is_cut_and_says_so() {
    let rules = |count: usize| {
        let condition = json!({"u": {"a": "Email", "c": 28, "s": "x".repeat(500)}});
        let rule = json!({"c": [condition], "s": {"v": {"b": true}}});
        parse(&document(json!({"k": {"t": 0, "v": {"b": false}, "r": vec![rule; count]}})))
    };
    let user = User::new("u").email("x");
    let whole = rules(1000).explain("k", &user);
    assert!(!whole.is_cut() && whole.evaluation().rules.len() == 1000);
    assert!(whole.to_string().ends_with("=> no match\n  Returning 'false'."));
    for count in [2000, 20_000] {
        let cut = rules(count).explain("k", &user);
        assert!(cut.is_cut() && cut.result().is_ok());
        let text = cut.to_string();
        assert!(text.ends_with(
            "\n  … The rest is left out: it is too long, or prerequisite flags go too deep.\n  Returning 'false'."
        ));
        assert!((900_000..(1 << 20) + 1000).contains(&text.len()), "{}", text.len());
    }
}

#[test]
fn a_long_value_is_cut() {
    let config = parse(&document(json!({"k": {"t": 1, "v": {"s": "x".repeat(300_000)}}})));
    let text = config.explain("k", None).to_string();
    assert!(text.ends_with("xxx…'.") && text.len() < 263_000);
    let config = parse(&document(json!({"k": {"t": 1, "v": {"s": "𝄞".repeat(65_535)}}})));
    assert!(config.explain("k", None).to_string().ends_with("𝄞𝄞𝄞'."));
}

#[test]
fn the_text_of_a_long_rule_is_cut() {
    let mut document = document(json!({"k": flag_if(json!(vec![json!({"s": {"s": 0, "c": 0}}); 1000]))}));
    document["s"] = json!([{"n": "S".repeat(4000), "r": [is_u()["u"]]}]);
    let config = parse(&document);
    let user = User::new("u");
    let heap = measure(|| {
        let text = config.evaluate("k", &user).unwrap().matched_rule_text().unwrap();
        assert!(text.starts_with("IF User IS IN SEGMENT 'SSS") && text.ends_with("S…"), "{}", text.len());
    });
    assert!(heap.bytes_max < 1 << 20, "{}", heap.bytes_max);
}

#[test]
fn a_call_for_all_settings_has_one_budget() {
    // Each costs a third of the budget.
    let segment = json!({"n": "S", "r": vec![json!({"a": "Email", "c": 29, "s": "x"}); 1000]});
    let rule = json!({"c": [{"s": {"s": 0, "c": 1}}], "s": {"v": {"b": true}}});
    let costly = json!({"t": 0, "v": {"b": false}, "r": vec![rule; 50]});
    let mut document = document(json!({"a": costly, "b": costly, "c": costly, "d": costly, "e": flag(true)}));
    document["s"] = json!([segment]);
    let config = parse(&document);
    let user = User::new("u").email("e");
    assert!(config.keys().all(|key| config.evaluate(key, &user).is_ok()));
    let results: Vec<_> = config.evaluate_all(&user).map(|(_, result)| result.is_ok()).collect();
    assert_eq!(results, [true, true, true, false, true]);
    // Settings that are passed cost nothing.
    assert!(config.evaluate_all(&user).nth(3).is_some_and(|(key, result)| key == "d" && result.is_ok()));
    assert!(config.evaluate_all(&user).nth(5).is_none());
    // The traces have one budget too, which is not that of the values.
    let mut all = config.evaluate_all(&user);
    let explained: Vec<_> = (0..4).map(|_| all.explain("a").result().is_ok()).collect();
    assert_eq!(explained, [true, true, true, false]);
    assert_eq!(all.map(|(_, result)| result.is_ok()).collect::<Vec<_>>(), results);
}

/// Settings that warn at several places, directly and through prerequisite flags.
#[test]
fn warnings_have_a_number() {
    let config = parse(&document(json!({
        "none": flag_if(json!([is_u()])),
        "a": flag_if(json!([{"u": {"a": "A", "c": 28, "s": "x"}}])),
        "b": flag_if(json!([{"u": {"a": "A", "c": 28, "s": "x"}}])),
        "n": flag_if(json!([{"u": {"a": "N", "c": 10, "d": 1}}])),
        "by a": flag_if(json!([prerequisite("a", &json!({"b": false})), prerequisite("b", &json!({"b": false}))])),
        "options": {"t": 0, "v": {"b": false}, "a": "A", "p": [{"p": 100, "v": {"b": true}}]},
        "twice": flag_if(json!([prerequisite("by a", &json!({"b": true})), prerequisite("a", &json!({"b": false}))])),
    })));
    let id = |key: &str, user: Option<&User>| {
        let id = config.evaluate(key, user).unwrap().warnings_id();
        assert_eq!(config.evaluate_with_trace(key, user).0.unwrap().warnings_id(), id);
        id
    };
    let (jane, john) = (User::new("u").custom("N", "x"), User::new("v").custom("N", "y"));
    let mut ids: Vec<u32> = config.keys().map(|key| id(key, Some(&jane))).collect();
    assert_eq!(ids, config.keys().map(|key| id(key, Some(&john))).collect::<Vec<_>>());
    ids.extend(config.keys().map(|key| id(key, None)));
    assert_eq!(ids.iter().filter(|id| **id == 0).count(), 1);
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "each place and kind has a number of its own");
    for user in [Some(&jane), None] {
        let all = config.evaluate_all(user).map(|(_, result)| result.unwrap().warnings_id());
        assert!(
            all.eq(config.keys().map(|key| id(key, user))),
            "also where prerequisites are evaluated once"
        );
    }
}
