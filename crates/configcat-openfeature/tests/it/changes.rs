//! The callbacks for changed flags of a provider.

use std::sync::{Arc, Mutex};

use configcat::{Client, PollingMode, fetch::Proxy};
use configcat_openfeature::ConfigCatProvider;
use configcat_testkit::{Cdn, SDK_KEY, config_json};
use open_feature::OpenFeature;
use tokio::runtime::Builder;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    Builder::new_current_thread().build().unwrap().block_on(future)
}

fn client(cdn: &Cdn) -> Client {
    let builder = Client::builder(SDK_KEY).base_url(cdn.url()).proxy(Proxy::None);
    builder.polling_mode(PollingMode::manual()).build().unwrap()
}

#[test]
fn a_provider_names_changed_flags_until_it_is_dropped() {
    let cdn = Cdn::new(&config_json([("a", true), ("b", true)]));
    let client = client(&cdn);
    let events: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
    let seen = Arc::clone(&events);
    let provider = ConfigCatProvider::new(client.clone()).on_configuration_changed(move |keys| {
        seen.lock().unwrap().push(keys.iter().map(|key| (*key).to_owned()).collect());
    });
    let mut api = OpenFeature::default();
    block_on(api.set_provider(provider));
    let publish = |values: &[(&str, bool)]| {
        cdn.serve(&config_json(values.iter().copied()));
        client.force_refresh().unwrap();
        std::mem::take(&mut *events.lock().unwrap())
    };
    assert_eq!(publish(&[("a", true), ("b", true)]), [["a", "b"]], "the first config");
    assert_eq!(publish(&[("a", true), ("b", true)]), [[""; 0]; 0], "nothing has changed");
    assert_eq!(publish(&[("a", true), ("b", false), ("c", true)]), [["c", "b"]]);
    block_on(api.shutdown());
    assert_eq!(publish(&[("a", false)]), [[""; 0]; 0], "the provider is gone, the client is not");
}
