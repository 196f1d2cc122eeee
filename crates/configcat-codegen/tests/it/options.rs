//! Tests of the options: deprecated constants, private items, enums and JSON.

use configcat::{AnyFlag, Client, FileOverrides, Flag, OverrideBehavior, User};
use configcat_codegen::{CheckError, Generator};

use crate::{choices, config, path, read};

fn all_options() -> Generator {
    Generator::new().deprecate_constant().private().enums(12).json("limits", "Vec<u64>")
}

#[test]
fn the_checked_in_module_is_what_is_generated_now() {
    let code = all_options().generate(read("tests/it/choices.json")).unwrap();
    assert_eq!(code, read("tests/it/choices.rs"));
    all_options().check(read("tests/it/choices.json"), &code).unwrap();
}

#[test]
fn flags_with_enums_and_json_are_evaluated() {
    let overrides = FileOverrides::new(path("tests/it/choices.json"));
    let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build().unwrap();
    assert_eq!(client.check(&choices::all()), []);
    let layout = match client.get(&choices::LAYOUT, &User::new("42").custom("Plan", "pro")) {
        choices::Layout::Classic | choices::Layout::SideBySide | choices::Layout::Empty => {
            panic!("another one")
        }
        choices::Layout::OnePage => "one page".to_owned(),
        choices::Layout::Other(text) => text,
    };
    assert_eq!(layout, "one page");
    assert_eq!(choices::LAYOUT.default_value().0, choices::Layout::Empty);
    #[expect(deprecated, reason = "it is the same for everybody")]
    let limits = client.get(&choices::LIMITS, None);
    assert_eq!(*limits, [1, 2]);
    for n in 0..9 {
        let user = User::new("42").custom("N", n.to_string());
        let text: String = client.get(&Flag::new("string", ""), &user);
        let value = client.get(&choices::STRING, &user);
        assert_eq!(value.as_str(), text);
        assert!(!matches!(value, choices::StringValue::Other(_)), "{text}");
    }
    assert_eq!("new".parse(), Ok::<_, std::convert::Infallible>(choices::Layout::Other("new".to_owned())));
}

#[test]
fn a_private_module_has_copies_for_the_check() {
    let keys: Vec<_> = choices::all().iter().map(|flag| flag.key().to_owned()).collect();
    assert_eq!(
        keys,
        ["isDone", "isRunning", "layout", "limits", "mode", "share", "size", "string", "tagline"]
    );
    assert_eq!(choices::all()[2].setting_type(), choices::LAYOUT.setting_type());
}

/// Returns the lines of the code of these settings that begin so.
fn lines(generator: &Generator, settings: &str, beginning: &str) -> Vec<String> {
    let code = generator.generate(config(settings)).unwrap();
    code.lines().filter(|line| line.starts_with(beginning)).map(str::to_owned).collect()
}

