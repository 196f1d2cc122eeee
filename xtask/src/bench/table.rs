//! The tables of what was measured.

use super::figures::Figures;

/// Other SDKs as the benchmarks call them, and in which version.
pub(super) const PEERS: [&str; 4] = ["official", "unleash", "launchdarkly", "eppo"];

const OWN: [&str; 4] = ["floor", "eval", "client", "flag"];

const WORKLOADS: [(&str, &str); 16] = [
    ("W1", "bool, no rules, no user, true"),
    ("W1-off", "the same, false"),
    ("W1k", "that of W1 among 1,000 flags"),
    ("W2", "email ends with, matches"),
    ("W3", "50/50 on the identifier"),
    ("W4-10", "is one of 10, miss"),
    ("W4-1000", "… of 1,000"),
    ("W4-100000", "… of 100,000"),
    ("W4b-one-of-10", "hashed is one of 10"),
    ("W4b-one-of-1000", "… of 1,000"),
    ("W4b-starts-with-10", "hashed starts with any of 10"),
    ("W4b-starts-with-1000", "… of 1,000"),
    ("contains-10", "contains any of 10"),
    ("contains-1000", "… of 1,000"),
    ("semver", "version less than"),
    ("W5", "all 1,000 flags for one user"),
];

/// The calls beside those for a value, and for a value under observation. The id of such a row is
/// that of a workload, and one of these.
const CALLS: [(&str, &str); 8] = [
    ("details-missing", "`get_value_details` of a key that the config does not have"),
    ("missing", "a key that the config does not have"),
    ("older-client", "a typed flag, by the client of two that has used it before the other"),
    ("details", "`get_value_details`"),
    ("snapshot", "`snapshot()` and a value of it"),
    ("explain", "`explain`"),
    ("hook", "a value, with a hook for evaluations"),
    ("info", "a value, logged at level `info` to a logger that drops it"),
];

/// Times of evaluations in ns, and what they are relative to each other.
pub(super) fn evaluations(figures: &Figures) -> String {
    let mut text = times(figures, "workload", WORKLOADS.map(|(id, title)| (id.to_owned(), title)).into());
    let calls = calls(figures);
    if !calls.is_empty() {
        text += &format!("\n{}", times(figures, "other call", calls));
    }
    text + "\nA row in which another SDK is ahead of the client is marked: **behind**.\n"
}

/// The rows of other calls that were measured, with their titles if they have some.
fn calls(figures: &Figures) -> Vec<(String, &'static str)> {
    let mut calls: Vec<(String, &str)> = Vec::new();
    for (name, _) in figures.iter() {
        let Some((id, function)) = name.split_once('/') else { continue };
        let is_time = OWN.contains(&function) || PEERS.contains(&function);
        let is_known =
            WORKLOADS.iter().any(|(known, _)| *known == id) || calls.iter().any(|(known, _)| known == id);
        if is_time && !is_known {
            let title = CALLS.iter().find(|(call, _)| id.ends_with(call)).map_or("", |(_, title)| title);
            calls.push((id.to_owned(), title));
        }
    }
    calls
}

/// A table of times in ns, with a column for each function that was measured.
fn times(figures: &Figures, heading: &str, rows: Vec<(String, &str)>) -> String {
    let is_measured =
        |function: &&str| rows.iter().any(|(id, _)| figures.get(&format!("{id}/{function}")).is_some());
    let functions: Vec<&str> = OWN.into_iter().chain(PEERS).filter(is_measured).collect();
    let ratios = [("client", "floor"), ("flag", "floor"), ("official", "client")];
    let ratios: Vec<_> = ratios.into_iter().filter(|(a, b)| is_measured(a) && is_measured(b)).collect();
    let titles = functions.iter().map(|function| (*function).to_owned());
    let titles: Vec<String> = titles.chain(ratios.iter().map(|(a, b)| format!("{a} / {b}"))).collect();
    let mut text = format!(
        "| {heading} | | {} | ahead |\n|---|---|{}---|\n",
        titles.join(" | "),
        "---:|".repeat(titles.len()),
    );
    for (id, title) in &rows {
        let time = |function: &str| figures.get(&format!("{id}/{function}"));
        let times = functions.iter().map(|function| cell(time(function), nanoseconds));
        let ratios = ratios
            .iter()
            .map(|(a, b)| cell(time(a).zip(time(b)).map(|(a, b)| a / b), |ratio| format!("{ratio:.2}")));
        let cells: Vec<String> = times.chain(ratios).collect();
        let ahead = ahead(time("client").or(time("flag")), PEERS.map(|peer| (peer, time(peer))).into_iter());
        text += &format!("| {id} | {title} | {} | {ahead} |\n", cells.join(" | "));
    }
    text
}

