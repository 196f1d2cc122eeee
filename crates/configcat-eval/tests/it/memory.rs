//! Reading takes little memory, whatever the document is made for: counted for documents that are
//! full of what is small to write and large to keep.

use std::fmt::Write;

use allocation_counter::measure;
use configcat_eval::{Config, ParseError};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::support;

/// The memory that a document may take, as a multiple of its size, while it is read and afterwards.
const RATIO: u64 = 20;
/// The memory that any document may take in addition, in bytes.
const CONSTANT: u64 = 8 << 10;
/// Documents are at least this long: far beyond what the constant counts for.
const SIZE: usize = 40_000;

type Parse = fn(&str) -> Result<Config, ParseError>;

/// Reads a document, and checks the most that it takes, which is not less than what it takes in the
/// end.
fn check(name: &str, document: &str, parse: Parse) {
    let mut parsed = None;
    let (peak, size) = (measure(|| parsed = Some(parse(document))).bytes_max, document.len() as u64);
    let shown = || document.chars().take(300).collect::<String>();
    assert!(parsed.is_some(), "{name}: {}", shown());
    assert!(peak <= RATIO * size + CONSTANT, "{name}: {} times {}", peak / size, shown());
}

/// Pieces that are made of their number, until there are enough of them: one more than a power of
/// two, where lists that grow have just doubled.
fn list(brackets: [&str; 2], piece: impl Fn(usize) -> String) -> String {
    let mut list = String::from(brackets[0]);
    let mut number = 0;
    while list.len() < SIZE || !usize::is_power_of_two(number - 1) {
        write!(list, "{}{}", if number > 0 { "," } else { "" }, piece(number)).unwrap();
        number += 1;
    }
    list + brackets[1]
}

fn items(item: &str) -> String {
    list(["[", "]"], |_| item.to_owned())
}

/// Returns a short text that no other number has.
fn text(mut number: usize) -> String {
    let mut text = String::new();
    loop {
        // Without quotation marks and escapes.
        text.extend(('#'..='~').filter(|letter| *letter != '\\').nth(number % 90));
        number /= 90;
        if number == 0 {
            return text;
        }
    }
}

/// Settings that are all like this, under the shortest keys.
fn settings(setting: &str) -> String {
    list(["{", "}"], |number| format!("\"{}\":{setting}", text(number)))
}

