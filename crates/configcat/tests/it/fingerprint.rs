//! Fingerprint of the config JSON, wherever the config is named.

use configcat::{Client, MapOverrides, OverrideBehavior, PollingMode, Value, config::Fingerprint};

use crate::support::{Cdn, Mailbox, ManualClock, Reply, bool_config, client, client_on, local};

/// A config, and the start of what `sha256sum` prints for it.
const CONFIG: &str = r#"{"f": {"isNew": {"t": 0, "v": {"b": true}, "i": "a1"}}}"#;
const SHA_256: &str = "a5b6379de8a77537";

/// Returns all fingerprints that a client shows.
fn shown(client: &Client) -> [Option<String>; 4] {
    let details = client.get_value_details("isNew", false, None);
    let version = details.clone().fingerprint.map(|it| it.to_string());
    let all = client.get_all_value_details(None);
    [
        client.snapshot().fingerprint().map(|it| it.to_string()),
        version,
        client.health().fingerprint.map(|it| it.to_string()),
        all.first().and_then(|details| details.fingerprint).map(|it| it.to_string()),
    ]
}

#[test]
fn it_is_the_start_of_the_sha_256() {
    assert_eq!(Fingerprint::of(CONFIG).to_string(), SHA_256);
    assert_eq!(format!("{:?}", Fingerprint::of(CONFIG)), format!("Fingerprint({SHA_256})"));
    let bytes = Fingerprint::of(CONFIG).to_bytes().map(|byte| format!("{byte:02x}"));
    assert_eq!(bytes.concat(), SHA_256);
}

#[test]
fn it_names_the_config_that_decides() {
    let cdn = Cdn::new(CONFIG);
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    assert_eq!(shown(&client), [const { None }; 4]);
    let before = client.snapshot();
    client.force_refresh().unwrap();
    let same = [const { Some(()) }; 4].map(|_| Some(SHA_256.to_owned()));
    assert_eq!(shown(&client), same);
    assert_eq!(before.fingerprint(), None, "a snapshot stays as it is");
    // Neither a 304 nor the same content changes it.
    for _ in 0..2 {
        client.force_refresh().unwrap();
        assert_eq!(shown(&client), same);
        cdn.serve(CONFIG);
    }
    let other = bool_config("isNew", false);
    cdn.serve(&other);
    client.force_refresh().unwrap();
    assert_eq!(client.snapshot().fingerprint(), Some(Fingerprint::of(&other)));
    cdn.script([Reply::status(500)]);
    client.force_refresh().unwrap_err();
    assert_eq!(client.health().fingerprint, Some(Fingerprint::of(&other)));
}

#[test]
fn a_config_of_the_cache_has_that_of_its_json() {
    let client = client_on(&ManualClock::new(), CONFIG);
    assert_eq!(client.snapshot().fingerprint(), Some(Fingerprint::of(CONFIG)));
}

#[test]
fn overrides_have_none_and_change_none() {
    let flags = || MapOverrides::new([("isOld", Value::from(true))]);
    assert_eq!(local([("isOld", true.into())]).snapshot().fingerprint(), None);
    let cdn = Cdn::new(CONFIG);
    let builder = client(&cdn, PollingMode::manual()).overrides(OverrideBehavior::LocalOverRemote, flags());
    let client = builder.build().unwrap();
    assert_eq!(client.snapshot().fingerprint(), None);
    client.force_refresh().unwrap();
    assert_eq!(client.snapshot().fingerprint(), Some(Fingerprint::of(CONFIG)));
}

#[test]
fn telemetry_has_it_as_the_version() {
    let client = client_on(&ManualClock::new(), CONFIG);
    let (sender, evaluated) = Mailbox::new();
    client.hooks().on_flag_evaluated(move |details| sender.send(details.telemetry_attributes()));
    for key in ["isNew", "isOld"] {
        client.get_value(key, false, None);
        assert!(evaluated.next().contains(&("feature_flag.version", SHA_256.into())));
    }
}
