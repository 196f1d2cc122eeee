//! Tests of `configcat codegen`.

use std::{fs, time::SystemTime};

use crate::support::{Folder, ROOT};

fn sample() -> Folder {
    let flags = fs::read_to_string(format!("{ROOT}/examples/flags.json")).unwrap();
    Folder::new(&[("flags.json", &flags)])
}

#[test]
fn the_module_is_written_and_checked() {
    let folder = sample();
    let module = fs::read_to_string(format!("{ROOT}/crates/configcat-codegen/tests/it/flags.rs")).unwrap();
    let code = |args: &[&str]| {
        let ran = folder.run(&[&["codegen", "flags.json", "flags.rs"], args].concat());
        assert_eq!(fs::read_to_string(folder.path("flags.rs")).unwrap(), module);
        ran
    };
    assert_eq!((code(&[]).code, code(&["--check"]).code), (0, 0));
    let drifted = code(&["--check", "--defaults-of-config"]);
    assert_eq!(drifted.code, 1);
    assert!(drifted.out.contains(r#""maxUploadMb" differs from the config"#), "{}", drifted.out);
    let json = code(&["--check", "--defaults-of-config", "--format", "json"]).json();
    assert_eq!(json[0]["isUpToDate"], false);
}

#[test]
fn standard_output_gets_the_module() {
    let folder = sample();
    folder.run(&["codegen", "flags.json", "flags.rs"]);
    let ran = folder.run(&["codegen", "flags.json", "-"]);
    assert_eq!((ran.code, ran.out), (0, fs::read_to_string(folder.path("flags.rs")).unwrap()));
    assert!(!folder.path("-").exists());
}

#[test]
fn what_is_up_to_date_keeps_its_time() {
    let folder = sample();
    folder.run(&["codegen", "flags.json", "flags.rs"]);
    let file = fs::File::options().write(true).open(folder.path("flags.rs")).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(folder.run(&["codegen", "flags.json", "flags.rs"]).code, 0);
    assert_eq!(fs::metadata(folder.path("flags.rs")).unwrap().modified().unwrap(), SystemTime::UNIX_EPOCH);
}

#[test]
fn skipped_keys_are_left_out() {
    let folder = Folder::new(&[(
        "flags.json",
        r#"{"f": {"isNew": {"t": 0, "v": {"b": true}}, "is-new": {"t": 0, "v": {"b": true}}, "--broken": {}}}"#,
    )]);
    let codegen = |args: &[&str]| folder.run(&[&["codegen", "flags.json", "flags.rs"], args].concat());
    codegen(&["--skip", "is-new"])
        .is_refused(r#"error: flags.json: the type of "--broken" is not known; repair or skip the setting"#);
    assert!(!folder.path("flags.rs").exists());
    assert_eq!(codegen(&["--skip", "is-new", "--skip=--broken"]).code, 0);
    assert_eq!(codegen(&["--skip", "is-new", "--skip=--broken", "--check"]).code, 0);
}

#[test]
fn options_of_the_generator_are_written_and_checked() {
    let module = format!("{ROOT}/crates/configcat-codegen/tests/it/choices");
    let [json, rust] = ["json", "rs"].map(|ext| fs::read_to_string(format!("{module}.{ext}")).unwrap());
    let folder = Folder::new(&[("flags.json", &json)]);
    let options = ["--deprecate-constant", "--private", "--enums", "12", "--json", "limits=Vec<u64>"];
    let code = |more: &[&str]| folder.run(&[&["codegen", "flags.json", "flags.rs"], more].concat());
    assert_eq!(code(&options).code, 0);
    assert_eq!(fs::read_to_string(folder.path("flags.rs")).unwrap(), rust);
    assert_eq!(code(&[&options[..], &["--check"]].concat()).code, 0);
    assert_eq!(code(&["--check"]).code, 1, "options that are left out are a drift");
    let ran = code(&["--json", "mode"]);
    assert!(ran.code == 2 && ran.err.contains("write the key, `=` and a type of Rust"), "{ran:?}");
    code(&["--json", "isDone=u8"]).is_refused(
        r#"error: flags.json: the config has no text setting "isDone", which is to be read as JSON"#,
    );
}

#[test]
fn wrong_options_are_refused_with_one_error_and_nothing_is_written() {
    let folder = sample();
    for (option, value, error) in [
        ("--enums", "many", "invalid value 'many' for '--enums <N>'"),
        ("--enums", "-1", "unexpected argument '-1' found"),
        ("--json", "greeting", "write the key, `=` and a type of Rust"),
        ("--json", "greeting=", r#""" is no name of a type"#),
        ("--json", "greeting=[u8; 4]", r#""[u8; 4]" is no name of a type"#),
        ("--json", "=u8", r#"the config has no text setting """#),
    ] {
        let ran = folder.run(&["codegen", "flags.json", "flags.rs", option, value]);
        assert!(ran.code == 2 && ran.err.contains(error), "{ran:?}");
        assert_eq!(ran.err.matches("error: ").count(), 1, "{ran:?}");
        assert!(!folder.path("flags.rs").exists());
    }
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() {
    let folder = sample();
    for (args, action) in [
        (&["missing.json", "flags.rs"][..], "read missing.json"),
        (&["flags.json", "missing/flags.rs"], "write missing/flags.rs"),
        (&["flags.json", "missing.rs", "--check"], "read missing.rs"),
    ] {
        let ran = folder.run(&[&["codegen"], args].concat());
        assert!(ran.code == 2 && ran.err.starts_with(&format!("error: cannot {action}: ")), "{ran:?}");
    }
}
