//! Target of expensive documents and users: no evaluation may exceed its limits of memory, work,
//! text and time.

use std::time::{Duration, Instant};

use allocation_counter::measure;
use configcat_eval::{AttributeValue, Config, ErrorKind, Trace, User};
use serde_json::{Value as Json, json};

use crate::{choices::Choices, documents, users};

/// The heap of a call beside the config and the user, in bytes. `fuzz/README.md` states this limit.
const MAX_HEAP: u64 = 16 << 20;
/// The most that the budget may be exceeded by, in bytes. The work is checked between comparisons,
/// so the last one may exceed it by its own cost, which is at most this for these users.
const MAX_EXCESS: u64 = 4 << 20;
/// The limit of a call, on a busy machine and without optimization.
const MAX_TIME: Duration = Duration::from_secs(4);
/// The longest log, in bytes: 1 MiB of steps, a value of 256 KiB, and the text around them.
const MAX_LOG: usize = (1 << 20) + (256 << 10) + 1000;
/// The longest document without its last setting, in bytes. A larger one would make a run slow.
const MAX_DOCUMENT: usize = 512 << 10;

/// Checks the input as a document if it begins with a brace, else as decisions on a large document
/// and users.
pub fn cost(input: &[u8]) {
    if input.first() == Some(&b'{') {
        check(input, &users::some_users());
        return;
    }
    let mut choices = Choices::new(input);
    let users = [user(&mut choices)];
    check(document(&mut choices).as_bytes(), &users);
}

fn check(json: &[u8], users: &[User]) {
    let Ok(config) = Config::parse(json) else { return };
    for user in users.iter().map(Some).chain([None]) {
        for key in config.keys().take(2) {
            let silent =
                within_limits(|| config.evaluate(key, user).map(|evaluation| evaluation.value().clone()));
            let trace = within_limits(|| {
                let trace = config.explain(key, user);
                check_text(&trace);
                trace
            });
            assert_eq!(silent.as_ref(), trace.result(), "{key}");
            if silent.is_ok() {
                assert!(trace.work() <= Config::MAX_WORK + MAX_EXCESS, "{key}: {}", trace.work());
            }
            drop((trace.clone(), format!("{trace:?}").len()));
        }
        within_limits(|| config.evaluate_all(user).filter(|(_, result)| result.is_ok()).count());
        check_all(&config, user);
    }
}

/// Checks that evaluating all settings gives the value of each one alone, unless the budget is
/// exceeded.
fn check_all(config: &Config, user: Option<&User>) {
    let is_too_much = |kind: &ErrorKind| matches!(kind, ErrorKind::TooComplex | ErrorKind::TooDeep);
    let mut all = config.evaluate_all(user).take(3).collect::<Vec<_>>().into_iter();
    let few = all.by_ref().map(|(key, together)| (together, config.evaluate(key, user)));
    for (together, alone) in few {
        match (together, alone) {
            (Ok(together), Ok(alone)) => {
                assert_eq!(format!("{together:?}"), format!("{alone:?}"));
                assert_eq!(together.warnings_id(), alone.warnings_id(), "{alone:?}");
            }
            (Err(together), Err(alone)) => {
                let is_too_much = is_too_much(together.kind()) || is_too_much(alone.kind());
                assert!(together == alone || is_too_much, "{together}, alone {alone}");
            }
            (Err(error), Ok(_)) | (Ok(_), Err(error)) => assert!(is_too_much(error.kind()), "{error}"),
        }
    }
}

fn check_text(trace: &Trace) {
    let text = trace.to_string();
    assert!(text.len() < MAX_LOG, "{} bytes", text.len());
    assert!(trace.warnings().len() <= 100 + usize::from(trace.warnings_left_out() > 0));
}

/// Runs the call, and counts its heap. Repeats a call that took long, since other work may have
/// delayed it.
fn within_limits<T>(mut call: impl FnMut() -> T) -> T {
    for _ in 0..2 {
        let start = Instant::now();
        let (result, heap) = counted(&mut call);
        assert!(heap < MAX_HEAP, "{heap} bytes");
        if start.elapsed() < MAX_TIME {
            return result;
        }
    }
    let start = Instant::now();
    let result = call();
    assert!(start.elapsed() < MAX_TIME, "{:?}", start.elapsed());
    result
}

fn counted<T>(call: &mut impl FnMut() -> T) -> (T, u64) {
    let mut result = None;
    let heap = measure(|| result = Some(call()));
    (result.expect("it was called"), heap.bytes_max)
}

