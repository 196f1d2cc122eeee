//! The difference between two configs, with a user that shows it for each changed flag.

use configcat_eval::{Change, ChangeKind, Config, EvaluationError, User};

use crate::{
    logic::{
        equal,
        flag::Flag,
        flags::{Flags, MAX_FLAGS},
    },
    search::{self, users::Difference},
    served::Served,
};

/// The most settings that are looked at in all, each counted anew for every changed setting that
/// depends on it.
// A thousand changed settings with 25 prerequisite flags each, in two configs. Without it, 5,000
// that all depend on each other took minutes.
const MAX_FLAGS_IN_ALL: usize = 50_000;

/// The settings that differ between two configs. Returned by [`compare`].
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Comparison {
    /// The settings that [differ](Config::changes): first those of the new config, in its order,
    /// then the removed ones.
    pub changes: Vec<FlagChange>,
}

/// A setting that differs between two configs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FlagChange {
    /// The key of the setting.
    pub key: String,
    /// The kind of the change.
    pub kind: ChangeKind,
    /// A user that gets another result.
    pub witness: Witness,
}

/// A user that gets another result from a changed setting, or the reason why no user is shown.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Witness {
    /// A user that both configs were evaluated for, with different results: another value, another
    /// variation id, or an error in one of them. A user with another value is preferred.
    User {
        /// The user; `None` stands for an evaluation without a User Object.
        user: Option<User>,
        /// The result of the old config.
        old: Result<Served, EvaluationError>,
        /// The result of the new config.
        new: Result<Served, EvaluationError>,
    },
    /// Proved: every user gets the same value and variation id from both configs. For example, only
    /// a rule has changed that no user reaches.
    Equal,
    /// There may be such a user, which the search did not find within its limits.
    NotFound,
    /// There may be such a user, which the search did not find, and the config has only hashes of
    /// some values that the setting compares with. No text is guessed for a hash.
    Hidden,
}

/// Compares two configs, and searches for a user that shows the difference of each changed setting.
///
/// The work is bounded. Beyond the limits, for example with thousands of changed settings that all
/// depend on each other, a witness may be missing; still, what is returned is true.
///
/// ```
/// use configcat_analysis::{Witness, compare};
/// use configcat_eval::{Config, Value};
///
/// let config = |limit: u32| {
///     Config::parse(format!(
///         r#"{{"f": {{"isAdult": {{"t": 0, "v": {{"b": false}}, "r": [
///             {{"c": [{{"u": {{"a": "Age", "c": 15, "d": {limit}}}}}], "s": {{"v": {{"b": true}}}}}}]}}}}}}"#
///     ))
/// };
/// let comparison = compare(&config(18)?, &config(21)?);
/// let Witness::User { user, old, new } = &comparison.changes[0].witness else { panic!() };
/// let age = user.as_ref().unwrap().get("Age").unwrap().to_string();
/// assert!((18.0..21.0).contains(&age.parse::<f64>()?));
/// assert_eq!(old.as_ref().unwrap().value, Value::Bool(true));
/// assert_eq!(new.as_ref().unwrap().value, Value::Bool(false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn compare(old: &Config, new: &Config) -> Comparison {
    let mut left = MAX_FLAGS_IN_ALL;
    // Unchanged settings are proved equal by `changes`, so only the others are searched.
    let changes = new.changes(old).map(|Change { key, kind, .. }| {
        let [old, new] = [old, new].map(|config| {
            let flags = Flags::up_to(left.min(MAX_FLAGS), config, key);
            left = left.saturating_sub(flags.len());
            flags
        });
        FlagChange { key: key.to_owned(), kind, witness: witness(key, &old, &new) }
    });
    Comparison { changes: changes.collect() }
}

fn witness(key: &str, old: &Flags<'_>, new: &Flags<'_>) -> Witness {
    if let Some(Difference { user, old, new }) = search::difference(key, old, new) {
        return Witness::User { user, old, new };
    }
    // Only now, since a proof takes longer than most searches that find a user.
    if equal::are_equal(key, old, new) {
        return Witness::Equal;
    }
    // With a hash somewhere, "not found" would say more about the limits than is known.
    if old.iter().chain(new.iter()).any(Flag::is_hashed) { Witness::Hidden } else { Witness::NotFound }
}
