//! The smallest program with the official SDK.

use std::error::Error;

use configcat::{Client, User};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = Client::new("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")?;
        println!("{}", client.get_value("isAwesome", false, Some(User::new("42"))).await);
        Ok(())
    })
}
