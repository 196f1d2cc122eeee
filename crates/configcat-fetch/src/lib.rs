//! Downloads ConfigCat's config JSON over HTTP: knows URLs, ETags and data governance, and no rules.
//!
//! This is a part of the `configcat` SDK, which decides when to fetch and what to do with a config. Used alone
//! it is a small client for one document:
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
//! # What a response means
//!
//! | response | outcome |
//! |---|---|
//! | 200, a config of at most 64 MiB | [`Outcome::Fetched`], whatever its ETag is |
//! | 200, anything else | [`FetchErrorKind::InvalidContent`] |
//! | 304 | [`Outcome::NotModified`]; without an ETag to compare to, [`FetchErrorKind::NothingCached`] |
//! | 403, 404 | [`FetchErrorKind::SdkKeyRejected`] |
//! | any other | [`FetchErrorKind::UnexpectedResponse`] |
//! | none in time | [`FetchErrorKind::TimedOut`] |
//! | none, or no HTTP | [`FetchErrorKind::ConnectionFailed`] |
//!
//! A config is a JSON object with an object `f`, its settings, or without `f` and with a base URL
//! to go to (`u` in `p`). So `{}`, `{"error":"rate limited"}` and `{"f":null}` are no configs. A
//! byte order mark of UTF-8 before it is left out. Whether each setting is well-formed is for the
//! reader to say; [`Fetched::reject`] makes the error then.
//!
//! # Where it fetches from
//!
//! From one of ConfigCat's CDNs ([`DataGovernance`]), or from a [`BaseUrl`] of your own. A config names the
//! base URL that it should come from, and how strongly it means it; the fetcher follows as all ConfigCat SDKs
//! do, within three requests. Since a config may name a URL that is wrong or dead:
//!
//! - A URL is kept for later fetches only once it has answered: with a config, or with 304.
//! - If it fails in the fetch that is moving there, the outcome is the config that named it (if
//!   that has settings), with the error beside it in [`redirect_error`](Fetch::redirect_error), and
//!   the next fetch starts where that config came from. Any error is a failure here, a 403 or 404
//!   too, which a wrong host may answer.
//! - If a config names a URL for the next fetch only (`r` is 0), that is where the next fetch
//!   starts.
//! - After three failed fetches in a row, the next one starts at the first URL. If that fails as
//!   well, the last URL that has answered is next, and so on in turn. One success starts the count
//!   anew. A fetch that was [shut down](Fetcher::shut_down), or started after its deadline, does
//!   not count.
//!
//! Requests go through an HTTP or SOCKS proxy if [`Proxy`] says so: `https` through an HTTP proxy
//! by `CONNECT`, so that it learns the host alone; `http` in absolute form. HTTP redirects are
//! followed five times at most. Neither they nor configs lead from `https` to `http`.
//!
//! Of several addresses of a host, families alternate, each but the last may use a second of the
//! connect timeout at most, and the one that has worked is tried first the next time. (Of those of
//! a SOCKS proxy, the first may use up to two thirds of it.)
//!
//! # Bodies and ETags
//!
//! A body may be packed with gzip, once or twice; the names of content codings are read as RFC 9110
//! (8.4.1) has them, so `GZIP`, `x-gzip` and `identity` are known. Any other coding is
//! [`FetchErrorKind::InvalidContent`], with its name.
//!
//! An ETag goes back in `If-None-Match` as it came. [`is_same_etag`] compares two of them. A 200 is
//! a config that was not known before, even if its ETag was: compare what it says.
//!
//! # The SDK key stays secret
//!
//! No `Display`, `Debug`, error or cause of one shows it: [`SdkKey`] is masked, and so is the key in every URL. The
//! HTTP client below writes URLs and bytes to the `log` crate at trace level; it is kept from learning the
//! key, and logs the mask. Only a server that quotes the key in the body of a 200, or disguises
//! it in a header, makes it show there (the latter perhaps at debug level).
//!
//! # Time limits and threads
//!
//! [`Fetcher::fetch`] blocks its thread, for the request timeout at most; [`Fetcher::fetch_until`]
//! for less. The system's name lookup cannot be interrupted, so it runs on a thread of its own;
//! while two hang, no third is started, and fetches fail at once.
//!
//! # Features
//!
//! | feature | default | what it does |
//! |---|---|---|
//! | `rustls` | yes | TLS by rustls and ring, with Mozilla's root certificates |
//! | `platform-verifier` | no | rustls with the operating system's root certificates and verifier |
//! | `native-tls` | no | TLS by the operating system's library; wins where others are on too |
//!
//! With none of them, `https` URLs fail with an error that says so. [`FetchOptions::root_certificates`] takes the place
//! of the root certificates in all of them.

mod agent;
mod base_urls;
mod config_redirect;
mod endpoint;
mod error;
mod fetcher;
mod http_redirect;
mod options;
mod preferences;
mod proxy;
mod response;
mod sdk_key;

pub use self::endpoint::{BaseUrl, BaseUrlError, DataGovernance};
pub use self::error::{ContentError, FetchError, FetchErrorKind};
pub use self::fetcher::{Fetch, Fetcher, Outcome};
pub use self::options::{FetchOptions, ModeTag, OptionsError};
pub use self::proxy::{Proxy, ProxyError, ProxyUrl};
pub use self::response::{Fetched, is_same_etag};
pub use self::sdk_key::{SdkKey, SdkKeyError};
