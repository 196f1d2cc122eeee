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

/// Times of evaluations in ns, and what they are relative to each other.
pub(super) fn evaluations(figures: &Figures) -> String {
    let is_measured =
        |peer: &&str| WORKLOADS.iter().any(|(id, _)| figures.get(&format!("{id}/{peer}")).is_some());
    let peers: Vec<&str> = PEERS.into_iter().filter(is_measured).collect();
    let functions: Vec<&str> = OWN.into_iter().chain(peers).collect();
    let mut text = format!(
        "| workload | | {} | client / floor | flag / floor | official / client |\n|---|---|{}\n",
        functions.join(" | "),
        "---:|".repeat(functions.len() + 3),
    );
    for (id, title) in WORKLOADS {
        let time = |function: &str| figures.get(&format!("{id}/{function}"));
        let ratio = |a: &str, b: &str| time(a).zip(time(b)).map(|(a, b)| a / b);
        let times = functions.iter().map(|function| cell(time(function), nanoseconds));
        let ratios = [("client", "floor"), ("flag", "floor"), ("official", "client")];
        let ratios = ratios.map(|(a, b)| cell(ratio(a, b), |ratio| format!("{ratio:.2}")));
        let cells: Vec<String> = times.chain(ratios).collect();
        text += &format!("| {id} | {title} | {} |\n", cells.join(" | "));
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
    fn evaluations_have_a_column_for_each_peer_that_was_measured() {
        let figures =
            Figures::parse("W1/floor 30\nW1/client 36\nW1/flag 15\nW1/official 300\nW2/client 50").unwrap();
        let table = evaluations(&figures);
        let lines: Vec<&str> = table.lines().take(4).collect();
        assert_eq!(
            lines,
            [
                "| workload | | floor | eval | client | flag | official | client / floor | flag / floor | official / client |",
                "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
                "| W1 | bool, no rules, no user, true | 30.0 | – | 36.0 | 15.0 | 300 | 1.20 | 0.50 | 8.33 |",
                "| W1-off | the same, false | – | – | – | – | – | – | – | – |",
            ],
        );
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
