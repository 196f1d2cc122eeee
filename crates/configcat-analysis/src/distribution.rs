//! The shares of the values of a flag.

use std::borrow::Borrow;

use configcat_eval::{
    Config, Evaluation, EvaluationError, OptionDescription, SettingDescription, ThenDescription, User, Value,
};

/// The shares of the values that a setting serves to a population. Returned by [`distribution`].
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Distribution {
    /// The number of users that were evaluated.
    pub users: usize,
    /// The values, in the order of their first user.
    pub shares: Vec<Share>,
}

/// The share of one value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Share {
    /// The value and the id of its variation, or the error of the evaluation.
    pub outcome: Result<(Value, Option<String>), EvaluationError>,
    /// The number of users that get it.
    pub users: usize,
    /// The share in percent. Users that reach percentage options of the setting count in each
    /// option with its percentage, so this part is exact, and independent of the users' hashes.
    /// Counted by user are percentages of prerequisite flags, and those that do not add up to 100.
    pub percent: f64,
}

/// Evaluates a setting for users, and returns the shares of its values.
///
/// ```
/// use configcat_analysis::distribution;
/// use configcat_eval::{Config, User};
///
/// let config = Config::parse(
///     r#"{"f": {"isNew": {"t": 0, "v": {"b": false}, "p": [
///         {"p": 30, "v": {"b": true}}, {"p": 70, "v": {"b": false}}]}}}"#,
/// )?;
/// let users = ["a", "b", "c", "d"].map(User::new);
/// let distribution = distribution(&config, "isNew", &users);
/// let percents: Vec<f64> = distribution.shares.iter().map(|share| share.percent).collect();
/// assert!(percents == [30.0, 70.0] || percents == [70.0, 30.0]);
/// # Ok::<(), configcat_eval::ParseError>(())
/// ```
#[must_use]
pub fn distribution<U: Borrow<User>>(
    config: &Config,
    key: &str,
    users: impl IntoIterator<Item = U>,
) -> Distribution {
    // Described once: the options are needed for each user.
    let setting = config.describe(key);
    let (mut distribution, mut hundredths) = (Distribution::default(), Vec::new());
    let mut add = |shares: &mut Vec<Share>, outcome: Outcome, users: usize, share: u64| {
        let known = shares.iter().position(|known| is_same(&known.outcome, &outcome));
        let index = known.unwrap_or_else(|| {
            shares.push(Share { outcome, users: 0, percent: 0.0 });
            hundredths.push(0_u64);
            shares.len() - 1
        });
        if let (Some(known), Some(sum)) = (shares.get_mut(index), hundredths.get_mut(index)) {
            known.users += users;
            *sum += share;
        }
    };
    for user in users {
        distribution.users += 1;
        let evaluated = config.evaluate(key, user.borrow());
        let options = match (&evaluated, &setting) {
            (Ok(evaluation), Some(setting)) => options_of(setting, evaluation),
            _ => None,
        };
        // All options count for the user, also those that no user was selected for.
        for (value, share) in options.into_iter().flat_map(shares_of) {
            add(&mut distribution.shares, Ok(value), 0, share);
        }
        let outcome = evaluated.map(|found| (found.value().clone(), found.variation_id().map(str::to_owned)));
        add(&mut distribution.shares, outcome, 1, if options.is_some() { 0 } else { 100 });
    }
    for (share, sum) in distribution.shares.iter_mut().zip(hundredths) {
        share.percent = ratio(sum, distribution.users);
    }
    distribution
}

type Outcome = Result<(Value, Option<String>), EvaluationError>;

fn is_same(one: &Outcome, other: &Outcome) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => one == other,
        (Err(one), Err(other)) => one == other,
        _ => false,
    }
}

/// Returns the options that a user was selected from, if they add up to 100.
fn options_of<'d>(
    setting: &'d SettingDescription,
    evaluation: &Evaluation<'_>,
) -> Option<&'d [OptionDescription]> {
    evaluation.matched_option()?;
    let options = match evaluation.matched_rule() {
        Some(rule) => match &setting.rules.get(rule)?.then {
            ThenDescription::Options(options) => options,
            _ => return None,
        },
        None => &setting.options,
    };
    // With another sum some users get an error or the default, which only evaluation tells.
    let sum = options.iter().fold(0_i64, |sum, option| sum.saturating_add(option.percentage));
    let is_sound = options.iter().all(|option| option.served.value.is_some());
    (sum == 100 && is_sound).then_some(options)
}

/// Returns the values of the options with their percentages.
fn shares_of(options: &[OptionDescription]) -> impl Iterator<Item = ((Value, Option<String>), u64)> + '_ {
    let used = options.iter().filter(|option| option.percentage > 0);
    used.filter_map(|option| {
        let value = option.served.value.clone()?;
        Some(((value, option.served.variation_id.clone()), u64::try_from(option.percentage).ok()?))
    })
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 users")]
fn ratio(sum: u64, users: usize) -> f64 {
    // Summed as integers and divided once, so that shares of 25 % are exactly 25.0.
    sum as f64 / users as f64
}
