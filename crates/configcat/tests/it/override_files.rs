//! Overrides from a file, which is read again after a change.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use configcat::{BuildError, Client, FileOverrides, OverrideBehavior, PollingMode, User};
use log::Level;
use tempfile::TempDir;

use crate::support::{
    Cdn, Mailbox, ManualClock, PATIENCE, Reply, SECOND, bool_config, client, config, text_config,
};

/// Period of the reload thread.
const PERIOD: Duration = Duration::from_millis(500);

fn file(content: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flags.json");
    fs::write(&path, content).unwrap();
    (folder, path)
}

fn local(path: &Path, clock: &Arc<ManualClock>) -> Client {
    let overrides = FileOverrides::new(path).reload(true);
    let builder = Client::builder("local").clock(clock.clone());
    builder.overrides(OverrideBehavior::LocalOnly, overrides).build().unwrap()
}

fn title(client: &Client) -> String {
    client.get_value("title", "default", None)
}

fn simple(title: &str) -> String {
    format!(r#"{{"flags": {{"title": "{title}"}}}}"#)
}

/// Lets the client check the file.
fn look(clock: &ManualClock) {
    clock.await_timer(PERIOD);
    clock.advance(PERIOD);
    clock.await_timer(PERIOD);
}

#[test]
fn the_simple_form_has_bare_values() {
    let (_folder, path) = file(
        r#"{"flags": {"isOn": true, "title": "Hi", "limit": 10, "share": 0.5, "whole": 2.0, "big": 1e300,
            "f": -9007199254740993}, "comment": ["ignored"]}"#,
    );
    let builder = Client::builder("local");
    let client = builder.overrides(OverrideBehavior::LocalOnly, FileOverrides::new(path)).build().unwrap();
    assert!(client.get_value("isOn", false, None));
    assert_eq!(title(&client), "Hi");
    assert_eq!((client.get_value("limit", 0, None), client.get_value("limit", 0.5, None)), (10, 10.0));
    assert_eq!((client.get_value("share", 0, None), client.get_value("share", 0.0, None)), (0, 0.5));
    assert_eq!((client.get_value("whole", 7.5, None), client.get_value("big", 0.0, None)), (2.0, 1e300));
    assert_eq!(client.get_value("f", 0, None), -9_007_199_254_740_993);
    assert_eq!(client.get_all_keys().len(), 7);
}

#[test]
fn whole_numbers_of_the_simple_form_compare_with_int_and_double() {
    let asking = r#"{"f": {
        "asInt": {"t": 0, "v": {"b": false}, "r": [
            {"c": [{"p": {"f": "limit", "c": 0, "v": {"i": 10}}}], "s": {"v": {"b": true}}}]},
        "asDouble": {"t": 0, "v": {"b": false}, "r": [
            {"c": [{"p": {"f": "limit", "c": 0, "v": {"d": 10}}}], "s": {"v": {"b": true}}}]}}}"#;
    let (_folder, path) = file(r#"{"flags": {"limit": 10}}"#);
    let cdn = Cdn::new(asking);
    let builder = client(&cdn, PollingMode::manual());
    let builder = builder.overrides(OverrideBehavior::LocalOverRemote, FileOverrides::new(path));
    let client = builder.build().unwrap();
    client.force_refresh().unwrap();
    assert!(client.get_value("asInt", false, None) && client.get_value("asDouble", false, None));
}

#[test]
fn the_full_form_is_a_config_json() {
    let (_folder, path) = file(
        r#"{"p": {"s": "salt"}, "s": [{"n": "HU", "r": [{"a": "Country", "c": 28, "s": "HU"}]}], "f": {
            "limit": {"t": 2, "v": {"i": 10}, "i": "ten", "r": [
                {"c": [{"s": {"s": 0, "c": 0}}], "p": [{"p": 100, "v": {"i": 20}, "i": "twenty"}]}]}}}"#,
    );
    let builder = Client::builder("local");
    let client = builder.overrides(OverrideBehavior::LocalOnly, FileOverrides::new(path)).build().unwrap();
    let details = client.get_value_details("limit", 0, &User::new("42").country("HU"));
    assert_eq!((details.value, details.variation_id.as_deref()), (20, Some("twenty")));
    assert_eq!(details.matched_targeting_rule.unwrap().index, 0);
    assert_eq!(details.matched_percentage_option.unwrap().index, 0);
    assert_eq!((client.get_value("limit", 0, None), client.get_value("limit", 0.5, None)), (10, 0.5));
}

