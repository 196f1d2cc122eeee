//! The matrix as a document.

use std::fmt::Write;

use super::{
    Matrix, cache,
    cell::{Cell, INTERVAL, MAX_INIT_WAIT, Mode, REQUEST_TIMEOUT, SLACK, State, seconds},
    network, redirect, summary,
};

impl Matrix {
    /// Returns the matrix as Markdown. It has limits instead of measurements, so it changes only if
    /// the behavior of the SDK does.
    #[must_use]
    pub fn document(&self) -> String {
        let cells =
            [&self.network, &self.caches, &self.redirects, &self.transports, &self.again].map(Vec::len);
        let mut text = introduction(&summary::table(self), cells);
        for (introduction, columns, cells) in [
            (NETWORK, network::COLUMNS, &self.network),
            (CACHE, cache::COLUMNS, &self.caches),
            (REDIRECTION, redirect::COLUMNS, &self.redirects),
            (TRANSPORT, network::COLUMNS, &self.transports),
        ] {
            text += introduction;
            for mode in Mode::ALL {
                let _ = write!(text, "\n### {mode:?} polling\n\n| fault | client | {columns}\n");
                rows(&mut text, cells.iter().filter(|cell| cell.mode == mode));
            }
        }
        text
    }

    /// Returns the measured waits, which [`document`](Self::document) leaves out.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = String::new();
        for (axis, cells) in [
            ("network", &self.network),
            ("cache", &self.caches),
            ("redirection", &self.redirects),
            ("transport", &self.transports),
            ("network and redirection through a transport of the application", &self.again),
        ] {
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

fn introduction(summary: &str, cells: [usize; 5]) -> String {
    let [network, cache, redirection, transport, again] = cells;
    format!(
        "\
# What faults do to a client

In short: a client with flags keeps them, and its evaluations do not wait in auto polling. *Old* is the last config, *new* is a newer config
that arrives all the same, *moved* is the config of the named host, and *default* is the default value of the caller.

{summary}
`cargo xtask faults` writes this page, and a test compares it with the behavior of the SDK. In {network} cells the
[network](#faults-of-the-network) or the CDN fails, in {cache} the [cache](#faults-of-the-cache) fails, in {redirection} a config
[names a host](#faults-of-redirection) that fails, and in {transport} a [transport of the application](#faults-of-a-transport-of-your-own)
fails. In {again} more cells, the faults of the network and of redirection strike a client with a transport of the application that works.
A cell is a fault in one polling mode, with a client in one of three states:

- *cold*: the client has no config,
- *warm by cache*: its cache has an entry that was fetched an hour ago,
- *warm*: it has fetched a config before the fault begins.

The request timeout is {request}, the max init wait {init}, and the interval or TTL {interval}. Three threads evaluate a flag all the
time. In manual polling a fourth thread calls `force_refresh()`.

| | network | cache | redirection |
|---|---|---|---|
| waits | in auto polling at most the max init wait, with a config no wait; in lazy and manual polling at most one request timeout | the same | the same |
| flags | the last config stays in use; without a config, the default value | new configs come from the CDN; no flag returns to an older value | the config that names the host is used |
| polling | continues, with a longer wait after each failure | continues at its interval | continues at its interval |
| health | number of failures, and `last_error` | `cache_error`; at most one call and one thread at a time | the log and `last_error` name the host; no failure is counted |
| recovery | at the next refresh | the next refresh writes the cache again | at the next refresh; at the fourth if the host had served configs |

In each cell the test also checks that nothing panics, that no config is lost, that no value is older than the one before, that no log
record contains the SDK key (down to level trace), and that no thread outlives its client. The limits include {slack} for a busy machine.
",
        request = seconds(REQUEST_TIMEOUT),
        init = seconds(MAX_INIT_WAIT),
        interval = seconds(INTERVAL),
        slack = seconds(SLACK),
    )
}

const NETWORK: &str = "
## Faults of the network

The tables show the value of the flag after the client has met the fault, the longest wait of a caller, the number of requests until
then, the threads of the client, the logged [events](../crates/configcat/src/docs/observing.rs), and two fields of `health()`. In each
cell, one refresh after the fault brings the config of that moment.
";

const CACHE: &str = "
## Faults of the cache

The CDN works, and has a new config when the fault begins. In each cell the client gets that config, and the change after it at the next
poll, TTL or refresh, while the fault lasts. The tables show the longest wait of a caller, the time until all callers see the new config,
the threads of the client (`+ 1` is the thread that waits for the cache), the logged events, and whether `health()` has a `cache_error`.
In each cell

- there is never more than one call of the cache at a time,
- the next poll, TTL or refresh after the fault reads and writes the cache again, clears `cache_error`, and leaves no thread for the
  cache,
- `close()` returns within 0.1 s during the fault, and so does a refresh that is under way.

A client that starts with an old entry is not cold, so these faults have no such row. The client takes an entry that is dated in the
future for one that was fetched when it was first read, so the fetch comes one interval later.
";

const REDIRECTION: &str = "
## Faults of redirection

The config of the CDN names another host as base URL (`u` and `r` in its preferences; `r` is 2 unless the row says otherwise). The
tables show the value that the client gets: *new* from the config that names the host, *moved* from the host. In each cell the client sees
a further change at the next poll, TTL or refresh, and counts no fetch as failed. Then the CDN names the host no more: the client
recovers by itself within the time in the last column, and sends the host no more requests if it fails.

A client with a base URL, as here, follows only configs whose `r` is 2. Clients without a base URL also follow `r` 0 and 1. Their moves
are tested in `configcat-fetch` (`tests/it/redirects.rs`), since without a base URL a client asks ConfigCat's own CDN.
";

const TRANSPORT: &str = "
## Faults of a transport of your own

The client has a [transport](../crates/configcat/src/docs/options.rs) of the application, which fails. The columns are those of the faults
of the network. In each cell

- there is never more than one call of the transport at a time,
- one refresh after the fault brings the config of that moment, as soon as the last call has returned.

With a transport that works, here one over a socket of `std`, the faults of the network and of redirection have the effects of the tables
above, except for the numbers of requests: it has a connection for each request, and sends no request again.
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
