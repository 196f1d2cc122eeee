//! From a request to the flag that has changed.

use configcat::{Client, PollingMode, fetch::Proxy};
use configcat_testkit::{Cdn, SDK_KEY, config_json};
use configcat_webhook::{Headers, Refresher};

#[test]
fn a_webhook_brings_the_change_before_the_next_poll() {
    let cdn = Cdn::new(&config_json([("isNew", false)]));
    let (changed, changes) = std::sync::mpsc::channel();
    let client = Client::builder(SDK_KEY)
        .base_url(cdn.url())
        .proxy(Proxy::None)
        .polling_mode(PollingMode::auto())
        .build()
        .unwrap();
    assert!(!client.get_value("isNew", true, None));
    client.hooks().on_config_changed(move |_| changed.send(()).unwrap());
    let refresher = Refresher::new(&client).unwrap();

    cdn.serve(&config_json([("isNew", true)]));
    refresher.trigger();
    changes.recv_timeout(std::time::Duration::from_secs(30)).unwrap();
    assert!(client.get_value("isNew", false, None));
    assert_eq!(cdn.count(), 2);
}

#[test]
fn headers_are_found_by_name() {
    let headers = Headers::read(|name| match name {
        "X-ConfigCat-Webhook-ID" => Some("id"),
        "X-ConfigCat-Webhook-Timestamp" => Some("1"),
        _ => None,
    });
    assert_eq!((headers.id, headers.timestamp, headers.signatures), (Some("id"), Some("1"), None));
}
