//! A provider of [OpenFeature](https://openfeature.dev) for [ConfigCat](https://configcat.com):
//! code that asks OpenFeature for flags gets those of ConfigCat.
//!
//! ```toml
//! [dependencies]
//! # `configcat-rust` is the folder of the repository, beside yours.
//! configcat = { path = "../configcat-rust/crates/configcat" }
//! configcat-openfeature = { path = "../configcat-rust/crates/configcat-openfeature" }
//! open-feature = "0.3"
//! ```
//!
//! ```no_run
//! use configcat::Client;
//! use configcat_openfeature::ConfigCatProvider;
//! use open_feature::{EvaluationContext, OpenFeature};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let client = Client::new("#YOUR-SDK-KEY#")?; // with its options: polling mode, cache, overrides, hooks
//! OpenFeature::singleton_mut().await.set_provider(ConfigCatProvider::new(client)).await;
//!
//! let flags = OpenFeature::singleton().await.create_client();
//! let context = EvaluationContext::default()
//!     .with_targeting_key("#UNIQUE-USER-ID#")
//!     .with_custom_field("Email", "john@example.com");
//! if flags.get_bool_value("isMyAwesomeFeatureEnabled", Some(&context), None).await.unwrap_or(false) {
//!     println!("the new thing");
//! }
//! # Ok::<(), configcat::BuildError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! TLS and the other features are those of `configcat`, so choose them there. OpenFeature's SDK for
//! Rust brings some 30 crates, among them procedural macros. Users of `configcat` alone do not
//! build them.
//!
//! # Waiting
//!
//! No function here blocks an executor, in any polling mode, except for some milliseconds in the
//! last row of the table. A fetch runs on a thread of its own, and futures of any executor wait for
//! it.
//!
//! | | auto polling | lazy loading | manual polling |
//! |---|---|---|---|
//! | `initialize`, in `set_provider` | at once | at once | at once |
//! | an evaluation before the client is ready | `PROVIDER_NOT_READY` at once | – | – |
//! | any other evaluation | at once | at once; if the config is older than the TTL, after a fetch, within 5 s | at once |
//! | drop of the provider (by `shutdown`, or when another one replaces it) with the last clone of its client | blocks for at most 80 ms if polling hangs, for example in a cache | at once; at most 80 ms if reloading overrides hang | as in lazy loading |
//!
//! In lazy loading the evaluations share one fetch, on a thread named `configcat-openfeature`. If a
//! future is dropped, the fetch continues and the next future joins it, so there is never a second
//! such thread. The thread `configcat-timer` lives while futures wait. After 5 s
//! ([`max_wait`](ConfigCatProvider::max_wait)) the futures use the last config, or end with
//! `PROVIDER_NOT_READY` without one. An evaluation does not wait for a fetch that already takes
//! longer than that. If the provider is dropped during a fetch, the client stays open until the
//! fetch ends.
//!
//! `initialize` does not wait, since OpenFeature makes the evaluations of all providers wait while
//! a default provider is set. A client becomes ready by itself, at the latest at the end of its
//! [max init wait](configcat::polling_mode::AutoPoll::max_init_wait). To have the flags from the
//! first evaluation on, wait before you set the provider:
//!
//! ```
//! # use configcat::{Client, MapOverrides, OverrideBehavior};
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! # let flags = MapOverrides::new([("isNew", true.into())]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! client.ready().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! If the drop of the provider must not block, keep a clone of the client and close it outside of
//! the executor. After `shutdown()`, open-feature 0.3.0 panics on each evaluation until a provider
//! is set again, so do not evaluate then.
//!
//! # Values
//!
//! | requested type | type of the setting |
//! |---|---|
//! | bool, int, string | on/off toggle, whole number, text |
//! | float | decimal number; a whole number is a `TYPE_MISMATCH`, as with the client |
//! | struct | text with a JSON object. OpenFeature has no null, so null members and items are left out; an integer beyond `i64` becomes a float |
//!
//! A result has the variation id as `variant`. Its metadata has these integers, if they are known:
//!
//! | metadata | meaning |
//! |---|---|
//! | `matchedRule` | the index of the targeting rule that matched, from 0 |
//! | `matchedPercentageOption` | the index of the percentage option that was selected, from 0 |
//! | `version` | the fingerprint of the config JSON, 16 hex digits |
//! | `fetchTime` | the time when the config was fetched or last found unchanged, in Unix milliseconds |
//!
//! # Reasons
//!
//! As in the [definitions of the
//! specification](https://openfeature.dev/specification/types#resolution-reason):
//!
//! | reason | case |
//! |---|---|
//! | `STATIC`: no dynamic evaluation | the flag has no targeting rules and no percentage options |
//! | `TARGETING_MATCH`: a rule or specific targeting | a targeting rule matched, and has one value |
//! | `SPLIT`: pseudorandom assignment | a percentage option was selected, of a rule that matched or of the flag |
//! | `DEFAULT`: evaluation yielded no result | the flag has rules or options, and no rule or option applied, for example without a user |
//! | `ERROR` | an error; the Rust SDK shows this reason to hooks only, and returns an `Err` to the application |
//!
//! `CACHED`, for a stored result, does not occur: each call evaluates anew, also with a config from
//! a cache. `DISABLED` does not occur, since ConfigCat has no disabled flags.
//!
//! # Errors
//!
//! | code | case |
//! |---|---|
//! | `PROVIDER_NOT_READY` | the client is not ready or has no config; in lazy loading also if the fetch takes too long |
//! | `FLAG_NOT_FOUND` | the config does not have the flag |
//! | `TYPE_MISMATCH` | the flag has another type, or the text of a struct is no JSON object |
//! | `PARSE_ERROR` | the flag is malformed in the config |
//! | `GENERAL` | in lazy loading, the system starts no thread for the fetch, and there is no config |
//!
//! If the client has evaluated the flag, the message is the text of its log. The default value in
//! that text comes from the provider, since OpenFeature's SDK for Rust passes no default.
//!
//! | status | case |
//! |---|---|
//! | `NOT_READY` | the client is not [ready](configcat::docs::polling#ready) |
//! | `READY` | the client has a config |
//! | `ERROR` | the client is ready and has no config |
//! | `STALE` | the client has an outdated config, and fetching fails or the client is closed (see [`Health`](configcat::Health)) |
//!
//! # Events
//!
//! open-feature 0.3 has no provider events, so an application cannot add handlers for them. This is
//! there instead:
//!
//! | event | here |
//! |---|---|
//! | `PROVIDER_CONFIGURATION_CHANGED` with `flags_changed` | [`on_configuration_changed`](ConfigCatProvider::on_configuration_changed) |
//! | `PROVIDER_READY` | [`Client::ready`](configcat::Client::ready) |
//! | `PROVIDER_ERROR`, `PROVIDER_STALE` | the status of the provider, and the hook [`on_error`](configcat::Hooks::on_error) of the client |
//!
//! # Contexts
//!
//! An evaluation context becomes a [`User`](configcat::User). An empty context is no user, so the
//! client's default user is used.
//!
//! | in the context | attribute of the user |
//! |---|---|
//! | targeting key | `Identifier`. Without a targeting key, the field `Identifier`; without both, the empty text, for which percentage options are still evaluated |
//! | fields `Email`, `Country` | `Email`, `Country`. Names are case-sensitive: `email` is a custom attribute |
//! | any other field | a custom attribute with the same name |
//! | bool | text, `true` or `false` |
//! | int, float, string, date-time | the same |
//! | struct, of [`StructValue`](open_feature::StructValue), [`Value`](open_feature::Value), `serde_json::Value`, `Vec<String>` or `Vec<&'static str>` | JSON text, which the ARRAY comparators read as a list |
//! | struct of any other type | no attribute, since its content cannot be read. The other fields stay |

mod provider;
mod shared_work;
mod structure;
mod user;

pub use self::provider::ConfigCatProvider;
