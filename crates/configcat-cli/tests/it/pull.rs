//! `configcat pull` from a CDN on this machine.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use configcat_testkit::{Cdn, Reply, SDK_KEY};
use serde_json::{Value as Json, json};

use crate::server::config;

fn pull(args: &[&str], cdn: Option<&Cdn>, file: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_configcat"));
    command.arg("pull").args(args).arg("--output").arg(file).env("KEY_OF_TEST", SDK_KEY);
    // A proxy of the environment would get the request.
    command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1").env_remove("CONFIGCAT_SDK_KEY");
    if let Some(cdn) = cdn {
        command.args(["--sdk-key-env", "KEY_OF_TEST", "--base-url", &cdn.url()]);
    }
    let output = command.output().unwrap();
    for text in texts(&output) {
        assert!(!text.contains(SDK_KEY) && !text.contains("TEST_KEY"), "{text}");
    }
    output
}

/// Returns standard output and standard error.
fn texts(output: &Output) -> [String; 2] {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8(bytes.clone()).unwrap())
}

#[test]
fn a_config_becomes_a_file_and_then_is_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let (cdn, file) = (Cdn::new(&config(false)), folder.path().join("flags.json"));
    for expected in ["is written: 1 flag.\n", "is up to date: 1 flag.\n"] {
        let output = pull(&[], Some(&cdn), &file);
        let [stdout, stderr] = texts(&output);
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""));
        assert_eq!(stdout, format!("{} {expected}", file.display()));
        assert_eq!(fs::read_to_string(&file).unwrap(), config(false));
        let is_modified_long_ago = fs::metadata(&file).unwrap().modified().unwrap() == std::time::UNIX_EPOCH;
        assert_eq!(is_modified_long_ago, expected.contains("up to date"), "an unchanged file was written");
        fs::File::options().write(true).open(&file).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file stays");
}

#[test]
fn a_change_is_printed_with_a_user() {
    let folder = tempfile::tempdir().unwrap();
    let (cdn, file) = (Cdn::new(&config(true)), folder.path().join("flags.json"));
    fs::write(&file, config(false)).unwrap();
    let output = pull(&["--format", "json"], Some(&cdn), &file);
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["isWritten"], &report["flags"]), (&json!(true), &json!(1)));
    assert_eq!(report["changes"][0]["key"], "isNew");
    assert_eq!(report["changes"][0]["witness"]["new"]["value"], true);
}

#[test]
fn a_failed_download_leaves_the_file_and_exits_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flags.json");
    fs::write(&file, config(true)).unwrap();
    let not_there = Cdn::empty();
    not_there.refuse_connections();
    for (cdn, message) in [
        (Cdn::always(Reply::status(404)), "SDK key seems to be wrong"),
        (Cdn::always(Reply::status(503)), "503"),
        (Cdn::always(Reply::body("{}")), "config"),
        (not_there, "error"),
    ] {
        let output = pull(&[], Some(&cdn), &file);
        let [stdout, stderr] = texts(&output);
        assert_eq!((output.status.code(), stdout.as_str()), (Some(1), ""), "{stderr}");
        assert!(stderr.starts_with("error: ") && stderr.contains(message), "{stderr}");
        assert_eq!(fs::read_to_string(&file).unwrap(), config(true));
    }
}

#[test]
fn wrong_use_exits_with_2_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flags.json");
    for (args, message) in [
        (&[][..], "the environment variable CONFIGCAT_SDK_KEY is not set"),
        (&["--sdk-key-env", "NO_SUCH_VARIABLE"], "NO_SUCH_VARIABLE is not set"),
        (&["--sdk-key-env", SDK_KEY], "not the SDK key itself"),
        (&["--sdk-key-env", "PATH"], "PATH: "),
        (&["--sdk-key-env", "KEY_OF_TEST", "--base-url", "example.com"], "--base-url: "),
        (
            &["--sdk-key-env", "KEY_OF_TEST", "--base-url", &format!("http://127.0.0.1/{SDK_KEY}")],
            "must not hold the SDK key",
        ),
        (&["--data-governance", "us"], "eu"),
    ] {
        let output = pull(args, None, &file);
        let [stdout, stderr] = texts(&output);
        assert_eq!((output.status.code(), stdout.as_str()), (Some(2), ""), "{stderr}");
        assert!(stderr.contains(message), "{stderr}");
        assert!(!file.exists());
    }
    let cdn = Cdn::new(&config(true));
    let output = pull(&[], Some(&cdn), &folder.path().join("missing/flags.json"));
    assert_eq!(output.status.code(), Some(2));
    assert!(texts(&output)[1].contains("cannot write"));
}

#[test]
fn a_dash_is_standard_output() {
    let cdn = Cdn::new(&config(true));
    let output = pull(&[], Some(&cdn), Path::new("-"));
    assert_eq!(texts(&output), [config(true), String::new()]);
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (cdn, file, link) =
        (Cdn::new(&config(true)), folder.path().join("flags.json"), folder.path().join("link"));
    fs::write(&file, config(false)).unwrap();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    symlink(&file, &link).unwrap();
    assert!(pull(&[], Some(&cdn), &link).status.success());
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), config(true));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
}
