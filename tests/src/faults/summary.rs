//! The summary above the tables: a row for each kind of fault, computed from its cells.

use std::{collections::BTreeSet, fmt::Write};

use super::{
    Matrix,
    cell::{Cell, Mode, State},
    trial::NO_CONFIG,
};

const HEAD: &str = "\
| fault | flag of a running client | of a client that starts with an old cache | that starts with nothing | longest wait of a running client, auto polling | other waits | events |
|---|---|---|---|---:|---:|---|
";

/// The columns of an axis that the summary needs.
struct Columns {
    /// `None` if each cell gets the new config, so that its table has no such column.
    flag: Option<usize>,
    waits: usize,
    events: usize,
}

const NETWORK: Columns = Columns { flag: Some(0), waits: 1, events: 4 };
const CACHE: Columns = Columns { flag: None, waits: 0, events: 3 };
const REDIRECTION: Columns = Columns { flag: Some(0), waits: 1, events: 4 };

/// Returns the summary as a table.
pub(super) fn table(matrix: &Matrix) -> String {
    let of_network = |is_kind: fn(&BTreeSet<u64>) -> bool| {
        let is_kind = move |cell: &&Cell| is_kind(&events(cell, &NETWORK));
        matrix.network.iter().filter(is_kind).collect::<Vec<_>>()
    };
    let mut text = HEAD.to_owned();
    for (fault, cells, columns) in [
        ("the CDN cannot be reached", of_network(|events| *events == [1103].into()), &NETWORK),
        ("the CDN does not answer in time", of_network(|events| *events == [1102].into()), &NETWORK),
        (
            "the CDN answers with an error, or with something else than a config",
            of_network(|events| events.iter().any(|event| ![1102, 1103].contains(event))),
            &NETWORK,
        ),
        (
            "the cache fails or hangs",
            matrix.caches.iter().filter(|cell| cell.fault != "none").collect(),
            &CACHE,
        ),
        (
            "the host that a config names fails",
            matrix.redirects.iter().filter(|cell| !events(cell, &REDIRECTION).is_empty()).collect(),
            &REDIRECTION,
        ),
    ] {
        row(&mut text, fault, &cells, columns);
    }
    text
}

fn row(text: &mut String, fault: &str, cells: &[&Cell], columns: &Columns) {
    let _ = write!(text, "| {fault} ");
    for state in [State::WarmMemory, State::WarmCache, State::Cold] {
        let of_state = cells.iter().filter(|cell| cell.state == state);
        let flags: BTreeSet<&str> =
            of_state.map(|cell| columns.flag.map_or("new", |flag| column(cell, flag))).collect();
        let _ = write!(text, "| {} ", flags.into_iter().collect::<Vec<_>>().join(" or "));
    }
    let is_running = |cell: &Cell| cell.mode == Mode::Auto && cell.state == State::WarmMemory;
    for running in [true, false] {
        // All waits have the form `≤ 0.1 s` and less than ten seconds, so they sort as text.
        let of_clients = cells.iter().filter(|cell| is_running(cell) == running);
        let longest = of_clients.map(|cell| column(cell, columns.waits)).max();
        let _ = write!(text, "| {} ", longest.unwrap_or_default());
    }
    let events: BTreeSet<u64> = cells.iter().flat_map(|cell| events(cell, columns)).collect();
    let events: Vec<String> = events.iter().map(u64::to_string).collect();
    let _ = writeln!(text, "| {} |", events.join(", "));
}

fn column(cell: &Cell, index: usize) -> &str {
    cell.outcome.columns.get(index).map_or("", String::as_str)
}

/// Returns the events of the fault, without the missing config that the first evaluation meets.
fn events(cell: &Cell, columns: &Columns) -> BTreeSet<u64> {
    let words = column(cell, columns.events).split([',', ' ']);
    words.filter_map(|word| word.parse().ok()).filter(|event| *event != NO_CONFIG).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::cell::Outcome, *};

    fn cell(mode: Mode, state: State, fault: &'static str, columns: &[&str]) -> Cell {
        let columns = columns.iter().map(|&text| text.to_owned()).collect();
        Cell { mode, state, fault, outcome: Outcome { columns, ..Outcome::default() } }
    }

    #[test]
    fn a_row_has_all_flags_and_events_and_the_longest_waits_of_its_cells() {
        let network = vec![
            cell(Mode::Auto, State::Cold, "none", &["new", "≤ 0.1 s", "1", "1", ""]),
            cell(Mode::Auto, State::Cold, "silence", &["default", "≤ 0.3 s", "1", "1", "1000, 1102"]),
            cell(Mode::Lazy, State::WarmMemory, "silence", &["old", "≤ 0.4 s", "1", "1", "1102"]),
            cell(Mode::Auto, State::WarmMemory, "silence", &["old", "≤ 0.1 s", "1", "1", "1102"]),
            cell(Mode::Auto, State::WarmCache, "a gzip bomb", &["old", "≤ 0.3 s", "1", "1", "1102 or 1105"]),
            cell(Mode::Auto, State::WarmCache, "a circle", &["new", "≤ 0.1 s", "3", "1", "1104"]),
        ];
        let caches = vec![
            cell(Mode::Lazy, State::Cold, "none", &["≤ 9.9 s", "", "", "1000"]),
            cell(Mode::Lazy, State::Cold, "hangs", &["≤ 0.4 s", "", "", "2200"]),
        ];
        let table = table(&Matrix { network, caches, ..Matrix::default() });
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| the CDN cannot be reached |  |  |  |  |  |  |",
                "| the CDN does not answer in time | old |  | default | ≤ 0.1 s | ≤ 0.4 s | 1102 |",
                "| the CDN answers with an error, or with something else than a config |  | new or old |  |  | ≤ 0.3 s | 1102, 1104, 1105 |",
                "| the cache fails or hangs |  |  | new |  | ≤ 0.4 s | 2200 |",
                "| the host that a config names fails |  |  |  |  |  |  |",
            ]
        );
    }
}