#[test]
fn only_proven_constants_are_deprecated() {
    let rule = |value: &str| {
        format!(r#"[{{"c": [{{"u": {{"a": "A", "c": 28, "s": "x"}}}}], "s": {{"v": {value}}}}}]"#)
    };
    let on = r#"{"b": true}"#;
    for (setting, note) in [
        (r#"{"t": 0, "v": {"b": true}}"#.to_owned(), Some("`true`")),
        (format!(r#"{{"t": 0, "v": {on}, "r": {}}}"#, rule(on)), Some("`true`")),
        (format!(r#"{{"t": 0, "v": {on}, "r": {}}}"#, rule(r#"{"b": false}"#)), None),
        (r#"{"t": 0, "v": {"b": true}, "r": [{"c": [5], "s": {"v": {"b": true}}}]}"#.to_owned(), None),
        (r#"{"t": 0, "v": {"b": true}, "p": [{"p": 99, "v": {"b": true}}]}"#.to_owned(), None),
        (r#"{"t": 1, "v": {"s": ""}}"#.to_owned(), Some("an empty text")),
        (r#"{"t": 1, "v": {"s": "\"] fn"}}"#.to_owned(), Some(r#"`\"] fn`"#)),
        (r#"{"t": 2, "v": {"i": 7}}"#.to_owned(), Some("`7`")),
    ] {
        let found = lines(&Generator::new().deprecate_constant(), &format!(r#""key": {setting}"#), "#[dep");
        let expected = note.map(|note| format!("#[deprecated(note = \"always {note} in this config\")]"));
        assert_eq!(found, Vec::from_iter(expected), "{setting}");
    }
}

#[test]
fn a_text_with_more_or_longer_values_is_no_enum() {
    let settings =
        r#""mode": {"t": 1, "v": {"s": "a"}, "p": [{"p": 50, "v": {"s": "b"}}, {"p": 50, "v": {"s": "b"}}]}"#;
    let types = |most| lines(&Generator::new().enums(most), settings, "pub static");
    assert!(types(1)[0].contains("Flag<&str>"));
    assert!(
        types(2)[0].contains("Flag<Parsed<Mode>> = Flag::new(\"mode\", Parsed(Mode::Other(String::new())));")
    );
    let long = |length| format!(r#""mode": {{"t": 1, "v": {{"s": "{}"}}}}"#, "x".repeat(length));
    assert!(lines(&Generator::new().enums(2), &long(60), "pub static")[0].contains("Parsed"));
    assert!(lines(&Generator::new().enums(2), &long(61), "pub static")[0].contains("&str"));
}

#[test]
fn the_check_sees_what_options_write() {
    const BEFORE: &str = r#""mode": {"t": 1, "v": {"s": "one-page"}}"#;
    let drifts = |generator: &Generator, before: &str, after: &str| {
        let code = generator.generate(config(before)).unwrap();
        match generator.check(config(after), &code) {
            Ok(()) => 0,
            Err(CheckError::Drifted(drifts)) => drifts.len(),
            Err(error) => panic!("{error}"),
        }
    };
    let (plain, enums) = (Generator::new(), Generator::new().enums(3));
    // The names of the variants are equal, the values are not.
    let other_value = BEFORE.replace("one-page", "onePage");
    let one_more = BEFORE.replace("}}", r#"}, "p": [{"p": 100, "v": {"s": "x"}}]}"#);
    for changed in [&*other_value, &one_more] {
        assert_eq!((drifts(&plain, BEFORE, changed), drifts(&enums, BEFORE, changed)), (0, 1), "{changed}");
    }
    assert_eq!(drifts(&enums, BEFORE, BEFORE), 0);
    let deprecating = Generator::new().deprecate_constant();
    assert_eq!((drifts(&deprecating, BEFORE, &one_more), drifts(&deprecating, BEFORE, BEFORE)), (1, 0));
    // A module of other options is another one.
    for options in [&enums, &deprecating, &Generator::new().private(), &Generator::new().json("mode", "A")] {
        let code = options.generate(config(BEFORE)).unwrap();
        assert!(
            matches!(plain.check(config(BEFORE), &code), Err(CheckError::Drifted(drifts)) if drifts.len() == 1)
        );
        assert!(options.check(config(BEFORE), &plain.generate(config(BEFORE)).unwrap()).is_err());
    }
}

#[test]
fn json_that_cannot_be_generated_is_refused() {
    let config = config(r#""limit": {"t": 2, "v": {"i": 1}}, "text": {"t": 1, "v": {"s": ""}}"#);
    for (key, rust_type, message) in [
        ("limit", "u8", r#"the config has no text setting "limit", which is to be read as JSON"#),
        ("gone", "u8", r#"the config has no text setting "gone", which is to be read as JSON"#),
        ("text", "[u8; 4]", r#""[u8; 4]" is no name of a type; give the type a name with `type Name = …`"#),
        ("text", "", r#""" is no name of a type; give the type a name with `type Name = …`"#),
    ] {
        let error = Generator::new().json(key, rust_type).generate(&config).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}
