//! ConfigCat's rule evaluator: the value of each feature flag for each user, and the reason, from a
//! config JSON, without network, clock or threads.
//!
//! [ConfigCat](https://configcat.com) publishes settings and their targeting rules as one document,
//! the *config JSON*. Every SDK downloads that document and evaluates it in the application. This
//! crate is the second half of the work, for programs that have the document already. Use it
//!
//! - to evaluate offline: a document from a file, a build artifact, your own cache or transport;
//! - to test rules: assert the value of a setting for certain users, before the rules are
//!   published;
//! - to explain: show in a command or on a page why a user gets a value;
//! - where there is no `std`.
//!
//! An application that wants its flags kept up to date uses the crate `configcat` instead, which
//! downloads, caches and polls, and evaluates with this one.
//!
//! # Start
//!
//! Save the document that the CDN serves at
//! `https://cdn-global.configcat.com/configuration-files/{SDK key}/config_v6.json`, and read it:
//!
//! ```
//! use configcat_eval::{Config, User};
//!
//! # let path = std::env::temp_dir().join(format!("configcat-eval-start-{}.json", std::process::id()));
//! # std::fs::write(&path, r#"{"f": {"isNewUiEnabled": {"t": 0, "v": {"b": false}, "i": "430bded3", "r": [{
//! #     "c": [{"u": {"a": "Email", "c": 32, "l": ["@example.com"]}},
//! #           {"u": {"a": "Age", "c": 15, "d": 18}}],
//! #     "s": {"v": {"b": true}, "i": "7ab3e2c5"}}]}}}"#)?;
//! let config = Config::parse(std::fs::read(&path)?)?;
//! # std::fs::remove_file(&path)?;
//! let user = User::new("42").email("jane@example.com").custom("Age", 32);
//!
//! let evaluation = config.evaluate("isNewUiEnabled", &user)?;
//! assert_eq!(evaluation.value().as_bool(), Some(true));
//! assert_eq!(evaluation.variation_id(), Some("7ab3e2c5"));
//!
//! assert_eq!(
//!     config.explain("isNewUiEnabled", &user).to_string(),
//!     r#"Evaluating 'isNewUiEnabled' for User '{"Identifier":"42","Email":"jane@example.com","Age":32}'
//!   Evaluating targeting rules and applying the first match if any:
//!   - IF User.Email ENDS WITH ANY OF ['@example.com'] => true
//!     AND User.Age >= '18' => true
//!     THEN 'true' => MATCH, applying rule
//!   Returning 'true'."#
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Config::evaluate_all`] evaluates every setting for a user, [`Config::keys`] lists them,
//! [`Config::describe`] returns the rules of one, [`Config::key_and_value`] finds the setting
//! behind a variation id, [`Config::merge`] lays one config over another, for example overrides
//! made with [`Config::from_values`], and [`Config::changes`] lists the settings that differ
//! between two configs. [`Setting::faults`] and [`Config::segments`] return what is broken, without
//! evaluating it.
//!
//! # Documents
//!
//! [`Config::parse`] reads version 6 of the config JSON
//! ([schema](https://configcat.com/config_v6.json)), and the older versions 5 and 4. The shape
//! tells which it is: settings under `f` are version 6 if their values are objects (`"v": {"b":
//! true}`), and version 5 if these are bare (`"v": true`); settings without an `f` around them are
//! version 4.
//!
//! Members that are unknown are ignored. The text must be UTF-8; a byte order mark at its start is
//! skipped.
//!
//! A config has `f`, an object; or no `f`, and the URL (`p.u`) that it should be fetched from
//! instead; or it is a map of settings of version 4, of which one at least has a bare value and a
//! type, or all a value. Anything else is no config, such as `{}` or `{"error": "rate limited"}`,
//! and so is a [`ParseError`].
//!
//! In versions 4 and 5, as in the SDKs of these versions, a rule does not match if its comparison
//! value is no number or version where the comparator needs one (warning 3004), and percentages
//! that sum to less than 100 leave the default value to the other users. In version 6 both are
//! errors, except for versions: what they are compared with is false.
//!
//! [`Config::parse_overrides`] reads override files too, which may have the simple form `{"flags":
//! {"key": value}}`.
//!
//! # How a setting is evaluated
//!
//! [Targeting rules](https://configcat.com/docs/targeting/targeting-overview/) are tried in order,
//! and the first whose conditions all hold serves its value, or one of its percentage options. If
//! no rule does, the percentage options of the setting are next, and then its default value. A rule
//! with a condition that cannot be evaluated, because there is no user or an attribute is missing
//! or invalid, does not match: the next one is tried. So evaluating for no user in particular
//! (`None`) is fine, and finds the value for everybody else.
//!
//! **[User conditions](https://configcat.com/docs/targeting/targeting-rule/user-condition/)**
//! compare an attribute of the user: as text, number, semantic version, time or list. Text
//! comparisons are exact, upper and lower case are different. *Confidential* ones hold hashes in
//! place of texts and match the same users.
//!
//! **[Segments](https://configcat.com/docs/targeting/targeting-rule/segment-condition/)** are
//! conditions under a name, shared by settings: a rule asks whether the user is in one, or is not.
//! Where the segment cannot be evaluated, neither answer is true.
//!
//! **[Prerequisite flags](https://configcat.com/docs/targeting/targeting-rule/flag-condition/)**
//! are settings whose value a rule asks for: they are evaluated for the same user, with their own
//! rules, and the result is compared. Flags that end up asking for themselves are an error that
//! shows the path.
//!
//! **[Percentage options](https://configcat.com/docs/targeting/percentage-options/)** split users
//! by a hash of the setting's key and an attribute, which is the identifier unless the setting
//! names another. The same user falls into the same option every time, in every SDK. Users without
//! that attribute get what comes next.
//!
//! # Users and their attributes
//!
//! A [`User`] has an identifier, maybe an e-mail address and a country, and custom attributes under
//! names of your own ([User Object](https://configcat.com/docs/targeting/user-object/)). Values are
//! made of Rust's own types:
//!
//! | from | [`AttributeValue`] | as text |
//! |---|---|---|
//! | `&str`, `String`, `Box<str>`, `Cow<str>`, `char` | [`Text`](AttributeValue::Text) | as it is |
//! | `bool` | [`Text`](AttributeValue::Text) | `true`, `false` |
//! | `i8` to `i64`, `isize` | [`Int`](AttributeValue::Int) | `-125` |
//! | `u8` to `u64`, `usize` | [`UInt`](AttributeValue::UInt) | `125` |
//! | `i128`, `u128` | `Int` or `UInt` if in their range, else `Float` | |
//! | `f64` | [`Float`](AttributeValue::Float) | `0.125`, `1e+21`, `NaN`, as in JavaScript |
//! | `f32` | [`Float32`](AttributeValue::Float32) | `0.1`, the shortest digits that read back as the same `f32` |
//! | `Vec`, array or slice of texts | [`List`](AttributeValue::List) | `["a","b"]` |
//! | [`DateTime`]; with [features](#no_std-and-features) those of `std`, `chrono`, `jiff`, `time` | [`DateTime`](AttributeValue::DateTime) | `1693497600.125`, Unix seconds |
//!
//! What comparators make of them:
//!
//! | comparators | accept |
//! |---|---|
//! | EQUALS, IS ONE OF, CONTAINS, STARTS WITH, ENDS WITH, and their opposites | text; anything else as text, with a warning |
//! | `=` `!=` `<` `<=` `>` `>=` | numbers, and text that is one, such as `4.5` or `4,5` |
//! | semantic versions | text that is one by [SemVer 2.0](https://semver.org), such as `1.0.0-rc.1`; neither `1.0` nor `v1.0.0` is |
//! | BEFORE, AFTER | date-times; numbers, and text that is one, as Unix seconds |
//! | ARRAY CONTAINS, ARRAY NOT CONTAINS | lists, and text that is a JSON array of strings |
//!
//! In conditions, empty text counts as missing. An `Option` of these sets the attribute if it is
//! `Some` ([`IntoAttribute`]).
//!
//! Attributes that [`User::private_attributes`] marks are evaluated as all others, and shown as
//! `<private>` in explanations, warnings, `Display` and `Debug`.
//!
//! # Errors
//!
//! A document that is not JSON, or no config, is a [`ParseError`]. Whatever else is wrong stays
//! alone: an evaluation that reaches the faulty place ends with an [`EvaluationError`], which says
//! [what](EvaluationError::kind) is wrong and [where](EvaluationError::place); all others work.
//!
//! ```
//! use configcat_eval::{Config, ErrorKind, User};
//!
//! let config = Config::parse(r#"{"f": {
//!     "good": {"t": 2, "v": {"i": 10}},
//!     "bad": {"t": 2, "v": {"i": 1}, "r": [
//!         {"c": [{"u": {"a": "Country", "c": 0, "l": ["HU"]}}], "s": {"v": {"i": 2}}},
//!         {"c": [{"u": {"a": "Country", "c": 99, "s": "DE"}}], "s": {"v": {"i": 3}}}]}}}"#)?;
//! let user = User::new("42").country("DE");
//!
//! assert_eq!(config.evaluate("good", &user)?.value().as_int(), Some(10));
//! let error = config.evaluate("bad", &user).unwrap_err();
//! assert_eq!(error.kind(), &ErrorKind::UnknownComparator(99));
//! assert_eq!(error.to_string(), "f.bad.r[1].c[0].u: unknown comparator 99");
//!
//! // Users whom the first rule serves never come to the second one.
//! assert_eq!(config.evaluate("bad", &User::new("43").country("HU"))?.value().as_int(), Some(2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What to return instead is up to the caller: there are no defaults here, and no panics.
//!
//! # Explanations and warnings
//!
//! [`Config::explain`] evaluates and records how: a [`Trace`], which is a tree of what was looked
//! at, and prints as the evaluation log that all ConfigCat SDKs write, equal to the byte. It also
//! has [warnings](Trace::warnings), each with the id of the log event, about users that do not fit
//! the rules:
//!
//! | id | warns that |
//! |---|---|
//! | 3001 | rules or percentage options need the user, and there is no User Object |
//! | 3003 | the user does not have the attribute |
//! | 3004 | the attribute, or the comparison value of an older config, cannot be read as what the comparator compares |
//! | 3005 | the attribute is no text and was compared as text |
//!
//! With `{:#}` a trace prints its [hints](Trace::hints) after the log: an unknown key with the key
//! that it may be ([`Config::similar_key`]), no user, or an attribute that the user has under a
//! similar name.
//!
//! Plain evaluation does not collect warnings; [`Evaluation::has_warnings`] returns whether there
//! are any.
//!
//! # Threads
//!
//! A [`Config`] never changes and has no interior mutability: share it by reference or in an `Arc`,
//! and evaluate on any number of threads. All public types are `Send` and `Sync`. Parse once:
//! whatever depends on the document alone is done then, and evaluating copies neither the user nor
//! the config.
//!
//! Evaluating allocates nothing where it ends without an error. The exceptions are attributes that
//! have to be rewritten (a list of more than 256 bytes that is compared as text, and a text with a
//! JSON array that has escapes or is broken), prerequisite flags through more than four levels, and
//! more than four prerequisite flags with rules in [`Config::evaluate_all`].
//!
//! ```
//! use configcat_eval::{Config, User};
//!
//! let config = &Config::parse(r#"{"f": {"isNewUiEnabled": {"t": 0, "v": {"b": true}}}}"#)?;
//! std::thread::scope(|scope| {
//!     for id in ["1", "2", "3"] {
//!         scope.spawn(move || assert!(config.evaluate("isNewUiEnabled", &User::new(id)).is_ok()));
//!     }
//! });
//! # Ok::<(), configcat_eval::ParseError>(())
//! ```
//!
//! # `no_std` and features
//!
//! The crate is `#![no_std]` and needs `alloc`. It reads no clock, no file and no environment: the
//! same document and user give the same result everywhere. It has no `unsafe` code, and works with
//! Rust 1.85 and later. All features are off by default, and each only adds conversions to
//! [`DateTime`]:
//!
//! | feature | converts from |
//! |---|---|
//! | `std` | `std::time::SystemTime` |
//! | `chrono` | `chrono::DateTime` in any time zone |
//! | `jiff` | `jiff::Timestamp`, `jiff::Zoned` |
//! | `time` | `time::OffsetDateTime`, `time::UtcDateTime` |
//!
//! It builds for `wasm32-unknown-unknown`, also with all features, and imports nothing there. The
//! page `docs/webassembly.md` of the repository has a module's size and limits.
//!
//! # Limits
//!
//! No document and no user makes an evaluation expensive:
//!
//! | what | limit | beyond it |
//! |---|---|---|
//! | document | less than 4 GiB | [`ParseError::TooLarge`] |
//! | salt, name of a segment, key of a setting | 4 KiB | [`ErrorKind::TooLong`] where an evaluation comes to it; [`Config::keys`] lists such a key nevertheless |
//! | memory of a document, while it is read and afterwards | 20 times its size, and 8 KiB | |
//! | prerequisite flags | 200 levels | [`ErrorKind::TooDeep`] |
//! | work of one evaluation, or of one [`Config::evaluate_all`] | [`Config::MAX_WORK`], 20 MiB | [`ErrorKind::TooComplex`] |
//! | [`Trace`] | 2 MiB, with each text of 256 KiB and 16 levels of prerequisite flags | [it is cut](Trace::is_cut) |
//! | its text, before the last line | 1 MiB | it is cut |
//! | its warnings | 100, or 1 MiB | [they are counted](Trace::warnings_left_out) |
//! | its hints | for ten missing attributes, of 256 bytes each | the others have no hint |
//! | search for a similar name, for a hint | 500,000 comparisons of characters; names of 64 characters | the rest is not searched |
//! | memory of an evaluation, of a `Trace` and its text | 16 MiB beside the config and the user | |
//!
//! Work is counted in bytes that are compared. A condition or a list of percentage options costs
//! 128, wherever it is and each time that it is evaluated. Texts cost their length where they are
//! compared, four times as much where they are hashed (with salt and key) or parsed, and more where
//! that takes longer. So the budget ends after some 25 ms at worst on a machine of 2025. It is far
//! above what a real config needs: of the largest conditions that the dashboard can make, lists of
//! 15,000 items of 255 characters, one on semantic versions takes a fifth of the budget, one on
//! hashed prefixes a tenth, and one on texts a hundredth; and a setting with a thousand rules of
//! four conditions takes a twentieth. [`Trace::work`] tells what an evaluation took.
//!
//! [`Config::explain`] gives the same result as [`Config::evaluate`] also at the limit, since both
//! count the same. `evaluate_all` evaluates each prerequisite flag once, and so may come further.
//! No evaluation, and nothing that is done with a trace or an error, takes a stack that grows with
//! the document: 64 KiB are enough.
//!
//! A real document takes one to two times its size.
//!
//! # Related crates
//!
//! - `configcat`: the SDK. A client that polls, caches, logs and evaluates with this crate.
//! - `configcat-fetch`: downloads config JSON; knows addresses and ETags, and no rules.
//! - `configcat-cache`: keeps config JSON between runs and processes; knows bytes, and no rules.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod attribute;
mod changes;
mod comparator;
mod compile;
mod config;
mod constant;
// On docs.rs each conversion shows its own feature only.
#[cfg_attr(not(docsrs), cfg(any(feature = "std", feature = "chrono", feature = "jiff", feature = "time")))]
mod convert;
mod describe;
mod display;
mod error;
mod evaluate;
mod evaluation;
mod evaluations;
mod explain;
mod faults;
mod hash;
mod json;
mod layer;
mod model;
mod number;
mod observe;
mod placeholder;
mod private;
mod segment_faults;
mod served_value;
mod setting;
mod similar;
mod slot_iter;
mod slots;
mod small_string;
mod time;
mod trace;
mod truncate;
mod user;
mod value;
mod version;

pub use self::{
    attribute::{AttributeValue, IntoAttribute},
    changes::{Change, ChangeKind, Changes},
    config::Config,
    describe::{
        ComparisonDescription, ConditionDescription, OptionDescription, RuleDescription, SegmentDescription,
        ServedDescription, SettingDescription, ThenDescription,
    },
    error::{ErrorKind, EvaluationError, ParseError},
    evaluation::Evaluation,
    evaluations::Evaluations,
    private::PrivateAttributes,
    served_value::{ServedPlace, ServedValue},
    setting::{Setting, Settings},
    time::DateTime,
    trace::{
        ConditionTrace, NestedTrace, ObstacleTrace, OptionsTrace, OutcomeTrace, RuleTrace, SelectedOption,
        SettingTrace, Trace, Warning, hints::Hint,
    },
    user::User,
    value::{SettingType, Value, ValueTypeError},
};

/// Runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    #[test]
    fn threads_may_share_everything() {
        fn shared<T: Send + Sync>() {}
        shared::<crate::Config>();
        shared::<crate::Evaluation<'_>>();
        shared::<crate::EvaluationError>();
        shared::<crate::ParseError>();
        shared::<crate::Trace>();
        shared::<crate::User>();
        shared::<crate::Value>();
    }
}
