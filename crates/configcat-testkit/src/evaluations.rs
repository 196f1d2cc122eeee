//! Which flags were evaluated.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use configcat::{Client, EvaluationDetails, Hooks, Value};

/// Records which flags were evaluated, for whom, and what came of it, in order.
///
/// Clones share what was recorded.
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
    /// Records what the client, its clones and its snapshots evaluate from now on.
    #[must_use]
    pub fn of(client: &Client) -> Self {
        let evaluations = Self::default();
        evaluations.record(client.hooks());
        evaluations
    }

    /// Records what a client evaluates that has these hooks: give it to
    /// [`ClientBuilder::hooks`](configcat::ClientBuilder::hooks), or let several clients have one
    /// record.
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
        let evaluations = self.clone();
        hooks.on_flag_evaluated(move |details| evaluations.lock().push(details.clone()));
    }

    /// All evaluations until now.
    #[must_use]
    pub fn all(&self) -> Vec<EvaluationDetails<Value>> {
        self.lock().clone()
    }

    /// All evaluations until now, which are then forgotten.
    #[must_use]
    pub fn take(&self) -> Vec<EvaluationDetails<Value>> {
        std::mem::take(&mut *self.lock())
    }

    /// The keys of all evaluations, each as often as it was evaluated.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.lock().iter().map(|details| details.key.clone()).collect()
    }

    /// The last evaluation of that flag; `None` if there was none.
    #[must_use]
    pub fn last(&self, key: &str) -> Option<EvaluationDetails<Value>> {
        self.lock().iter().rfind(|details| details.key == key).cloned()
    }

    /// How many evaluations there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether there were none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Vec<EvaluationDetails<Value>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Evaluations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&*self.lock()).finish()
    }
}
