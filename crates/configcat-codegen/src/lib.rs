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
//! The [check](Generator::check) compares keys, names, types and defaults, and what
//! [options](#flags-that-are-no-longer-needed) add: give it the same ones. It ignores comments,
//! other attributes and layout: a new targeting rule changes the comment of a flag, which must not
//! make CI fail.
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
//! The compiler warns of flags that a program does not use, unless it calls `all()` or makes the
//! module public; [`private`](Generator::private) is stricter. To turn this off, write
//! `#[allow(dead_code)]` at the module.
//!
//! # Defaults
//!
//! The code uses the default of a flag while there is no config, for example if the CDN cannot be
//! reached at the first start, and after the flag was deleted on the dashboard. [`Defaults`] offers
//! two choices; the default choice is false, 0 and the empty text.
//!
//! # Flags that are no longer needed
//!
//! The compiler knows each use of a flag, so it can say which ones to remove. Both lints are
//! warnings, and errors with `-D warnings`:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! configcat_codegen::Generator::new().deprecate_constant().private().build("flags.json")?;
//! # Ok(())
//! # }
//! ```
//!
//! | option | the compiler reports |
//! |---|---|
//! | [`deprecate_constant`](Generator::deprecate_constant), `--deprecate-constant` | each use of a flag that has the same value for everybody, with the value |
//! | [`private`](Generator::private), `--private` | each flag that no code uses: `static IS_OLD is never used` |
//!
//! A flag counts as constant if this config proves that every user gets the same value: see
//! [`Setting::constant_value`](configcat_eval::Setting::constant_value). This includes a flag that
//! was just added. So use the option where flags are cleaned up, for example in a
//! CI job of its own, or allow the lint `deprecated` for the new flag.
//!
//! With `private`, `all()` returns copies of the flags, so a startup check does not count as a use.
//!
//! # Enums
//!
//! With [`enums(5)`](Generator::enums) or `--enums 5`, a text setting that serves at most five
//! different values is an enum, and a `match` that misses one of them does not compile:
//!
//! ```
//! # mod flags {
//! #     #[derive(Debug, Clone)]
//! #     pub enum CheckoutLayout { Classic, OnePage, Other(String) }
//! # }
//! # use flags::CheckoutLayout;
//! fn template(layout: &CheckoutLayout) -> &str {
//!     match layout {
//!         CheckoutLayout::Classic => "classic.html",
//!         CheckoutLayout::OnePage => "one-page.html",
//!         // A value that was added on the dashboard since the last build.
//!         CheckoutLayout::Other(_) => "classic.html",
//!     }
//! }
//! # assert_eq!(template(&CheckoutLayout::OnePage), "one-page.html");
//! ```
//!
//! `client.get(&flags::CHECKOUT_LAYOUT, &user)` returns the enum, and `as_str()` its text. Each
//! value is a variant, that of rules and options too. A setting with a value of more than 60
//! characters stays a text.
//!
//! | value | variant |
//! |---|---|
//! | `one-page`, `onePage` | `OnePage` |
//! | `2fa` | `V2fa` |
//! | the empty text | `Empty` |
//! | values whose names would be equal, `other`, `self`, `---` | `Hex6F74686572`: the bytes of the text |
//!
//! A new value on the dashboard is a drift: the [check](Generator::check) asks for the new variant,
//! and then the compiler for its arm.
//!
//! # JSON
//!
//! With [`json("limits", "crate::Limits")`](Generator::json) or `--json limits=crate::Limits`, a
//! text setting is JSON of a type of yours, parsed once for each config. The type must be
//! `Deserialize` and `Default`; its default is that of the flag, whatever [`Defaults`] says. The
//! program needs the feature `json` of `configcat`.
//!
//! # What the module reveals
//!
//! The module contains the keys, types and default values of settings (in comments their first 60
//! characters) and the number of their rules. It does not contain the conditions of rules. The
//! values that rules serve are in it with `enums` only.

mod drift;
mod error;
mod flag;
mod generator;
mod names;
mod options;
mod rust;
mod values;

pub use self::{
    drift::Drift,
    error::{BuildError, CheckError, CodegenError},
    generator::Generator,
    options::Defaults,
};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
