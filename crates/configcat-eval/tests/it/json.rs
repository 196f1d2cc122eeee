//! The texts that count as JSON: exactly those of `serde_json`, wherever a token is in a document.

use configcat_eval::{Config, ParseError};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::RngSeed,
};
use serde::de::IgnoredAny;

/// Checks that a text counts as JSON if it is, and that the error is that of the library.
fn check(json: &str) {
    let expected = serde_json::from_str::<IgnoredAny>(json).err().map(|error| error.to_string());
    for parsed in [Config::parse(json), Config::parse_overrides(json)] {
        let found = match parsed {
            Err(ParseError::NotJson(error)) => Some(error.to_string()),
            // A zero byte near the start.
            Err(ParseError::Utf16) => return,
            _ => None,
        };
        assert_eq!(found, expected, "{json}");
    }
}

/// Documents with all members that are read, and with a place for a piece of text wherever
/// something else reads it.
const PLACES: [&str; 18] = [
    "@",
    "{}@",
    "{@}",
    "{\"f\":@}",
    "{\"f\":{@}}",
    "{\"f\":{\"k\":@}}",
    "{\"f\":{\"k\":{@,\"t\":0}}}",
    "{\"f\":{\"k\":{\"t\":@,\"v\":{\"b\":true}}}}",
    "{\"f\":{\"k\":{\"t\":0,\"v\":{\"b\":@}}}}",
    "{\"f\":{\"k\":{\"r\":[{\"c\":[@],\"s\":{\"v\":{\"s\":@}}},@],\"t\":1}}}",
    "{\"f\":{\"k\":{\"r\":[0,@],\"p\":[{\"p\":@}],\"t\":1}}}",
    "{\"f\":{\"k\":{\"t\":0,\"r\":[{\"c\":[{\"u\":{\"a\":@,\"c\":0,\"l\":[@]}}]}]}}}",
    "{\"f\":{\"k\":{\"t\":0,\"r\":[{\"c\":[{\"u\":{\"a\":\"A\",\"c\":16,\"l\":[\"x\",0,@]}}]}]}}}",
    "{\"p\":{\"s\":@},\"s\":[{\"n\":\"S\",\"r\":[@]},@],\"f\":{}}",
    "{\"x\":@,\"f\":{}}",
    "{\"x\":[[{\"y\":[@]}],{@}],\"f\":{}}",
    "{\"f\":{\"k\":{\"v\":@,\"p\":[@],\"r\":[{\"c\":@}]}}}",
    "{\"flags\":{\"a\":@}}",
];

#[test]
fn each_piece_at_each_place_is_json_or_not() {
    let pieces = [
        "",
        "0",
        "-",
        "-1",
        "01",
        "1.",
        "1.5",
        ".5",
        "1e5",
        "1e",
        "1E+5",
        "+1",
        "1e999",
        "1 2",
        "true",
        "tru",
        "truex",
        "null",
        "nul",
        "\"\"",
        "\"a",
        "\"\\n\"",
        "\"\\u00e9\"",
        "\"\\ud800\"",
        "\"\\u12\"",
        "\"\\x\"",
        "\"\n\"",
        "\"1234567\u{1f}\"",
        "'a'",
        "[]",
        "[",
        "]",
        "[,]",
        "[1,]",
        "[1,2]",
        "[[]]",
        "{}",
        "{",
        "}",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1,\"b\":[]}",
        "{\"a\" :1}",
        "{a:1}",
        "{1:1}",
        "\"a\":1",
        "\"a\":1,",
        "\"\\n\":1",
        "\"a\\x\":1",
        ",",
        ":",
        " ",
        "\t0\r\n",
        "\u{a0}0",
        "//",
        "{]",
        "[}",
        "[{]}",
        "0,0",
        "}}",
        "]]",
    ];
    for place in PLACES {
        for piece in pieces {
            check(&place.replace('@', piece));
        }
    }
}

#[test]
fn deep_lists_and_objects_are_json_if_they_are_closed() {
    for depth in [1, 63, 64, 65, 128, 129, 5000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]"), ("{\"a\":[0,", "],\"b\":0}")]
        {
            let [opened, closed] = [open, close].map(|bracket| bracket.repeat(depth));
            for end in
                [closed.clone(), closed.clone() + close, closed[1..].to_owned(), closed.replacen(']', "}", 1)]
            {
                check(&format!("{{\"x\":{opened}0{end},\"f\":{{}}}}"));
            }
        }
    }
}