/// Returns which SDK has the least figure; nothing if there is nothing to compare.
fn ahead<'a>(ours: Option<f64>, peers: impl Iterator<Item = (&'a str, Option<f64>)>) -> String {
    let peers = peers.filter_map(|(peer, figure)| Some((peer, figure?)));
    let (Some(ours), Some((peer, best))) = (ours, peers.min_by(|(_, a), (_, b)| a.total_cmp(b))) else {
        return "–".to_owned();
    };
    if ours <= best { "ours".to_owned() } else { format!("**behind** {peer}") }
}

/// The times of loading, a row for each document.
fn loading(figures: &Figures) -> String {
    let mut documents: Vec<&str> = Vec::new();
    for document in figures.below("load/").filter_map(|(name, _)| name.strip_suffix("/eval/ms")) {
        if !documents.contains(&document) {
            documents.push(document);
        }
    }
    if documents.is_empty() {
        return String::new();
    }
    let mut text =
        "| loading, ms | serde_json | ours | official | ours / serde_json | ours / official | ahead |\n\
                    |---|---:|---:|---:|---:|---:|---|\n"
            .to_owned();
    for document in documents {
        let time = |parser: &str| figures.get(&format!("load/{document}/{parser}/ms"));
        let [json, ours, official] = ["serde_json", "eval", "official"].map(time);
        let ratio =
            |by: Option<f64>| cell(ours.zip(by).map(|(ours, by)| ours / by), |ratio| format!("{ratio:.2}"));
        let times = [json, ours, official].map(|time| cell(time, |time| format!("{time:.2}"))).join(" | ");
        let ahead = ahead(ours, [("official", official)].into_iter());
        text += &format!("| {document} | {times} | {} | {} | {ahead} |\n", ratio(json), ratio(official));
    }
    text
}

/// Growth, loading, threads, start-up and weight.
pub(super) fn others(figures: &Figures) -> String {
    // Curves over counts start at 1, those over lists at 10.
    let counts = |row: &str| figures.get(&format!("growth {row}/1")).is_some();
    let lists = |row: &str| !counts(row);
    let all = |_: &str| true;
    let tables = [
        Table { start: "growth ", columns: &["10", "100", "1000", "10000", "100000"], rows: &lists }
            .text(figures, "| growth, ns | 10 | 100 | 1,000 | 10,000 | 100,000 |"),
        Table { start: "growth ", columns: &["1", "3", "10", "30", "100"], rows: &counts }
            .text(figures, "| growth, ns | 1 | 3 | 10 | 30 | 100 |"),
        "![Growth](growth.svg)\n".to_owned(),
        loading(figures),
        Table { start: "load/", columns: &["ms", "live", "peak"], rows: &all }
            .text(figures, "| loading | time, ms | live heap | peak heap |"),
        "Heap is relative to the document, which is not counted itself. `client` is what a client with a cache keeps: \
         the config and the text. `official` is the parser alone, without the text.\n"
            .to_owned(),
        Table { start: "threads/", columns: &["1", "2", "ratio", "swaps"], rows: &all }
            .text(figures, "| threads | one, ns | each of two, ns | two to one | swaps a second |"),
        "Each is the least of many rounds, since other work on the machine keeps two threads on one core; `on-and-on`, \
         where swapping is such work itself, is the median. `arithmetic` and `a client for \
         each` share nothing: they tell what a second core is worth on this machine.\n".to_owned(),
        Table { start: "startup/", columns: &["ms"], rows: &all }.text(figures, "| start-up | ms |"),
        "`empty` is a process that does nothing; the others are what the first flag takes beyond that.\n".to_owned(),
        Table { start: "weight/", columns: &["crates", "bytes", "seconds"], rows: &all }
            .text(figures, "| weight | crates | binary, bytes | cold build, s |"),
    ];
    tables.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Figures whose names start so and end in one of the columns; what is between is the row.
struct Table<'a> {
    start: &'a str,
    columns: &'a [&'a str],
    rows: &'a dyn Fn(&str) -> bool,
}

