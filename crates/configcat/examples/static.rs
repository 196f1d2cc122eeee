//! A client in a `static`, for any function. Without an SDK key, all flags have their defaults.
//! Run it with your SDK key: `CONFIGCAT_SDK_KEY=… cargo run -p configcat --example static`

use std::{env, sync::LazyLock};

use configcat::{Client, User};

/// After an error, which goes to the log, it returns defaults.
static FLAGS: LazyLock<Client> = LazyLock::new(|| {
    let mut builder = Client::builder_from_env();
    if let Ok(url) = env::var("CONFIGCAT_BASE_URL") {
        builder = builder.base_url(url); // a ConfigCat Proxy, or a CDN of your own
    }
    builder.build_or_default()
});

fn greet(country: &str) {
    let user = User::new("#UNIQUE-USER-ID#").country(country);
    println!("{}", FLAGS.get_value("greeting", "(no greeting)", &user));
}

fn main() {
    env_logger::init();
    greet("HU");
    greet("DE");
}
