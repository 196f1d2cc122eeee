//! Options: what can be set, the defaults, and what is refused.
//!
//! [`Client::new`] takes them all as they are by default. [`Client::builder`] sets them:
//!
//! ```
//! use std::time::Duration;
//! use configcat::{Client, DataGovernance, PollingMode, User};
//!
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .polling_mode(PollingMode::auto().interval(Duration::from_secs(30)))
//!     .data_governance(DataGovernance::EuOnly)
//!     .request_timeout(Duration::from_secs(10))
//!     .default_user(User::new("nobody"))
//!     .offline(true) // no HTTP, for this example
//!     .build()?;
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! | option | default | what it is |
//! |---|---|---|
//! | SDK key | required | of the config and environment, from <https://app.configcat.com/sdkkey> |
//! | [`polling_mode`](ClientBuilder::polling_mode) | [auto](PollingMode::auto), every 60 s, max init wait 5 s | [when to fetch](super::polling); interval and TTL are at least 1 s |
//! | [`data_governance`](ClientBuilder::data_governance) | [`Global`](DataGovernance::Global) | [which CDN](#data-governance) to fetch from |
//! | [`base_url`](ClientBuilder::base_url) | none | [where to fetch from](#base-url) instead of the CDN |
//! | [`connect_timeout`](ClientBuilder::connect_timeout) | 10 s | for the name lookup, and again for connecting with TLS |
//! | [`request_timeout`](ClientBuilder::request_timeout) | 30 s | for a whole fetch, from the name lookup to the last byte |
//! | [`proxy`](ClientBuilder::proxy) | from the environment | [which HTTP proxy](#http-proxy) to go through |
//! | [`root_certificates`](ClientBuilder::root_certificates) | as the [feature for TLS](#tls) says | the only ones to trust |
//! | [`cache`](ClientBuilder::cache) | none | [where to keep the config](super::caching) beside memory |
//! | [`overrides`](ClientBuilder::overrides) | none | [flags from code or a file](super::overrides) |
//! | [`default_user`](ClientBuilder::default_user) | none | [the user](super::users#default-user) where none is given |
//! | [`offline`](ClientBuilder::offline) | `false` | whether to start [without HTTP](super::polling#online-and-offline) |
//! | [`hooks`](ClientBuilder::hooks) | none | [callbacks](super::observing#hooks), before anything happens |
//! | [`jitter`](ClientBuilder::jitter) | 0.1 | by how much of the interval [polls may be delayed](super::running#in-a-fleet), 0.0 to 1.0 |
//! | [`clock`](ClientBuilder::clock) | the system's | where time comes from, [for tests](super::testing#turning-time) |
//!
//! # One client
//!
//! Build one client for each SDK key and keep it as long as the process lives: it holds the config,
//! the connection and the thread. [`Client`] is cheap to clone, `Send` and `Sync`; a `static` works
//! too:
//!
//! ```
//! use std::sync::LazyLock;
//! use configcat::Client;
//!
//! static FLAGS: LazyLock<Option<Client>> = LazyLock::new(|| {
//!     let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012");
//! #     let client = client.offline(true);
//!     client.build().inspect_err(|error| eprintln!("no feature flags: {error}")).ok()
//! });
//!
//! fn is_new_ui_enabled() -> bool {
//!     FLAGS.as_ref().is_some_and(|client| client.get_value("isNewUiEnabled", false, None))
//! }
//! # assert!(!is_new_ui_enabled());
//! ```
//!
//! # What is refused
//!
//! `build()` checks everything that can be checked without the network, and says what to write
//! instead. It is the only place where a wrong option shows as an error:
//!
//! | [`BuildError`] | reason |
//! |---|---|
//! | [`SdkKey`](BuildError::SdkKey) | none of the forms `XXXXXXXXXXXXXXXXXXXXXX/XXXXXXXXXXXXXXXXXXXXXX` (22 characters each), the same after `configcat-sdk-1/`, or `configcat-proxy/…`; with overrides that are local only, any text but an empty one will do |
//! | [`BaseUrl`](BuildError::BaseUrl) | not `http` or `https`, a user name, a query, a fragment, more than 2,048 bytes |
//! | [`Fetch`](BuildError::Fetch) | a `configcat-proxy/` key without a base URL, a time-out of zero, root certificates that are none |
//! | [`IntervalTooShort`](BuildError::IntervalTooShort) | a poll interval or cache TTL of less than a second |
//! | [`JitterOutOfRange`](BuildError::JitterOutOfRange) | not in 0.0 to 1.0 |
//! | [`Overrides`](BuildError::Overrides) | the first load failed |
//! | [`Thread`](BuildError::Thread) | the system would not start one |
//!
//! ```
//! use configcat::Client;
//!
//! let error = Client::new("my-key").unwrap_err();
//! assert!(error.to_string().starts_with("the SDK key has an unknown form: write `configcat-sdk-1/` and two parts of 22"));
//! ```
//!
//! # Data governance
//!
//! Choose what your organization has chosen [on the dashboard][governance]. `Global` configs are on
//! all nodes of the CDN, `EuOnly` ones never leave the European Union.
//!
//! | option | fetches from |
//! |---|---|
//! | [`DataGovernance::Global`] | `https://cdn-global.configcat.com` |
//! | [`DataGovernance::EuOnly`] | `https://cdn-eu.configcat.com` |
//!
//! If the option is not what the dashboard says, the config itself leads to the right place: the
//! client goes there, stays there, and logs event 3002 so that the option gets corrected. It
//! follows within one refresh, and makes three requests at most; where configs lead in a circle it
//! uses what came last and logs event 1104.
//!
//! # Base URL
//!
//! For a forward proxy of your own, a dedicated subscription, or the [ConfigCat Proxy][proxy]. The
//! client gets `{base URL}/configuration-files/{SDK key}/config_v6.json`; a slash at the end of the
//! base URL does not count. With a base URL the client goes elsewhere only if a config *forces* it
//! to, and with a `configcat-proxy/` key never.
//!
//! ```
//! use configcat::{BuildError, Client};
//!
//! let client = Client::builder("configcat-proxy/my-service")
//!     .base_url("https://flags.internal.example.com:8050/")
//! #   .offline(true)
//!     .build()?;
//!
//! let without = Client::builder("configcat-proxy/my-service").build();
//! assert!(matches!(without, Err(BuildError::Fetch(_))));
//! # Ok::<(), BuildError>(())
//! ```
//!
//! # HTTP time-outs
//!
//! ```
//! # use configcat::Client;
//! use std::time::Duration;
//!
//! let builder = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .connect_timeout(Duration::from_secs(2))
//!     .request_timeout(Duration::from_secs(5));
//! ```
//!
//! The request time-out is for all of a fetch: name lookup, connecting, redirects and every byte of
//! the body. So it is also how long a caller of `force_refresh` or of a lazy evaluation waits for
//! the network at most.
//!
//! # HTTP proxy
//!
//! By default as `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, read when the client
//! is built. Or set one, or none:
//!
//! ```
//! use configcat::{Client, fetch::Proxy};
//!
//! let builder = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .proxy(Proxy::url("http://user:password@proxy.example.com:3128")?);
//! let direct = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .proxy(Proxy::None);
//! # Ok::<(), configcat::fetch::ProxyError>(())
//! ```
//!
//! Schemes are `http`, `https`, `socks4`, `socks4a`, `socks5` and `socks5h`. User name and password
//! are percent-encoded, and never printed.
//!
//! # TLS
//!
//! By the [features](crate#cargo-features) of the crate: rustls with Mozilla's root certificates by
//! default, rustls with the system's verifier, or the system's own library. A certificate that is
//! not trusted is an error (1103) before anything is sent. No HTTP redirect leads from `https` to
//! `http`, and no config does (1107).
//!
//! Where a company's proxy opens TLS, use the system's verifier, if the system trusts that proxy,
//! or name its root certificate, in PEM form. Then no other is trusted:
//!
//! ```no_run
//! use configcat::Client;
//!
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .root_certificates(std::fs::read("/etc/ssl/example-root.pem")?)
//!     .build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [governance]: https://configcat.com/docs/advanced/data-governance/
//! [proxy]: https://configcat.com/docs/advanced/proxy/proxy-overview/

#[cfg(doc)]
use crate::{BuildError, Client, ClientBuilder, DataGovernance, PollingMode};
