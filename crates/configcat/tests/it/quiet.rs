//! Evaluations that no log and no hook observes take a shorter path, with the same results.

use std::collections::BTreeSet;

use configcat::{Client, PollingMode, User};
use log::Level;

use crate::support::{Cdn, Log, client, quietly};

/// `targeted` has a rule for users in HU, `split` has percentage options, and `broken` no value.
const CONFIG: &str = r#"{"p":{"s":"salt"},"f":{
    "bool":{"t":0,"v":{"b":true}},
    "text":{"t":1,"v":{"s":"x"}},
    "int":{"t":2,"v":{"i":7}},
    "double":{"t":3,"v":{"d":0.5}},
    "targeted":{"t":0,"v":{"b":false},"r":[
        {"c":[{"u":{"a":"Country","c":28,"s":"HU"}}],"s":{"v":{"b":true}}}]},
    "split":{"t":1,"v":{"s":"none"},"p":[{"p":50,"v":{"s":"a"}},{"p":50,"v":{"s":"b"}}]},
    "broken":{"t":0,"v":{}}}}"#;

fn fetched() -> (Cdn, Client) {
    let cdn = Cdn::new(CONFIG);
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    client.force_refresh().unwrap();
    (cdn, client)
}

/// Returns every result that an evaluation can have.
fn values(client: &Client, user: Option<&User>) -> Vec<String> {
    let keys = ["bool", "text", "int", "double", "targeted", "split", "broken", "missing"];
    let values = keys.into_iter().flat_map(|key| {
        [
            client.get_value(key, false, user).to_string(),
            client.get_value(key, "default", user),
            client.get_value(key, -1, user).to_string(),
            client.get_value(key, -0.5, user).to_string(),
        ]
    });
    values.collect()
}

#[test]
fn unobserved_evaluations_have_the_same_values_and_records() {
    let user = User::new("42").country("HU");
    let odd = User::new("42").custom("Country", 5);
    for user in [None, Some(&user), Some(&odd)] {
        // Without the evaluation log, a failure is logged once for each flag.
        let ((_first, loud), (_second, quiet)) = (fetched(), fetched());
        let log = Log::new();
        let expected = values(&loud, user);
        let complained = complaints(&log);
        let log = Log::new();
        assert_eq!(quietly(|| values(&quiet, user)), expected);
        assert_eq!(complaints(&log), complained);
        let ids: BTreeSet<_> = complained.iter().map(|(id, _)| *id).collect();
        assert!([1001, 1002, 2002].iter().all(|id| ids.contains(id)), "{complained:?}");
        assert_eq!(log.records().iter().filter(|record| record.level > Level::Warn).count(), 0);
    }
}

/// An outage must not write records at the rate of evaluations.
#[test]
fn a_failure_is_logged_once_until_the_config_changes() {
    let (cdn, log) = (Cdn::empty(), Log::new());
    let client = client(&cdn, PollingMode::manual()).build().unwrap();
    let evaluate = || {
        for _ in 0..100 {
            for key in ["bool", "targeted", "broken", "missing"] {
                client.get_value(key, "default", None);
            }
            let _ = client.get_all_value_details(None);
        }
    };
    let ids = |log: &Log| {
        let mut ids: Vec<_> = log.records().iter().filter_map(|record| record.event_id).collect();
        ids.sort_unstable();
        ids
    };
    quietly(evaluate);
    assert_eq!(ids(&log), [1000; 5], "four flags, and all at once");
    cdn.serve(CONFIG);
    client.force_refresh().unwrap();
    let log = Log::new();
    quietly(evaluate);
    // Two flags have another type, one is missing, one is invalid, and two have rules that need a
    // user.
    assert_eq!(ids(&log), [1001, 1002, 2002, 2002, 3001, 3001]);
    cdn.serve(&CONFIG.replace("salt", "pepper"));
    client.force_refresh().unwrap();
    let log = Log::new();
    quietly(evaluate);
    assert_eq!(ids(&log), [1001, 1002, 2002, 2002, 3001, 3001]);
    let left_out = |id| log.events_of(id)[0].text.contains("99 more such records were left out before");
    assert!(left_out(1001) && left_out(2002), "{:#?}", log.records());
}

#[test]
fn the_default_user_is_used_without_observers() {
    let (_cdn, client) = fetched();
    quietly(|| {
        assert!(!client.get_value("targeted", false, None));
        client.set_default_user(User::new("42").country("HU"));
        assert!(client.get_value("targeted", false, None));
        assert!(!client.get_value("targeted", false, &User::new("42")));
        client.clear_default_user();
        assert!(!client.get_value("targeted", false, None));
    });
}

#[test]
fn a_hook_gets_all_evaluations() {
    let (_cdn, client) = fetched();
    let (tell, told) = std::sync::mpsc::channel();
    client.hooks().on_flag_evaluated(move |details| tell.send(details.key.clone()).unwrap());
    quietly(|| values(&client, None));
    assert_eq!(told.try_iter().count(), 32);
}

fn complaints(log: &Log) -> BTreeSet<(u64, String)> {
    let records = log.records().into_iter().filter(|record| record.level <= Level::Warn);
    // The type of the default differs from one evaluation to the next; the first one is logged.
    let without_default = |text: String| text.split(" Returning the").next().unwrap_or_default().to_owned();
    records.filter_map(|record| Some((record.event_id?, without_default(record.text)))).collect()
}
