//! Prerequisite flags as deep as they may be, on the smallest stack that a thread has on any usual
//! platform.

use std::thread;

use configcat_eval::{Config, ErrorKind, User};
use serde_json::{Value as Json, json};

use crate::support::{document, flag, flag_if, is_u, parse, prerequisite};

/// Runs on a thread with a stack of 64 KiB. Overflow would abort the whole process.
pub(crate) fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(64 << 10).spawn(test).unwrap().join().unwrap();
}

fn is_on(key: usize) -> Json {
    prerequisite(&key.to_string(), &json!({"b": true}))
}

/// Flags `0` to `length`, each on if the next one is, each with a segment and several conditions.
fn chain(length: usize) -> Config {
    let mut settings = json!({length.to_string(): flag_if(json!([is_u(), {"s": {"s": 0, "c": 0}}]))});
    for n in 0..length {
        settings[n.to_string()] = flag_if(json!([is_u(), {"s": {"s": 0, "c": 0}}, is_on(n + 1)]));
    }
    let mut document = document(settings);
    document["s"] = json!([{"n": "S", "r": [is_u()["u"]]}]);
    parse(&document)
}

#[test]
fn the_deepest_chain_evaluates() {
    for length in [200, 201, 5000] {
        let config = chain(length);
        on_small_stack(move || {
            let user = User::new("u");
            let result = config.evaluate("0", &user);
            assert_eq!(result.is_ok(), length == 200);
            if let Err(error) = result {
                assert_eq!(error.kind(), &ErrorKind::TooDeep);
                assert_eq!(
                    error.to_string(),
                    "f.200.r[0].c[2].p: prerequisite flags go more than 200 levels deep"
                );
                drop((error.clone(), format!("{error:?}")));
            }
        });
    }
}

#[test]
fn all_settings_of_the_deepest_chain_evaluate() {
    for length in [200, 5000] {
        let config = chain(length);
        on_small_stack(move || {
            let user = User::new("u");
            let (on, failed): (Vec<_>, Vec<_>) =
                config.evaluate_all(&user).map(|(_, result)| result).partition(Result::is_ok);
            assert_eq!(on.len() + failed.len(), length + 1);
            assert!(failed.is_empty() || length > 200);
            let kinds = [ErrorKind::TooDeep, ErrorKind::TooComplex];
            assert!(failed.iter().all(|result| kinds.contains(result.as_ref().unwrap_err().kind())));
        });
    }
}

#[test]
fn a_trace_is_printed_copied_compared_and_dropped() {
    for length in [15, 16, 17, 200, 5000] {
        let config = chain(length);
        on_small_stack(move || {
            let user = User::new("u");
            let trace = config.explain("0", &user);
            assert_eq!(trace.result().is_ok(), length <= 200);
            assert_eq!(trace.is_cut(), length > 16);
            let copy = trace.clone();
            assert_eq!(copy.evaluation(), trace.evaluation());
            assert_eq!(copy.to_string(), trace.to_string());
            assert_eq!(trace.to_string().matches("Evaluating prerequisite flag '").count(), length.min(16));
            assert_eq!(trace.to_string().contains("The rest is left out"), length > 16);
            assert!(format!("{trace:?}").len() < 10_000 && format!("{trace:#?}").len() < 10_000);
            drop(trace);
            drop(copy);
        });
    }
}

#[test]
fn a_long_circle_is_an_error() {
    for length in [2, 200, 201, 5000] {
        let mut settings = json!({"other": flag(true)});
        for n in 0..length {
            settings[n.to_string()] = flag_if(json!([is_on((n + 1) % length)]));
        }
        let config = parse(&document(settings));
        on_small_stack(move || {
            let error = config.evaluate("0", None).unwrap_err();
            match error.kind() {
                ErrorKind::CircularDependency { path } => {
                    assert_eq!((path.len(), length <= 201), (length + 1, true))
                }
                kind => assert_eq!((kind, length > 201), (&ErrorKind::TooDeep, true)),
            }
            assert!(config.explain("0", None).to_string().ends_with("\n  Returning the default value."));
            drop((error.to_string(), format!("{error:#?}"), error.clone() == error));
            assert!(config.evaluate_all(None).filter(|(_, result)| result.is_ok()).count() == 1);
            drop(config.describe("0"));
        });
    }
}
