//! Text settings that have a value as JSON.

mod once_trie;
pub(super) mod parsed;

use std::{any::type_name, fmt, sync::Arc};

use configcat_eval::{Evaluation, SettingType, Value};
use serde::de::DeserializeOwned;

use crate::evaluate::{
    flag_value::{FlagType, FlagValue, sealed},
    parsed_texts::ParsedTexts,
};

/// Type of a [`Flag`](crate::Flag) on a text setting that has JSON as its text: the value is any
/// type that `serde` can deserialize, shared in an `Arc`.
///
/// `T` must be `DeserializeOwned + Send + Sync + 'static`. Each different text is parsed once for
/// each config, at its first use, and the value is kept with the config: a later evaluation neither
/// parses nor allocates. A text that is no `T` returns the default (event 2002), and is not parsed
/// again either. See [JSON](crate::docs::json).
///
/// ```
/// use configcat::{Client, Flag, json::Json};
/// # use configcat::{MapOverrides, OverrideBehavior};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Limits {
///     uploads: u32,
///     sizes: Vec<u64>,
/// }
///
/// static LIMITS: Flag<Json<Limits>> =
///     Flag::new("limits", Json::new(|| Limits { uploads: 10, sizes: Vec::new() }));
///
/// # let flags = MapOverrides::new([("limits", r#"{"uploads": 50, "sizes": [1024]}"#.into())]);
/// # let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
/// let limits = client.get(&LIMITS, None);
/// assert_eq!((limits.uploads, limits.sizes.as_slice()), (50, [1024].as_slice()));
/// # Ok::<(), configcat::BuildError>(())
/// ```
pub struct Json<T> {
    default: fn() -> T,
}

impl<T> Json<T> {
    /// Returns a flag type with this default, which is made where it is returned.
    ///
    /// A function, since the value of most types cannot be made in a `static`. If it panics, so
    /// does the evaluation that needs the default.
    pub const fn new(default: fn() -> T) -> Self {
        Self { default }
    }
}

// Not derived: that would ask the same of `T`.
impl<T> Clone for Json<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Json<T> {}

impl<T> fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json<{}>", type_name::<T>())
    }
}

impl<T> sealed::Sealed for Json<T> {}

impl<T: DeserializeOwned + Send + Sync + 'static> FlagValue for Json<T> {}

impl<T: DeserializeOwned + Send + Sync + 'static> FlagType for Json<T> {
    type Output = Arc<T>;
    const TYPE: SettingType = SettingType::Text;

    #[inline]
    fn read(evaluation: &Evaluation<'_>, texts: &ParsedTexts) -> Option<Arc<T>> {
        match evaluation.value() {
            Value::Text(text) => texts.value(text),
            _ => None,
        }
    }

    fn misfit(evaluation: &Evaluation<'_>, texts: &ParsedTexts) -> Option<String> {
        Self::fault_of(evaluation.value(), texts)
    }

    fn fault_of(value: &Value, texts: &ParsedTexts) -> Option<String> {
        match value {
            Value::Text(text) => texts.cause::<T>(text).map(|cause| cause.to_string()),
            _ => None,
        }
    }

    fn type_name() -> &'static str {
        type_name::<T>()
    }

    fn into_output(self) -> Arc<T> {
        Arc::new((self.default)())
    }

    fn to_value(&self) -> Value {
        // For logs and hooks only: `T` need not print itself.
        type_name::<T>().into()
    }
}

/// A unit test, because the integration tests have a logger, which wants each evaluation.
#[cfg(test)]
mod tests {
    use allocation_counter::measure;
    use configcat_eval::User;

    use super::Json;
    use crate::{
        client::Client,
        evaluate::flag::Flag,
        overrides::{MapOverrides, OverrideBehavior},
    };

    #[test]
    fn a_second_evaluation_allocates_nothing() {
        static LIMITS: Flag<Json<Vec<String>>> = Flag::new("limits", Json::new(Vec::new));
        let flags = MapOverrides::new([("limits", r#"["a", "b"]"#.into())]);
        let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build().unwrap();
        let user = User::new("42");
        let first = client.get(&LIMITS, &user);
        let evaluate = || assert_eq!(client.get(&LIMITS, &user), first);
        assert_eq!(measure(evaluate).count_total, 0);
        let snapshot = client.snapshot();
        assert_eq!(measure(|| assert_eq!(snapshot.get(&LIMITS, None), first)).count_total, 0);
        let by_key = || assert_eq!(client.get_value("limits", Json::new(Vec::new), &user), first);
        assert_eq!(measure(by_key).count_total, 0);
    }
}
