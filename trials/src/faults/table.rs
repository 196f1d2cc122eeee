//! The matrix as a document.

use std::{fmt::Write, time::Duration};

use super::{Cell, MAX_INIT_WAIT, Mode, REQUEST_TIMEOUT, SLACK, State, cell::limit};

/// The matrix as Markdown: the same whenever the SDK does the same.
#[must_use]
pub fn document(cells: &[Cell]) -> String {
    let mut text = format!(
        "\
# What faults do to a client

Written by `cargo xtask faults`, and checked by a test: each fault of the network or the CDN, in each polling mode, on a client that is

- *cold*: has nothing yet,
- *warm by cache*: has an entry of an hour ago in its cache,
- *warm*: has fetched a config, and then the fault begins.

Here a request may take {} (request timeout), the first evaluation may wait {} (max init wait), and the interval is 1 s.
Three threads evaluate a flag until the client has met with the fault, in manual polling a fourth calls `force_refresh()`. The tables
show what a flag is then, how long a caller waited at most, and the requests until then; the threads that the client has, the
[events](../crates/configcat/src/docs/observing.rs) that were logged, and what `health()` says.

In no cell there was a panic, a config that was lost, or the SDK key in a log record, down to level trace. When the fault was over,
one refresh brought the config of that moment, in each cell; and no thread outlived its client.
",
        seconds(REQUEST_TIMEOUT),
        seconds(MAX_INIT_WAIT),
    );
    for mode in Mode::ALL {
        let _ = write!(
            text,
            "\n## {mode:?} polling\n\n\
             | fault | client | flag | waits | requests | threads | events | failures | ever succeeded |\n\
             |---|---|---|---:|---:|---:|---|---:|---|\n",
        );
        for cell in cells.iter().filter(|cell| cell.mode == mode) {
            row(&mut text, cell);
        }
    }
    text
}

fn row(text: &mut String, cell: &Cell) {
    let outcome = &cell.outcome;
    let name = if cell.state == State::Cold { cell.fault.name } else { "" };
    let state = match cell.state {
        State::Cold => "cold",
        State::WarmCache => "warm by cache",
        State::WarmMemory => "warm",
    };
    let of_fault = cell.fault.events(cell.state);
    let others = outcome.events.iter().filter(|event| !of_fault.contains(event));
    let either: Vec<String> = of_fault.iter().map(u64::to_string).collect();
    let mut events: Vec<String> = others.map(u64::to_string).collect();
    events.extend((!either.is_empty()).then(|| either.join(" or ")));
    let _ = writeln!(
        text,
        "| {name} | {state} | {} | ≤ {} | {} | {} | {} | {} | {} |",
        outcome.value,
        seconds(limit(cell.mode, cell.state, &cell.fault)),
        outcome.requests,
        outcome.workers,
        events.join(", "),
        outcome.failures,
        if outcome.has_succeeded { "yes" } else { "no" },
    );
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// What was measured, beside the bounds that [`document`] shows.
#[must_use]
pub fn summary(cells: &[Cell]) -> String {
    let mut text = format!("{} cells; longest waits of callers:\n", cells.len());
    for mode in Mode::ALL {
        let of_mode = || cells.iter().filter(|cell| cell.mode == mode);
        let slow = of_mode().filter(|cell| cell.fault.is_slow).map(|cell| cell.outcome.wait).max();
        let fast = of_mode().filter(|cell| !cell.fault.is_slow).map(|cell| cell.outcome.wait).max();
        let (slow, fast) = (slow.unwrap_or_default(), fast.unwrap_or_default());
        let _ = writeln!(
            text,
            "  {mode:?}: {slow:.0?} where the fault is slow, {fast:.0?} elsewhere; {:.0?} may be added to a limit",
            SLACK
        );
    }
    text
}
