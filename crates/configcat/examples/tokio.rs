//! A client in tokio: it is awaited once, and later evaluations are plain calls.
//! Run it with your SDK key: `CONFIGCAT_SDK_KEY=… cargo run -p configcat --example tokio`

use std::{env, error::Error};

use configcat::{Client, User};
use tokio::task::spawn_blocking;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let mut builder = Client::builder_from_env();
    if let Ok(url) = env::var("CONFIGCAT_BASE_URL") {
        builder = builder.base_url(url); // a ConfigCat Proxy, or a CDN of your own
    }
    let client = builder.build()?;
    // The task waits for the first config, 5 s at most. The executor does not.
    println!("ready: {:?}", client.ready().await);

    let greetings = ["HU", "DE"].map(|country| {
        let client = client.clone(); // cheap
        tokio::spawn(async move {
            let user = User::new("#UNIQUE-USER-ID#").country(country);
            client.get_value("greeting", "(no greeting)", &user) // never waits
        })
    });
    for greeting in greetings {
        println!("{}", greeting.await?);
    }

    // HTTP belongs on a thread that may block.
    spawn_blocking(move || client.force_refresh()).await??;
    println!("refreshed");
    Ok(())
}
