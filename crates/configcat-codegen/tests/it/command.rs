//! Tests of the command, and of the functions for build scripts.

use std::{fs, path::Path, process::Command};

use configcat_codegen::Generator;

use crate::{SAMPLE, config, path, read};

/// Returns the exit code and the output.
fn run(folder: &Path, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_configcat-codegen"));
    let output = command.args(args).current_dir(folder).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(told).unwrap())
}

#[test]
fn it_writes_and_checks() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name| folder.path().join(name);
    fs::copy(path(SAMPLE), file("flags.json")).unwrap();
    let run = |args: &[&str]| run(folder.path(), args);

    assert_eq!(run(&["flags.json", "flags.rs"]), (0, String::new()));
    assert_eq!(fs::read_to_string(file("flags.rs")).unwrap(), read("tests/it/flags.rs"));
    assert_eq!(run(&["--check", "flags.json", "flags.rs"]), (0, String::new()));
    let (code, told) = run(&["--check", "--defaults-of-config", "flags.json", "flags.rs"]);
    assert_eq!(code, 1);
    assert!(told.contains(r#""maxUploadMb" differs from the config"#), "{told}");
    assert_eq!(fs::read_to_string(file("flags.rs")).unwrap(), read("tests/it/flags.rs"), "only checked");

    fs::write(file("empty.json"), config("")).unwrap();
    let (code, told) = run(&["empty.json", "flags.rs"]);
    assert!(code == 2 && told.starts_with("error: the config JSON has no settings"), "{told}");
}

#[test]
fn skipped_keys_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let settings =
        r#""isNew": {"t": 0, "v": {"b": true}}, "is-new": {"t": 0, "v": {"b": true}}, "--broken": {}"#;
    fs::write(folder.path().join("flags.json"), config(settings)).unwrap();
    let run = |args: &[&str]| run(folder.path(), &[args, &["flags.json", "flags.rs"]].concat());
    assert_eq!(run(&["--skip", "is-new"]).0, 2);
    let both = ["--skip", "is-new", "--skip", "--broken"];
    assert_eq!(run(&both), (0, String::new()));
    assert_eq!(run(&[&both[..], &["--check"]].concat()), (0, String::new()));
    let code = fs::read_to_string(folder.path().join("flags.rs")).unwrap();
    assert!(code.contains("IS_NEW: Flag<bool> = Flag::new(\"isNew\", false)") && !code.contains("broken"));
}

#[test]
fn it_names_the_file_that_it_cannot_read_or_write() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(path(SAMPLE), folder.path().join("flags.json")).unwrap();
    for (args, file) in [
        (&["missing.json", "flags.rs"][..], "missing.json"),
        (&["flags.json", "missing/flags.rs"], "missing/flags.rs"),
        (&["--check", "missing.json", "flags.rs"], "missing.json"),
        (&["--check", "flags.json", "missing.rs"], "missing.rs"),
    ] {
        let (code, told) = run(folder.path(), args);
        assert!(code == 2 && told.starts_with(&format!("error: {file}: ")), "{args:?}: {told}");
    }
}

#[test]
fn encodings_are_the_same_to_writing_and_checking() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name| folder.path().join(name);
    let json = config(r#""isNew": {"t": 0, "v": {"b": true}}"#);
    let commands = [&["flags.json", "flags.rs"][..], &["--check", "flags.json", "flags.rs"]];

    fs::write(file("flags.json"), format!("\u{feff}{json}")).unwrap();
    for args in commands {
        assert_eq!(run(folder.path(), args), (0, String::new()), "a byte order mark is skipped");
    }
    let utf16: Vec<u8> = format!("\u{feff}{json}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(file("flags.json"), utf16).unwrap();
    let [written, checked] = commands.map(|args| run(folder.path(), args));
    assert_eq!(written, checked);
    assert!(written.0 == 2 && written.1.contains("UTF-8"), "{written:?}");
}

#[test]
fn it_says_how_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| run(folder.path(), args);
    let (code, usage) = run(&["--help"]);
    assert!(code == 0 && usage.contains("Usage: configcat-codegen"));
    let two = "expected a config JSON and a Rust file, found";
    for (args, error) in [
        (&[][..], format!("{two} 0 files")),
        (&["flags.json"], format!("{two} 1 files")),
        (&["a", "b", "c"], format!("{two} 3 files")),
        (&["--what", "flags.json", "flags.rs"], "unknown option --what".to_owned()),
        (&["flags.json", "flags.rs", "--skip"], "--skip needs a key".to_owned()),
    ] {
        assert_eq!(run(args), (2, format!("error: {error}\n\n{usage}")), "{args:?}");
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
