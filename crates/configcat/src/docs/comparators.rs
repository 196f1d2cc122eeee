//! Comparators: the 36 comparators of user conditions, and the effect of malformed input.
//!
//! A [user condition](https://configcat.com/docs/targeting/targeting-rule/user-condition/) compares
//! one attribute of the [`User`] with a comparison value. The code is the member `c` of the
//! condition in the config JSON; the name is that of the dashboard and of the evaluation log.
//!
//! | code | name | attribute | comparison value | holds if |
//! |---|---|---|---|---|
//! | 28, 29 | EQUALS, NOT EQUALS | text | `s`, a text | the texts are equal |
//! | 0, 1 | IS ONE OF, IS NOT ONE OF | text | `l`, texts | the attribute equals any of them |
//! | 2, 3 | CONTAINS ANY OF, NOT CONTAINS ANY OF | text | `l`, texts | the attribute contains any of them |
//! | 30, 31 | STARTS WITH ANY OF, NOT STARTS WITH ANY OF | text | `l`, texts | the attribute starts with any of them |
//! | 32, 33 | ENDS WITH ANY OF, NOT ENDS WITH ANY OF | text | `l`, texts | the attribute ends with any of them |
//! | 20, 21 | EQUALS, NOT EQUALS | text | `s`, a hash | the hash of the attribute equals it |
//! | 16, 17 | IS ONE OF, IS NOT ONE OF | text | `l`, hashes | the hash of the attribute equals any of them |
//! | 22, 23 | STARTS WITH ANY OF, NOT STARTS WITH ANY OF | text | `l`, lengths and hashes | the hash of the first bytes equals any of them |
//! | 24, 25 | ENDS WITH ANY OF, NOT ENDS WITH ANY OF | text | `l`, lengths and hashes | the hash of the last bytes equals any of them |
//! | 4, 5 | IS ONE OF, IS NOT ONE OF | version | `l`, versions | the versions are equal, without build metadata |
//! | 6, 7, 8, 9 | `<`, `<=`, `>`, `>=` | version | `s`, a version | the relation holds by SemVer 2.0 |
//! | 10, 11, 12, 13, 14, 15 | `=`, `!=`, `<`, `<=`, `>`, `>=` | number | `d`, a number | the relation holds, as `f64` |
//! | 18, 19 | BEFORE, AFTER | time | `d`, Unix seconds | the time is earlier, later |
//! | 34, 35 | ARRAY CONTAINS ANY OF, ARRAY NOT CONTAINS ANY OF | list | `l`, texts | any item equals any of them |
//! | 26, 27 | ARRAY CONTAINS ANY OF, ARRAY NOT CONTAINS ANY OF | list | `l`, hashes | the hash of any item equals any of them |
//!
//! The second code of a pair is the negation of the first one. Text comparisons are exact: case
//! counts, and spaces are not removed. The comparators with hashes are called confidential on the
//! dashboard. They never match the plain text of a hash.
//!
//! # Attributes
//!
//! The comparators of one attribute type read an attribute in the same way. *3004* and *3005* are
//! the warnings of the [log](super::observing#events).
//!
//! | attribute | its text form | as text | as version | as number | as time | as list |
//! |---|---|---|---|---|---|---|
//! | text | itself | itself | a version of [SemVer 2.0](https://semver.org), such as `1.0.0-rc.1` and not `1.0` or `v1.0.0`; otherwise 3004 | a number, such as `4.5`, `4,5`, `.5`, `1e5`, `Infinity` or `NaN`; otherwise 3004 | a number, in Unix seconds; otherwise 3004 | a JSON array of strings, such as `["a","b"]`; otherwise 3004 |
//! | integer | `-125` | text form, 3005 | 3004 | itself | Unix seconds | 3004 |
//! | `f32`, `f64` | as in JavaScript: `0.125`, `1e+21`, `NaN` | text form, 3005 | 3004 | itself | Unix seconds | 3004 |
//! | date-time | Unix seconds, up to 3 decimals: `1680307199.999` | text form, 3005 | 3004 | 3004 | itself | 3004 |
//! | list of texts | compact JSON: `["a","b"]` | text form, 3005 | 3004 | 3004 | 3004 | itself |
//! | empty text, or no such attribute | | 3003 | 3003 | 3003 | 3003 | 3003 |
//!
//! Spaces around a text are ignored where it is read as a version, number, time or list. A `bool`
//! is the text `true` or `false`. `None` sets no attribute.
//!
//! # Malformed input
//!
//! | input | effect |
//! |---|---|
//! | the attribute is missing or empty (3003), or cannot be read as the type (3004) | the condition cannot be evaluated: its rule does not match, also with a negated comparator, and the next rule is tried |
//! | the attribute is not text, where a text is compared (3005) | the text form is compared |
//! | the attribute is `NaN` | only `!=` holds |
//! | no user | rules do not match (3001) |
//! | the comparison value is missing, or is of another JSON type | error 1002, and the default of the caller is returned |
//! | 4, 5: an item of the list is not a version | the condition is false, for 4 and for 5 |
//! | 6 to 9: the comparison value is not a version | the condition is false |
//! | 16, 17, 20, 21, 26, 27: a comparison value is not a hash | the comparison value equals nothing |
//! | 22 to 25: an item does not have the form `<length>_<hash>` | error 1002, if no item before it matches |
//! | 16, 17, 20 to 27: the config has no salt (`p.s`) | error 1002, and the default of the caller is returned |
//! | an empty list | nothing equals it: only the negated comparator holds |
//! | another code | error 1002, and the default of the caller is returned |
//!
//! An error arises only if the evaluation reaches the condition, and a flag with one does not
//! affect other flags. Config JSONs of the versions 4 and 5 have the codes 0 to 17 only. Their
//! hashes are SHA-1 without a salt. In them, a comparison value that is not a number or a version
//! makes the rule not match (3004).
//!
//! ```
//! # use configcat::{Client, FileOverrides, OverrideBehavior};
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("config.json");
//! # std::fs::write(&path, r#"{"f": {"isNewUiEnabled": {"t": 0, "v": {"b": false}, "r": [
//! #     {"c": [{"u": {"a": "AppVersion", "c": 9, "s": "2.0.0"}}], "s": {"v": {"b": true}}}]}}}"#)?;
//! # let client = Client::builder("local")
//! #     .overrides(OverrideBehavior::LocalOnly, FileOverrides::new(path)).build()?;
//! use configcat::User;
//!
//! let user = User::new("42").custom("AppVersion", "2.0");
//! let trace = client.explain("isNewUiEnabled", &user).ok_or("there is no config")?;
//! assert_eq!(
//!     trace.to_string(),
//!     r#"Evaluating 'isNewUiEnabled' for User '{"Identifier":"42","AppVersion":"2.0"}'
//!   Evaluating targeting rules and applying the first match if any:
//!   - IF User.AppVersion >= '2.0.0' THEN 'true' => cannot evaluate, the User.AppVersion attribute is invalid ('2.0' is not a valid semantic version)
//!     The current targeting rule is ignored and the evaluation continues with the next rule.
//!   Returning 'false'."#
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(doc)]
use crate::User;
