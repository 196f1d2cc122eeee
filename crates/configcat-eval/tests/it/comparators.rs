//! A table for each pair of the plain comparators: what holds, what does not, what cannot be
//! evaluated.

use configcat_eval::{AttributeValue, DateTime};
use serde_json::{Value as Json, json};

use crate::support::{Verdict, comparing, verdict};

type Row = (AttributeValue, Verdict);

pub(crate) fn yes(attribute: impl Into<AttributeValue>) -> Row {
    (attribute.into(), Verdict::True)
}

pub(crate) fn no(attribute: impl Into<AttributeValue>) -> Row {
    (attribute.into(), Verdict::False)
}

pub(crate) fn invalid(attribute: impl Into<AttributeValue>) -> Row {
    (attribute.into(), Verdict::Invalid)
}

pub(crate) fn missing() -> Row {
    ("".into(), Verdict::Missing)
}

pub(crate) fn millis(unix_millis: i64) -> DateTime {
    DateTime::from_unix_millis(unix_millis)
}

/// Checks one comparator.
pub(crate) fn one(comparator: i64, comparison: &Json, rows: &[Row]) {
    let config = comparing(comparator, comparison);
    for (attribute, expected) in rows {
        let verdict = verdict(&config, attribute);
        assert_eq!(verdict, *expected, "{attribute:?} by comparator {comparator} to {comparison}");
    }
}

/// Checks a comparator and its negation, which comes to the opposite wherever the first can be
/// evaluated.
pub(crate) fn pair(comparator: i64, negation: i64, comparison: &Json, rows: &[Row]) {
    one(comparator, comparison, rows);
    let opposite = rows.iter().cloned().map(|(attribute, verdict)| match verdict {
        Verdict::True => no(attribute),
        Verdict::False => yes(attribute),
        cannot_evaluate => (attribute, cannot_evaluate),
    });
    one(negation, comparison, &opposite.collect::<Vec<_>>());
}

#[test]
fn text_equals() {
    let is_alice =
        [yes("Alice"), no("alice"), no(" Alice"), no("Alice "), no("Alic"), no("Alicea"), missing()];
    pair(28, 29, &json!({"s": "Alice"}), &is_alice);
    // Composed and decomposed accents are different texts.
    pair(28, 29, &json!({"s": "é𝄞"}), &[yes("é𝄞"), no("e\u{301}𝄞"), no("É𝄞")]);
    // An empty comparison value is a value; an empty attribute counts as missing.
    pair(28, 29, &json!({"s": ""}), &[missing(), no(" "), no("x")]);
    pair(28, 29, &json!({"s": "4"}), &[yes(4), yes(4_u8), yes(4.0), yes("4"), no("4.0"), no(" 4")]);
}

#[test]
fn text_is_one_of() {
    let rows = [yes("a"), yes("b c"), no("A"), no("b"), no("a "), no("ab"), no("a,b c"), missing()];
    pair(0, 1, &json!({"l": ["a", "b c"]}), &rows);
    pair(0, 1, &json!({"l": []}), &[no("a"), no("[]"), missing()]);
    // An empty item never meets an empty attribute, which is missing.
    pair(0, 1, &json!({"l": ["", "x"]}), &[missing(), yes("x"), no(" ")]);
    pair(0, 1, &json!({"l": [" x ", "x", "x"]}), &[yes(" x "), yes("x"), no(" x")]);
    pair(0, 1, &json!({"l": ["7", "7.5"]}), &[yes(7), yes(7.5), no(7.25), yes("7")]);
}

#[test]
fn text_contains_any_of() {
    let rows = [yes("me@corp.com"), yes("@corp."), yes("x root"), no("corp"), no("@CORP."), missing()];
    pair(2, 3, &json!({"l": ["@corp.", "root"]}), &rows);
    pair(2, 3, &json!({"l": []}), &[no("a"), missing()]);
    // Everything contains the empty text.
    pair(2, 3, &json!({"l": [""]}), &[yes("a"), missing()]);
    pair(2, 3, &json!({"l": ["𝄞"]}), &[yes("a𝄞b"), no("a𝄢b")]);
    pair(2, 3, &json!({"l": ["23"]}), &[yes(1234), yes(0.235), no(1324)]);
}

#[test]
fn text_starts_with_any_of() {
    let rows =
        [yes("admin"), yes("administrator"), yes("root1"), no("Admin"), no("an admin"), no("adm"), missing()];
    pair(30, 31, &json!({"l": ["admin", "root"]}), &rows);
    pair(30, 31, &json!({"l": []}), &[no("a"), missing()]);
    pair(30, 31, &json!({"l": [""]}), &[yes("a"), missing()]);
    pair(30, 31, &json!({"l": ["𝄞a"]}), &[yes("𝄞ab"), no("𝄞b"), no("a𝄞a")]);
    pair(30, 31, &json!({"l": ["-1"]}), &[yes(-12), no(12)]);
}

