//! The warning about a second open client with the same SDK key.

use crate::support::Log;
#[cfg(unix)]
use crate::support::{fork_and_run, in_its_own_process};
use configcat::{Client, ClientBuilder, MapOverrides, OverrideBehavior, PollingMode};

/// Returns a builder with a key that no other test has.
fn builder(last: char) -> ClientBuilder {
    let key = format!("configcat-sdk-1/A_KEY_FOR_SECOND_CLIEN/NO_OTHER_TEST_HAS_IT_{last}");
    Client::builder(&key).polling_mode(PollingMode::manual()).offline(true)
}

#[test]
fn a_second_client_is_a_warning_while_the_first_is_open() {
    let log = Log::new();
    let first = builder('1').build().unwrap();
    let clone = first.clone();
    drop(first);
    let other_key = builder('2').build().unwrap();
    assert!(log.second_clients().is_empty());

    let second = builder('1').build().unwrap();
    let texts = log.second_clients();
    assert_eq!(
        texts,
        [
            "There is another open client for the SDK key '***************/**********************/****************S_IT_1', \
          and each of them fetches and keeps the config. Build one client for each SDK key and clone it."
        ]
    );

    let log = Log::new();
    second.close();
    drop(clone);
    let third = builder('1').build().unwrap();
    assert!(log.second_clients().is_empty(), "the others are closed");
    drop((second, other_key));
    let _fourth = builder('1').build_or_default();
    assert_eq!(log.second_clients().len(), 1);
    drop(third);
}

#[test]
fn a_client_without_a_network_is_not_counted() {
    let log = Log::new();
    let local = |flags| builder('3').overrides(OverrideBehavior::LocalOnly, flags);
    let flags = || MapOverrides::new([("isNew", true.into())]);
    let clients = [local(flags()).build().unwrap(), local(flags()).build().unwrap()];
    let unbuilt = builder('3').jitter(2.0).build_or_default();
    let _client = builder('3').build().unwrap();
    assert!(log.second_clients().is_empty());
    drop((clients, unbuilt));
}

#[cfg(unix)]
#[test]
fn a_client_of_the_parent_is_not_counted_in_a_forked_child() {
    in_its_own_process("second_client::a_client_of_the_parent_is_not_counted_in_a_forked_child", || {
        let client = builder('4').build().unwrap();
        let child = || {
            let log = Log::new();
            let own = builder('4').build().unwrap();
            assert!(log.second_clients().is_empty());
            let _second = builder('4').build().unwrap();
            assert_eq!(log.second_clients().len(), 1);
            drop(own);
        };
        fork_and_run(child, || ());
        drop(client);
    });
}
