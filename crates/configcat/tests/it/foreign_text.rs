//! Text from outside in logs and errors: it cannot forge records, move a cursor, or fill a disk.

use std::fs;

use configcat::{
    BuildError, Client, ConfigCache, FileOverrides, OverrideBehavior, PollingMode, cache::BoxError,
};

use crate::support::{Cdn, ManualClock, Reply, SDK_KEY, client, entry};

/// Text that ends a line, starts another one, colours a terminal, and has other control characters.
const FORGED: &str = "x\r\n2026-01-01 ERROR forged\u{1b}[31m\u{7}\u{0}\u{9b}\u{85}y";
const ESCAPED: &str = r"x\r\n2026-01-01 ERROR forged\u{1b}[31m\u{7}\u{0}\u{9b}\u{85}y";

/// The same text as a JSON string.
fn json() -> String {
    serde_json::to_string(FORGED).unwrap()
}

/// Cache whose errors or panics quote the text of a server.
struct QuotingCache {
    panics: bool,
}

impl ConfigCache for QuotingCache {
    fn read(&self, _: &str) -> Result<Option<String>, BoxError> {
        assert!(!self.panics, "{FORGED}");
        Err(FORGED.into())
    }

    fn write(&self, _: &str, _: &str) -> Result<(), BoxError> {
        self.read("").map(drop)
    }
}

/// Asserts the logged events: each is one line and quotes the text.
#[track_caller]
fn assert_logged(clock: &ManualClock, events: &[u64]) {
    clock.log().assert_events(events);
    for record in clock.log().records().iter().filter(|record| record.event_id.is_some_and(|id| id < 3000)) {
        assert!(!record.text.contains(char::is_control), "{record:?}");
        assert!(record.text.contains(ESCAPED), "{record:?}");
    }
}

#[test]
fn keys_and_values_are_logged_in_one_line() {
    let clock = ManualClock::new();
    let config = format!(
        r#"{{"f":{{{0}:{{"t":1,"v":{{"s":{0}}}}},"broken":{{"v":{{"b":true}},"t":0,"r":[{{"c":[{{"p":{{"f":{0},"c":0}}}}],"s":{{"v":{{"b":true}}}}}}]}}}}}}"#,
        json()
    );
    let cdn = Cdn::new(&config);
    let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
    client.get_value(FORGED, FORGED, None);
    client.force_refresh().unwrap();
    client.get_value("missing", false, None);
    let details = client.get_value_details(FORGED, false, None);
    client.get_value("broken", FORGED, None);
    client.get_value("broken", false, None);
    assert!(client.get_key_and_value(FORGED).is_none());
    clock.log().assert_events(&[1000, 1001, 2002, 1002, 1002, 2011]);
    assert!(!details.error.unwrap().message().contains(char::is_control));
    for record in clock.log().records().iter().filter(|record| record.event_id.is_some_and(|id| id < 3000)) {
        assert!(!record.text.contains(char::is_control), "{record:?}");
    }
    // The value itself is unchanged.
    assert_eq!(client.get_value(FORGED, "", None), FORGED);
}

