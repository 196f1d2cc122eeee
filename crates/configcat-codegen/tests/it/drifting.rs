//! Tests of the check for drifts between code and config.

use configcat_codegen::{CheckError, Defaults, Generator};

use crate::{SAMPLE, config, read};

const NEW: &str = r#""isNew": {"t": 0, "v": {"b": false}}"#;
const LIMIT: &str = r#""limit": {"t": 2, "v": {"i": 10}}"#;

/// Returns the drifts between the code of one config and another config.
fn drifts(generator: &Generator, before: &str, after: &str) -> Vec<String> {
    let code = generator.generate(config(before)).unwrap();
    drifts_of(generator, after, &code)
}

fn drifts_of(generator: &Generator, settings: &str, code: &str) -> Vec<String> {
    match generator.check(config(settings), code) {
        Ok(()) => Vec::new(),
        Err(CheckError::Drifted(drifts)) => drifts.iter().map(ToString::to_string).collect(),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_flag_may_come_go_or_change() {
    let neutral = Generator::new();
    let both = format!("{NEW}, {LIMIT}");
    assert_eq!(drifts(&neutral, &both, &both), [""; 0]);
    assert_eq!(drifts(&neutral, NEW, &both), [r#""limit" is in the config, but not in the code"#]);
    assert_eq!(drifts(&neutral, &both, LIMIT), [r#""isNew" is in the code, but not in the config"#]);
    let double = r#""limit": {"t": 3, "v": {"d": 10}}"#;
    let expected = "\"limit\" differs from the config, which makes it \
        `pub static LIMIT: Flag<f64> = Flag::new(\"limit\", 0.0)`";
    assert_eq!(drifts(&neutral, LIMIT, double), [expected]);
}

#[test]
fn rules_order_and_values_are_no_drift() {
    let neutral = Generator::new();
    let before = format!("{NEW}, {LIMIT}");
    let targeted = r#""isNew": {"t": 0, "v": {"b": true}, "r": [
        {"c": [{"u": {"a": "Plan", "c": 28, "s": "pro"}}], "s": {"v": {"b": false}}}]}"#;
    assert_eq!(drifts(&neutral, &before, &format!("{LIMIT}, {targeted}")), [""; 0]);
    let of_config = Generator::new().defaults(Defaults::OfConfig);
    let expected = "\"isNew\" differs from the config, which makes it \
        `pub static IS_NEW: Flag<bool> = Flag::new(\"isNew\", true)`";
    assert_eq!(drifts(&of_config, NEW, targeted), [expected]);
}

#[test]
fn comments_and_layout_are_no_drift() {
    let neutral = Generator::new();
    let code = r#"
        use configcat::Flag;
        // pub static OLDER: Flag<bool> = Flag::new("older", false);
        #[allow(dead_code)]
        pub static IS_NEW: Flag<bool> = // used by checkout; don"t delete
            Flag::new("isNew", false); // ) as "ever"
        /// A limit; of what?
        pub static LIMIT: Flag<i64> = Flag::new(
            "limit", // MB
            0,// none
        );"#;
    assert_eq!(drifts_of(&neutral, &format!("{NEW}, {LIMIT}"), code), [""; 0]);
}

#[test]
fn texts_are_compared_to_the_letter() {
    let of_config = Generator::new().defaults(Defaults::OfConfig);
    let text = |text: &str| format!(r#""text": {{"t": 1, "v": {{"s": "{text}"}}}}"#);
    for (before, after) in [
        ("a b", "a  b"),
        ("( a", "(a"),
        ("a,)", "a)"),
        ("a // b", "a // c"),
        (r#"\";"#, r#"\" ;"#),
        (r"\\", ""),
    ] {
        assert_eq!(drifts(&of_config, &text(before), &text(after)).len(), 1, "{before} to {after}");
        assert_eq!(drifts(&of_config, &text(before), &text(before)), [""; 0]);
    }
}

#[test]
fn what_is_checked_in_has_not_drifted() {
    Generator::new().check(read(SAMPLE), &read("tests/it/flags.rs")).unwrap();
    let generator = Generator::new().defaults(Defaults::OfConfig);
    generator.check(read("tests/it/hostile.json"), &read("tests/it/hostile.rs")).unwrap();
    let error =
        Generator::new().check(read("tests/it/hostile.json"), &read("tests/it/flags.rs")).unwrap_err();
    assert!(matches!(error, CheckError::Drifted(drifts) if drifts.len() == 9 + 16));
}
