//! Flag overrides: flags from code or from a file, instead of or beside those of the CDN.
//!
//! For tests, for work without a network, and to hold a flag in one place while it changes
//! everywhere else.
//!
//! | [`OverrideBehavior`] | flags come from | where both have a flag | HTTP and cache |
//! |---|---|---|---|
//! | `LocalOnly` | overrides | | none; any SDK key but an empty one will do |
//! | `LocalOverRemote` | both | that of the overrides counts | as without |
//! | `RemoteOverLocal` | both | that of the CDN counts | as without |
//!
//! Where both are merged, each flag keeps the hash salt and the segments of the document that it
//! came from. A prerequisite flag is looked up among the merged ones.
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
//! With [`reload`](FileOverrides::reload) the file is looked at twice a second on a thread of its
//! own, and a change is told to the hook `on_config_changed`. A file that has become unreadable or
//! broken is logged (event 1302), and the last good flags stay. At `build()` it is an error.
//!
//! The file has one of two forms. The simple one:
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
//! A whole number in it, and in [`MapOverrides`], is read as `i64` and as `f64` alike, and compares
//! with both where another flag has it as prerequisite.
//!
//! The other form is a whole config JSON, with targeting rules, percentages and segments, as the
//! CDN serves it at `https://cdn-global.configcat.com/configuration-files/{SDK
//! key}/config_v6.json`. It is a good start to download that and edit it, or to have the [ConfigCat
//! CLI](https://configcat.com/docs/advanced/cli/) do it:
//!
//! ```sh
//! configcat config-json get -f v6 -p {SDK key} > config.json
//! ```
//!
//! [A JSON schema](https://github.com/configcat/config-json/blob/main/V6/config.schema.json) describes it. In short:
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
//! Anything that gives a [`Config`] is an [`OverrideSource`]: made of values, or parsed from JSON.
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
