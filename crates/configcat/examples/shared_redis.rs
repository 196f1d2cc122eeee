//! Processes that share a config in Redis: about one of them fetches in each interval. Run two:
//! `CONFIGCAT_SDK_KEY=… cargo run -p configcat --features redis --example shared_redis`

use std::{env, error::Error, io};

use configcat::{Client, RedisCache, User};

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let redis = env::var("REDIS_URL").unwrap_or("redis://127.0.0.1".to_owned());
    let mut builder = Client::builder_from_env().cache(RedisCache::new(&redis)?);
    if let Ok(url) = env::var("CONFIGCAT_BASE_URL") {
        builder = builder.base_url(url); // a ConfigCat Proxy, or a CDN of your own
    }
    let client = builder.build()?;
    let user = User::new("#UNIQUE-USER-ID#").country("HU");
    println!("{}", client.get_value("greeting", "(no greeting)", &user));
    match client.health().last_success {
        Some(_) => println!("fetched by this process"),
        None => println!("read from Redis"),
    }
    // Runs until Enter. Another process that starts meanwhile does not fetch.
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}
