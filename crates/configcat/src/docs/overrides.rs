//! Flag overrides: flags from code or from a file, in place of or beside those of the CDN.
//!
//! Overrides are for tests, for work without a network, and to keep one flag in one place while it
//! changes everywhere else. For a single request see [`requests`](super::requests#overrides).
//!
//! | [`OverrideBehavior`] | flags come from | a flag of both | HTTP and cache |
//! |---|---|---|---|
//! | `LocalOnly` | overrides | | not used; any SDK key that is not empty |
//! | `LocalOverRemote` | both | from the overrides | as without overrides |
//! | `RemoteOverLocal` | both | from the CDN | as without overrides |
//!
//! In a merged config each flag keeps the hash salt and the segments of the document that it came
//! from. A prerequisite flag is looked up in the merged config.
//!
//! # From code
//!
//! ```
//! use configcat::{Client, MapOverrides, OverrideBehavior, Value};
//!
//! let overrides = MapOverrides::new([
//!     ("isNewUiEnabled", Value::from(true)),
//!     ("title", Value::from("Hello")),
//!     ("limit", Value::from(10)),
//!     ("share", Value::from(0.5)),
//! ]);
//! let client = Client::builder("localhost").overrides(OverrideBehavior::LocalOnly, overrides).build()?;
//! assert!(client.get_value("isNewUiEnabled", false, None));
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! # From a file
//!
//! ```
//! use configcat::{Client, FileOverrides, OverrideBehavior};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("flags.json");
//! # std::fs::write(&path, r#"{"flags": {"isNewUiEnabled": true, "limit": 10}}"#)?;
//! let client = Client::builder("localhost")
//!     .overrides(OverrideBehavior::LocalOnly, FileOverrides::new(path).reload(true))
//!     .build()?;
//! assert!(client.get_value("isNewUiEnabled", false, None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With [`reload`](FileOverrides::reload) a thread checks the file twice a second, and a change is
//! reported to the hook `on_config_changed`. A file that becomes unreadable or invalid is logged
//! (event 1302), and the last valid flags stay. At `build()` it is an error.
//!
//! The file has one of two forms. This is the simple one:
//!
//! ```json
//! {
//!   "flags": {
//!     "isNewUiEnabled": true,
//!     "title": "Hello",
//!     "limit": 10,
//!     "share": 0.5
//!   }
//! }
//! ```
//!
//! A whole number in this form, and in [`MapOverrides`], is read as `i64` and as `f64`. A condition
//! on a prerequisite flag compares it with both types.
//!
//! The other form is a whole config JSON, with targeting rules, percentage options and segments, as
//! the CDN serves it at `https://cdn-global.configcat.com/configuration-files/{SDK
//! key}/config_v6.json`. You can download it from there, or with the [ConfigCat
//! CLI](https://configcat.com/docs/advanced/cli/), and edit it:
//!
//! ```sh
//! configcat config-json get -f v6 -p {SDK key} > config.json
//! ```
//!
//! [A JSON schema](https://github.com/configcat/config-json/blob/main/V6/config.schema.json)
//! describes it. An example:
//!
//! ```json
//! {
//!   "p": {"s": "salt of the hashed comparison values"},
//!   "s": [{"n": "a segment", "r": [{"a": "Email", "c": 0, "l": ["john@example.com"]}]}],
//!   "f": {
//!     "isNewUiEnabled": {
//!       "t": 0,
//!       "r": [{"c": [{"s": {"s": 0, "c": 0}}], "s": {"v": {"b": true}, "i": "variation id"}}],
//!       "p": [{"p": 10, "v": {"b": true}, "i": "…"}, {"p": 90, "v": {"b": false}, "i": "…"}],
//!       "v": {"b": false},
//!       "i": "…"
//!     }
//!   }
//! }
//! ```
//!
//! Settings are under `f`, each with type `t` (0 bool, 1 text, 2 whole number, 3 decimal number),
//! targeting rules `r`, percentage options `p`, default value `v` and variation id `i`. Documents
//! of the older versions 4 and 5 are read too.
//!
//! # From elsewhere
//!
//! An [`OverrideSource`] is any type that returns a [`Config`], made of values or parsed from JSON.
//!
//! ```
//! use std::{error::Error, sync::Arc};
//! use configcat::{Client, Config, OverrideBehavior, OverrideSource, Value};
//!
//! struct FromEnvironment;
//!
//! impl OverrideSource for FromEnvironment {
//!     fn load(&self) -> Result<Option<Arc<Config>>, Box<dyn Error + Send + Sync>> {
//!         let is_new = std::env::var("NEW_UI").is_ok_and(|value| value == "1");
//!         Ok(Some(Arc::new(Config::from_values([("isNewUiEnabled", Value::from(is_new))]))))
//!     }
//! }
//!
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .overrides(OverrideBehavior::LocalOverRemote, FromEnvironment)
//! #   .offline(true)
//!     .build()?;
//! # Ok::<(), configcat::BuildError>(())
//! ```

#[cfg(doc)]
use crate::{Config, FileOverrides, MapOverrides, OverrideBehavior, OverrideSource};
