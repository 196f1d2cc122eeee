//! The budgets: what each figure may be at most, or must be at least, relative to another one of
//! the same run.

use super::{figures::Figures, table::PEERS};

/// A figure, compared with another one, and the limit of the result.
struct Budget {
    name: String,
    figure: String,
    by: By,
    limit: Limit,
}

/// Comparison of a figure.
enum By {
    /// As it is.
    Nothing,
    /// Divided by another one.
    Ratio(String),
    /// As the difference to another one, divided by a unit.
    Beyond(String, f64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

/// The outcome of a budget; no ratio if it was not measured.
#[derive(Debug, PartialEq)]
pub(super) struct Verdict {
    name: String,
    limit: Limit,
    ratio: Option<f64>,
}

impl Verdict {
    pub(super) fn is_kept(&self) -> Option<bool> {
        self.ratio.map(|ratio| match self.limit {
            Limit::AtMost(limit) => ratio <= limit,
            Limit::AtLeast(limit) => ratio >= limit,
        })
    }
}

fn at_most(name: &str, figure: &str, by: &str, limit: f64) -> Budget {
    Budget { name: name.into(), figure: figure.into(), by: By::Ratio(by.into()), limit: Limit::AtMost(limit) }
}

fn at_least(name: &str, figure: &str, by: &str, limit: f64) -> Budget {
    Budget { limit: Limit::AtLeast(limit), ..at_most(name, figure, by, limit) }
}

fn alone(name: &str, figure: &str, limit: Limit) -> Budget {
    Budget { name: name.into(), figure: figure.into(), by: By::Nothing, limit }
}

fn budgets() -> Vec<Budget> {
    let mut all = vec![
        at_most("W1: client to floor", "W1/client", "W1/floor", 1.3),
        at_least("W1: official to client", "W1/official", "W1/client", 8.0),
        at_most("W1: flag to floor", "W1/flag", "W1/floor", 0.7),
        at_most("W2: client to floor", "W2/client", "W2/floor", 1.2),
        at_least("W2: official to client", "W2/official", "W2/client", 10.0),
        at_most("W3: client to floor", "W3/client", "W3/floor", 1.2),
    ];
    for (id, limit) in [
        ("W4-10", 1.2),
        ("W4-1000", 1.2),
        ("W4-100000", 1.2),
        ("semver", 1.2),
        ("W4b-one-of-10", 1.2),
        ("W4b-one-of-1000", 1.2),
        ("W4b-starts-with-10", 1.2),
        ("W4b-starts-with-1000", 1.2),
    ] {
        let [client, floor] = ["client", "floor"].map(|function| format!("{id}/{function}"));
        all.push(at_most(&format!("{id}: client to floor"), &client, &floor, limit));
    }
    for (longer, shorter, limit) in [
        ("W4-100000", "W4-10", 1.5),
        ("W4b-one-of-1000", "W4b-one-of-10", 1.5),
        ("W4b-starts-with-1000", "W4b-starts-with-10", 1.5),
        ("contains-1000", "contains-10", 4.0),
    ] {
        let [long, short] = [longer, shorter].map(|id| format!("{id}/client"));
        all.push(at_most(&format!("{longer} to {shorter}: client"), &long, &short, limit));
    }
    // `single` is a pass over the 1,000 flags, one after the other.
    all.push(at_most("W5: all values to 1,000 single ones", "W5/client", "W5/single", 1.0));
    for workload in ["W1", "W2"] {
        for (how, title) in [("quiet", ""), ("100-a-second", ", swapped 100 times a second")] {
            let figure = format!("threads/{workload}/client/{how}/ratio");
            all.push(alone(&format!("{workload}: two threads to one{title}"), &figure, Limit::AtLeast(1.9)));
        }
    }
    // A typed flag may never be slower than a look-up by key.
    for workload in ["W1", "W2", "W3", "W4-10", "semver"] {
        let [flag, client] = ["flag", "client"].map(|function| format!("{workload}/{function}"));
        all.push(at_most(&format!("{workload}: flag to client"), &flag, &client, 1.0));
    }
    all.push(at_most("W5: client to eval", "W5/client", "W5/eval", 1.2));
    all.extend(loading());
    all.push(alone("first flag from a file cache of 160 kB, in ms", "startup/auto/ms", Limit::AtMost(3.0)));
    all.push(at_most("crates: ours to official", "weight/ours/crates", "weight/official/crates", 0.6));
    // `bare` is HTTP and TLS alone, which no client can do without.
    all.push(beyond_bare("binary beyond bare, in MB", "bytes", 1e6, 0.6));
    all.push(beyond_bare("cold build beyond bare, in s", "seconds", 1.0, 8.0));
    all
}

fn beyond_bare(name: &str, what: &str, unit: f64, limit: f64) -> Budget {
    let [ours, bare] = ["ours", "bare"].map(|package| format!("weight/{package}/{what}"));
    Budget { name: name.into(), figure: ours, by: By::Beyond(bare, unit), limit: Limit::AtMost(limit) }
}

/// Time to `serde_json` at every size, and heap.
fn loading() -> Vec<Budget> {
    let mut all = Vec::new();
    for (kind, limit) in [("flags", 0.3), ("lists", 0.6)] {
        for size in ["0.1", "1", "10"] {
            let figure = |parser: &str| format!("load/{kind}/{size}MB/{parser}");
            let name = format!("load {size} MB of {kind}: time to");
            let time = figure("eval/ms");
            all.push(at_most(&format!("{name} serde_json"), &time, &figure("serde_json/ms"), limit));
            all.push(at_most(&format!("{name} official"), &time, &figure("official/ms"), 1.0));
            let peak = format!("load {size} MB of {kind}: peak heap to document");
            all.push(alone(&peak, &figure("eval/peak"), Limit::AtMost(2.0)));
        }
        let heap = |parser: &str| format!("load/{kind}/10MB/{parser}");
        let name = format!("load 10 MB of {kind}:");
        let live = format!("{name} live heap to document, with its text");
        all.push(alone(&live, &heap("client/live"), Limit::AtMost(3.0)));
    }
    all
}

/// Calls beside those for a value, compared with a value, for each workload that has them.
fn calls(figures: &Figures) -> Vec<Budget> {
    const LIMITS: [(&str, f64); 4] = [
        ("-missing/client", 2.0),
        ("-details/client", 3.0),
        ("-hook/client", 2.5),
        ("-older-client/flag", 1.0),
    ];
    let mut all = Vec::new();
    for (name, _) in figures.iter() {
        for (call, limit) in LIMITS {
            if let Some(workload) = name.strip_suffix(call) {
                let title = format!("{workload}: {} to client", call.trim_start_matches('-'));
                all.push(at_most(&title, name, &format!("{workload}/client"), limit));
            }
        }
    }
    all
}

/// Being ahead of each peer on each workload that it has.
fn ahead(figures: &Figures) -> Vec<Budget> {
    let mut all = Vec::new();
    for (name, _) in figures.iter() {
        let Some((id, peer)) = name.split_once('/') else { continue };
        if PEERS.contains(&peer) {
            all.push(at_least(&format!("{id}: {peer} to client"), name, &format!("{id}/client"), 1.0));
        }
    }
    all
}

/// Returns the outcomes of all budgets.
pub(super) fn check(figures: &Figures) -> Vec<Verdict> {
    let verdict = |budget: Budget| {
        let figure = figures.get(&budget.figure);
        let ratio = figure.and_then(|figure| match &budget.by {
            By::Nothing => Some(figure),
            By::Ratio(by) => Some(figure / figures.get(by)?),
            By::Beyond(by, unit) => Some((figure - figures.get(by)?) / unit),
        });
        Verdict { name: budget.name, limit: budget.limit, ratio }
    };
    budgets().into_iter().chain(calls(figures)).chain(ahead(figures)).map(verdict).collect()
}

/// The budgets as a table; those that were not measured are only counted.
pub(super) fn table(verdicts: &[Verdict]) -> String {
    let mut text = String::from("| budget | limit | measured | |\n|---|---:|---:|---|\n");
    let mut not_measured = 0;
    for verdict in verdicts {
        let (Some(ratio), Some(is_kept)) = (verdict.ratio, verdict.is_kept()) else {
            not_measured += 1;
            continue;
        };
        let limit = match verdict.limit {
            Limit::AtMost(limit) => format!("≤ {limit:.1}"),
            Limit::AtLeast(limit) => format!("≥ {limit:.1}"),
        };
        let is_kept = if is_kept { "ok" } else { "**MISSED**" };
        text += &format!("| {} | {limit} | {ratio:.2} | {is_kept} |\n", verdict.name);
    }
    let missed = verdicts.iter().filter(|verdict| verdict.is_kept() == Some(false)).count();
    text += &format!(
        "\n{} ok, {missed} missed, {not_measured} not measured.\n",
        verdicts.len() - missed - not_measured
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(figures: &str, name: &str) -> Option<bool> {
        let verdicts = check(&Figures::parse(figures).unwrap());
        verdicts.into_iter().find(|verdict| verdict.name == name).unwrap().is_kept()
    }

    #[test]
    fn budgets_are_kept_missed_or_not_measured() {
        let name = "W1: client to floor";
        assert_eq!(verdict("W1/client 39\nW1/floor 30", name), Some(true));
        assert_eq!(verdict("W1/client 40\nW1/floor 30", name), Some(false));
        assert_eq!(verdict("W1/client 40", name), None);
        let name = "W1: official to client";
        assert_eq!(verdict("W1/client 40\nW1/official 320", name), Some(true));
        assert_eq!(verdict("W1/client 40\nW1/official 319", name), Some(false));
        let name = "first flag from a file cache of 160 kB, in ms";
        assert_eq!(verdict("startup/auto/ms 2.5", name), Some(true));
    }

    #[test]
    fn weight_is_what_comes_beyond_the_bare_program() {
        let name = "binary beyond bare, in MB";
        assert_eq!(verdict("weight/bare/bytes 2000000\nweight/ours/bytes 2600000", name), Some(true));
        assert_eq!(verdict("weight/bare/bytes 2000000\nweight/ours/bytes 2610000", name), Some(false));
        assert_eq!(verdict("weight/ours/bytes 2610000", name), None);
    }

    #[test]
    fn other_calls_are_compared_with_a_value() {
        let name = "W2: details/client to client";
        assert_eq!(verdict("W2/client 50\nW2-details/client 150", name), Some(true));
        assert_eq!(verdict("W2/client 50\nW2-details/client 151", name), Some(false));
    }

    #[test]
    fn peers_must_be_slower_where_they_are_measured() {
        let name = "W4-10: eppo to client";
        assert_eq!(verdict("W4-10/client 50\nW4-10/eppo 49", name), Some(false));
        assert!(!check(&Figures::default()).iter().any(|verdict| verdict.name == name));
    }

    #[test]
    fn the_table_tells_each_verdict_and_counts() {
        let verdicts = [("a", Some(1.26)), ("b", Some(1.4)), ("c", None)].map(|(name, ratio)| Verdict {
            name: name.into(),
            limit: Limit::AtMost(1.3),
            ratio,
        });
        assert_eq!(
            table(&verdicts),
            "| budget | limit | measured | |\n|---|---:|---:|---|\n| a | ≤ 1.3 | 1.26 | ok |\n\
             | b | ≤ 1.3 | 1.40 | **MISSED** |\n\n1 ok, 1 missed, 1 not measured.\n",
        );
    }
}
