//! Polling: when the config is fetched.
//!
//! All flags of an SDK key are one document, the config JSON. The client keeps it in memory and
//! evaluates on it, so evaluating does no HTTP. The [`PollingMode`] says when the document is
//! fetched, and nothing else:
//!
//! | mode | fetches | evaluations wait | thread |
//! |---|---|---|---|
//! | auto | at the start, then every interval (60 s) | for the first config, up to the max init wait (5 s) | one |
//! | lazy | in an evaluation, if the config is older than the TTL (60 s) | for that fetch | none |
//! | manual | in `force_refresh()` | never | none |
//!
//! A fetch asks by ETag, and of a config that is unchanged (304) brings no body. A response with
//! the content that is there already, under whatever ETag, is no change. A fetch that fails changes
//! nothing: the client goes on with what it has. A URL that a config names is kept only once it has
//! answered, and left for the first one after three failures in a row, so one wrong answer does not
//! move a client for good.
//!
//! # Auto
//!
//! The default, and right for servers and other processes that run for long.
//!
//! ```
//! use std::time::Duration;
//! use configcat::{Client, PollingMode};
//!
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .polling_mode(
//!         PollingMode::auto().interval(Duration::from_secs(30)).max_init_wait(Duration::from_secs(2)),
//!     )
//! #   .offline(true)
//!     .build()?;
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! `build()` returns at once. Until the first fetch has ended, evaluations wait for it, up to the
//! max init wait, counted from `build()`; then they answer from what there is, or with the default,
//! and never wait again. Zero means not to wait at all. With a [cache](super::caching) that has an
//! up-to-date config nothing is fetched at the start.
//!
//! Polls are [jittered, and back off](super::running#in-a-fleet) after failures. They go on [in a
//! forked child](super::running#after-a-fork), and at once when [a machine
//! wakes](super::running#after-a-sleep).
//!
//! # Lazy
//!
//! Fetches only if flags are asked for: for functions that sleep most of the time, and for rare
//! use.
//!
//! ```
//! # use std::time::Duration;
//! # use configcat::{Client, PollingMode};
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .polling_mode(PollingMode::lazy().cache_ttl(Duration::from_secs(600)))
//! #   .offline(true)
//!     .build()?;
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! Of callers that find the config too old at the same time one fetches, and all get its result. A
//! caller waits until that refresh is one [request time-out](super::options#http-time-outs) old at
//! most, the cache included; a refresh that is late is not waited for at all. After a failure no
//! caller fetches for 2 s, then 4 s, 8 s and so on up to 5 min: evaluations answer at once from
//! what there is.
//!
//! # Manual
//!
//! Nothing happens unless told to. Until the first [`force_refresh`](Client::force_refresh) all
//! flags have their defaults, unless a cache has a config.
//!
//! ```
//! # let cdn = configcat_testkit::Cdn::new(&configcat_testkit::config_json([("title", "from the CDN")]));
//! # use configcat::{Client, PollingMode, fetch::Proxy};
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .polling_mode(PollingMode::manual())
//! #   .base_url(cdn.url()).proxy(Proxy::None)
//!     .build()?;
//! assert_eq!(client.get_value("title", "default", None), "default");
//! client.force_refresh()?;
//! assert_eq!(client.get_value("title", "default", None), "from the CDN");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Refreshing now
//!
//! [`force_refresh`](Client::force_refresh) works in every mode: it reads the cache, fetches, and
//! says how it went. It blocks meanwhile, and joins a refresh that is under way. It does not wait
//! for a backoff to end.
//!
//! ```
//! # use configcat::Client;
//! use configcat::RefreshErrorKind;
//!
//! # let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//! #     .offline(true).build()?;
//! match client.force_refresh() {
//!     Ok(()) => println!("up to date"),
//!     Err(error) if error.kind() == RefreshErrorKind::Offline => println!("offline"),
//!     Err(error) => eprintln!("{error:#}"),
//! }
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! | client | what it does | error |
//! |---|---|---|
//! | online | reads the cache and fetches | [`Fetch`](RefreshErrorKind::Fetch), if that failed |
//! | offline, with a cache | reads the cache | |
//! | offline, without | nothing | [`Offline`](RefreshErrorKind::Offline), event 3200 |
//! | with overrides that are local only | nothing | [`LocalOnly`](RefreshErrorKind::LocalOnly), event 3202 |
//! | closed | nothing | [`Closed`](RefreshErrorKind::Closed), event 3201 |
//!
//! To see changes at once, let a [webhook](https://configcat.com/docs/advanced/notifications-webhooks/) refresh: the crate
//! `configcat-webhook` verifies it and does so off the thread of the request.
//!
//! # Ready
//!
//! A client in automatic polling is ready when its cache had an up-to-date config, or its first
//! fetch has ended, or the max init wait has passed. Others are ready when they are built.
//! [`wait_for_ready`](Client::wait_for_ready) waits for it, and tells what there is to evaluate on;
//! [`ready_state`](Client::ready_state) tells it without waiting; the hook
//! [`on_client_ready`](crate::Hooks::on_client_ready) is told the same, before the other callbacks
//! of the first fetch. Who waits goes on after them, so a callback that is subscribed then is not
//! told of the first config.
//!
//! ```
//! # use configcat::Client;
//! use std::time::Duration;
//! use configcat::CacheState;
//!
//! # let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//! #     .offline(true).build()?;
//! if client.wait_for_ready(Duration::from_secs(5)) == CacheState::NoFlagData {
//!     eprintln!("starting with the defaults of all flags");
//! }
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! | [`CacheState`] | there is |
//! |---|---|
//! | `HasUpToDateFlagData` | a config younger than the interval or TTL, [jitter](super::running#in-a-fleet) included |
//! | `HasCachedFlagDataOnly` | an older one; in manual polling one of any age |
//! | `NoFlagData` | none: flags have their defaults, or the values of overrides |
//! | `HasLocalOverrideFlagDataOnly` | overrides that are local only |
//!
//! # Online and offline
//!
//! Offline there is no HTTP at all. The cache is still read, at each poll, TTL or refresh, so
//! another process can keep flags up to date. Going online again makes automatic polling fetch at
//! once.
//!
//! ```
//! # use configcat::Client;
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .offline(true)
//! #   .polling_mode(configcat::PollingMode::manual())
//!     .build()?;
//! assert!(client.is_offline());
//! client.set_online();
//! client.set_offline();
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! # Closing
//!
//! [`close`](Client::close), or dropping the last clone, ends all fetching within 100 ms, even if a
//! request hangs. Flags are evaluated on the last config from then on, by snapshots too; what would
//! fetch warns with event 3201. When `close` has returned, no other config takes its place, even if
//! it was just being fetched.

#[cfg(doc)]
use crate::{CacheState, Client, PollingMode, RefreshErrorKind};
