//! A flag of your own in place of that of the CDN, for one machine or for a demonstration.
//! Run it with your SDK key: `CONFIGCAT_SDK_KEY=… cargo run -p configcat --example override`

use std::{env, error::Error};

use configcat::{Client, MapOverrides, OverrideBehavior, User, Value};

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let overrides = MapOverrides::new([("greeting", Value::from("Hello from this machine"))]);
    // `LocalOnly` has no other flags, and needs neither an SDK key nor a network.
    let mut builder = Client::builder_from_env().overrides(OverrideBehavior::LocalOverRemote, overrides);
    if let Ok(url) = env::var("CONFIGCAT_BASE_URL") {
        builder = builder.base_url(url); // a ConfigCat Proxy, or a CDN of your own
    }
    let client = builder.build()?;
    let user = User::new("#UNIQUE-USER-ID#").country("HU");
    for details in client.get_all_value_details(&user) {
        println!("{}: {}", details.key, details.value);
    }
    Ok(())
}
