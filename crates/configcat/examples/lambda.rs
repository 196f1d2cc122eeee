//! A function that is frozen between invocations (here: lines), with lazy loading and a cache.
//! `echo HU | CONFIGCAT_SDK_KEY=… cargo run -p configcat --example lambda`

use std::{env, error::Error, io, time::Duration};

use configcat::{Client, FileCache, PollingMode, User};

fn handler(client: &Client, country: &str) -> String {
    let flags = client.snapshot(); // fetches if the config is older than the TTL
    flags.get_value("greeting", "(no greeting)", &User::new("#UNIQUE-USER-ID#").country(country))
}

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    // Once for each instance. Polling on a thread would stop while the instance is frozen.
    let mut builder = Client::builder_from_env()
        .polling_mode(PollingMode::lazy().cache_ttl(Duration::from_secs(60)))
        .request_timeout(Duration::from_millis(800)) // the longest delay of an invocation
        .cache(FileCache::new(env::temp_dir().join("flags"))); // the last config, for a new process
    if let Ok(url) = env::var("CONFIGCAT_BASE_URL") {
        builder = builder.base_url(url); // a ConfigCat Proxy, or a CDN of your own
    }
    let client = builder.build()?;
    for event in io::stdin().lines() {
        println!("{}", handler(&client, &event?));
    }
    Ok(())
}