#[test]
fn errors_of_a_cache_are_logged_in_one_line() {
    for panics in [false, true] {
        let (clock, cdn) = (ManualClock::new(), Cdn::new(r#"{"f":{}}"#));
        let builder = client(&cdn, PollingMode::manual()).clock(clock.clone());
        let client = builder.cache(QuotingCache { panics }).build().unwrap();
        client.force_refresh().unwrap();
        assert_logged(&clock, &[2200, 2200, 2201]);
    }
}

#[test]
fn panics_of_a_callback_are_logged_in_one_line() {
    let (clock, cdn) = (ManualClock::new(), Cdn::new(r#"{"f":{}}"#));
    let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
    client.hooks().on_config_fetched(|_| panic!("{FORGED}"));
    client.force_refresh().unwrap();
    assert_logged(&clock, &[1003]);
}

#[test]
fn text_of_a_server_is_not_repeated() {
    let (clock, cdn) = (ManualClock::new(), Cdn::empty());
    let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
    let page = format!("<html>{FORGED}");
    let odd = |header: &str| Reply::status(500).header(header, "1\u{1b}[31mforged\u{7}");
    let mut replies = vec![Reply::body(&*page), Reply::body(format!("{{{FORGED}}}")), Reply::status(404)];
    replies.extend(
        ["CF-RAY", "ETag", "Retry-After", "Date", "Location", "Content-Encoding", "forged\u{7}"].map(odd),
    );
    for reply in replies {
        cdn.script([reply]);
        let error = client.force_refresh().unwrap_err();
        assert!(!format!("{error:#} {error:?}").contains("forged"), "{error:#}");
    }
    let records = clock.log().records();
    let own = records.iter().filter(|record| record.target == "configcat");
    assert!(own.clone().count() > 9 && own.clone().all(|record| !record.text.contains("forged")));
}

#[test]
fn a_record_has_a_maximum_length() {
    let long = "x".repeat(1000);
    let settings: Vec<_> = (0..100).map(|n| format!(r#""{long}{n}":{{"t":0,"v":{{"b":true}}}}"#)).collect();
    let (clock, cdn) = (ManualClock::new(), Cdn::new(&format!(r#"{{"f":{{{}}}}}"#, settings.join(","))));
    let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
    client.force_refresh().unwrap();
    client.get_value("missing", false, None);
    let record = &clock.log().events_of(1001)[0];
    assert!(record.text.len() <= 64 * 1024 && record.text.ends_with("…"), "{}", record.text.len());
}

#[test]
fn a_hundred_keys_are_listed_and_the_others_counted() {
    for (count, end) in
        [(100, "'flag99']."), (101, "'flag99', … and 1 more]."), (5000, "'flag99', … and 4900 more].")]
    {
        let settings: Vec<_> =
            (0..count).map(|n| format!(r#""flag{n}":{{"t":0,"v":{{"b":true}}}}"#)).collect();
        let (clock, cdn) = (ManualClock::new(), Cdn::new(&format!(r#"{{"f":{{{}}}}}"#, settings.join(","))));
        let client = client(&cdn, PollingMode::manual()).clock(clock.clone()).build().unwrap();
        client.force_refresh().unwrap();
        client.get_value("missing", false, None);
        let record = &clock.log().events_of(1001)[0];
        assert!(record.text.ends_with(&format!("{end} This is logged once for each key.")), "{record:?}");
    }
}

/// Cache with an entry whose config has this length.
struct BigCache(usize);

impl ConfigCache for BigCache {
    fn read(&self, _: &str) -> Result<Option<String>, BoxError> {
        let config = format!("{{\"f\":{{}}{}}}", " ".repeat(self.0 - 8));
        Ok(Some(entry(std::time::SystemTime::UNIX_EPOCH, "", &config)))
    }

    fn write(&self, _: &str, _: &str) -> Result<(), BoxError> {
        Ok(())
    }
}

#[test]
fn a_cache_entry_has_the_limit_of_a_response() {
    const LONGEST: usize = 64 * 1024 * 1024;
    for (length, has_config) in [(LONGEST, true), (LONGEST + 1, false)] {
        let clock = ManualClock::new();
        let builder = Client::builder(SDK_KEY).polling_mode(PollingMode::manual()).offline(true);
        let client = builder.clock(clock.clone()).cache(BigCache(length)).build().unwrap();
        assert_eq!(client.snapshot().fetch_time().is_some(), has_config, "{length}");
        clock.log().assert_events(if has_config { &[] } else { &[2200] });
        if !has_config {
            let text = &clock.log().events_of(2200)[0].text;
            assert!(text.ends_with("the config JSON in the cache is larger than 64 MiB"), "{text}");
        }
    }
}

#[test]
fn an_override_file_has_the_limit_of_a_response() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flags.json");
    // A sparse file needs no space on the disk.
    fs::File::create(&path).unwrap().set_len(64 * 1024 * 1024 + 1).unwrap();
    let build =
        || Client::builder(SDK_KEY).overrides(OverrideBehavior::LocalOnly, FileOverrides::new(&path)).build();
    let BuildError::Overrides(error) = build().unwrap_err() else { panic!("the file is too large") };
    assert_eq!(error.to_string(), format!("{}: larger than 64 MiB", path.display()));
    fs::write(&path, r#"{"flags":{"isNew":true}}"#).unwrap();
    assert!(build().unwrap().get_value("isNew", false, None));
}
