//! A record of evaluations.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use configcat::{Client, EvaluationDetails, Hooks, Value, details::EvaluationFailureKind};

/// A record of evaluations in their order: flags, users and results.
///
/// Clones share the record.
///
/// ```
/// use configcat::{User, Value};
/// use configcat_testkit::{Evaluations, TestFlags};
///
/// let flags = TestFlags::new([("limit", 10)]);
/// let seen = Evaluations::of(flags.client());
/// flags.client().get_value("limit", 0, &User::new("42"));
/// flags.client().get_value("isNew", false, None);
///
/// assert_eq!(seen.keys(), ["limit", "isNew"]);
/// assert_eq!(seen.last("limit").map(|details| details.value), Some(Value::Int(10)));
/// assert!(seen.take().iter().any(|details| details.is_default_value()));
/// assert!(seen.is_empty());
/// ```
#[derive(Clone, Default)]
pub struct Evaluations(Arc<Mutex<Vec<EvaluationDetails<Value>>>>);

impl Evaluations {
    /// Records the evaluations of the client, its clones and its snapshots from now on.
    #[must_use]
    pub fn of(client: &Client) -> Self {
        let evaluations = Self::default();
        evaluations.record(client.hooks());
        evaluations
    }

    /// Records the evaluations of the client with these hooks. Use it in
    /// [`ClientBuilder::hooks`](configcat::ClientBuilder::hooks), or for one record of several
    /// clients.
    ///
    /// ```
    /// use configcat::{Client, MapOverrides, OverrideBehavior};
    /// use configcat_testkit::Evaluations;
    ///
    /// let seen = Evaluations::default();
    /// let flags = MapOverrides::new([("isNew", true.into())]);
    /// let client = Client::builder("test")
    ///     .overrides(OverrideBehavior::LocalOnly, flags)
    ///     .hooks(|hooks| seen.record(hooks))
    ///     .build()?;
    /// client.get_value("isNew", false, None);
    /// assert_eq!(seen.len(), 1);
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn record(&self, hooks: &Hooks) {
        // The hook runs during the evaluation, so it only stores, and never calls the client.
        let evaluations = self.clone();
        hooks.on_flag_evaluated(move |details| evaluations.lock().push(details.clone()));
    }

    /// Returns all evaluations.
    #[must_use]
    pub fn all(&self) -> Vec<EvaluationDetails<Value>> {
        self.lock().clone()
    }

    /// Takes all evaluations out of the record.
    #[must_use]
    pub fn take(&self) -> Vec<EvaluationDetails<Value>> {
        std::mem::take(&mut *self.lock())
    }

    /// Returns the keys of all evaluations, in their order, with repetitions.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.lock().iter().map(|details| details.key.clone()).collect()
    }

    /// Returns the last evaluation of this flag; `None` if it was not evaluated.
    #[must_use]
    pub fn last(&self, key: &str) -> Option<EvaluationDetails<Value>> {
        self.lock().iter().rfind(|details| details.key == key).cloned()
    }

    /// Asserts that each evaluated flag was in the config: a key with a spelling mistake fails the
    /// test, instead of returning its default.
    ///
    /// ```
    /// use configcat_testkit::{Evaluations, TestFlags};
    ///
    /// let flags = TestFlags::new([("isNew", true)]);
    /// let seen = Evaluations::of(flags.client());
    /// flags.client().get_value("isNew", false, None);
    /// seen.all_known();
    /// ```
    ///
    /// # Panics
    ///
    /// If a flag was not in the config, with the keys of all such flags.
    #[track_caller]
    pub fn all_known(&self) {
        let is_missing = |details: &&EvaluationDetails<Value>| {
            details.error.as_ref().is_some_and(|failure| failure.kind == EvaluationFailureKind::KeyMissing)
        };
        let missing: BTreeSet<String> =
            self.lock().iter().filter(is_missing).map(|details| details.key.clone()).collect();
        assert!(missing.is_empty(), "evaluated flags that are not in the config: {missing:?}");
    }

    /// Returns the number of evaluations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Returns whether the record is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Vec<EvaluationDetails<Value>>> {
        // Only pushed and taken under the lock, so a poisoned mutex is still consistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Evaluations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&*self.lock()).finish()
    }
}
