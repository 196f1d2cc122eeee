//! Receives [webhooks of ConfigCat](https://configcat.com/docs/advanced/notifications-webhooks/): verifies that they
//! are from ConfigCat, and brings a client's config up to date, once for many of them.
//!
//! ConfigCat calls a webhook when a setting has changed. An application that polls once a minute, and has a webhook too,
//! sees the change in about a second. **Keep polling**: a webhook can get lost, and this crate makes no other use of it than to
//! fetch now. It also **reaches one process only**: the one that your load balancer chooses. Others see the change at their next poll.
//!
//! | part | does |
//! |---|---|
//! | [`Verifier`] | says whether a request is signed with your key, and new; accepts each once |
//! | [`Refresher`] | has a client fetch, on a thread of its own, once for many webhooks, and not more often than the CDN likes |
//!
//! Both fit any web framework: they take texts and bytes, return at once, and need no async runtime. A server that forks its
//! workers makes the `Refresher` in each of them, after the fork: its thread does not survive one.
//!
//! # Start
//!
//! Add the webhook on the [dashboard](https://app.configcat.com/webhook), with your URL and the method POST, and copy its
//! signing key. Then, in the handler of your framework:
//!
//! ```
//! use configcat::Client;
//! use configcat_webhook::{Headers, Refresher, Verifier};
//!
//! # const SIGNING_KEY: &str = "configcat_whsk_VN3juirnVh5pNvCKd81RYRYchxUX4j3NykbZG2fAy88=";
//! # let client = Client::builder(configcat_testkit::SDK_KEY).offline(true).build()?;
//! // Once.
//! let verifier = Verifier::new([SIGNING_KEY])?;
//! let refresher = Refresher::new(&client)?;
//!
//! // For each request, with the body as it came: not parsed, not decoded.
//! let receive = |headers: &[(&str, &str)], body: &[u8]| {
//!     let header = |name: &str| {
//!         let found = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
//!         found.map(|(_, value)| *value)
//!     };
//!     match verifier.verify(&Headers::read(header), body) {
//!         Ok(()) => {
//!             refresher.trigger();
//!             204
//!         }
//!         Err(_) => 401,
//!     }
//! };
//! assert_eq!(receive(&[], b"rubbish"), 401);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Limit the size of bodies that you read, as for any other request. Do not wait for the refresh before you answer:
//! ConfigCat sends a webhook again, up to five times, if it is not answered with a 2xx.
//!
//! # What a signature tells
//!
//! The [documentation](https://configcat.com/docs/advanced/notifications-webhooks/#verifying-webhook-requests) of ConfigCat
//! says what is signed: the HMAC-SHA-256, under the signing key as it is written, of the id, the timestamp and the body, one after
//! the other. The header has a signature for each signing key that the webhook has, in base64, with commas between them.
//!
//! - **Keys are replaced without a gap.** While a webhook has two keys, its requests are signed with both, and a verifier that
//!   has either accepts them; so give it the new key before you delete the old one. One that has [both](Verifier::new) can be
//!   started before the dashboard has the second.
//! - **Old requests are refused**, and so are those from the future: more than five minutes
//!   ([`window`](Verifier::window)) from the system's time. ConfigCat leaves the length to the receiver; five minutes is what its own
//!   proxy takes.
//! - **A request is accepted once.** A verifier and its clones remember a digest of all that was signed, so neither another of its
//!   signatures nor digits that were moved between id, timestamp and body make a recorded request a new one. They
//!   remember 1024 requests (some 60 KiB), and at least those of the window. While that is full, further ones are refused
//!   ([`TooMany`](VerifyError::TooMany)) rather than older ones forgotten: only ConfigCat can fill it, and the next poll brings the change
//!   too. Another process, and the same one after a restart, remembers nothing of it.
//! - **Id, timestamp and body are not set apart** in what is signed. Who has recorded a request may move digits from one to the
//!   next, and with luck make one look new that is old and forgotten. So trust a request that it is time to look, which is what
//!   [`Refresher`] does, and do not take what to do from its body.
//! - Signatures are compared in constant time. Neither errors nor `Debug` have keys or signatures in them.

mod accepted;
mod error;
mod fetch_delay;
mod refresher;
mod verify;

pub use self::{
    error::{KeyError, VerifyError},
    refresher::Refresher,
    verify::{Headers, Verifier},
};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
