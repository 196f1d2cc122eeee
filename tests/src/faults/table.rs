//! The matrix as a document.

use std::fmt::Write;

use super::{
    Matrix, cache,
    cell::{Cell, INTERVAL, MAX_INIT_WAIT, Mode, REQUEST_TIMEOUT, SLACK, State, seconds},
    network, redirect,
};

impl Matrix {
    /// The matrix as Markdown: the same whenever the SDK does the same.
    #[must_use]
    pub fn document(&self) -> String {
        let mut text = introduction([&self.network, &self.caches, &self.redirects].map(Vec::len));
        for (introduction, columns, cells) in [
            (NETWORK, network::COLUMNS, &self.network),
            (CACHE, cache::COLUMNS, &self.caches),
            (REDIRECTION, redirect::COLUMNS, &self.redirects),
        ] {
            text += introduction;
            for mode in Mode::ALL {
                let _ = write!(text, "\n### {mode:?} polling\n\n| fault | client | {columns}\n");
                rows(&mut text, cells.iter().filter(|cell| cell.mode == mode));
            }
        }
        text
    }

    /// The measurements, beside the limits that [`document`](Self::document) shows.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = String::new();
        for (axis, cells) in
            [("network", &self.network), ("cache", &self.caches), ("redirection", &self.redirects)]
        {
            let _ = writeln!(text, "{axis}: {} cells; longest waits of callers:", cells.len());
            for mode in Mode::ALL {
                let longest = |is_slow| {
                    let cells =
                        cells.iter().filter(|cell| cell.mode == mode && cell.outcome.is_slow == is_slow);
                    cells.map(|cell| cell.outcome.wait).max().unwrap_or_default()
                };
                let (slow, fast) = (longest(true), longest(false));
                let _ =
                    writeln!(text, "  {mode:?}: {slow:.0?} where the fault is slow, {fast:.0?} elsewhere");
            }
        }
        let _ = writeln!(text, "{SLACK:.0?} may be added to a limit");
        text
    }
}

fn introduction(cells: [usize; 3]) -> String {
    let [network, cache, redirection] = cells;
    format!(
        "\
# What faults do to a client

Written by `cargo xtask faults`, and checked by a test: {network} cells in which the [network](#faults-of-the-network) or the CDN fails,
{cache} in which the [cache](#faults-of-the-cache) does, and {redirection} in which a config [names a host](#faults-of-redirection) that
fails. A cell is a fault, in one polling mode, on a client that is

- *cold*: has nothing yet,
- *warm by cache*: has an entry of an hour ago in its cache,
- *warm*: has fetched a config, and then the fault begins.

Here a request may take {request} (request timeout), the first evaluation may wait {init} (max init wait), and the interval or TTL is
{interval}. Three threads evaluate a flag all the time; in manual polling a fourth calls `force_refresh()`.

| | network | cache | redirection |
|---|---|---|---|
| waits | in auto polling at most the max init wait, and not at all with a config; else at most one request timeout | the same | the same |
| flags | the last config stays; without one, the default | new configs come from the CDN, and no flag goes back | the config that names the host is used |
| polling | goes on, later after each failure | goes on at its interval | goes on at its interval |
| health | failures and the last error | `cache_error`; one call and one thread at a time at most | the log and `last_error` name the host; no failure counts |
| recovery | the next refresh brings the config | the next refresh writes the cache again | the next refresh; from a host that had served configs, the fourth |

In no cell there was a panic, a config that was lost, a value older than one before, or the SDK key in a log record, down to level trace.
No thread outlived its client. The limits below include {slack} for a busy machine.
",
        request = seconds(REQUEST_TIMEOUT),
        init = seconds(MAX_INIT_WAIT),
        interval = seconds(INTERVAL),
        slack = seconds(SLACK),
    )
}

const NETWORK: &str = "
## Faults of the network

The tables show the flag when the client has met with the fault, how long a caller waited at most, and the requests until then; the
threads that the client has, the [events](../crates/configcat/src/docs/observing.rs) that were logged, and what `health()` says. When
the fault was over, one refresh brought the config of that moment, in each cell.
";

const CACHE: &str = "
## Faults of the cache

The CDN works, and has a new config when the fault begins. In each cell the client gets it, and the change after that at the next
poll, TTL or refresh, while the fault lasts. The tables show how long a caller waited at most, and when all saw the new config; the
threads of the client, and of them the one that calls the cache and is kept by it; the events, and whether `health()` has a
`cache_error`. In each cell

- there was never more than one call of the cache at a time,
- the cache was used and written again at the next poll, TTL or refresh after the fault, `cache_error` was gone, and no thread for the
  cache was left,
- `close()` returned within 0.1 s during the fault, and so did the refresh that was under way.

A client that starts with an old entry is not cold, so these faults have no such row. An entry that is dated in the future counts as
fetched when it was read for the first time, so the fetch comes an interval later.
";

const REDIRECTION: &str = "
## Faults of redirection

The config of the CDN names another host as base URL (`u` and `r` in its preferences; `r` is 2 if the row says nothing else). The
tables show the flag that the client gets: *new* from the config that names the host, *moved* from the host. In each cell a further
change of that config was seen at the next poll, TTL or refresh, and no fetch counted as failed. Then the CDN names the host no more: the
client recovers by itself in the time that the last column shows, and does not ask the host again if it fails.

A client with a base URL, as here, follows only configs whose `r` is 2. The moves of clients without one, for which `r` 0 and 1 count
too, are in the tests of `configcat-fetch` (`tests/it/redirects.rs`), since no option of the client leads to a CDN that is not ConfigCat's.
";

fn rows<'a>(text: &mut String, cells: impl Iterator<Item = &'a Cell>) {
    let mut last = "";
    for cell in cells {
        let name = if cell.fault == last { "" } else { cell.fault };
        last = cell.fault;
        let state = match cell.state {
            State::Cold => "cold",
            State::WarmCache => "warm by cache",
            State::WarmMemory => "warm",
        };
        let _ = writeln!(text, "| {name} | {state} | {} |", cell.outcome.columns.join(" | "));
    }
}
