//! Polling: the times at which the config is fetched.
//!
//! All flags of an SDK key are in one document, the config JSON. The client keeps it in memory, so
//! an evaluation does no HTTP. The [`PollingMode`] decides only when the document is fetched:
//!
//! | mode | fetches | evaluations wait | thread |
//! |---|---|---|---|
//! | auto | at the start, then every interval (60 s) | for the first config, up to the max init wait (5 s) | one |
//! | lazy | in an evaluation, if the config is older than the TTL (60 s) | for that fetch | none |
//! | manual | in `force_refresh()` | never | none |
//!
//! A fetch sends the ETag, so an unchanged config (304) has no body. A response with the known
//! content is no change, whatever its ETag. A failed fetch changes nothing: the client keeps its
//! config. A URL that a config names is used from now on only after it has answered, and no longer
//! after three failures in a row. So one wrong response does not move a client for good.
//!
//! # Auto
//!
//! Automatic polling is the default, for servers and other processes that run for long.
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
//! `build()` returns at once. Evaluations wait until the first fetch has ended, up to the max init
//! wait, counted from `build()`. Then they use the config in memory or the default, and never wait
//! again. With zero they do not wait. If a [cache](super::caching) has an up-to-date config, the
//! client does not fetch at the start.
//!
//! Polls have a [jitter, and a backoff](super::running#in-a-fleet) after failures. They go on [in a
//! forked child](super::running#after-a-fork), and come at once when [a machine
//! wakes](super::running#after-a-sleep).
//!
//! # Lazy
//!
//! Lazy loading fetches only in evaluations: for functions that sleep most of the time, and for
//! rare use.
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
//! If several callers find the config too old at the same time, one fetches, and all get its
//! result. A caller waits until that refresh is one [request timeout](super::options#http-timeouts)
//! old at most, the cache included; it does not wait for a refresh that is late already. After a
//! failure no caller fetches for 2 s, then 4 s, 8 s and so on up to 5 min: evaluations return at
//! once with the config in memory.
//!
//! # Manual
//!
//! The client fetches only in [`force_refresh`](Client::force_refresh). Before the first call all
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
//! returns the result. It blocks for that time, and joins a refresh under way. It does not wait for
//! the end of a backoff.
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
//! | client | action | error |
//! |---|---|---|
//! | online | reads the cache and fetches | [`Fetch`](RefreshErrorKind::Fetch), if the fetch failed |
//! | offline, with a cache | reads the cache | |
//! | offline, without a cache | nothing | [`Offline`](RefreshErrorKind::Offline), event 3200 |
//! | with overrides that are local only | nothing | [`LocalOnly`](RefreshErrorKind::LocalOnly), event 3202 |
//! | closed | nothing | [`Closed`](RefreshErrorKind::Closed), event 3201 |
//!
//! A [webhook](https://configcat.com/docs/advanced/notifications-webhooks/) can refresh the client
//! as soon as something changes: the crate `configcat-webhook` verifies the request, and refreshes
//! on a thread of its own.
//!
//! # Ready
//!
//! A client in automatic polling is ready when its cache had an up-to-date config, its first fetch
//! has ended, or the max init wait has passed. In the other modes it is ready when it is built.
//! [`wait_for_ready`](Client::wait_for_ready) waits for that and returns the state of the config
//! data; [`ready`](Client::ready) is the same as a future, for [async
//! code](super::running#in-async-code); [`ready_state`](Client::ready_state) returns the state
//! without waiting. An evaluation that waited for more than 100 ms logs event 4201, once. The hook
//! [`on_client_ready`](crate::Hooks::on_client_ready) gets the same state before the other
//! callbacks of the first fetch. Waiting threads and futures go on after these callbacks, so a
//! callback that they subscribe does not get the first config.
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
//! | [`CacheState`] | the client has |
//! |---|---|
//! | `HasUpToDateFlagData` | a config younger than the interval or TTL, [jitter](super::running#in-a-fleet) included |
//! | `HasCachedFlagDataOnly` | an older config; in manual polling a config of any age |
//! | `NoFlagData` | no config: evaluations return their defaults |
//! | `HasLocalOverrideFlagDataOnly` | overrides that are local only |
//!
//! # Online and offline
//!
//! An offline client does no HTTP. It still reads the cache, at each poll, TTL or refresh, so
//! another process can keep its flags up to date. In automatic polling a client that goes online
//! polls at once.
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
//! request hangs. From then on evaluations use the last config, also those of snapshots, and a
//! method that would fetch logs event 3201. After `close` has returned, no other config replaces
//! the last one, even if a fetch was under way.

#[cfg(doc)]
use crate::{CacheState, Client, PollingMode, RefreshErrorKind};