/// Returns a power of two, or 0.
fn size(choices: &mut Choices<'_>, most: u32) -> usize {
    let power = choices.below(most as usize + 2);
    if power == 0 { 0 } else { 1 << (power - 1) }
}

/// Returns a text that is sometimes long, and slow to search.
fn text(choices: &mut Choices<'_>, most: u32) -> String {
    let part = choices.text();
    let length = size(choices, most);
    let mut text = part.repeat(length / part.len().max(1));
    text.push_str(&choices.text());
    text
}

fn attribute(choices: &mut Choices<'_>) -> AttributeValue {
    match choices.below(8) {
        0..=3 => text(choices, 17).into(),
        4 => {
            let item = text(choices, 6);
            vec![item; size(choices, 12)].into()
        }
        5 => {
            let item = text(choices, 6);
            json!(vec![item; size(choices, 12)]).to_string().into()
        }
        6 => format!("1.0.0-{}", text(choices, 15).replace(|c: char| !c.is_ascii_alphanumeric(), "-")).into(),
        _ => users::attribute(choices),
    }
}

fn user(choices: &mut Choices<'_>) -> User {
    let user = User::new(attribute(choices)).email(attribute(choices)).custom("A", attribute(choices));
    let user = user.custom("B", attribute(choices));
    (0..size(choices, 8)).fold(user, |user, n| user.custom(format!("attribute {n}"), "x"))
}

fn condition(choices: &mut Choices<'_>, settings: usize, segments: usize, at: usize) -> Json {
    match choices.below(4) {
        0 | 1 => json!({"u": user_condition(choices)}),
        2 => json!({"s": {"s": choices.below(segments.max(1)), "c": choices.below(2)}}),
        _ => {
            // Mostly a later setting, since a circle ends the evaluation early.
            let later = at + 1 + choices.below(2);
            let key = if choices.once_in(32) { choices.below(settings) } else { later };
            json!({"p": {"f": format!("c{key}"), "c": choices.below(2), "v": {"b": choices.below(2) == 0}}})
        }
    }
}

fn user_condition(choices: &mut Choices<'_>) -> Json {
    let mut condition = documents::user_condition(choices);
    if choices.below(2) == 0 {
        let attribute = choices.pick(&["Identifier", "A", "B", "none"]);
        let items = size(choices, 10);
        let item = text(choices, 8);
        condition = json!({
            "a": attribute, "c": choices.below(36), "d": 1, "s": text(choices, 14),
            "l": (0..items).map(|n| format!("{}_{item}{n}", n + 1)).collect::<Vec<_>>(),
        });
    }
    condition
}

fn setting(choices: &mut Choices<'_>, settings: usize, segments: usize, at: usize) -> String {
    let rules: Vec<String> = choices
        .list(4, |choices| {
            let conditions = choices.list(4, |choices| condition(choices, settings, segments, at));
            let rule = match choices.below(4) {
                0..=2 => json!({"c": conditions, "s": {"v": {"b": choices.below(2) == 0}}}),
                _ => json!({"c": conditions, "p": [{"p": choices.below(101), "v": {"b": true}}, {"p": 100, "v": {"b": false}}]}),
            };
            let rule = rule.to_string();
            let count = size(choices, 12).clamp(1, 1 + MAX_DOCUMENT / 8 / rule.len());
            vec![rule; count].join(",")
        });
    format!(
        r#"{{"t": 0, "v": {{"b": {}}}, "a": "{}", "r": [{}]}}"#,
        choices.below(2) == 0,
        choices.pick(&["Identifier", "A", "none"]),
        rules.join(",")
    )
}

fn document(choices: &mut Choices<'_>) -> String {
    let salt = "s".repeat(size(choices, 12));
    let segments = choices.list(4, |choices| {
        let name = "n".repeat(size(choices, 12));
        let conditions = choices.list(4, user_condition);
        let count = size(choices, 8);
        json!({"n": name, "r": conditions.iter().cycle().take(count.min(conditions.len() * 64)).collect::<Vec<_>>()})
    });
    let count = 1 + choices.below(255);
    let mut settings = String::new();
    for at in 0..count {
        let is_full = settings.len() > MAX_DOCUMENT;
        let setting = if is_full {
            r#"{"t": 0, "v": {"b": true}}"#.into()
        } else {
            setting(choices, count, segments.len(), at)
        };
        settings.push_str(&format!("{}\"c{at}\": {setting}", if at > 0 { "," } else { "" }));
    }
    format!(r#"{{"p": {}, "s": {}, "f": {{{settings}}}}}"#, json!({"s": salt}), json!(segments))
}
