//! Options of a client: defaults, and errors of `build()`.
//!
//! [`Client::new`] uses the default of each option. [`Client::builder`] sets them.
//! [`Client::from_env`] and [`Client::builder_from_env`] are the same with the SDK key of the
//! environment variable `CONFIGCAT_SDK_KEY`, without white space around it.
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
//! | option | default | meaning |
//! |---|---|---|
//! | SDK key | required | the key of the config and environment, from <https://app.configcat.com/sdkkey> |
//! | [`polling_mode`](ClientBuilder::polling_mode) | [auto](PollingMode::auto), every 60 s, max init wait 5 s | [when to fetch](super::polling); interval and TTL are at least 1 s |
//! | [`data_governance`](ClientBuilder::data_governance) | [`Global`](DataGovernance::Global) | the [CDN](#data-governance) to fetch from |
//! | [`base_url`](ClientBuilder::base_url) | none | the [URL to fetch from](#base-url) instead of the CDN |
//! | [`connect_timeout`](ClientBuilder::connect_timeout) | 10 s | the limit of the name lookup, and the limit of connecting with TLS |
//! | [`request_timeout`](ClientBuilder::request_timeout) | 30 s | the limit of a whole fetch, from the name lookup to the last byte |
//! | [`proxy`](ClientBuilder::proxy) | from the environment | the [HTTP proxy](#http-proxy) |
//! | [`root_certificates`](ClientBuilder::root_certificates) | depends on the [TLS feature](#tls) | the only root certificates to trust |
//! | [`transport`](ClientBuilder::transport) | with TLS and proxies | the [HTTP client](#transport-of-your-own) |
//! | [`cache`](ClientBuilder::cache) | none | a [second place for the config](super::caching), beside memory |
//! | [`overrides`](ClientBuilder::overrides) | none | [flags from code or a file](super::overrides) |
//! | [`private_attributes`](ClientBuilder::private_attributes) | none | attributes of users that are [not shown](super::users#private-attributes) |
//! | [`default_user`](ClientBuilder::default_user) | none | [the user](super::users#default-user) of evaluations without a user |
//! | [`offline`](ClientBuilder::offline) | `false` | `true` to start [without HTTP](super::polling#online-and-offline) |
//! | [`on_client_ready`](ClientBuilder::on_client_ready), [`on_config_changed`](ClientBuilder::on_config_changed), [`on_flags_changed`](ClientBuilder::on_flags_changed), [`on_config_fetched`](ClientBuilder::on_config_fetched), [`on_flag_evaluated`](ClientBuilder::on_flag_evaluated), [`on_error`](ClientBuilder::on_error); [`hooks`](ClientBuilder::hooks) for several at once | none | [callbacks](super::observing#hooks), subscribed before the client starts |
//! | [`jitter`](ClientBuilder::jitter) | 0.1 | the part of the interval by which [polls may be delayed](super::running#in-a-fleet), 0.0 to 1.0 |
//! | [`warn_without_logger`](ClientBuilder::warn_without_logger) | `true` | whether the first error goes to [standard error](super::observing#without-a-logger) if there is no logger |
//! | [`clock`](ClientBuilder::clock) | the system's | the clock, which [tests](super::testing#turning-time) can replace |
//!
//! # One client
//!
//! Build one client for each SDK key and keep it as long as the process lives: it has the config,
//! the connections and the polling thread. A second client with the same key, while the first is
//! open, is a warning (event 3000). [`Client`] is cheap to clone, `Send` and `Sync`; a `static`
//! works too:
//!
//! ```
//! use std::sync::LazyLock;
//! use configcat::Client;
//!
//! static FLAGS: LazyLock<Client> = LazyLock::new(|| {
//!     Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//! #       .offline(true)
//!         .build_or_default()
//! });
//!
//! fn is_new_ui_enabled() -> bool {
//!     FLAGS.get_value("isNewUiEnabled", false, None)
//! }
//! # assert!(!is_new_ui_enabled());
//! ```
//!
//! [`build_or_default`](ClientBuilder::build_or_default) returns a client in any case. If an option
//! is invalid, the client logs the error (event 1301), is closed, and returns defaults.
//!
//! # What is refused
//!
//! `build()` checks everything that needs no network, and its error says what to write instead.
//! `{:?}` prints the same text, and so do `?` in `main`, `unwrap` and `expect`. No other method
//! returns an error for a wrong option, and `build_or_default()` logs it:
//!
//! | [`BuildError`] | reason |
//! |---|---|
//! | [`SdkKey`](BuildError::SdkKey) | not of the form `XXXXXXXXXXXXXXXXXXXXXX/XXXXXXXXXXXXXXXXXXXXXX` (22 characters each), the same after `configcat-sdk-1/`, or `configcat-proxy/…`; with overrides that are local only, an empty text |
//! | [`SdkKeyVariable`](BuildError::SdkKeyVariable) | the environment variable `CONFIGCAT_SDK_KEY` is not set, or holds no such key |
//! | [`BaseUrl`](BuildError::BaseUrl) | neither `http` nor `https`; or with a user name, a query, a fragment, or more than 2,048 bytes |
//! | [`Fetch`](BuildError::Fetch) | a `configcat-proxy/` key without a base URL, a timeout of zero, invalid root certificates, an option that a [transport of your own](#transport-of-your-own) does not use |
//! | [`IntervalTooShort`](BuildError::IntervalTooShort) | a poll interval or cache TTL of less than a second |
//! | [`JitterOutOfRange`](BuildError::JitterOutOfRange) | not in 0.0 to 1.0 |
//! | [`Overrides`](BuildError::Overrides) | the first load failed |
//! | [`Thread`](BuildError::Thread) | the system cannot start a thread |
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
//! A config JSON contains your flags and rules: names of attributes, and the values that they are
//! compared with, such as e-mail addresses. It contains no data of your users, whose attributes
//! [stay in the process](super::users#sensitive-data). An organization decides [on the
//! dashboard][governance], under *Data Governance*, where its config JSONs are stored. `Global`
//! configs are on all nodes of the CDN; `EuOnly` configs never leave the European Union. Set the
//! client to the same:
//!
//! ```
//! use configcat::{Client, DataGovernance};
//!
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .data_governance(DataGovernance::EuOnly)
//! #   .offline(true)
//!     .build()?;
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! | option | fetches from |
//! |---|---|
//! | [`DataGovernance::Global`] | `https://cdn-global.configcat.com` |
//! | [`DataGovernance::EuOnly`] | `https://cdn-eu.configcat.com` |
//!
//! If the option differs from the dashboard, the config names the right URL: the client fetches
//! there from now on, and logs event 3002 so that the option can be corrected. It follows within
//! one refresh, with three requests at most. If configs redirect in a circle, the client uses the
//! last one and logs event 1104.
//!
//! | on the dashboard | in the client | effect |
//! |---|---|---|
//! | Global | `Global` | one request |
//! | EU Only | `EuOnly` | one request, to a node in the European Union |
//! | Global | `EuOnly` | event 3002, and a second request, to the global CDN, at the first fetch |
//! | EU Only | `Global` | event 3002, and a second request, to the CDN in the European Union, at the first fetch. The first request, with the SDK key in its path, goes to a node outside of it perhaps: so set `EuOnly` |
//!
//! With a [base URL](#base-url) the option has no effect, and there is no event 3002.
//!
//! # Base URL
//!
//! A base URL is for a forward proxy of your own, a dedicated subscription, or the [ConfigCat
//! Proxy][proxy]. The client gets `{base URL}/configuration-files/{SDK key}/config_v6.json`; a
//! slash at the end of the base URL is ignored. With a base URL the client follows a config to
//! another URL only if the config *forces* it, and with a `configcat-proxy/` key never.
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
//! # HTTP timeouts
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
//! The request timeout limits a whole fetch: name lookup, connecting, redirects and every byte of
//! the body. So it is also the maximum time for which `force_refresh` or a lazy evaluation waits
//! for the network.
//!
//! # HTTP proxy
//!
//! The default proxy comes from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, which are
//! read when the client is built. The option sets another proxy, or no proxy:
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
//! The [features](crate#cargo-features) of the crate decide: rustls with Mozilla's root
//! certificates by default, rustls with the system's verifier, or the system's own library. A
//! certificate that is not trusted is an error (1103) before anything is sent. Neither an HTTP
//! redirect nor a config (1107) leads from `https` to `http`.
//!
//! If a company's proxy inspects TLS, use the system's verifier, if the system trusts that proxy,
//! or give its root certificate in PEM form. Then no other certificate is trusted:
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
//! # Transport of your own
//!
//! A [`Transport`](crate::fetch::Transport) makes the HTTP requests in place of the default: the
//! HTTP client of your company, a test that answers from memory, or the host of a WebAssembly
//! module, since nothing in the trait needs threads or sockets.
//!
//! ```
//! use configcat::fetch::{Request, Response, Transport, TransportError};
//! use configcat::{Client, PollingMode};
//!
//! struct InMemory(&'static str);
//!
//! impl Transport for InMemory {
//!     fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
//!         if request.url().starts_with("https://cdn-global.configcat.com/") {
//!             Ok(Response::new(200, self.0.as_bytes()).with_header("ETag", "\"1\""))
//!         } else {
//!             Err(TransportError::connection_failed("only the global CDN is here"))
//!         }
//!     }
//! }
//!
//! let config = r#"{"f": {"isNewUiEnabled": {"t": 0, "v": {"b": true}}}}"#;
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .polling_mode(PollingMode::manual())
//!     .transport(InMemory(config))
//!     .build()?;
//! client.force_refresh()?;
//! assert!(client.get_value("isNewUiEnabled", false, None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A transport makes one exchange: it sends the URL and the headers of the request, and returns
//! status, headers and a reader of the body. It follows no redirect, keeps no cookies, and leaves a
//! compressed body as it is. Redirects, gzip, the limits of size, ETags and data governance are the
//! client's, for each transport alike.
//!
//! | of a transport | effect |
//! |---|---|
//! | an error | event 1102 after a timeout, 1103 otherwise, with the text of the error and of its causes: one line of at most 500 characters, with the SDK key masked |
//! | a panic, of the body's reader too | event 1103 with its message |
//! | a call that does not return by the request timeout, of the body's reader too | event 1102; the transport is not called until that call has returned, and each fetch until then fails at once with event 1102. The late response is ignored |
//!
//! Each fetch runs on a thread of its own, so polling, evaluations and `close()` never wait for a
//! transport longer than for the network. A transport should end by the deadline of the request,
//! which is up to half a second before the request timeout; its own error then says more than that
//! of the client.
//!
//! A transport decides itself on proxies and TLS, so [`root_certificates`] or the URL of a
//! [`proxy`](ClientBuilder::proxy) beside it are an error of `build()`, and the variables of the
//! environment are not read. The connect timeout is [in the
//! request](crate::fetch::Request::connect_timeout). The URL holds the SDK key: a transport that
//! logs it shows the key. After a fork, the child and its parent share the transport;
//! [`after_fork`](crate::fetch::Transport::after_fork) is called in the child before its first
//! request.
//!
//! [`root_certificates`]: ClientBuilder::root_certificates
//! [governance]: https://configcat.com/docs/advanced/data-governance/
//! [proxy]: https://configcat.com/docs/advanced/proxy/proxy-overview/

#[cfg(doc)]
use crate::{BuildError, Client, ClientBuilder, DataGovernance, PollingMode};