/// Documents of each form, with each kind of token.
const DOCUMENTS: [&str; 4] = [
    "{\"p\":{\"s\":\"salt\\\\\",\"u\":\"https:\\/\\/x\"}, \"s\":[{\"n\":\"S\",\"r\":[{\"a\":\"Email\",\"c\":2,\"l\":[\"@a.org\",\"\"]}]}],\
     \"f\":{\"key\":{\"t\":0,\"a\":\"Country\",\"r\":[{\"c\":[{\"u\":{\"a\":\"Plan\",\"c\":0,\"l\":[\"é\",\"\\u00e9\\ud83d\\ude00\"]}},\
     {\"s\":{\"s\":0,\"c\":1}},{\"p\":{\"f\":\"key\",\"c\":0,\"v\":{\"b\":true}}}],\"s\":{\"v\":{\"b\":false},\"i\":\"0a1b2c3d\"}}],\
     \"p\":[{\"p\":50,\"v\":{\"b\":true}},{\"p\":5e1,\"v\":{\"b\":false}}],\"v\":{\"b\":true}}}}",
    "{\"f\":{\"n\":{\"v\":{\"d\":-12.5e+3},\"r\":[{\"c\":[{\"u\":{\"a\":\"Age\",\"c\":10,\"d\":0.25}}],\"p\":[{\"p\":100,\"v\":{\"d\":10E-2}}]}],\
     \"t\":3},\"m\":{\"t\":2,\"v\":{\"i\":100},\"x\":[[[{\"y\":[null,true,false,{},[]]}]]]}},\"more\":{\"a\\n\":\"\\ud800\"}}",
    "{\n\t\"key\" : {\r\n\"v\" : \"text\", \"t\":1, \"p\":[ {\"o\":0, \"v\":\"a\", \"p\":20} , {\"o\":1,\"v\":\"b\",\"p\":80} ],\
     \"r\":[{\"o\":0,\"a\":\"Email\",\"t\":2,\"c\":\"@a.org, @b.org\",\"v\":\"c\"}] } }",
    "{\"flags\":{\"a\":true,\"b\":\"text\",\"c\":1,\"d\":-0.5,\"e\":null}}",
];

/// Characters of tokens, and others.
fn character() -> impl Strategy<Value = char> {
    let characters = "{}[],:\"\\/ \t\n\u{b}\0\u{1f}\u{7f}\u{a0}é𝄞01289-+.eEuntfaldD8";
    select(characters.chars().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 20_000,
        rng_seed: RngSeed::Fixed(7100),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// A document with pieces removed, repeated, moved or replaced.
    #[test]
    fn any_change_of_a_document_is_json_or_not(
        document in select(DOCUMENTS.to_vec()),
        changes in vec((any::<Index>(), 0..12_usize, any::<Index>(), 0..5, character()), 1..4),
    ) {
        let mut json: Vec<char> = document.chars().collect();
        for (place, length, other, change, character) in changes {
            let start = place.index(json.len() + 1);
            let range = start..json.len().min(start + length);
            let other = other.index(json.len() + 1);
            match change {
                0 => drop(json.drain(range)),
                1 => _ = json.splice(other..other, json[range].to_vec()),
                2 => json.insert(start, character),
                3 => json[range].fill(character),
                _ => json.truncate(start),
            }
        }
        check(&json.into_iter().collect::<String>());
    }

    /// Any tokens at any of the places, and any cut of the document.
    #[test]
    fn any_tokens_are_json_or_not(tokens in vec(select(vec![
        "{", "}", "[", "]", ",", ":", "\"a\"", "\"t\":0", "\"\\\\\"", "\"", "\\", "\\u00", "0", "1", "-", ".", "e", "+",
        "true", "null", " ", "\n", "é", "\u{1}", "\"c\":", "\"u\":{", "\"l\":[",
    ]), 0..12), place in select(PLACES.to_vec()), cut in 0..200_usize) {
        let json = place.replace('@', &tokens.concat());
        check(&json);
        if let Some(cut) = json.get(..cut) {
            check(cut);
        }
    }
}