#[test]
fn text_ends_with_any_of() {
    let rows =
        [yes("me@a.org"), yes("@a.org"), yes("x.net"), no("me@a.org "), no("me@A.org"), no("org"), missing()];
    pair(32, 33, &json!({"l": ["@a.org", ".net"]}), &rows);
    pair(32, 33, &json!({"l": []}), &[no("a"), missing()]);
    pair(32, 33, &json!({"l": [""]}), &[yes("a"), missing()]);
    pair(32, 33, &json!({"l": ["a𝄞"]}), &[yes("ba𝄞"), no("𝄞"), no("a𝄞b")]);
    pair(32, 33, &json!({"l": [".5"]}), &[yes(12.5), no(5)]);
}

#[test]
fn semver_is_one_of() {
    let rows = [
        yes("1.0.0"),
        yes(" 1.0.0 "),
        yes("1.0.0+build.7"),
        yes("1.0.0+007"),
        yes("2.1.0-rc.1"),
        yes("2.1.0-rc.1+7"),
        no("1.0.1"),
        no("2.1.0"),
        no("2.1.0-rc.2"),
        no("2.1.0-RC.1"),
        missing(),
    ];
    pair(4, 5, &json!({"l": ["1.0.0", " 2.1.0-rc.1+x ", "", "  "]}), &rows);
    pair(4, 5, &json!({"l": []}), &[no("1.0.0"), invalid("1.0"), missing()]);
    pair(4, 5, &json!({"l": ["", " "]}), &[no("1.0.0")]);
    pair(4, 5, &json!({"l": ["1.0.0"]}), &no_versions());
}

#[test]
fn semver_list_with_an_invalid_item_is_false_for_both() {
    for bad in ["1.0", "v1.0.0", "x", "1.0.0.0", "01.0.0"] {
        for list in [json!({"l": ["1.0.0", bad]}), json!({"l": [bad, "1.0.0"]})] {
            for comparator in [4, 5] {
                one(comparator, &list, &[no("1.0.0"), no("2.0.0"), invalid("2.0"), missing()]);
            }
        }
    }
}

#[test]
fn semver_relations() {
    // In ascending order, as semver.org has it; the expected version is the one in the middle.
    let below =
        ["0.9.9", "1.0.0", "1.2.2", "1.2.3-0", "1.2.3-1", "1.2.3-alpha", "1.2.3-alpha.1", "1.2.3-alpha.beta"];
    let equal = ["1.2.3-beta.2", " 1.2.3-beta.2 ", "1.2.3-beta.2+1", "1.2.3-beta.2+z"];
    let above = ["1.2.3-beta.11", "1.2.3-rc.1", "1.2.3", "1.2.3+0", "1.2.10", "1.10.0", "10.0.0"];
    let comparison = json!({"s": "\t1.2.3-beta.2+x "});
    // Less and greater-or-equal, less-or-equal and greater are opposites.
    for (comparator, negation, equal_too) in [(6, 9, false), (7, 8, true)] {
        let rows = below.map(yes).into_iter().chain(above.map(no));
        let rows = rows.chain(equal.map(if equal_too { yes } else { no }));
        let rows = rows.chain([missing()]).chain(no_versions());
        pair(comparator, negation, &comparison, &rows.collect::<Vec<_>>());
    }
}

/// Attributes that are no semantic versions.
fn no_versions() -> Vec<Row> {
    let texts =
        ["1.0", "v1.0.0", "1", "x", "1.0.0.0", "01.0.0", "1.0.0-01", "1.0.0-", "1.0.0+", "1,0,0", " "];
    let mut rows = Vec::from(texts.map(invalid));
    rows.extend([invalid(1), invalid(1.5), invalid(["1.0.0"]), invalid(millis(0))]);
    rows
}

#[test]
fn semver_relations_with_an_invalid_comparison_value_are_false() {
    for bad in ["1.0", "v1.0.0", "", "x"] {
        for comparator in 6..=9 {
            one(comparator, &json!({"s": bad}), &[no("1.0.0"), no("0.0.0"), invalid("1.0"), missing()]);
        }
    }
}

#[test]
fn number_relations() {
    let below =
        [yes(1), yes("1"), yes(-1e300), yes(" 2,49 "), yes("-Infinity"), yes(f64::NEG_INFINITY), yes("0")];
    let equal = [yes(2.5), yes("2.5"), yes("2,5"), yes(" +2.5\n"), yes("25e-1"), yes("2.50"), yes(2.5_f32)];
    let above =
        [yes(3_u64), yes("2.51"), yes("1e400"), yes("Infinity"), yes("+Infinity"), yes(f64::INFINITY)];
    let all = |verdicts: [Verdict; 3]| {
        let rows = [&below[..], &equal[..], &above[..]].into_iter().zip(verdicts);
        let rows = rows.flat_map(|(rows, verdict)| rows.iter().map(move |row| (row.0.clone(), verdict)));
        rows.chain([missing()]).chain(no_numbers()).collect::<Vec<_>>()
    };
    use Verdict::{False, True};
    let comparison = json!({"d": 2.5});
    pair(10, 11, &comparison, &all([False, True, False]));
    pair(12, 15, &comparison, &all([True, False, False]));
    pair(13, 14, &comparison, &all([True, True, False]));
}

