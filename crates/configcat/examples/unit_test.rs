//! Unit tests of code that has flags: no network, no SDK key, and a flag that changes in a test.
//! Run them: `cargo test -p configcat --example unit_test`

use configcat::{Client, MapOverrides, OverrideBehavior, User};

/// The code under test takes the client as an argument.
fn greeting(flags: &Client, user: &User) -> &'static str {
    if flags.get_value("isFormal", false, user) { "Good day" } else { "Hi" }
}

fn main() -> Result<(), configcat::BuildError> {
    let flags = MapOverrides::new([("isFormal", true.into())]);
    let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    println!("{}", greeting(&client, &User::new("42")));
    Ok(())
}

#[cfg(test)]
mod tests {
    use configcat_testkit::{Evaluations, TestFlags};

    use super::*;

    #[test]
    fn the_greeting_follows_the_flag() {
        let flags = TestFlags::new([("isFormal", true)]);
        let seen = Evaluations::of(flags.client());
        assert_eq!(greeting(flags.client(), &User::new("42")), "Good day");
        flags.set("isFormal", false);
        assert_eq!(greeting(flags.client(), &User::new("42")), "Hi");
        assert_eq!(seen.keys(), ["isFormal", "isFormal"]);
    }
}
