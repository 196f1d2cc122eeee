//! Clients that cannot be built, and are there all the same.

use std::{error::Error, sync::Arc, time::Duration};

use configcat::{
    BuildError, CacheState, Client, ClientBuilder, Config, FileOverrides, MapOverrides, OverrideBehavior,
    OverrideSource, PollingMode, RefreshErrorKind, User, cache::BoxError,
};
use log::Level;

use crate::support::{
    Cdn, Log, Mailbox, SDK_KEY, SECOND, Unprintable, bool_config, client, in_its_own_process_behind,
};

/// Checks that a client returns defaults, knows the reason, and does nothing else.
#[track_caller]
fn check_unbuilt(client: &Client, reason: &str) {
    assert_eq!(client.get_value("title", "default", &User::new("42")), "default");
    assert!(client.ready_state().is_some(), "nothing waits for a config");
    assert!(client.snapshot().fetch_time().is_none());
    let error = client.force_refresh().unwrap_err();
    assert_eq!(error.kind(), RefreshErrorKind::NotBuilt);
    let text = error.to_string();
    assert!(text.starts_with(&format!("the client could not be built: {reason}")), "{text}");
    assert!(error.source().is_some_and(|cause| cause.is::<BuildError>()));
    let health = client.health();
    assert_eq!(health.last_error.map(|error| error.kind()), Some(RefreshErrorKind::NotBuilt));
    assert_eq!(health.last_attempt, None);
}

/// Checks that evaluations name the reason, too.
#[track_caller]
fn check_no_config(client: &Client, reason: &str) {
    let failure = client.get_value_details("title", "default", None).error.unwrap();
    // Events have one line each.
    let end = format!("Reason: the client could not be built: {}.", reason.replace('\n', "\\n"));
    assert!(failure.message().ends_with(&end), "{failure}");
}

#[test]
fn an_invalid_option_gives_defaults_and_is_logged() {
    let no_wait = || Client::builder(SDK_KEY).polling_mode(PollingMode::auto().max_init_wait(60 * SECOND));
    let builders: [(ClientBuilder, &str); 4] = [
        (Client::builder("not-a-key"), "the SDK key "),
        (no_wait().base_url("flags.example.com"), "the base URL "),
        (no_wait().jitter(2.0), "the jitter "),
        (
            Client::builder(SDK_KEY).polling_mode(PollingMode::lazy().cache_ttl(Duration::ZERO)),
            "the poll interval ",
        ),
    ];
    for (builder, start) in builders {
        let log = Log::new();
        let (sender, errors) = Mailbox::new();
        let (told, states) = Mailbox::new();
        let builder = builder.on_error(move |error| sender.send(error.clone()));
        let client = builder.on_client_ready(move |state| told.send(state)).build_or_default();
        let record = log.assert_once(1301, Level::Error);
        let event = errors.next();
        assert_eq!((event.event_id, &event.message), (1301, &record.text));
        let reason = event.error.unwrap().to_string();
        assert!(reason.starts_with(start), "{reason}");
        assert!(record.text.contains(&reason), "{}", record.text);
        assert_eq!(states.all(), [CacheState::NoFlagData]);
        assert_eq!(client.health().worker_alive, None);
        check_unbuilt(&client, &reason);
        check_no_config(&client, &reason);
        assert_eq!(client.wait_for_ready(60 * SECOND), CacheState::NoFlagData);
        client.set_online();
        client.close();
    }
}

#[test]
fn overrides_are_served_although_another_option_is_invalid() {
    let flags = || MapOverrides::new([("isNew", true.into())]);
    for behavior in [OverrideBehavior::LocalOnly, OverrideBehavior::RemoteOverLocal] {
        let client = Client::builder("").overrides(behavior, flags()).build_or_default();
        assert!(client.get_value("isNew", false, None));
        check_unbuilt(&client, "the SDK key is empty");
    }
    let builder = || {
        let missing = FileOverrides::new("there/is/no/such/file.json");
        Client::builder("local").overrides(OverrideBehavior::LocalOnly, missing)
    };
    let client = builder().build_or_default();
    check_no_config(&client, &builder().build().unwrap_err().to_string());
    let error = client.force_refresh().unwrap_err().to_string();
    assert!(
        error.starts_with("the client could not be built: the flag overrides cannot be loaded"),
        "{error}"
    );
    assert!(!client.get_value("isNew", false, None));
}

/// Source whose error panics when it is printed.
struct Failing;

impl OverrideSource for Failing {
    fn load(&self) -> Result<Option<Arc<Config>>, BoxError> {
        Err(Unprintable.into())
    }
}

#[test]
fn an_error_of_overrides_that_cannot_be_printed_is_a_panic_of_the_source() {
    let (sender, errors) = Mailbox::new();
    let builder = Client::builder(SDK_KEY).overrides(OverrideBehavior::LocalOverRemote, Failing);
    let client = builder.on_error(move |error| sender.send(error.clone())).build_or_default();
    check_unbuilt(&client, "the flag overrides cannot be loaded: panicked: an error that panics");
    assert_eq!(errors.next().event_id, 1301);
}

#[test]
fn valid_options_give_a_client_as_build_does() {
    let cdn = Cdn::new(&bool_config("isNew", true));
    let log = Log::new();
    let client = client(&cdn, PollingMode::manual()).build_or_default();
    client.force_refresh().unwrap();
    assert!(client.get_value("isNew", false, None));
    log.assert_events(&[]);
}

/// With stacks of this size no thread can be started, and the test runs on the first thread.
#[cfg(target_os = "linux")]
#[test]
fn without_threads_there_is_a_client_with_overrides() {
    let wrapper = ["env", "RUST_MIN_STACK=140000000000000", "RUST_TEST_THREADS=1"];
    let test = "unbuilt::without_threads_there_is_a_client_with_overrides";
    in_its_own_process_behind(&wrapper, test, || {
        let flags = || MapOverrides::new([("isNew", true.into())]);
        let builder = || Client::builder(SDK_KEY).overrides(OverrideBehavior::LocalOverRemote, flags());
        let reason = builder().build().unwrap_err();
        assert!(matches!(reason, BuildError::Thread(_)), "{reason}");
        let log = Log::new();
        let client = builder().build_or_default();
        assert!(client.get_value("isNew", false, None));
        check_unbuilt(&client, &reason.to_string());
        log.assert_once(1301, Level::Error);
        assert!(log.second_clients().is_empty());
        assert_eq!(client.health().worker_alive, Some(false));
    });
}
