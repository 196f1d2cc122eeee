//! Client for one document: the config JSON of a ConfigCat SDK key. It handles URLs, ETags and data
//! governance, and does not interpret the rules in a config.
//!
//! This crate is a part of the `configcat` SDK, which decides when to fetch and evaluates the
//! config. Used alone it is a small HTTP client:
//!
//! ```no_run
//! use configcat_fetch::{FetchOptions, Fetcher, Outcome, SdkKey};
//!
//! let key = SdkKey::parse("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")?;
//! let fetcher = Fetcher::new(FetchOptions::new(key))?;
//! match fetcher.fetch(None).outcome {
//!     Ok(Outcome::Fetched(config)) => println!("{}", config.body),
//!     Ok(_) => println!("nothing new"),
//!     Err(error) => eprintln!("event {}: {error:#}", error.kind().event_id()),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Responses and outcomes
//!
//! | response | outcome |
//! |---|---|
//! | 200, a config of at most 64 MiB | [`Outcome::Fetched`], with any ETag |
//! | 200, anything else | [`FetchErrorKind::InvalidContent`] |
//! | 304 | [`Outcome::NotModified`]; to a request without an ETag, [`FetchErrorKind::NothingCached`] |
//! | 403, 404 | [`FetchErrorKind::SdkKeyRejected`] |
//! | any other | [`FetchErrorKind::UnexpectedResponse`] |
//! | not in time | [`FetchErrorKind::TimedOut`] |
//! | no connection, or no HTTP | [`FetchErrorKind::ConnectionFailed`] |
//!
//! A config is a JSON object with an object `f`, its settings, or without `f` and with a base URL
//! to redirect to (`u` in `p`). So `{}`, `{"error":"rate limited"}` and `{"f":null}` are not
//! configs. A byte order mark of UTF-8 at the start is removed. The settings themselves are not
//! checked; if they turn out to be unusable, [`Fetched::reject`] makes the error.
//!
//! # Where it fetches from
//!
//! A fetcher starts at one of ConfigCat's CDNs ([`DataGovernance`]), or at a [`BaseUrl`] of your
//! own. A config names the base URL that it should come from, and a redirect mode. The fetcher
//! follows as all ConfigCat SDKs do, within three requests. Since a config may name a URL that is
//! wrong or dead:
//!
//! - A URL is kept for later fetches only after it has answered: with a config, or with 304.
//! - If the URL fails in the fetch that redirects there, the outcome is the config that named it
//!   (if that has settings), with the error beside it in [`redirect_error`](Fetch::redirect_error),
//!   and the next fetch starts where that config came from. Any error is a failure here, a 403 or
//!   404 too, which a wrong host may send.
//! - If a config names a URL for the next fetch only (`r` is 0), the next fetch starts there.
//! - After three failed fetches in a row, the next one starts at the first URL. If that fails too,
//!   the last URL that has answered is next, and so on in turn. A success resets the count. A fetch
//!   that was [shut down](Fetcher::shut_down), or started after its deadline, does not count.
//!
//! [`Proxy`] sets an HTTP or SOCKS proxy. `https` passes through an HTTP proxy by `CONNECT`, so
//! that the proxy learns only the host; `http` passes in absolute form. At most five HTTP redirects
//! are followed. Neither they nor configs lead from `https` to `http`.
//!
//! If a host has several addresses, families alternate, each address except the last may use a
//! second of the connect timeout at most, and the last address that worked is tried first the next
//! time. (Of the addresses of a SOCKS proxy, the first may use up to two thirds of it.)
//!
//! # Bodies and ETags
//!
//! A body may be compressed with gzip, once or twice. The names of content codings are read as RFC
//! 9110 (8.4.1) defines them, so `GZIP`, `x-gzip` and `identity` are known. Any other coding is
//! [`FetchErrorKind::InvalidContent`], with its name.
//!
//! An ETag is sent back in `If-None-Match` as it came. [`is_same_etag`] compares two of them. A 200
//! brings a config even if its ETag is known: compare the contents.
//!
//! # The SDK key stays secret
//!
//! No `Display`, `Debug`, error or cause of an error shows the key: [`SdkKey`] is masked, and so is
//! the key in every URL. The HTTP client below writes URLs and bytes to the `log` crate at trace
//! level; it sees and logs the mask only. The key appears there only if a server repeats it in the
//! body of a 200, or in a header in an unusual encoding (perhaps at debug level).
//!
//! # Time limits and threads
//!
//! [`Fetcher::fetch`] blocks its thread, for the request timeout at most; [`Fetcher::fetch_until`]
//! for less. The name lookup of the system cannot be interrupted, so it runs on a thread of its
//! own; while two lookups hang, no third one is started, and fetches fail at once.
//!
//! # Transport
//!
//! A [`Transport`] of your own makes the HTTP exchange in place of the default. All of the above
//! holds for it too, with these exceptions: it decides itself on proxies, TLS and connections; it
//! may log the URL, which holds the SDK key; and a fetch ends in time only if the transport and its
//! bodies do. So run the fetch on a thread of its own if the transport may hang, as `configcat`
//! does. The fetcher starts no thread for it.
//!
//! # Features
//!
//! | feature | default | effect |
//! |---|---|---|
//! | `rustls` | yes | TLS by rustls and ring, with Mozilla's root certificates |
//! | `platform-verifier` | no | rustls with the operating system's root certificates and verifier |
//! | `native-tls` | no | TLS by the operating system's library; wins over the other features |
//!
//! Without a TLS feature, `https` URLs fail with an error that says so.
//! [`FetchOptions::root_certificates`] replaces the root certificates in all of them.

mod agent;
mod base_urls;
mod config_redirect;
mod content_coding;
mod endpoint;
mod error;
mod fetch;
mod fetcher;
mod http_client;
mod http_redirect;
mod limits;
mod options;
mod preferences;
mod proxy;
mod redact;
mod response;
mod sdk_key;
mod transport;

pub use self::endpoint::{BaseUrl, BaseUrlError, DataGovernance};
pub use self::error::{ContentError, FetchError, FetchErrorKind};
pub use self::fetch::{Fetch, Outcome};
pub use self::fetcher::Fetcher;
pub use self::options::{FetchOptions, ModeTag, OptionsError};
pub use self::proxy::{Proxy, ProxyError, ProxyUrl};
pub use self::response::{Fetched, is_same_etag};
pub use self::sdk_key::{SdkKey, SdkKeyError};
pub use self::transport::{Request, Response, Transport, TransportError};
