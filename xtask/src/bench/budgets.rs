//! The budgets: what each figure may be at most, or must be at least, relative to another one of
//! the same run.

use super::{figures::Figures, table::PEERS};

/// A figure divided by another one, or by 1 if there is no other, and the limit of that ratio.
struct Budget {
    name: String,
    figure: String,
    by: Option<String>,
    limit: Limit,
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
    Budget { name: name.into(), figure: figure.into(), by: Some(by.into()), limit: Limit::AtMost(limit) }
}

fn at_least(name: &str, figure: &str, by: &str, limit: f64) -> Budget {
    Budget { limit: Limit::AtLeast(limit), ..at_most(name, figure, by, limit) }
}

fn alone(name: &str, figure: &str, limit: Limit) -> Budget {
    Budget { name: name.into(), figure: figure.into(), by: None, limit }
}

fn budgets() -> Vec<Budget> {
    let mut all = vec![
        at_most("W1: client to floor", "W1/client", "W1/floor", 1.3),
        at_least("W1: official to client", "W1/official", "W1/client", 8.0),
        at_most("W1: flag to floor", "W1/flag", "W1/floor", 0.7),
        at_most("W2: client to floor", "W2/client", "W2/floor", 1.5),
        at_least("W2: official to client", "W2/official", "W2/client", 10.0),
        at_most("W3: client to floor", "W3/client", "W3/floor", 1.2),
    ];
    for (id, limit) in [
        ("W4-10", 1.5),
        ("W4-1000", 1.5),
        ("W4-100000", 1.5),
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
    for (kind, limit) in [("flags", 0.4), ("lists", 0.9)] {
        for size in ["0.1", "1", "10"] {
            let figure = |parser: &str| format!("load/{kind}/{size}MB/{parser}");
            let what = format!("load {size} MB of {kind}");
            let [time, by_time] = ["eval", "serde_json"].map(|parser| figure(&format!("{parser}/ms")));
            all.push(at_most(&format!("{what}: time to serde_json"), &time, &by_time, limit));
            let peak = format!("{what}: peak heap to document");
            all.push(alone(&peak, &figure("eval/peak"), Limit::AtMost(2.0)));
        }
        let live = format!("load 10 MB of {kind}: live heap to document, with its text");
        all.push(alone(&live, &format!("load/{kind}/10MB/client/live"), Limit::AtMost(3.0)));
    }
    all.push(alone("first flag from a file cache of 160 kB, in ms", "startup/auto/ms", Limit::AtMost(3.0)));
    for what in ["crates", "bytes", "seconds"] {
        let [ours, official] = ["ours", "official"].map(|package| format!("weight/{package}/{what}"));
        all.push(at_most(&format!("{what}: ours to official"), &ours, &official, 0.6));
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
        let divisor = budget.by.map_or(Some(1.0), |by| figures.get(&by));
        let ratio = figures.get(&budget.figure).zip(divisor).map(|(figure, by)| figure / by);
        Verdict { name: budget.name, limit: budget.limit, ratio }
    };
    budgets().into_iter().chain(ahead(figures)).map(verdict).collect()
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
