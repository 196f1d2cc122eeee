//! Target of any text as the value of a `Json` flag.

use std::{collections::BTreeMap, fmt::Debug, sync::Arc};

use configcat::{Client, Flag, MapOverrides, OverrideBehavior, json::Json};
use serde::de::DeserializeOwned;

/// Reads the input as JSON of several types, and compares with `serde_json`.
pub fn json_flags(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    // The second setting has an equal text.
    let flags = MapOverrides::new([("flag", text.into()), ("equal", text.into())]);
    let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags);
    let client = client.warn_without_logger(false).build().expect("a client of overrides");
    check::<serde_json::Value>(&client, text);
    check::<BTreeMap<String, Vec<Option<i16>>>>(&client, text);
    check::<(u8, String)>(&client, text);
    check::<f32>(&client, text);
}

fn check<T>(client: &Client, text: &str)
where
    T: DeserializeOwned + Default + Debug + PartialEq + Send + Sync + 'static,
{
    let flag: Flag<Json<T>> = Flag::new("flag", Json::new(T::default));
    let equal: Flag<Json<T>> = Flag::new("equal", Json::new(T::default));
    let [first, again, other] = [&flag, &flag, &equal].map(|flag| client.get(flag, None));
    let problems = client.check(&[&flag]);
    match serde_json::from_str::<T>(text) {
        Ok(expected) => {
            assert_eq!(*first, expected);
            assert!(Arc::ptr_eq(&first, &again) && Arc::ptr_eq(&first, &other));
            assert_eq!(problems, []);
        }
        Err(error) => {
            assert!(*first == T::default() && *again == T::default() && *other == T::default(), "{error}");
            assert_eq!(problems.len(), 1);
            let details = client.get_value_details("flag", Json::new(T::default), None);
            assert!(details.is_default_value() && !problems[0].to_string().contains('\n'));
        }
    }
}
