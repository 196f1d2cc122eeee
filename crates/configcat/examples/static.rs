//! A client in a `static`, for any function. Without an SDK key, all flags have their defaults.
//! Run it with your SDK key: `CONFIGCAT_SDK_KEY=… cargo run -p configcat --example static`

use std::{env, sync::LazyLock};

use configcat::{Client, User};

/// `None` after an error, which goes to the log.
static FLAGS: LazyLock<Option<Client>> = LazyLock::new(|| {
    let mut builder = Client::builder_from_env();
    if let Ok(url) = env::var("CONFIGCAT_BASE_URL") {
        builder = builder.base_url(url); // a ConfigCat Proxy, or a CDN of your own
    }
    builder.build().inspect_err(|error| log::error!("no feature flags: {error}")).ok()
});

fn greet(country: &str) {
    let user = User::new("#UNIQUE-USER-ID#").country(country);
    let default = "(no greeting)";
    let greeting = FLAGS.as_ref().map(|client| client.get_value("greeting", default, &user));
    println!("{}", greeting.as_deref().unwrap_or(default));
}

fn main() {
    env_logger::init();
    greet("HU");
    greet("DE");
}
