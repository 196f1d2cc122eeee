//! Writes the settings of a [ConfigCat](https://configcat.com) config JSON as a Rust module of
//! typed flags, and checks whether code and config have drifted apart.
//!
//! ```
//! use configcat_codegen::Generator;
//!
//! let config = r#"{"f": {"isNewUiEnabled": {"t": 0, "v": {"b": true}}}}"#;
//! let code = Generator::new().generate(config)?;
//! assert!(code.contains(
//!     r#"
//! /// `isNewUiEnabled`: a bool setting. In the config: `true` by default.
//! pub static IS_NEW_UI_ENABLED: Flag<bool> = Flag::new("isNewUiEnabled", false);
//! "#
//! ));
//! # Ok::<(), configcat_codegen::CodegenError>(())
//! ```
//!
//! A setting becomes a `static` of the type `configcat::Flag`, which
//! `client.get(&flags::IS_NEW_UI_ENABLED, &user)` evaluates. A function `all()` returns all of
//! them: at startup, `client.check(&flags::all())` reports the flags that the served config does
//! not have.
//!
//! # Where the config JSON comes from
//!
//! The CDN serves it for the SDK key of an environment. Fetch it when you want to update the flags
//! and check it in, or let a CI job do so. A build should not depend on a network:
//!
//! ```sh
//! curl -fsS "https://cdn-global.configcat.com/configuration-files/$CONFIGCAT_SDK_KEY/config_v6.json" -o flags.json
//! ```
//!
//! With [data governance](https://configcat.com/docs/advanced/data-governance/) for the EU only,
//! use `https://cdn-eu.configcat.com` instead: the global CDN then answers with a config without
//! settings.
//!
//! # At each build
//!
//! Add `configcat-codegen` to the `[build-dependencies]`, and write this `build.rs`:
//!
//! ```no_run
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     configcat_codegen::Generator::new().build("flags.json")?;
//!     Ok(())
//! }
//! ```
//!
//! Include the module in `src/main.rs` or `src/lib.rs`:
//!
//! ```text
//! mod flags {
//!     include!(concat!(env!("OUT_DIR"), "/flags.rs"));
//! }
//! ```
//!
//! Keys come from the dashboard, so one setting there can stop every build: a malformed setting, or
//! a new one with the same [name](#names) as another. The error names the key.
//! [Skip](Generator::skip) the setting until it is repaired:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! configcat_codegen::Generator::new().skip(["is-new-ui-enabled"]).build("flags.json")?;
//! # Ok(())
//! # }
//! ```
//!
//! The command does the same with `--skip is-new-ui-enabled`, once for each key.
//!
//! # Checked in
//!
//! The module can also be a file of the repository, with diffs to review and without a build
//! script. The command `configcat` writes and checks it:
//!
//! ```sh
//! cargo install --path ../configcat-rust/crates/configcat-cli  # from the folder of the repository
//! configcat codegen flags.json src/flags.rs           # write
//! configcat codegen flags.json src/flags.rs --check   # exit 1 if they differ, 2 on an error
//! ```
//!
//! The [check](Generator::check) compares keys, names, types and defaults. It ignores comments,
//! attributes and layout: a new targeting rule changes the comment of a flag, which must not make
//! CI fail.
//!
//! # Names
//!
//! | key | name |
//! |---|---|
//! | `isNewUiEnabled`, `is-new-ui-enabled`, `is.new UI enabled` | `IS_NEW_UI_ENABLED` |
//! | `HTTPTimeoutMs`, `limit2x` | `HTTP_TIMEOUT_MS`, `LIMIT2X` |
//! | `type`, `self` | `TYPE`, `SELF` |
//! | `2faEnabled`, `---` | `FLAG_2FA_ENABLED`, `FLAG` |
//! | `größe` | `GR_UF6_UDF_E`: a character beyond ASCII becomes its number |
//!
//! Two keys with the same name are an [error](CodegenError::SameName) that names both. Flags are
//! sorted by name, so the order on the dashboard does not change the text.
//!
//! The compiler warns of flags that a program does not use, unless it calls `all()`. To turn this
//! off, write `#[allow(dead_code)]` at the module.
//!
//! # Defaults
//!
//! The code uses the default of a flag while there is no config, for example if the CDN cannot be
//! reached at the first start, and after the flag was deleted on the dashboard. [`Defaults`] offers
//! two choices; the default choice is false, 0 and the empty text.
//!
//! # What the module reveals
//!
//! The module contains the keys, types and default values of settings (in comments their first 60
//! characters) and the number of their rules. It does not contain the conditions of rules and the
//! values that they serve.

mod drift;
mod error;
mod generator;
mod names;
mod rust;

pub use self::{
    drift::Drift,
    error::{BuildError, CheckError, CodegenError},
    generator::{Defaults, Generator},
};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
