//! Measurements beside a value: a missing key, several clients, details, snapshots, traces, hooks
//! and the evaluation log.

use std::hint::black_box;

use configcat::{Client, Flag, cache::BoxError};
use criterion::Criterion;
use log::{LevelFilter, Metadata, Record};

use crate::{KEY, Workload, client};

/// The workloads that are measured with observers: without a rule, with a rule, and with a hash.
pub const OBSERVED: [&str; 3] = ["W1", "W2", "W3"];

/// A key that no workload has, of the length of the others.
pub const DELETED: &str = "isOldFeature12345";

/// A logger that takes each record and drops it.
struct Dropped;

impl log::Log for Dropped {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, _: &Record<'_>) {}

    fn flush(&self) {}
}

/// Switches the evaluation log on or off, for a logger that drops it.
pub fn log_evaluations(is_on: bool) {
    // Set by the first call. No other logger is in these programs.
    let _ = log::set_logger(&Dropped);
    log::set_max_level(if is_on { LevelFilter::Info } else { LevelFilter::Off });
}

/// Measures each way to evaluate the setting of a workload, each in a group of its own, beside
/// `official`: functions of the groups `details`, `missing` and `info` that are measured there.
///
/// # Errors
///
/// A client cannot be built.
pub fn observed(
    criterion: &mut Criterion,
    workload: &Workload,
    official: impl Fn(&str, &mut crate::Group<'_>),
) -> Result<(), BoxError> {
    static SHARED: Flag<bool> = Flag::new(KEY, false);

    let (json, user) = (workload.json(), workload.user());
    let user = user.as_ref();
    let (one, newer) = (client(&json)?, client(&json)?);
    newer.get(&SHARED, user);
    let get = |client: &Client| client.get_value(black_box(KEY), false, black_box(user));
    let mut measure = |name: &str, function: &str, run: &dyn Fn()| {
        let mut group = criterion.benchmark_group(format!("{}-{name}", workload.id));
        group.bench_function(function, |bencher| bencher.iter(run));
        official(name, &mut group);
        group.finish();
    };
    measure("missing", "client", &|| {
        black_box(one.get_value(black_box(DELETED), false, black_box(user)));
    });
    measure("older-client", "flag", &|| {
        black_box(one.get(black_box(&SHARED), black_box(user)));
    });
    measure("details", "client", &|| {
        black_box(one.get_value_details(black_box(KEY), false, black_box(user)));
    });
    measure("details-missing", "client", &|| {
        black_box(one.get_value_details(black_box(DELETED), false, black_box(user)));
    });
    measure("snapshot", "client", &|| {
        black_box(one.snapshot().get_value(black_box(KEY), false, black_box(user)));
    });
    measure("explain", "client", &|| {
        black_box(one.explain(black_box(KEY), black_box(user)));
    });
    let hook = one.hooks().on_flag_evaluated(|details| black_box(details.value.as_bool()));
    measure("hook", "client", &|| _ = black_box(get(&one)));
    one.hooks().unsubscribe(hook);
    log_evaluations(true);
    measure("info", "client", &|| _ = black_box(get(&one)));
    log_evaluations(false);
    Ok(())
}
