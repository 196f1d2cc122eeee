//! Receiver for [webhooks of
//! ConfigCat](https://configcat.com/docs/advanced/notifications-webhooks/): verifies that requests
//! are from ConfigCat, and refreshes a client, once for many of them.
//!
//! ConfigCat calls a webhook when a setting has changed. An application that polls once a minute
//! and also has a webhook sees the change in about a second. **Keep polling**: a webhook can get
//! lost, and this crate only uses it to fetch at once. A webhook also **reaches one process only**:
//! the one that your load balancer chooses. Other processes see the change at their next poll.
//!
//! | part | task |
//! |---|---|
//! | [`Verifier`] | checks that a request is signed with your key, and new; accepts each request once |
//! | [`Refresher`] | makes a client fetch, on a thread of its own, once for many webhooks, with a minimum interval |
//!
//! Both work with any web framework: they take strings and bytes, return at once, and need no async
//! runtime. A server that forks its workers makes the `Refresher` in each of them, after the fork:
//! its thread does not survive a fork.
//!
//! # Start
//!
//! Add the webhook on the [dashboard](https://app.configcat.com/webhook), with your URL and the
//! method POST, and copy its signing key. Then, in the handler of your framework:
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
//! Limit the size of the bodies that you read, as for any other request. Do not wait for the
//! refresh before you answer: ConfigCat sends a webhook again, up to five times, if the answer is
//! not a 2xx.
//!
//! # Signatures
//!
//! The
//! [documentation](https://configcat.com/docs/advanced/notifications-webhooks/#verifying-webhook-requests)
//! of ConfigCat defines the signature: the HMAC-SHA-256, under the signing key as it is written, of
//! id, timestamp and body, one after the other. The header has a signature for each signing key of
//! the webhook, in base64, separated by commas.
//!
//! - **Keys are replaced without a gap.** While a webhook has two keys, its requests are signed
//!   with both, and a verifier with either key accepts them. So give the verifier the new key
//!   before you delete the old one. A verifier with [both](Verifier::new) can be started before the
//!   dashboard has the second key.
//! - **Old requests are refused**, and so are those from the future: more than five minutes
//!   ([`window`](Verifier::window)) from the time of the system. ConfigCat leaves the length to the
//!   receiver; five minutes is the length in ConfigCat's own proxy.
//! - **A request is accepted once.** A verifier and its clones remember a digest of all signed
//!   parts. So a recorded request does not become a new one by another of its signatures, or by
//!   digits that were moved between id, timestamp and body. The verifier remembers 1024 requests
//!   (some 60 KiB), and at least those of the window. While the memory is full, further requests
//!   are refused ([`TooMany`](VerifyError::TooMany)) rather than older ones forgotten: only
//!   ConfigCat can fill it, and the next poll brings the change too. Another process, and the same
//!   one after a restart, does not remember them.
//! - **The signed text does not separate id, timestamp and body.** An attacker with a recorded
//!   request may move digits from one to the next, and with luck make a forgotten old request look
//!   new. So use a request only as the sign to fetch, as [`Refresher`] does, and do not act on its
//!   body.
//! - Signatures are compared in constant time. Neither errors nor `Debug` show keys or signatures.

mod accepted;
mod error;
mod fetch_delay;
mod refresh_thread;
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
