//! The hashed comparators: they agree with their plain twins, and never compare plain text.

use serde_json::{Value as Json, json};

use crate::{
    comparators::{invalid, millis, missing, no, no_lists, one, pair, yes},
    support::{
        KEY, SALT, Verdict, comparing, document, error, flag_if, hashed, hashed_for, hashed_slice, parse,
        value, verdict,
    },
};

fn list<T: AsRef<[u8]>>(items: impl IntoIterator<Item = T>, hash: impl Fn(T) -> String) -> Json {
    json!({"l": items.into_iter().map(hash).collect::<Vec<_>>()})
}

#[test]
fn the_hashes_of_these_tests_are_those_of_the_service() {
    // Computed with another implementation: SHA-256 of "alice", "jd3RtzA1" and "flag" in a row.
    assert_eq!(hashed("alice"), "c03358db2b56ac2a5cee03ffd6253f9f0b8b9c1282e4071139a1675bcc4e6b30");
    assert_eq!(
        hashed_for("Beta", "alice"),
        "6fd83801bee410543a3ebaa9c186956c9a357b75b3047068dc2afda63fb161a6"
    );
    // Of the first two bytes of U+1D11E, then salt and key.
    assert_eq!(
        hashed_slice(&"𝄞".as_bytes()[..2]),
        "2_41dee733fdb041e97491f36be2d44dd9e31724eec333e3a414b947f824d9bec4"
    );
}

#[test]
fn hashed_equals() {
    let rows = [yes("Alice"), no("alice"), no(" Alice"), no("Alice "), missing()];
    pair(20, 21, &json!({"s": hashed("Alice")}), &rows);
    pair(20, 21, &json!({"s": hashed("é𝄞")}), &[yes("é𝄞"), no("e\u{301}𝄞")]);
    pair(20, 21, &json!({"s": hashed("1e+21")}), &[yes(1e21), yes("1e+21"), no("1e21")]);
    pair(20, 21, &json!({"s": hashed("")}), &[missing(), no(" ")]);
}

#[test]
fn hashed_is_one_of() {
    let rows = [yes("a"), yes("b c"), no("A"), no("b"), no("a "), no("x"), missing()];
    pair(16, 17, &list(["a", "b c"], hashed), &rows);
    pair(16, 17, &json!({"l": []}), &[no("a"), missing()]);
    pair(16, 17, &list(["7", "-0.5"], hashed), &[yes(7), yes(-0.5), no(0.5)]);
}

#[test]
fn hashed_starts_with_any_of() {
    let rows =
        [yes("admin"), yes("administrator"), yes("root1"), no("Admin"), no("an admin"), no("adm"), missing()];
    pair(22, 23, &list(["admin", "root"], hashed_slice), &rows);
    pair(22, 23, &json!({"l": []}), &[no("a"), missing()]);
    pair(22, 23, &list([""], hashed_slice), &[yes("a"), missing()]);
    pair(22, 23, &list(["-1"], hashed_slice), &[yes(-12), no(12)]);
}

#[test]
fn hashed_ends_with_any_of() {
    let rows =
        [yes("me@a.org"), yes("@a.org"), yes("x.net"), no("me@a.org "), no("me@A.org"), no("org"), missing()];
    pair(24, 25, &list(["@a.org", ".net"], hashed_slice), &rows);
    pair(24, 25, &json!({"l": []}), &[no("a"), missing()]);
    pair(24, 25, &list([""], hashed_slice), &[yes("a"), missing()]);
    pair(24, 25, &list([".5"], hashed_slice), &[yes(12.5), no(5)]);
}

#[test]
fn hashed_slices_count_bytes_and_may_cut_characters() {
    pair(22, 23, &list(["𝄞a", "é"], hashed_slice), &[yes("𝄞ab"), yes("éa"), no("𝄞b"), no("e\u{301}")]);
    pair(24, 25, &list(["a𝄞", "é"], hashed_slice), &[yes("ba𝄞"), yes("aé"), no("𝄞"), no("𝄞a")]);
    let clef = "𝄞".as_bytes();
    // U+1D11E and U+1D122 differ in the last of their four bytes, é and è in the second of two.
    pair(22, 23, &list([&clef[..3]], hashed_slice), &[yes("𝄞"), yes("𝄢b"), no("é"), no("a𝄞")]);
    pair(22, 23, &list([&"é".as_bytes()[..1]], hashed_slice), &[yes("é"), yes("è"), no("e"), no("𝄞")]);
    pair(24, 25, &list([&clef[2..]], hashed_slice), &[yes("𝄞"), yes("a𝄞"), no("𝄢"), no("𝄞a")]);
    pair(24, 25, &list([&clef[3..]], hashed_slice), &[yes("𝄞"), no("\u{1e}"), no("a")]);
}

#[test]
fn hashed_slices_longer_than_the_text_match_nothing() {
    for comparator in [22, 24] {
        pair(comparator, comparator + 1, &list(["abcd"], hashed_slice), &[yes("abcd"), no("abc"), no("bcd")]);
        let lengths = ["4", "100", "4294967296", "9007199254740991"];
        let items = lengths.map(|length| format!("{length}_{}", hashed("abc")));
        pair(comparator, comparator + 1, &json!({"l": items}), &[no("abc"), no("abcdef"), no("a")]);
        // A shorter length takes the wrong slice.
        let short = format!("2_{}", hashed("abc"));
        pair(comparator, comparator + 1, &json!({"l": [short]}), &[no("abc"), no("ab")]);
    }
}

