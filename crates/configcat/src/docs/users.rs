//! Users: the User Object, its attributes, and sensitive data.
//!
//! [Targeting](https://configcat.com/docs/targeting/targeting-overview/) compares attributes of a
//! [`User`]. A percentage option is selected by one attribute, the identifier unless the flag names
//! another one. Without a user, rules about users do not match, and the flag has the value for all
//! other users.
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
//! | [`custom`](User::custom) | any other name | optional; names are case-sensitive. It does not replace `Identifier`, `Email` and `Country` |
//!
//! A user is passed by reference and not copied. Build it once for each request, and use it for any
//! number of flags.
//!
//! # Attribute types
//!
//! | from | type |
//! |---|---|
//! | `&str`, `String`, `Box<str>`, `Cow<str>`, `char` | text |
//! | `bool` | text: `true` or `false` |
//! | all integers, `f32`, `f64` | number |
//! | [`SystemTime`](std::time::SystemTime), [`DateTime`], and with the [features](crate#cargo-features) `chrono`, `jiff` and `time` the date-times of these crates | date-time |
//! | `Vec`, array or slice of texts | list |
//!
//! An `Option` of one of these sets the attribute if it is `Some`, and nothing if it is `None`:
//!
//! ```
//! # use configcat::User;
//! let email: Option<String> = None;
//! let user = User::new("#UNIQUE-USER-ID#").email(email).custom("IsBetaTester", true);
//! assert_eq!(user.get("Email"), None);
//! ```
//!
//! A type of your own becomes an attribute by `From<…> for AttributeValue`. The comparators accept:
//!
//! | comparators | accept | anything else |
//! |---|---|---|
//! | text: EQUALS, IS ONE OF, CONTAINS, STARTS WITH, ENDS WITH | text | is converted to text, with warning 3005 |
//! | semantic versions: IS ONE OF, `<`, `>=` … | text that is a version of [SemVer 2.0](https://semver.org): `1.0.0-rc.1`, not `1.0` or `v1.0.0` | does not match, with warning 3004 |
//! | numbers: `=`, `<`, `>=` … | number, or text that is a number: `4.5`, `4,5`, `1e5` | does not match, with warning 3004 |
//! | date-times: BEFORE, AFTER | date-time; number, or text that is a number, in Unix seconds | does not match, with warning 3004 |
//! | lists: ARRAY CONTAINS ANY OF | list, or text that is a JSON array of strings: `["a","b"]` | does not match, with warning 3004 |
//!
//! A missing attribute and an empty text do not match either (warning 3003). *Does not match* means
//! that the evaluation goes on with the next rule. Text comparisons are case-sensitive.
//!
//! [`AttributeValue`] has the details, such as the text of numbers and date-times.
//! [`comparators`](super::comparators) lists each comparator, and the effect of malformed input.
//!
//! # Default user
//!
//! The default user is for applications that have one user at a time: evaluations without a user
//! use it.
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
//! client.get_value("isNewUiEnabled", false, None); // without a user
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! All clones of the client and their snapshots share the default user: in a server, pass the user
//! to each evaluation instead.
//!
//! # Private attributes
//!
//! A private attribute is evaluated as any other, and its value is shown as `<private>`: in the
//! evaluation log, in warnings, in traces, in the details of hooks and in telemetry, in `Display`
//! and in `Debug`. No attribute is private by default, since the evaluation log is equal to that of
//! all ConfigCat SDKs.
//!
//! ```
//! use configcat::{Client, User, user::PrivateAttributes};
//!
//! let client = Client::builder("configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012")
//!     // Also for attributes that are added later.
//!     .private_attributes(PrivateAttributes::all_except(["Country", "Plan"]))
//! #   .offline(true)
//!     .build()?;
//!
//! // Or for a single user, in addition.
//! let user = User::new("42")
//!     .email("jane@example.com")
//!     .country("HU")
//!     .private_attributes(PrivateAttributes::only(["Email"]));
//! assert_eq!(user.to_string(), r#"{"Identifier":"42","Email":"<private>","Country":"HU"}"#);
//! # Ok::<(), configcat::BuildError>(())
//! ```
//!
//! | where | a private value |
//! |---|---|
//! | evaluations: comparisons, hashes, percentages | counts as it is |
//! | records of the log and of `tracing`, texts of errors | `<private>` |
//! | [`explain`](crate::Client::explain), in each form | `<private>` |
//! | [`EvaluationDetails::user`](crate::EvaluationDetails#structfield.user), returned and in hooks | is not there: the attribute is the text `<private>` |
//! | [`telemetry_attributes`](crate::EvaluationDetails::telemetry_attributes) | `feature_flag.context.id` is `<private>` if the identifier is private |
//! | [`User::get`] on your own user | the value |
//!
//! Lists add up: an attribute is private if any list of the client or of the user makes it so.
//! Names are case-sensitive, so with [`only`](PrivateAttributes::only) a misspelled name hides
//! nothing. With [`all_except`](PrivateAttributes::all_except) it hides too much.
//!
//! The list of a client is for its evaluations. A [`Config`](crate::Config) that is evaluated
//! without the client, such as that of a snapshot or of a hook, and a user that is printed by
//! itself, know the marks of the user only.
//!
//! Still visible are the names of attributes, the rule that matched, and the percentage bucket (0
//! to 99) of the attribute that selects an option; in warnings and hints, whether the value is
//! empty or has the form that a comparator needs; and in [`Trace::work`](crate::trace::Trace::work)
//! its length. They say something about the value. So does the text of a rule that has matched:
//! `IF User.Email IS ONE OF ['jane@example.com']` is a text of the config. Confidential comparators
//! keep such texts out of the config.
//!
//! # Sensitive data
//!
//! - **Users stay in the process.** Evaluations run in the process; no attribute is sent to
//!   ConfigCat or to another server.
//! - **The evaluation log contains users.** At level `info` each evaluation writes the whole User
//!   Object (event 5000), and warnings contain attributes and values. To prevent that, set the
//!   target `configcat` to `error`; at `warn` only the warnings are written. Or make attributes
//!   [private](#private-attributes).
//! - **The SDK key gives access to the config** of one environment, with all its flags and rules. A
//!   user of a program that you ship with the key can read them. The SDK never prints the key:
//!   where it must be named, all of it except `/` and the last six characters is shown as `*`.
//! - **Rules about persons can be confidential.** Rules with the *hashed* comparators, called
//!   confidential on the dashboard, have salted hashes in place of e-mail addresses and the like.
//!   They match the same users, and appear as `<hashed value>` in logs.
//! - **A cache contains the config JSON** as it is. A [`FileCache`] is readable by its owner only.
//!   A process that can write to a cache decides your flags.

#[cfg(doc)]
use crate::{AttributeValue, FileCache, User, time::DateTime, user::PrivateAttributes};