/// Returns the forms that settings can have around them.
fn wrapped(settings: &str) -> [(&'static str, String); 4] {
    [
        ("f", format!("{{\"f\":{settings}}}")),
        ("salted", format!("{{\"p\":{{\"s\":\"\"}},\"f\":{settings}}}")),
        ("bare", settings.to_owned()),
        ("flags", format!("{{\"flags\":{settings}}}")),
    ]
}

/// Returns a document of one setting with these rules or options.
fn one(member: &str, list: &str) -> String {
    format!("{{\"p\":{{\"s\":\"\"}},\"f\":{{\"k\":{{\"t\":0,\"v\":{{\"b\":true}},\"{member}\":{list}}}}}}}")
}

/// Returns the same with a type behind the list.
fn late(member: &str, list: &str, code: u8) -> String {
    format!(
        "{{\"p\":{{\"s\":\"\"}},\"f\":{{\"k\":{{\"v\":{{\"b\":true}},\"{member}\":{list},\"t\":{code}}}}}}}"
    )
}

fn legacy(member: &str, list: &str) -> String {
    format!("{{\"k\":{{\"t\":0,\"v\":true,\"{member}\":{list}}}}}")
}

/// Small pieces of JSON of every kind.
const PIECES: [&str; 24] = [
    "0",
    "null",
    "true",
    "\"\"",
    "\"\\ud800\"",
    "{}",
    "[]",
    "[[]]",
    "[{}]",
    "{\"\":0}",
    "{\"v\":0}",
    "{\"v\":{}}",
    "{\"t\":0}",
    "{\"t\":9}",
    "{\"p\":1}",
    "{\"p\":-1}",
    "{\"p\":[0]}",
    "{\"p\":[{}]}",
    "{\"s\":{}}",
    "{\"s\":0}",
    "{\"c\":[]}",
    "{\"c\":0}",
    "{\"c\":[{}]}",
    "{\"u\":{}}",
];

#[test]
fn small_pieces_wherever_a_list_is() {
    for piece in PIECES {
        let list = items(piece);
        for (name, document) in [
            ("rules", one("r", &list)),
            ("options", one("p", &list)),
            ("late rules", late("r", &list, 0)),
            ("late options", late("p", &list, 0)),
            ("late rules of another type", late("r", &list, 1)),
            ("late options of another type", late("p", &list, 1)),
            ("conditions", one("r", &format!("[{{\"c\":{list}}}]"))),
            ("options of a rule", one("r", &format!("[{{\"p\":{list}}}]"))),
            (
                "comparison",
                one("r", &format!("[{{\"c\":[{{\"u\":{{\"a\":\"A\",\"c\":0,\"l\":{list}}}}}]}}]")),
            ),
            ("segments", format!("{{\"s\":{list},\"f\":{{}}}}")),
            ("conditions of a segment", format!("{{\"s\":[{{\"n\":\"S\",\"r\":{list}}}],\"f\":{{}}}}")),
            ("legacy rules", legacy("r", &list)),
            ("legacy options", legacy("p", &list)),
            ("no list", format!("{{\"x\":{list},\"f\":{{}}}}")),
            ("the document", list),
        ] {
            check(&format!("{piece} in {name}"), &document, |json| Config::parse(json));
        }
    }
}

#[test]
fn small_settings_in_every_form() {
    let others = [
        "{\"t\":0,\"v\":{}}",
        "{\"t\":0,\"v\":{\"b\":0}}",
        "{\"t\":0,\"v\":{\"b\":true}}",
        "{\"t\":1,\"v\":{\"s\":\"\"},\"i\":\"\"}",
        "{\"t\":0,\"r\":0}",
        "{\"t\":0,\"r\":[0]}",
        "{\"t\":0,\"p\":[0],\"a\":0}",
        "{\"t\":0,\"r\":[],\"p\":[]}",
        "{\"v\":true,\"t\":0}",
        "{\"v\":\"\",\"r\":[{}]}",
        "{\"v\":0,\"p\":[{\"p\":0}]}",
    ];
    for piece in PIECES.into_iter().chain(others) {
        let different = settings(piece);
        let same = list(["{", "}"], |_| format!("\"\":{piece}"));
        for settings in [different, same] {
            for (name, document) in wrapped(&settings) {
                check(&format!("{piece} in {name}"), &document, |json| Config::parse_overrides(json));
            }
        }
    }
}

#[test]
fn small_rules_and_conditions_that_are_kept() {
    let user = |rest: &str| format!("{{\"u\":{{\"a\":\"\",\"c\":{rest}}}}}");
    let conditions = [
        user("0"),
        user("99"),
        user("28,\"s\":\"\""),
        user("10,\"d\":0"),
        user("6,\"s\":\"1.0.0-a\""),
        user("20,\"s\":\"\""),
        user("0,\"l\":[]"),
        user("0,\"l\":[\"\",\"\",\"\",\"\",\"\"]"),
        user("4,\"l\":[]"),
        user("4,\"l\":[\"1.0.0\"]"),
        user("16,\"l\":[]"),
        user("22,\"l\":[]"),
        user("22,\"l\":[\"\"]"),
        user("2,\"l\":[\"\",\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"hi\",\"jklm\",\"nopqrstu\"]"),
        user("30,\"l\":[\"\",\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"hi\"]"),
        "{\"s\":{\"s\":0,\"c\":0}}".to_owned(),
        "{\"p\":{\"f\":\"\",\"c\":0,\"v\":{}}}".to_owned(),
        "{\"p\":{\"f\":\"\",\"c\":0,\"v\":{\"s\":\"\"}}}".to_owned(),
    ];
    for condition in &conditions {
        let list = items(condition);
        check(condition, &one("r", &format!("[{{\"c\":{list}}}]")), |json| Config::parse(json));
        if let Some(user) = condition.strip_prefix("{\"u\":").and_then(|user| user.strip_suffix('}')) {
            let list = items(user);
            check(user, &format!("{{\"s\":[{{\"n\":\"S\",\"r\":{list}}}],\"f\":{{}}}}"), |json| {
                Config::parse(json)
            });
        }
        for then in [
            "",
            ",\"s\":{}",
            ",\"s\":{\"v\":{\"b\":true}}",
            ",\"p\":[0]",
            ",\"p\":[{\"p\":0}]",
            ",\"p\":[],\"s\":{}",
        ] {
            let rule = format!("{{\"c\":[{condition}]{then}}}");
            for document in
                [one("r", &items(&rule)), late("r", &items(&rule), 0), late("r", &items(&rule), 1)]
            {
                check(&rule, &document, |json| Config::parse(json));
            }
            let setting = format!("{{\"t\":0,\"r\":[{rule}]}}");
            check(&setting, &format!("{{\"f\":{}}}", settings(&setting)), |json| Config::parse(json));
        }
    }
    for rule in ["{\"p\":[0]}", "{\"p\":[{}]}", "{\"s\":{\"v\":{\"b\":true}}}", "{\"p\":[{\"p\":0}]}"] {
        check(rule, &one("r", &items(rule)), |json| Config::parse(json));
    }
    for rule in [
        "{\"a\":\"\",\"t\":0,\"c\":\"\"}",
        "{\"a\":\"\",\"t\":10,\"c\":\"\"}",
        "{\"a\":\"\",\"t\":4,\"c\":\"x\"}",
        "{\"a\":\"\",\"t\":2,\"c\":\"\",\"v\":0}",
    ] {
        check(rule, &legacy("r", &items(rule)), |json| Config::parse(json));
        let setting = format!("{{\"v\":true,\"r\":[{rule}]}}");
        check(&setting, &settings(&setting), |json| Config::parse(json));
    }
    let descending = |piece: &str| list(["[", "]"], |number| format!("{{\"o\":-{number}{piece}}}"));
    for (member, piece) in [("r", ""), ("r", ",\"a\":\"\",\"t\":0,\"c\":\"\""), ("p", ""), ("p", ",\"p\":0")]
    {
        check(piece, &legacy(member, &descending(piece)), |json| Config::parse(json));
    }
}

#[test]
fn different_names_and_numbers() {
    let types = list(["{", "}"], |number| format!("\"{}\":{{\"t\":{}}}", text(number), number + 9));
    for (name, document) in wrapped(&types) {
        check(name, &document, |json| Config::parse_overrides(json));
    }
    let condition = |number: usize| format!("{{\"u\":{{\"a\":\"{}\",\"c\":0}}}}", text(number));
    let list_of = |condition: &dyn Fn(usize) -> String| {
        one("r", &format!("[{{\"c\":{}}}]", list(["[", "]"], condition)))
    };
    let coded = |number: usize| format!("{{\"u\":{{\"a\":\"\",\"c\":{}}}}}", 99 + number);
    let prerequisite = |number: usize| format!("{{\"p\":{{\"f\":\"{}\",\"c\":0,\"v\":{{}}}}}}", text(number));
    for (name, document) in [
        ("attributes", list_of(&condition)),
        ("comparators", list_of(&coded)),
        ("prerequisites", list_of(&prerequisite)),
        (
            "segments",
            format!("{{\"s\":{},\"f\":{{}}}}", list(["[", "]"], |n| format!("{{\"n\":\"{}\"}}", text(n)))),
        ),
        (
            "attributes of settings",
            format!(
                "{{\"f\":{}}}",
                list(["{", "}"], |n| format!("\"{0}\":{{\"t\":0,\"a\":\"{0}\"}}", text(n)))
            ),
        ),
        ("variation ids", one("p", &list(["[", "]"], |n| format!("{{\"p\":0,\"i\":\"{}\"}}", text(n))))),
        ("negative percentages", one("r", &list(["[", "]"], |n| format!("{{\"p\":[{{\"p\":-{n}}}]}}")))),
        ("members", format!("{{\"f\":{{\"k\":{}}}}}", list(["{", "}"], |n| format!("\"{}\":0", text(n))))),
        ("members of the document", list(["{", "}"], |n| format!("\"{}\":0", text(n)))),
        ("documents", list(["{", "}"], |n| format!("\"f\":{{\"{}\":0}}", text(n)))),
        (
            "settings again",
            format!("{{\"f\":{},\"f\":{{}}}}", list(["{", "}"], |n| format!("\"{}\":0", text(n)))),
        ),
        ("preferences", list(["{\"f\":{},", "}"], |_| String::from("\"p\":{\"s\":\"x\"}"))),
        ("segments again", list(["{\"f\":{},", "}"], |_| String::from("\"s\":[{}]"))),
        (
            "rules again",
            format!("{{\"f\":{{\"k\":{}}}}}", list(["{\"t\":0,", "}"], |_| String::from("\"r\":[{}]"))),
        ),
        (
            "conditions again",
            one("r", &format!("[{}]", list(["{", "}"], |_| format!("\"c\":[{}]", coded(0))))),
        ),
    ] {
        check(name, &document, |json| Config::parse(json));
        check(name, &document, |json| Config::parse_overrides(json));
    }
}

#[test]
fn lists_of_texts_for_every_comparator() {
    let texts: [(&str, &dyn Fn(usize) -> String); 10] = [
        ("empty", &|_| String::from("\"\"")),
        ("equal", &|_| String::from("\"a\"")),
        ("different", &|number| format!("\"{}\"", text(number))),
        ("escaped", &|number| format!("\"\\u0061{}\"", text(number))),
        ("escapes", &|_| String::from("\"\\n\\u00e9\\ud834\\udd1e\"")),
        ("versions", &|number| format!("\"{number}.0.0\"")),
        ("pre-releases", &|number| format!("\"0.0.0-pre.release.{number}\"")),
        ("hashes", &|number| format!("\"{number:064x}\"")),
        ("slices", &|number| format!("\"{number}_{number:064x}\"")),
        ("mails", &|number| format!("\"user{number}@example.com\"")),
    ];
    for (name, item) in texts {
        let array = list(["[", "]"], item);
        for comparator in [0, 2, 4, 16, 22, 26, 30, 34] {
            let condition = format!("{{\"u\":{{\"a\":\"A\",\"c\":{comparator},\"l\":{array}}}}}");
            let document = one("r", &format!("[{{\"c\":[{condition}]}}]"));
            check(&format!("{name} by {comparator}"), &document, |json| Config::parse(json));
        }
        let separated = array.replace(['[', ']', '"'], "");
        for comparator in [0, 2, 4, 16] {
            let rule = format!("[{{\"a\":\"A\",\"t\":{comparator},\"c\":\"{separated}\"}}]");
            check(&format!("{name} by {comparator}"), &legacy("r", &rule), |json| Config::parse(json));
        }
    }
}

#[test]
fn lists_that_are_read_again() {
    // The type and the comparator change behind the list.
    let texts: [(&str, &dyn Fn(usize) -> String); 5] = [
        ("empty", &|_| String::from("\"\"")),
        ("different", &|number| format!("\"{}\"", text(number))),
        ("versions", &|number| format!("\"{number}.0.0\"")),
        ("hashes", &|number| format!("\"{number:064x}\"")),
        ("mails", &|number| format!("\"user{number}@example.com\"")),
    ];
    for (name, item) in texts {
        let array = list(["[", "]"], item);
        let few = list(["[", "]"], |number| {
            format!("{{\"u\":{{\"a\":\"A\",\"c\":0,\"l\":[{}],\"c\":4}}}}", item(number))
        });
        for codes in [[0, 2], [2, 0], [2, 22], [34, 2], [4, 26], [16, 0], [0, 16]] {
            let [first, last] = codes;
            let condition = format!("{{\"u\":{{\"a\":\"A\",\"c\":{first},\"l\":{array},\"c\":{last}}}}}");
            for conditions in [format!("[{condition}]"), few.clone()] {
                let rules = format!("[{{\"c\":{conditions},\"s\":{{\"v\":{{\"b\":true,\"s\":\"\"}}}}}}]");
                for document in [one("t\":1,\"r", &rules), late("r", &rules, 0), late("t\":0,\"r", &rules, 1)]
                {
                    check(&format!("{name} by {codes:?}"), &document, |json| Config::parse(json));
                }
            }
        }
    }
    let option = |n| format!("{{\"p\":0,\"v\":{{\"b\":true,\"s\":\"\"}},\"i\":\"{}\"}}", text(n));
    for options in [items("{\"p\":0,\"v\":{\"b\":true,\"s\":\"\"},\"i\":\"\"}"), list(["[", "]"], option)] {
        check("options", &late("t\":0,\"p", &options, 1), |json| Config::parse(json));
    }
}

#[test]
fn one_long_text_wherever_a_text_is() {
    for content in ["x", "\\n", "\\u0061", "é", "\\ud834\\udd1e", "1", ","] {
        let text = content.repeat(SIZE / content.len());
        for document in [
            format!("{{\"f\":{{\"{text}\":{{\"t\":0,\"v\":{{\"b\":true}}}}}}}}"),
            format!("{{\"p\":{{\"s\":\"{text}\"}},\"f\":{{}}}}"),
            format!("{{\"s\":[{{\"n\":\"{text}\"}}],\"f\":{{}}}}"),
            format!("{{\"f\":{{\"k\":{{\"t\":1,\"v\":{{\"s\":\"{text}\"}}}}}}}}"),
            format!("{{\"f\":{{\"k\":{{\"t\":1,\"i\":\"{text}\"}}}}}}"),
            format!("{{\"f\":{{\"k\":{{\"t\":1,\"a\":\"{text}\"}}}}}}"),
            format!("{{\"f\":{{}},\"{text}\":0}}"),
            format!("{{\"f\":{{}},\"x\":\"{text}\"}}"),
            format!("{{\"f\":{{\"k\":\"{text}\"}}}}"),
            format!("{{\"f\":{{\"k\":{{\"t\":\"{text}\"}}}}}}"),
            format!("{{\"f\":{{\"k\":{{\"v\":\"{text}\"}}}}}}"),
            format!("{{\"flags\":{{\"k\":\"{text}\"}}}}"),
            legacy("r", &format!("[{{\"a\":\"A\",\"t\":10,\"c\":\"{text}\"}}]")),
            legacy("r", &format!("[{{\"a\":\"A\",\"t\":0,\"c\":\"{text}\"}}]")),
            format!("\"{text}\""),
        ] {
            check(content, &document, |json| Config::parse_overrides(json));
        }
    }
    for open in ["[", "{\"\":", "{\"f\":", "{\"f\":{\"r\":["] {
        check(open, &open.repeat(SIZE / open.len()), |json| Config::parse(json));
    }
}

/// Returns one piece of a document, which may be inside of others.
fn piece() -> impl Strategy<Value = String> {
    let names = ["f", "p", "s", "v", "t", "r", "c", "u", "a", "b", "d", "l", "i", "n", "o", "flags", ""];
    let scalar = select(vec![
        "0",
        "1",
        "2",
        "10",
        "16",
        "28",
        "34",
        "99",
        "-1",
        "null",
        "true",
        "\"\"",
        "\"a\"",
        "\"1.0.0\"",
        "\"\\ud800\"",
    ]);
    scalar.prop_map(str::to_owned).prop_recursive(6, 24, 4, move |inner| {
        let member =
            (select(names.to_vec()), inner.clone()).prop_map(|(name, json)| format!("\"{name}\":{json}"));
        prop_oneof![
            1 => vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            3 => vec(member, 0..4).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

proptest! {
    #![proptest_config(support::cases(64, 7000))]

    /// Any piece many times over, at any of the places where there can be many.
    #[test]
    fn any_piece_many_times(piece in piece(), place in 0..8) {
        let many = |brackets: [&str; 2]| {
            let count = (SIZE / (piece.len() + 1)).next_power_of_two() + 1;
            let pieces: Vec<String> = (0..count)
                .map(|n| if brackets == ["{", "}"] { format!("\"{}\":{piece}", text(n)) } else { piece.clone() })
                .collect();
            format!("{}{}{}", brackets[0], pieces.join(","), brackets[1])
        };
        let (items, members) = (many(["[", "]"]), many(["{", "}"]));
        let document = match place {
            0 => format!("{{\"f\":{members}}}"),
            1 => members,
            2 => format!("{{\"flags\":{members}}}"),
            3 => one("r", &items),
            4 => one("p", &items),
            5 => one("r", &format!("[{{\"c\":{items}}}]")),
            6 => legacy("r", &items),
            _ => format!("{{\"s\":{items},\"f\":{{}}}}"),
        };
        check(&piece, &document, |json| Config::parse(json));
        check(&piece, &document, |json| Config::parse_overrides(json));
    }
}

#[test]
fn a_real_document_takes_about_as_much_as_it_has() {
    let rule = |n: usize| {
        format!(
            "{{\"c\":[{{\"u\":{{\"a\":\"Email\",\"c\":2,\"l\":[\"user-{n}@example.com\",\"@example.org\"]}}}}],\
             \"s\":{{\"v\":{{\"b\":true}},\"i\":\"{n:08x}\"}}}}"
        )
    };
    let setting = |n: usize| {
        format!(
            "\"feature_{n:06}\":{{\"t\":0,\"r\":[{},{}],\"v\":{{\"b\":false}},\"i\":\"{n:08x}\"}}",
            rule(n),
            rule(n + 1)
        )
    };
    let document = format!("{{\"p\":{{\"s\":\"salt\"}},\"f\":{}}}", list(["{", "}"], setting));
    let mut config = None;
    let reading = measure(|| config = Some(Config::parse(&document)));
    assert!(config.is_some_and(|config| config.is_ok()));
    assert!(reading.bytes_max < 4 * document.len() as u64, "{reading:?} for {}", document.len());
    assert!(reading.bytes_current < 2 * document.len() as i64, "{reading:?} for {}", document.len());
}
