//! Tests of configs that no code can be generated from.

use configcat_codegen::{CheckError, CodegenError, Defaults, Generator};

use crate::config;

fn error(settings: &str) -> String {
    Generator::new().generate(config(settings)).unwrap_err().to_string()
}

#[test]
fn two_keys_of_the_same_name_are_an_error() {
    let settings = r#""is-new": {"t": 0, "v": {"b": true}}, "x": {"t": 0, "v": {"b": true}}, "isNew": {"t": 2, "v": {"i": 1}}"#;
    assert_eq!(error(settings), r#""is-new" and "isNew" would both be named IS_NEW; skip one of them"#);
}

#[test]
fn what_is_skipped_stops_nothing() {
    let settings =
        config(r#""a-b": {"t": 0, "v": {"b": true}}, "aB": {"t": 9}, "a.b": {"t": 2, "v": {"i": 1}}"#);
    let generator = Generator::new().skip(["aB", "isGone"]).skip(["a-b".to_owned()]);
    assert!(generator.generate(&settings).unwrap().contains(r#"A_B: Flag<i64> = Flag::new("a.b", 0)"#));
    let error = generator.skip(["a.b"]).generate(&settings).unwrap_err();
    assert!(matches!(error, CodegenError::NoSettings));
}

#[test]
fn settings_must_have_a_type_and_where_it_is_wanted_a_default() {
    let no_type = error(r#""broken": {"t": 9, "v": {"b": true}}"#);
    assert_eq!(no_type, r#"the type of "broken" is not known; repair or skip the setting"#);
    let no_default = config(r#""broken": {"t": 2, "v": {"b": true}}"#);
    let code = Generator::new().generate(&no_default).unwrap();
    assert!(code.contains("`broken`: an int setting. In the config: an invalid value by default."));
    let error = Generator::new().defaults(Defaults::OfConfig).generate(&no_default).unwrap_err();
    let expected = r#"the default value of "broken" is malformed; repair or skip the setting"#;
    assert_eq!(error.to_string(), expected);
}

#[test]
fn another_document_is_no_config() {
    // The answer of the global CDN with data governance for the EU only.
    let elsewhere = r#"{"p": {"u": "https://cdn-eu.configcat.com", "r": 1}}"#;
    for none in [&config(""), elsewhere] {
        let error = Generator::new().generate(none).unwrap_err();
        assert!(matches!(error, CodegenError::NoSettings));
        assert!(error.to_string().contains("https://cdn-eu.configcat.com"), "{error}");
    }
    assert!(matches!(Generator::new().generate("[]"), Err(CodegenError::NotAConfig(_))));
    assert!(matches!(Generator::new().generate(b"\xff"), Err(CodegenError::NotAConfig(_))));
    let outcome = Generator::new().check(config(""), "");
    assert!(matches!(outcome, Err(CheckError::Codegen(CodegenError::NoSettings))));
}

#[test]
fn a_byte_order_mark_and_older_versions_are_read() {
    let json = config(r#""isOld": {"t": 0, "v": true, "p": [], "r": []}"#);
    let code = Generator::new().generate(format!("\u{feff}{json}")).unwrap();
    assert!(code.contains("pub static IS_OLD: Flag<bool>"));
}

#[test]
fn the_order_of_the_config_does_not_matter() {
    let generate = |settings: &str| Generator::new().generate(config(settings)).unwrap();
    let (a, b) = (r#""a": {"t": 0, "v": {"b": true}}"#, r#""b": {"t": 0, "v": {"b": true}}"#);
    assert_eq!(generate(&format!("{a}, {b}")), generate(&format!("{b}, {a}")));
}