/// Attributes that are no numbers.
fn no_numbers() -> Vec<Row> {
    let texts =
        ["x", "2.5x", "2.5.0", "2,5,0", "1 0", "0x10", "1_000", "inf", "nan", "infinity", "--1", " ", "."];
    let mut rows = Vec::from(texts.map(invalid));
    rows.extend([invalid(["2.5"]), invalid(millis(2500)), invalid(Vec::<String>::new())]);
    rows
}

#[test]
fn nan_is_unequal_to_every_number() {
    for nan in [AttributeValue::from("NaN"), AttributeValue::from(f64::NAN), AttributeValue::from(" NaN ")] {
        pair(10, 11, &json!({"d": 0}), &[no(nan.clone())]);
        for comparator in 12..=15 {
            one(comparator, &json!({"d": 0}), &[no(nan.clone())]);
        }
        one(18, &json!({"d": 0}), &[no(nan.clone())]);
        one(19, &json!({"d": 0}), &[no(nan)]);
    }
}

#[test]
fn numbers_compare_as_doubles() {
    pair(10, 11, &json!({"d": 1e21}), &[yes(1e21), yes("1e21"), yes("1000000000000000000000"), no(1e20)]);
    pair(10, 11, &json!({"d": 0}), &[yes("-0"), yes(-0.0), yes(0), yes(".0"), yes("0."), no(5e-324)]);
    pair(10, 11, &json!({"d": 0.3}), &[yes("0.3"), yes(".3"), yes(",3"), no(0.1 + 0.2), no(0.3_f32)]);
    pair(
        10,
        11,
        &json!({"d": 9_007_199_254_740_993_i64}),
        &[yes(9_007_199_254_740_992_i64), yes(9_007_199_254_740_993_i64), no(9_007_199_254_740_994_i64)],
    );
    pair(
        10,
        11,
        &json!({"d": 18_446_744_073_709_551_615_u64}),
        &[yes(u64::MAX), yes(1.844_674_407_370_955_2e19)],
    );
}

#[test]
fn before_and_after() {
    let comparison = json!({"d": 1_700_000_000.5});
    let past = [
        no(millis(1_700_000_000_499)),
        no(1_700_000_000),
        no("1700000000,4"),
        no("-Infinity"),
        no(millis(i64::MIN)),
    ];
    let future = [
        yes(millis(1_700_000_000_501)),
        yes(1_700_000_001_u64),
        yes(" 1.7e9 1".replace(' ', "")),
        yes("Infinity"),
    ];
    let neither = [no(millis(1_700_000_000_500)), no(1_700_000_000.5), no("1700000000.5")];
    let invalid = [
        invalid("2023-11-14T22:13:20Z"),
        invalid("yesterday"),
        invalid(["1700000000"]),
        invalid(" "),
        missing(),
    ];
    one(19, &comparison, &[&past[..], &future, &neither, &invalid].concat());
    one(
        18,
        &comparison,
        &[&past.map(|row| yes(row.0))[..], &future.map(|row| no(row.0)), &neither, &invalid].concat(),
    );
}

#[test]
fn list_contains_any_of() {
    let rows = [
        yes(["a"]),
        yes(["x", "b"]),
        yes(vec!["x".to_owned(), "a".to_owned(), "y".to_owned()]),
        no(["A", "a ", "ab"]),
        no(Vec::<String>::new()),
        yes(r#"["x", "a"]"#),
        yes(" [ \"b\" ]\n"),
        yes(r#"["\u0061"]"#),
        no("[]"),
        no(r#"["A"]"#),
        missing(),
    ];
    pair(34, 35, &json!({"l": ["a", "b"]}), &[&rows[..], &no_lists()].concat());
    pair(34, 35, &json!({"l": []}), &[no(["a"]), no(Vec::<String>::new()), invalid("a")]);
    pair(34, 35, &json!({"l": [""]}), &[yes([""]), yes(r#"["a", ""]"#), no("[]"), no(["a"])]);
    let escapes = [yes(r#"["\"\\\/\b\n\u00e9\ud834\udd1e"]"#), yes(["\"\\/\u{8}\né𝄞"]), no(r#"["é𝄞"]"#)];
    pair(34, 35, &json!({"l": ["\"\\/\u{8}\né𝄞"]}), &escapes);
}

/// Attributes that are no lists of texts. The first text begins like one that would match.
pub(crate) fn no_lists() -> Vec<Row> {
    let texts = [
        r#"["a", 1]"#,
        r#"["a", null]"#,
        r#"["a", ["b"]]"#,
        r#"["a"] x"#,
        r#"["a""#,
        r#"["a",]"#,
        r#"["\ud800"]"#,
        "['a']",
        r#""a""#,
        r#"{"a": "a"}"#,
        "null",
        "a",
        "a,b",
        " ",
    ];
    let mut rows = Vec::from(texts.map(invalid));
    rows.extend([invalid(1), invalid(1.5), invalid(millis(0)), invalid(f64::NAN)]);
    rows
}
