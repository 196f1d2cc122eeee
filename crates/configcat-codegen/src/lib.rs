//! Writes the settings of a [ConfigCat](https://configcat.com) config JSON as a Rust module of
//! typed flags, and finds out when code and config have drifted apart.
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
//! A setting becomes a `static` of the type `configcat::Flag`, which `client.get(&flags::IS_NEW_UI_ENABLED, &user)` evaluates. A
//! function `all()` has them all: `client.check(&flags::all())` tells at startup which of them are missing in what is served.
//!
//! # Where the config JSON comes from
//!
//! It is what the CDN serves to the SDK key of an environment. Fetch it when you want the flags to be updated, and check it in, or
//! have a job of CI fetch it; a build should not depend on a network:
//!
//! ```sh
//! curl -fsS
//! "https://cdn-global.configcat.com/configuration-files/$CONFIGCAT_SDK_KEY/config_v6.json" -o
//! flags.json
//! ```
//!
//! With [data governance](https://configcat.com/docs/advanced/data-governance/) for the EU only it is at
//! `https://cdn-eu.configcat.com` instead; the global CDN answers with a config that has no settings then.
//!
//! # At each build
//!
//! With `configcat-codegen` among the `[build-dependencies]`, this is `build.rs`:
//!
//! ```no_run
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     configcat_codegen::Generator::new().build("flags.json")?;
//!     Ok(())
//! }
//! ```
//!
//! and this the module, in `src/main.rs` or `src/lib.rs`:
//!
//! ```text
//! mod flags {
//!     include!(concat!(env!("OUT_DIR"), "/flags.rs"));
//! }
//! ```
//!
//! Keys are chosen on the dashboard, and one setting there can stop every build: one that is malformed, or a new one whose
//! [name](#names) is that of another. The error tells its key. Until it is repaired, [leave it out](Generator::skip):
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
//! The module can be a file like any other, with diffs to review and no build script. There is a command for it:
//!
//! ```sh
//! cargo install --path ../configcat-rust/crates/configcat-codegen # from the folder of the
//! repository configcat-codegen flags.json src/flags.rs # write configcat-codegen --check
//! flags.json src/flags.rs # exit 1 if they have drifted apart, 2 if that cannot be told
//! ```
//!
//! The [check](Generator::check) compares keys, names, types and defaults. It does not care about comments, attributes and layout: a
//! new targeting rule changes the comment of a flag, and must not stop everybody's CI.
//!
//! # Names
//!
//! | key | name |
//! |---|---|
//! | `isNewUiEnabled`, `is-new-ui-enabled`, `is.new UI enabled` | `IS_NEW_UI_ENABLED` |
//! | `HTTPTimeoutMs`, `limit2x` | `HTTP_TIMEOUT_MS`, `LIMIT2X` |
//! | `type`, `self` | `TYPE`, `SELF` |
//! | `2faEnabled`, `---` | `FLAG_2FA_ENABLED`, `FLAG` |
//! | `größe` | `GR_UF6_UDF_E`: other characters than those of ASCII by their number |
//!
//! Two keys with the same name are an [error](CodegenError::SameName) that tells both. Flags are sorted by name, so the same
//! settings give the same text, whatever their order on the dashboard.
//!
//! The compiler warns of flags that a program does not use, unless it calls `all()`. Where that is not wanted, write
//! `#[allow(dead_code)]` at the module.
//!
//! # Defaults
//!
//! The default of a flag is what the code does where there is no config, such as when the CDN cannot be reached at the first
//! start, and when somebody deletes the flag. [`Defaults`] has two ways to choose it; false, 0 and the empty text if nothing is
//! said.
//!
//! # What the module tells
//!
//! Whoever can read the code sees keys, types, the default values of settings (in comments the first 60 characters) and how many
//! rules they have. What the rules look at, and what they serve, is not in it.

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
