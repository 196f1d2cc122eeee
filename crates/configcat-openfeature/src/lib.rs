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
//! TLS and the other features are those of `configcat`, so say there what you want. OpenFeature's
//! SDK for Rust brings some 30 crates, procedural macros among them; only who asks for this crate
//! pays for them.
//!
//! # Waiting
//!
//! Nothing here blocks an executor, in any polling mode, except the last row for some milliseconds.
//! A fetch runs on a thread of its own, and futures of any executor wait for it.
//!
//! | | auto polling | lazy polling | manual polling |
//! |---|---|---|---|
//! | `initialize`, in `set_provider` | at once | at once | at once |
//! | an evaluation before the client is ready | `PROVIDER_NOT_READY` at once | – | – |
//! | any other evaluation | at once | at once; if the config is older than the TTL it waits for a fetch, for 5 s at most | at once |
//! | dropping the provider (`shutdown`, or another one in its place) with the last clone of its client | blocks while polling hangs, in a cache for example, for 80 ms at most | at once, but the same while overrides that reload hang | as lazy |
//!
//! In lazy polling the evaluations share one fetch, on a thread named `configcat-openfeature`. A
//! future that is dropped leaves the fetch running, and the next one joins it, so there is never a
//! second such thread. Another one, `configcat-timer`, lives as long as futures wait. After 5 s
//! ([`max_wait`](ConfigCatProvider::max_wait)) they use the config that is there, or end with
//! `PROVIDER_NOT_READY` if there is none. Evaluations do not wait for a fetch that is later than
//! that. A provider that is dropped during a fetch leaves the client open until the fetch has
//! ended.
//!
//! Why `initialize` does not wait: while a default provider is set, OpenFeature lets the
//! evaluations of all providers wait. A client gets ready by itself, at the end of its [max init
//! wait](configcat::polling_mode::AutoPoll::max_init_wait) at the latest. To have its flags from
//! the first evaluation on, wait before you set the provider, off the executor:
//!
//! ```
//! # use std::time::Duration;
//! # use configcat::{Client, MapOverrides, OverrideBehavior};
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! # let flags = MapOverrides::new([("isNew", true.into())]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! let starting = client.clone();
//! tokio::task::spawn_blocking(move || starting.wait_for_ready(Duration::from_secs(5))).await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Where dropping the provider must not block, keep a clone of the client, and close that off the
//! executor. After `shutdown()`, open-feature 0.3.0 panics on every evaluation, until a provider is
//! set again; so evaluate nothing then.
//!
//! # Values
//!
//! | asked for | is the setting |
//! |---|---|
//! | bool, int, string | on/off toggle, whole number, text |
//! | float | decimal number; a whole number is a `TYPE_MISMATCH`, as with the client |
//! | struct | text that holds a JSON object. OpenFeature has no null, so members and items that are null are left out; an integer beyond `i64` is a float |
//!
//! A result has the variation id as `variant`, and as metadata what is known, as integers:
//!
//! | metadata | is |
//! |---|---|
//! | `matchedRule` | the index of the targeting rule that matched, from 0 |
//! | `matchedPercentageOption` | the index of the percentage option that was selected, from 0 |
//! | `fetchTime` | when the config was fetched or last found unchanged, in Unix milliseconds |
//!
//! # Reasons
//!
//! By the [definitions of the
//! specification](https://openfeature.dev/specification/types#resolution-reason):
//!
//! | reason | where |
//! |---|---|
//! | `STATIC`: no dynamic evaluation | the flag has no targeting rules and no percentage options |
//! | `TARGETING_MATCH`: a rule or specific targeting | a targeting rule matched, and has one value |
//! | `SPLIT`: pseudorandom assignment | a percentage option was selected, of a rule that matched or of the flag |
//! | `DEFAULT`: evaluation yielded no result | the flag has rules or options, but none applied, for example without a user |
//! | `ERROR` | there is an error; the Rust SDK tells this to hooks only, and gives the application an `Err` |
//!
//! `CACHED` is none of them: it means a result that was kept, and here each is evaluated anew, be
//! its config from a cache or from the CDN. There is no `DISABLED`, as ConfigCat has no such flags.
//!
//! # Errors
//!
//! | code | where |
//! |---|---|
//! | `PROVIDER_NOT_READY` | the client is not ready, or it has no config, or in lazy polling none in time |
//! | `FLAG_NOT_FOUND` | the config does not have the flag |
//! | `TYPE_MISMATCH` | the flag is of another type, or a text that should be a struct is no JSON object |
//! | `PARSE_ERROR` | the flag is broken in the config |
//! | `GENERAL` | the system has no thread to fetch on, in lazy polling, and there is no config |
//!
//! Where the client has evaluated, the message is the text of its log. The default in it is that of
//! the provider, as OpenFeature's SDK for Rust has none.
//!
//! | status | when |
//! |---|---|
//! | `NOT_READY` | the client is not [ready](configcat::docs::polling#ready) |
//! | `READY` | it has a config |
//! | `ERROR` | it has none |
//! | `STALE` | it has one that is not up to date, and fetching fails or the client is closed (see [`Health`](configcat::Health)) |
//!
//! # Contexts
//!
//! An evaluation context becomes a [`User`](configcat::User), an empty one none, so that the
//! client's default user counts.
//!
//! | in the context | attribute of the user |
//! |---|---|
//! | targeting key | `Identifier`. Without it the field `Identifier`; without that empty text, which percentage options take for a user |
//! | fields `Email`, `Country` | these. Names are case-sensitive: `email` is a custom attribute |
//! | any other field | a custom attribute of its name |
//! | bool | text, `true` or `false` |
//! | int, float, string, date-time | the same |
//! | struct, of [`StructValue`](open_feature::StructValue), [`Value`](open_feature::Value), `serde_json::Value`, `Vec<String>` or `Vec<&'static str>` | JSON text, which the ARRAY comparators read as a list |
//! | struct of any other type | none: nobody can tell what is in it. The other fields stay |

mod provider;
mod shared_work;
mod structure;
mod user;

pub use self::provider::ConfigCatProvider;
