//! The calls whose instructions are counted, in the order of `instructions.txt`.

use std::{hint::black_box, sync::Arc};

use configcat::{Flag, User, cache::BoxError, config::Fingerprint, json::Json};
use configcat_eval::Config;
use log::{LevelFilter, Log, Metadata, Record};

use crate::{Counter, KEY, Meter, Ours, Workload, all_flags, client, documents::Kind, workloads};

/// Workloads that count what the shorter lists count, and take long to compile under valgrind.
const LEFT_OUT: [&str; 4] = ["W4-1000", "W4-100000", "W4b-one-of-1000", "W4b-starts-with-1000"];

/// A key that no workload has, of the length of the others.
const DELETED: &str = "isOldFeature12345";

/// Passes over all calls, of which the least counts. Each has other seeds of hash tables: with some
/// seeds two keys share a place, which costs up to 4 % of a call.
const ROUNDS: usize = 5;

/// Runs all calls.
///
/// # Errors
///
/// An evaluator cannot be built, or evaluators disagree.
pub fn run() -> Result<(), BoxError> {
    // Its level is off, except where logging is what is counted.
    log::set_logger(&Dropped { _size: 1 }).map_err(|error| error.to_string())?;
    (0..ROUNDS).try_for_each(|_| all())
}

fn all() -> Result<(), BoxError> {
    let counter = |workload: &str, calls| Counter { workload: workload.to_owned(), calls };
    for workload in workloads().iter().filter(|workload| !LEFT_OUT.contains(&workload.id.as_str())) {
        let ours = Ours::new(workload)?;
        ours.value()?;
        ours.single(&mut counter(&workload.id, 100));
        if ["W1", "W2"].contains(&workload.id.as_str()) {
            others(workload)?;
        }
    }
    texts()?;
    Ours::new(&all_flags())?.all(&mut counter("W5", 10));
    for kind in Kind::ALL {
        let document = kind.document(100_000);
        let mut counter = counter(&format!("load/{}/0.1MB", kind.name()), 5);
        counter.measure("eval", || Config::parse(&document).is_ok());
        counter.measure("fingerprint", || Fingerprint::of(&document));
    }
    Ok(())
}

/// The same text setting as a shared text, as a copied one, and as JSON that was parsed before.
fn texts() -> Result<(), BoxError> {
    let client = client(
        r#"{"f": {"limits": {"t": 1, "v": {"s": "[1, 2, 3]"}, "r": [
            {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "s": {"v": {"s": "[4, 5, 6]"}}}]}, "title": {"t": 1, "v": {"s": "[1, 2, 3]"}}}}"#,
    )?;
    let user = User::new("42").custom("Plan", "pro");
    for (name, key, user) in [("text", "title", None), ("text-rule", "limits", Some(&user))] {
        let mut counter = Counter { workload: name.to_owned(), calls: 100 };
        let shared: Flag<Arc<str>> = Flag::new(key, Arc::from(""));
        let copied: Flag<&str> = Flag::new(key, "");
        let json: Flag<Json<Vec<u64>>> = Flag::new(key, Json::new(Vec::new));
        counter.measure("shared", || client.get(&shared, user));
        counter.measure("copied", || client.get(&copied, user));
        counter.measure("json", || client.get(&json, user));
    }
    Ok(())
}

/// Calls beside those for a value, and for a value under observation.
fn others(workload: &Workload) -> Result<(), BoxError> {
    static SHARED: Flag<bool> = Flag::new(KEY, false);

    let counter = |call| Counter { workload: format!("{}-{call}", workload.id), calls: 100 };
    let (json, user) = (workload.json(), workload.user());
    let user = black_box(user.as_ref());
    let (client, newer) = (client(&json)?, client(&json)?);
    let get = || client.get_value(black_box(KEY), false, user);
    counter("missing").measure("client", || client.get_value(black_box(DELETED), false, user));
    counter("details").measure("client", || client.get_value_details(black_box(KEY), false, user));
    counter("snapshot").measure("client", || client.snapshot().get_value(black_box(KEY), false, user));
    counter("explain").measure("client", || client.explain(black_box(KEY), user));
    newer.get(&SHARED, user);
    counter("older-client").measure("flag", || client.get(&SHARED, user));
    log::set_max_level(LevelFilter::Info);
    counter("info").measure("client", get);
    log::set_max_level(LevelFilter::Off);
    let hook = client.hooks().on_flag_evaluated(|details| black_box(details.key.len()));
    counter("hook").measure("client", get);
    client.hooks().unsubscribe(hook);
    Ok(())
}

/// A logger that takes each record and drops it. Not without fields: that would look like a program
/// without a logger, whose first error is written to standard error.
struct Dropped {
    _size: u8,
}

impl Log for Dropped {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, _: &Record<'_>) {}

    fn flush(&self) {}
}
