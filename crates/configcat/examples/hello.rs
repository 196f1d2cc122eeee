//! A flag for a user, with a logger: the program of the README.
//! Run it with your SDK key: `CONFIGCAT_SDK_KEY=… cargo run -p configcat --example hello`

use configcat::{Client, User};

fn main() -> Result<(), configcat::BuildError> {
    env_logger::init(); // errors go to standard error; RUST_LOG=configcat=debug shows all
    let client = Client::from_env()?; // fetches now, and then every 60 s, on its own thread
    let user = User::new("#UNIQUE-USER-ID#").email("jane@example.com").country("HU");
    if client.get_value("isNewCheckoutEnabled", false, &user) {
        println!("the new checkout, for {user}");
    }
    Ok(())
}
