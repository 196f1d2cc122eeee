//! The smallest program with this SDK.

use configcat::{BuildError, Client, User};

fn main() -> Result<(), BuildError> {
    let client = Client::new("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")?;
    println!("{}", client.get_value("isAwesome", false, &User::new("42")));
    Ok(())
}
