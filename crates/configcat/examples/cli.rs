//! A command that prints a flag and the reason for its value, with one fetch and no thread.
//! Run it: `CONFIGCAT_SDK_KEY=… cargo run -p configcat --example cli -- KEY [EMAIL]`

use std::{env, error::Error, time::Duration};

use configcat::{Client, PollingMode, User};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let key = args.next().ok_or("usage: cli KEY [EMAIL]")?;
    let user = args.next().map(|email| User::new(email.clone()).email(email));

    let mut builder = Client::builder_from_env()
        .polling_mode(PollingMode::manual())
        .request_timeout(Duration::from_secs(5)); // a person waits for it
    if let Ok(url) = env::var("CONFIGCAT_BASE_URL") {
        builder = builder.base_url(url); // a ConfigCat Proxy, or a CDN of your own
    }
    let client = builder.build()?;
    client.force_refresh()?; // the only fetch; its error ends the program
    let trace = client.explain(&key, user.as_ref()).ok_or("there is no config")?;
    eprintln!("{trace:#}"); // the reason, with hints, beside the value
    println!("{}", trace.result().map_err(ToString::to_string)?); // an unknown key is an error
    Ok(())
}
