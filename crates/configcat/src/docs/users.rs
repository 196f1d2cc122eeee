//! The User Object: for whom a flag is evaluated.
//!
//! [Targeting](https://configcat.com/docs/targeting/targeting-overview/) compares attributes of a
//! [`User`], and percentage options are drawn by one, the identifier unless the flag says
//! otherwise. Without a user, rules about users do not match, and the flag has the value for
//! everybody else.
//!
//! ```
//! use configcat::User;
//!
//! let user = User::new("#UNIQUE-USER-ID#")
//!     .email("john@example.com")
//!     .country("United Kingdom")
//!     .custom("SubscriptionType", "Pro")
//!     .custom("Rating", 4.5)
//!     .custom("Roles", ["editor", "admin"])
//!     .custom("RegisteredAt", std::time::SystemTime::now());
//! ```
//!
//! | method | attribute | |
//! |---|---|---|
//! | [`User::new`] | `Identifier` | required; stable and unique to the user: a database key, a session id, an e-mail address |
//! | [`email`](User::email) | `Email` | optional |
//! | [`country`](User::country) | `Country` | optional; a name or a code, as your rules have it |
//! | [`custom`](User::custom) | of any other name | optional; names are case-sensitive. `Identifier`, `Email` and `Country` are not replaced by it |
//!
//! A user is passed by reference and not copied. Build it once per request, and ask for any number
//! of flags.
//!
//! # Attribute types
//!
//! | from | is a |
//! |---|---|
//! | `&str`, `String`, `Box<str>`, `Cow<str>`, `char` | text |
//! | all integers, `f32`, `f64` | number |
//! | [`SystemTime`](std::time::SystemTime), [`DateTime`], and with the [features](crate#cargo-features) `chrono`, `jiff` and `time` the date-times of these crates | date-time |
//! | `Vec`, array or slice of texts | list |
//!
//! There is none from `bool`: pass the text that your rule compares to. Which comparators take
//! which:
//!
//! | comparators | accept | anything else |
//! |---|---|---|
//! | text: EQUALS, IS ONE OF, CONTAINS, STARTS WITH, ENDS WITH | text | is turned into text, with warning 3005 |
//! | semantic versions: IS ONE OF, `<`, `>=` … | text that is one by [SemVer 2.0](https://semver.org): `1.0.0-rc.1`, not `1.0` or `v1.0.0` | does not match, with warning 3004 |
//! | numbers: `=`, `<`, `>=` … | number, or text that is one: `4.5`, `4,5`, `1e5` | does not match, with warning 3004 |
//! | date-times: BEFORE, AFTER | date-time; number, or text that is one, in Unix seconds | does not match, with warning 3004 |
//! | lists: ARRAY CONTAINS ANY OF | list, or text that is a JSON array of strings: `["a","b"]` | does not match, with warning 3004 |
//!
//! An attribute that is absent, or an empty text, does not match either (warning 3003). *Does not
//! match* means that evaluation goes on with the next rule. Text is compared exactly, upper and
//! lower case are different.
//!
//! How numbers and date-times look as text, and all other details, tells
//! [`AttributeValue`].
//!
//! # Default user
//!
//! For applications that have one user at a time: where an evaluation gives no user, the default
//! user is taken.
//!
//! ```
//! use configcat::{Client, User};
//!
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     .default_user(User::new("john@example.com"))
//! #   .offline(true)
//!     .build()?;
//!
//! client.get_value("isNewUiEnabled", false, None); // for john@example.com
//! client.get_value("isNewUiEnabled", false, &User::new("brian@example.com")); // for brian@example.com
//!
//! client.set_default_user(User::new("jane@example.com"));
//! client.clear_default_user();
//! client.get_value("isNewUiEnabled", false, None); // for nobody
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! It is shared by all clones of the client and by their snapshots: in a server, pass the user
//! instead.
//!
//! # Sensitive data
//!
//! - **Users stay in the process.** Evaluation is done here; no attribute is sent to ConfigCat or
//!   to anybody else.
//! - **The evaluation log has them.** At level `info` each evaluation writes the whole User Object
//!   (event 5000), and warnings name attributes and values. Leave the target `configcat` at `warn`
//!   or `error` where that must not be.
//! - **The SDK key lets read the config** of one environment, with all flags and rules in it.
//!   Whoever has it, for example with a program that you ship, can read these. It is never printed
//!   by the SDK: where it must be named, all but `/` and the last six characters are `*`.
//! - **Rules about persons can be confidential.** Rules that compare with the *hashed* comparators,
//!   which the dashboard calls confidential, have salted hashes in place of e-mail addresses and
//!   the like. They match the same users, and show as `<hashed value>` in logs.
//! - **A cache holds the config JSON** as it is. [`FileCache`] lets only its owner read it; who can
//!   write to a cache decides your flags.

#[cfg(doc)]
use crate::{AttributeValue, FileCache, User, time::DateTime};