#[test]
fn malformed_hashed_slices_are_reached_only_behind_those_that_do_not_match() {
    let good = hashed_slice("ab");
    let bad_items =
        ["", "_", "ab", "2", "2_", "_ab", "x_ab", "-1_ab", "2.5_ab", "9007199254740992_ab", &hashed("ab")];
    for bad in bad_items {
        for comparator in 22..=25 {
            let matches = if comparator % 2 == 0 { yes("ab") } else { no("ab") };
            let error = |text: &str| (text.into(), Verdict::Error);
            one(comparator, &json!({"l": [good, bad]}), &[matches, error("cd"), missing()]);
            one(comparator, &json!({"l": [bad, good]}), &[error("ab"), error("cd"), missing()]);
        }
    }
    let config = comparing(22, &json!({"l": ["2"]}));
    let user = configcat_eval::User::new("u").custom("A", "ab");
    assert_eq!(error(&config, KEY, &user), "f.flag.r[0].c[0].u: expected <length>_<hash>");
}

#[test]
fn hashed_list_contains_any_of() {
    let rows = [
        yes(["a"]),
        yes(["x", "b"]),
        no(["A", "a ", "ab"]),
        no(Vec::<String>::new()),
        yes(r#"["x", "\u0061"]"#),
        no("[]"),
        missing(),
    ];
    pair(26, 27, &list(["a", "b"], hashed), &[&rows[..], &no_lists()].concat());
    pair(26, 27, &json!({"l": []}), &[no(["a"]), invalid("a")]);
    pair(26, 27, &list([""], hashed), &[yes([""]), yes(r#"["a", ""]"#), no("[]"), no(["a"])]);
    pair(26, 27, &list(["é\"𝄞"], hashed), &[yes(["é\"𝄞"]), yes(r#"["é\"\ud834\udd1e"]"#)]);
}

#[test]
fn hashed_comparators_never_match_the_plain_text() {
    for plain in ["a", "5_abcde", &hashed("a"), &hashed("a").to_uppercase(), "A0"] {
        pair(16, 17, &json!({"l": [plain]}), &[no(plain)]);
        pair(20, 21, &json!({"s": plain}), &[no(plain)]);
        pair(26, 27, &json!({"l": [plain]}), &[no([plain])]);
        let sliced = json!({"l": [format!("{}_{plain}", plain.len())]});
        pair(22, 23, &sliced, &[no(plain), no(format!("{plain}x"))]);
        pair(24, 25, &sliced, &[no(plain), no(format!("x{plain}"))]);
    }
}

#[test]
fn hashes_are_lower_case() {
    let upper = hashed("a").to_uppercase();
    pair(16, 17, &json!({"l": [upper, &hashed("b")]}), &[no("a"), yes("b")]);
    pair(20, 21, &json!({"s": upper}), &[no("a")]);
    pair(22, 23, &json!({"l": [format!("1_{upper}")]}), &[no("a")]);
    pair(26, 27, &json!({"l": [upper]}), &[no(["a"])]);
}

#[test]
fn values_of_other_types_are_hashed_as_text() {
    let config = comparing(16, &list(["12", "0.12345", "1680307199.999", r#"["a","b"]"#, "NaN"], hashed));
    for attribute in
        [12.into(), 0.12345.into(), millis(1_680_307_199_999).into(), ["a", "b"].into(), f64::NAN.into()]
    {
        assert_eq!(verdict(&config, &attribute), Verdict::True, "{attribute:?}");
    }
}

#[test]
fn rules_hash_with_the_key_and_segments_with_their_name() {
    let alice = |context| json!({"a": "Identifier", "c": 20, "s": hashed_for(context, "alice")});
    let in_segment = |index: usize| flag_if(json!([{"s": {"s": index, "c": 0}}]));
    let mut config = document(json!({
        "own": flag_if(json!([{"u": alice("own")}])),
        "other": flag_if(json!([{"u": alice("own")}])),
        "beta": in_segment(0),
        "gamma": in_segment(1),
    }));
    config["s"] = json!([{"n": "Beta", "r": [alice("Beta")]}, {"n": "Gamma", "r": [alice("gamma")]}]);
    let config = parse(&config);
    let user = configcat_eval::User::new("alice");
    for (key, on) in [("own", true), ("other", false), ("beta", true), ("gamma", false)] {
        assert_eq!(value(&config, key, &user), on.into(), "{key}");
    }
}

#[test]
fn an_empty_salt_is_a_salt() {
    let hash = crate::support::hex(<sha2::Sha256 as sha2::Digest>::digest("alice flag".replace(' ', "")));
    let condition = json!({"u": {"a": "Identifier", "c": 20, "s": hash}});
    let config = parse(&json!({"p": {"s": ""}, "f": {KEY: flag_if(json!([condition]))}}));
    assert_eq!(value(&config, KEY, &configcat_eval::User::new("alice")), true.into());
    assert_ne!(SALT, "");
}
