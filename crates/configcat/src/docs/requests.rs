//! One request: a view of the flags that stays consistent, has the user of the request, and may
//! have other values for some flags.
//!
//! ```
//! # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
//! # let flags = MapOverrides::new([("isNewUi", Value::from(false)), ("limit", 5.into())]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! use configcat::{User, request::Overrides};
//!
//! // At the start of the request, for example in a middleware.
//! let user = User::new("#UNIQUE-USER-ID#");
//! let overrides = Overrides::parse("isNewUi=true;limit=10")?;
//! let flags = client.snapshot().for_user(&user).with_overrides(&overrides);
//!
//! // Anywhere in the request: the same config, the same user.
//! assert!(flags.get_value("isNewUi", false, None));
//! assert_eq!(flags.get_value("limit", 0, None), 10);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | method of [`Snapshot`] | effect |
//! |---|---|
//! | [`for_user`](Snapshot::for_user) | evaluations without a user use this one |
//! | [`with_overrides`](Snapshot::with_overrides) | some flags have other values, in this snapshot only |
//! | `with_signed_overrides` | the same with a [signed token](#signed-overrides) |
//!
//! A snapshot can be cloned, sent to other threads and kept as long as the request takes. Typed
//! flags work on it too.
//!
//! # Overrides
//!
//! [`Overrides`] are for one request, as those of a [client](super::overrides) are for all: to show
//! a feature that is off for everybody else, to reproduce what a user sees, or in an end-to-end
//! test.
//!
//! - A flag whose prerequisite flag is overridden gets the overridden value, as in a merged config.
//! - [`EvaluationDetails::is_overridden`](crate::EvaluationDetails#structfield.is_overridden) says
//!   that the value of this flag was overridden. The hook `on_flag_evaluated` gets the details, so
//!   that analytics can leave out such a request.
//! - A value of another type than its flag is refused (event 3204), and the flag keeps its value.
//!   A whole number is accepted for a decimal flag.
//! - A key that the config does not have becomes a flag of the request.
//! - Texts of [JSON flags](super::json#parsed-once) are parsed once for each snapshot with
//!   overrides.
//! - Making the snapshot takes time for the overrides only, and not for the flags of the config:
//!   with five overrides and 10,000 flags less than a microsecond.
//!
//! [`Overrides::parse`] reads a text such as `isNewUi=true;limit=10`: at most 2 KiB and 64 flags,
//! with keys of 255 bytes. A value cannot have a semicolon or a control character, such as a line
//! feed, which could forge a line of the evaluation log; [`Overrides::new`] takes any value.
//!
//! **A text from a request decides the flags of this request.** If its sender must not decide them,
//! for example because a flag protects a function, accept it in development only, or let it be
//! signed.
//!
//! # Signed overrides
//!
//! With the cargo feature `signed-overrides`, an `OverrideSigner` makes a token from a text, for a
//! header or a cookie: the text with its expiry, signed with HMAC-SHA-256.
//!
//! ```
//! # #[cfg(feature = "signed-overrides")] {
//! # use configcat::{Client, MapOverrides, OverrideBehavior, Value};
//! # let flags = MapOverrides::new([("isNewUi", Value::from(false))]);
//! # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
//! use std::time::{Duration, SystemTime};
//! use configcat::request::OverrideSigner;
//!
//! // The same key in the tool that makes tokens and in the server that accepts them.
//! let signer = OverrideSigner::new("a key of at least 32 bytes, from a secret")?;
//! let token = signer.sign("isNewUi=true", SystemTime::now() + Duration::from_secs(3600))?;
//!
//! let flags = client.snapshot().with_signed_overrides(&signer, &token);
//! assert!(flags.get_value("isNewUi", false, None));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A token that is not signed with this key, was changed, or has expired by the clock of the client
//! changes nothing. It is logged (event 3204) without its content, once for each reason until the
//! config changes. The signature is compared in constant time, before anything of the token is
//! read.
//!
//! A token is not encrypted: its holder can read keys and values. Each holder can use it until it
//! expires, so let it expire soon, and send it over `https` only.

#[cfg(doc)]
use crate::{Snapshot, request::Overrides};
