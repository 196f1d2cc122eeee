//! Flags whose keys, types and values the compiler knows: `build.rs` writes them from `flags.json`.
//!
//! Remove a use of a flag, a variant from the `match`, or the `expect` below, and build again.

use configcat::{BuildError, Client, FileOverrides, OverrideBehavior, User};
use serde::Deserialize;

mod flags {
    include!(concat!(env!("OUT_DIR"), "/flags.rs"));
}

/// The JSON of the setting `limits`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Limits {
    uploads: u32,
    formats: Vec<String>,
}

fn main() -> Result<(), BuildError> {
    let client = client()?;
    // Now and in each later config: a flag that is missing, or a text that is no `Limits`.
    for problem in client.check_flags(&flags::all()) {
        eprintln!("{problem}");
    }
    for plan in ["free", "pro"] {
        println!("{plan}: {}", page(&client, &User::new("42").custom("Plan", plan)));
    }
    Ok(())
}

/// Returns a client of the file. A program of yours has an SDK key in its place.
fn client() -> Result<Client, BuildError> {
    let file = FileOverrides::new(concat!(env!("CARGO_MANIFEST_DIR"), "/flags.json"));
    Client::builder("local").overrides(OverrideBehavior::LocalOnly, file).build()
}

fn page(client: &Client, user: &User) -> String {
    let layout = match client.get(&flags::LAYOUT, user) {
        flags::Layout::OnePage => "one column".to_owned(),
        flags::Layout::SideBySide => "two columns".to_owned(),
        // Added on the dashboard since the last build.
        flags::Layout::Other(text) => format!("one column instead of {text:?}"),
    };
    #[expect(deprecated, reason = "it is the same for everybody, and is removed next week")]
    let header = if client.get(&flags::IS_NEW_HEADER_VISIBLE, user) { "new header" } else { "old header" };
    if !client.get(&flags::IS_UPLOAD_ENABLED, user) {
        return format!("{header}, {layout}, no uploads");
    }
    let limits = client.get(&flags::LIMITS, user);
    format!("{header}, {layout}, {} uploads of {:?}", limits.uploads, limits.formats)
}

#[cfg(test)]
mod tests {
    use super::{User, client, flags, page};

    #[test]
    fn each_plan_has_its_page() {
        let client = client().expect("a client of the file");
        assert_eq!(client.check(&flags::all()), []);
        let page = |plan: &str| page(&client, &User::new("42").custom("Plan", plan));
        assert_eq!(page("free"), "new header, one column, no uploads");
        assert_eq!(page("basic"), "new header, one column, 10 uploads of []");
        assert_eq!(page("pro"), "new header, two columns, 500 uploads of [\"png\", \"tiff\"]");
    }
}