impl Table<'_> {
    /// The table, or nothing if it has no rows.
    fn text(&self, figures: &Figures, heading: &str) -> String {
        let mut rows: Vec<&str> = Vec::new();
        for (row, column) in figures.below(self.start).filter_map(|(name, _)| name.rsplit_once('/')) {
            if self.columns.contains(&column) && (self.rows)(row) && !rows.contains(&row) {
                rows.push(row);
            }
        }
        if rows.is_empty() {
            return String::new();
        }
        let mut text = format!("{heading}\n|---|{}\n", "---:|".repeat(self.columns.len()));
        for row in rows {
            let cells: Vec<String> = self
                .columns
                .iter()
                .map(|column| {
                    let value = figures.get(&format!("{}{row}/{column}", self.start));
                    cell(value, |value| figure(column, value))
                })
                .collect();
            text += &format!("| {row} | {} |\n", cells.join(" | "));
        }
        text
    }
}

fn figure(column: &str, value: f64) -> String {
    match column {
        "live" | "peak" | "ratio" | "ms" => format!("{value:.2}"),
        "bytes" | "crates" | "swaps" => thousands(value),
        "seconds" => format!("{value:.0}"),
        _ => nanoseconds(value),
    }
}

fn cell(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    value.map_or("–".to_owned(), show)
}

fn nanoseconds(value: f64) -> String {
    if value < 100.0 { format!("{value:.1}") } else { thousands(value) }
}

/// A whole number with commas.
pub(crate) fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        let shown = [0.0, 99.94, 999.6, 12_345.4, 1_234_567.0].map(nanoseconds);
        assert_eq!(shown, ["0.0", "99.9", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn evaluations_have_a_column_for_each_function_that_was_measured() {
        let figures = Figures::parse(
            "W1/floor 30\nW1/client 36\nW1/flag 15\nW1/official 300\nW2/client 50\nW2/eppo 49",
        )
        .unwrap();
        let table = evaluations(&figures);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(
            lines[..4],
            [
                "| workload | | floor | client | flag | official | eppo | client / floor | flag / floor | official / client | ahead |",
                "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
                "| W1 | bool, no rules, no user, true | 30.0 | 36.0 | 15.0 | 300 | – | 1.20 | 0.50 | 8.33 | ours |",
                "| W1-off | the same, false | – | – | – | – | – | – | – | – | – |",
            ],
        );
        assert!(lines[5].ends_with("| **behind** eppo |"), "{}", lines[5]);
    }

    #[test]
    fn other_calls_are_a_table_of_their_own() {
        let lines =
            "W2/client 30\nW2-details/client 90\nW2-details/official 500\nW2-new/client 7\nload/a/eval/ms 1";
        let table = evaluations(&Figures::parse(lines).unwrap());
        let (_, table) = table.split_once("| other call").unwrap();
        assert_eq!(
            table.lines().take(4).collect::<Vec<_>>(),
            [
                " | | client | official | official / client | ahead |",
                "|---|---|---:|---:|---:|---|",
                "| W2-details | `get_value_details` | 90.0 | 500 | 5.56 | ours |",
                "| W2-new |  | 7.0 | – | – | – |",
            ],
        );
    }

    #[test]
    fn loading_says_which_parser_is_ahead() {
        let lines =
            "load/flags/1MB/serde_json/ms 20\nload/flags/1MB/eval/ms 8\nload/flags/1MB/official/ms 6.4";
        let table = loading(&Figures::parse(lines).unwrap());
        assert_eq!(
            table.lines().last(),
            Some("| flags/1MB | 20.00 | 8.00 | 6.40 | 0.40 | 1.25 | **behind** official |"),
        );
        assert_eq!(loading(&Figures::default()), "");
    }

    #[test]
    fn rows_are_what_is_before_the_last_slash() {
        let figures = Figures::parse("load/flags/10MB/eval/ms 80\nload/flags/10MB/eval/live 1.875").unwrap();
        let table = Table { start: "load/", columns: &["ms", "live"], rows: &|_| true };
        assert_eq!(
            table.text(&figures, "| loading | time, ms | live |"),
            "| loading | time, ms | live |\n|---|---:|---:|\n| flags/10MB/eval | 80.00 | 1.88 |\n",
        );
        assert_eq!(table.text(&Figures::default(), "| loading | time, ms | live |"), "");
    }
}