#[test]
fn a_file_that_is_missing_or_broken_fails_the_build() {
    let (folder, path) = file("");
    for (content, says) in [
        ("", "flags.json"),
        ("{", "flags.json"),
        ("[]", "flags.json"),
        (r#"{"isLoud": true}"#, r#"{"flags": "#),
        (r#"{"Flags": {}}"#, "flags"),
        (r#"{"error": "rate limited"}"#, "flags"),
        (r#"{"f": null}"#, "flags"),
    ] {
        fs::write(&path, content).unwrap();
        let builder =
            Client::builder("local").overrides(OverrideBehavior::LocalOnly, FileOverrides::new(&path));
        let error = builder.build().unwrap_err();
        assert!(matches!(error, BuildError::Overrides(_)) && error.to_string().contains(says), "{error}");
    }
    let overrides = FileOverrides::new(folder.path().join("none.json"));
    let error =
        Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build().unwrap_err();
    assert!(error.to_string().contains("none.json"), "{error}");
}

/// The members decide the form, not the failure of another reader.
#[test]
fn one_invalid_flag_fails_alone_and_names_its_place() {
    for bad in ["null", "[1]", "{}", r#""\ud800""#, "1e400", &"[".repeat(200)] {
        let bad = if bad.starts_with("[[") { format!("{bad}{}", "]".repeat(200)) } else { bad.to_owned() };
        let (_folder, path) =
            file(&format!(r#"{{"flags": {{"first": 1, "bad": {bad}, "last": true}}, "x": {bad}}}"#));
        let clock = ManualClock::new();
        let client = local(&path, &clock);
        assert_eq!(
            (client.get_value("first", 0, None), client.get_value("last", false, None)),
            (1, true),
            "{bad}"
        );
        assert_eq!(client.get_value("bad", "default", None), "default", "{bad}");
        assert!(clock.log().assert_once(1002, Level::Error).text.contains("flags.bad"), "{bad}");
        assert_eq!(client.get_all_keys(), ["first", "bad", "last"], "in the order of the file");
    }
}

#[test]
fn a_byte_order_mark_is_skipped_and_utf_16_is_named() {
    let (_folder, path) = file(&format!("\u{feff}{}", simple("marked")));
    assert_eq!(title(&local(&path, &ManualClock::new())), "marked");
    let utf_16: Vec<u8> = simple("wide").encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(&path, [&[0xff, 0xfe][..], &utf_16].concat()).unwrap();
    let overrides = FileOverrides::new(&path);
    let error =
        Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build().unwrap_err();
    assert!(error.to_string().contains("UTF-16"), "{error}");
}

#[test]
fn a_decimal_number_is_never_an_integer() {
    let asking = r#"{"f": {"asInt": {"t": 0, "v": {"b": false}, "r": [
        {"c": [{"p": {"f": "limit", "c": 0, "v": {"i": 2}}}], "s": {"v": {"b": true}}}]}}}"#;
    let (_folder, path) = file(r#"{"flags": {"limit": 2.0}}"#);
    let (cdn, clock) = (Cdn::new(asking), ManualClock::new());
    let builder = client(&cdn, PollingMode::manual()).clock(clock.clone());
    let builder = builder.overrides(OverrideBehavior::LocalOverRemote, FileOverrides::new(path));
    let client = builder.build().unwrap();
    client.force_refresh().unwrap();
    assert_eq!((client.get_value("limit", 7, None), client.get_value("limit", 0.5, None)), (7, 2.0));
    assert!(!client.get_value("asInt", false, None));
    assert!(clock.log().assert_once(1002, Level::Error).text.contains("'limit'"));
}

#[test]
fn a_file_is_read_once_without_reload() {
    let (_folder, path) = file(&simple("1"));
    let clock = ManualClock::new();
    let builder = Client::builder("local").clock(clock.clone());
    let overrides = FileOverrides::new(&path);
    let client = builder.overrides(OverrideBehavior::LocalOnly, overrides).build().unwrap();
    fs::write(&path, simple("2")).unwrap();
    clock.advance(10 * SECOND);
    assert_eq!((&*title(&client), client.health().worker_alive), ("1", None));
}

#[test]
fn a_change_is_used_within_a_second() {
    let (_folder, path) = file(&simple("0"));
    let builder = Client::builder("local");
    let overrides = FileOverrides::new(&path).reload(true);
    let client = builder.overrides(OverrideBehavior::LocalOnly, overrides).build().unwrap();
    let (sender, changes) = Mailbox::new();
    client.hooks().on_config_changed(move |_| sender.send(Instant::now()));
    let mut took = Vec::new();
    for round in 1..=3 {
        fs::write(&path, simple(&round.to_string())).unwrap();
        let written = Instant::now();
        // A file that is read halfway through a write is invalid, and then changes again.
        took.push(changes.next().saturating_duration_since(written));
        assert_eq!(title(&client), round.to_string());
    }
    // The machine may be busy in one round.
    assert!(took.iter().min().is_some_and(|took| *took < SECOND), "{took:?}");
}

#[test]
fn a_change_is_merged_in_every_polling_mode() {
    for mode in [PollingMode::auto().into(), PollingMode::lazy().into(), PollingMode::manual()] {
        for behavior in [OverrideBehavior::LocalOverRemote, OverrideBehavior::RemoteOverLocal] {
            let (_folder, path) = file(&simple("1"));
            let (clock, cdn) = (ManualClock::new(), Cdn::new(&bool_config("remote", true)));
            let overrides = FileOverrides::new(&path).reload(true);
            let builder = client(&cdn, mode).clock(clock.clone()).overrides(behavior, overrides);
            let client = builder.build().unwrap();
            client.force_refresh().unwrap();
            client.wait_for_ready(PATIENCE);
            assert_eq!((&*title(&client), client.get_value("remote", false, None)), ("1", true));
            fs::write(&path, simple("2")).unwrap();
            look(&clock);
            assert_eq!((&*title(&client), client.get_value("remote", false, None)), ("2", true));
            let snapshot = client.snapshot();
            client.close();
            clock.threads().await_no_worker(PATIENCE);
            assert_eq!(snapshot.get_value("title", "", None), "2", "{mode:?}");
        }
    }
}

#[test]
fn an_invalid_file_keeps_the_last_flags_and_is_logged_once() {
    let (_folder, path) = file(&simple("1"));
    let clock = ManualClock::new();
    let client = local(&path, &clock);
    let (sender, changes) = Mailbox::new();
    client.hooks().on_config_changed(move |_| sender.send(()));
    let mut logged = 0;
    for broken in
        ["", "{\"flags\": {\"title\"", r#"{"Flags": {"title": "2"}}"#, r#"{"title": "2"}"#, "[]", "{}"]
    {
        fs::write(&path, broken).unwrap();
        for _ in 0..3 {
            look(&clock);
        }
        logged += 1;
        let records = clock.log().events_of(1302);
        assert_eq!(records.len(), logged, "{broken}: {records:#?}");
        assert!(records[logged - 1].text.contains("flags.json") && records[logged - 1].level == Level::Error);
        assert_eq!((&*title(&client), changes.all().len()), ("1", 0));
    }
    // The same content is no change; another content is one, also in the other form.
    for (content, expected) in [(simple("1"), "1"), (simple("2"), "2"), (text_config("title", "3"), "3")] {
        fs::write(&path, content).unwrap();
        look(&clock);
        assert_eq!(title(&client), expected);
    }
    look(&clock);
    fs::write(&path, text_config("title", "3")).unwrap();
    let _ = changes.all();
    look(&clock);
    assert_eq!((changes.all().len(), clock.log().events().len()), (0, logged));
}

#[test]
fn a_missing_file_keeps_the_last_flags_and_may_come_back() {
    let (folder, path) = file(&simple("1"));
    let clock = ManualClock::new();
    let client = local(&path, &clock);
    fs::remove_file(&path).unwrap();
    look(&clock);
    assert_eq!(title(&client), "1");
    assert!(clock.log().assert_once(1302, Level::Error).text.contains("flags.json"));
    // Editors and config maps of Kubernetes replace whole files.
    fs::write(folder.path().join("new.json"), simple("2")).unwrap();
    fs::rename(folder.path().join("new.json"), &path).unwrap();
    look(&clock);
    assert_eq!(title(&client), "2");
    fs::remove_dir_all(folder.path()).unwrap();
    look(&clock);
    assert_eq!(title(&client), "2");
}

#[test]
fn a_missing_file_is_logged_once() {
    let (_folder, path) = file(&simple("1"));
    let clock = ManualClock::new();
    let client = local(&path, &clock);
    fs::remove_file(&path).unwrap();
    for _ in 0..5 {
        look(&clock);
    }
    assert_eq!((&*title(&client), clock.log().events()), ("1", vec![1302]));
}

#[test]
fn a_fetch_that_hangs_does_not_delay_the_reload() {
    let (_folder, path) = file(&simple("1"));
    let cdn = Cdn::always(Reply::hang());
    cdn.serve(&config(&[]));
    let overrides = FileOverrides::new(&path).reload(true);
    let builder = client(&cdn, PollingMode::auto().max_init_wait(Duration::ZERO));
    let client = builder.overrides(OverrideBehavior::LocalOverRemote, overrides).build().unwrap();
    let (sender, changes) = Mailbox::new();
    client.hooks().on_config_changed(move |_| sender.send(()));
    cdn.await_hanging(1);
    fs::write(&path, simple("2")).unwrap();
    changes.next();
    assert_eq!(title(&client), "2");
}

/// Opening a pipe waits for a writer.
#[cfg(unix)]
#[test]
fn only_regular_files_are_read() {
    let (folder, path) = file(&simple("first"));
    let clock = ManualClock::new();
    let client = local(&path, &clock);
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::rename(&pipe, &path).unwrap();
    look(&clock);
    let record = clock.log().assert_once(1302, Level::Error);
    assert!(record.text.contains("not a regular file"), "{record:?}");
    assert_eq!(title(&client), "first");
    fs::remove_file(&path).unwrap();
    fs::write(&path, simple("second")).unwrap();
    look(&clock);
    assert_eq!(title(&client), "second");

    for odd in [folder.path().to_path_buf(), "/dev/zero".into()] {
        let overrides = FileOverrides::new(&odd);
        let built = crate::support::patiently(move || {
            Client::builder("local").overrides(OverrideBehavior::LocalOnly, overrides).build().map(drop)
        });
        assert!(matches!(built, Err(BuildError::Overrides(_))), "{odd:?}");
    }
}
