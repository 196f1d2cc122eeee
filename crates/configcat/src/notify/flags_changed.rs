//! Differences of two configs, for the hook `on_flags_changed`.

use configcat_eval::{ChangeKind, Config};

/// Keys of the flags that a new config has changed. See
/// [`Hooks::on_flags_changed`](crate::Hooks::on_flags_changed).
///
/// Each key is in one of the lists. Keys are in the order of the new config, removed ones in the
/// order of the config before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FlagsChanged {
    /// Flags that only the new config has. For the first config of a client, all flags.
    pub added: Vec<String>,
    /// Flags that only the config before had.
    pub removed: Vec<String>,
    /// Flags with another setting type.
    pub type_changed: Vec<String>,
    /// Flags that may evaluate differently for some user: their own rules have changed, a segment,
    /// the salt of their hashes, or a prerequisite flag.
    pub changed: Vec<String>,
}

impl FlagsChanged {
    /// Compares a config with the one before. Returns `None` if all flags are the same.
    pub(super) fn between(before: Option<&Config>, config: &Config) -> Option<Self> {
        let mut flags = Self::default();
        match before {
            None => flags.added = config.keys().map(str::to_owned).collect(),
            Some(before) => {
                for change in config.changes(before) {
                    flags.list(change.kind).push(change.key.to_owned());
                }
            }
        }
        Some(flags).filter(|flags| flags.keys().next().is_some())
    }

    fn list(&mut self, kind: ChangeKind) -> &mut Vec<String> {
        match kind {
            ChangeKind::Added => &mut self.added,
            ChangeKind::Removed => &mut self.removed,
            ChangeKind::TypeChanged => &mut self.type_changed,
            // The enum is non-exhaustive: a kind of a later version is a change too.
            _ => &mut self.changed,
        }
    }

    /// Returns the keys of all four lists: `added`, `removed`, `type_changed`, `changed`.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use configcat::{Client, MapOverrides, OverrideBehavior};
    ///
    /// # let flags = MapOverrides::new([("isNew", true.into())]);
    /// let stale: Arc<Mutex<Vec<String>>> = Arc::default();
    /// let keys = Arc::clone(&stale);
    /// let client = Client::builder("local")
    ///     .overrides(OverrideBehavior::LocalOnly, flags)
    ///     .on_flags_changed(move |flags| {
    ///         keys.lock().unwrap().extend(flags.keys().map(str::to_owned));
    ///     })
    ///     .build()?;
    /// # Ok::<(), configcat::BuildError>(())
    /// ```
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let Self { added, removed, type_changed, changed } = self;
        [added, removed, type_changed, changed].into_iter().flatten().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::FlagsChanged;
    use crate::notify::hooks::Hooks;
    use configcat_eval::Config;

    #[test]
    fn each_kind_has_its_list() {
        let parse = |flags: &str| Config::parse(format!(r#"{{"f": {{{flags}}}}}"#)).unwrap();
        let needs_a = r#"{"t": 0, "v": {"b": false}, "r": [
            {"c": [{"p": {"f": "a", "c": 0, "v": {"b": true}}}], "s": {"v": {"b": true}}}]}"#;
        let before = parse(&format!(
            r#""gone": {{"t": 2, "v": {{"i": 1}}}}, "a": {{"t": 0, "v": {{"b": false}}}}, "b": {needs_a},
               "t": {{"t": 2, "v": {{"i": 1}}}}, "same": {{"t": 2, "v": {{"i": 1}}}}"#
        ));
        let after = parse(&format!(
            r#""same": {{"t": 2, "v": {{"i": 1}}}}, "a": {{"t": 0, "v": {{"b": true}}}}, "b": {needs_a},
               "t": {{"t": 3, "v": {{"d": 1}}}}, "new": {{"t": 2, "v": {{"i": 1}}}}"#
        ));
        let flags = FlagsChanged::between(Some(&before), &after).unwrap();
        assert_eq!((&flags.added, &flags.removed), (&vec!["new".to_owned()], &vec!["gone".to_owned()]));
        assert_eq!(flags.type_changed, ["t"]);
        assert_eq!(flags.changed, ["a", "b"]);
        assert_eq!(flags.keys().collect::<Vec<_>>(), ["new", "gone", "t", "a", "b"]);
        assert_eq!(FlagsChanged::between(Some(&after), &after), None);
        let first = FlagsChanged::between(None, &after).unwrap();
        assert_eq!((first.added.len(), first.keys().count()), (5, 5));
        assert_eq!(FlagsChanged::between(None, &parse("")), None);
    }

    #[test]
    fn configs_are_not_compared_without_a_callback() {
        let config = |value: i64| Config::from_values((0..100).map(|n| (format!("flag-{n}"), value.into())));
        let (before, after, hooks) = (config(1), config(2), Hooks::default());
        let allocations =
            || allocation_counter::measure(|| hooks.flags_changed(Some(&before), &after)).count_total;
        assert_eq!(allocations(), 0);
        let subscription = hooks.on_flags_changed(|flags| assert_eq!(flags.changed.len(), 100));
        assert!(allocations() > 100);
        hooks.unsubscribe(subscription);
        assert_eq!(allocations(), 0);
    }
}
