//! Tests of writing the module to a file.

use std::fs;

use configcat_codegen::{BuildError, Generator};

use crate::{SAMPLE, config, path, read};

#[test]
fn the_module_of_the_sample_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flags.rs");
    Generator::new().write(path(SAMPLE), &file).unwrap();
    assert_eq!(fs::read_to_string(file).unwrap(), read("tests/it/flags.rs"));
}

#[test]
fn errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::copy(path(SAMPLE), file("flags.json")).unwrap();
    for (from, to, named) in
        [("missing.json", "flags.rs", "missing.json"), ("flags.json", "missing/flags.rs", "missing/flags.rs")]
    {
        let error = Generator::new().write(file(from), file(to)).unwrap_err();
        let BuildError::Io { path, .. } = error else { panic!("{error}") };
        assert_eq!(path, file(named));
    }
}

#[test]
fn what_is_up_to_date_is_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let [json, rust] = ["flags.json", "flags.rs"].map(|name| folder.path().join(name));
    fs::write(&json, config(r#""isNew": {"t": 0, "v": {"b": true}}"#)).unwrap();
    let generator = Generator::new();
    generator.write(&json, &rust).unwrap();
    let time = std::time::SystemTime::UNIX_EPOCH;
    fs::File::options().write(true).open(&rust).unwrap().set_modified(time).unwrap();
    generator.write(&json, &rust).unwrap();
    assert_eq!(fs::metadata(&rust).unwrap().modified().unwrap(), time);
}

#[test]
fn files_of_overrides_are_read_too() {
    let code = Generator::new().generate(r#"{"flags": {"isNew": true, "limit": 10, "rate": 0.5}}"#).unwrap();
    for flag in ["IS_NEW: Flag<bool>", "LIMIT: Flag<i64>", "RATE: Flag<f64>"] {
        assert!(code.contains(flag), "{code}");
    }
}
