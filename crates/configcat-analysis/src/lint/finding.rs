//! Findings in the order of their places.

use std::collections::BTreeMap;

use configcat_eval::Config;

use crate::diagnostic::{Diagnostic, Lint, Severity};

/// The findings so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<Diagnostic>,
    // Set once for all lints of a setting, so that no lint can name another one.
    key: Option<String>,
}

impl Findings {
    /// Enters a setting; `None` for the segments.
    pub(super) fn enter(&mut self, key: Option<&str>) {
        self.key = key.map(str::to_owned);
    }

    pub(super) fn add(&mut self, lint: Lint, place: String, message: String, reason: String, help: &str) {
        self.add_with(lint, lint.severity(), place, message, reason, help);
    }

    pub(super) fn add_with(
        &mut self,
        lint: Lint,
        severity: Severity,
        place: String,
        message: String,
        reason: String,
        help: &str,
    ) {
        let help = Some(help.to_owned());
        self.list.push(Diagnostic { lint, severity, key: self.key.clone(), place, message, reason, help });
    }

    /// Returns the findings: of settings in the order of the config, then those of segments.
    pub(super) fn in_order(mut self, config: &Config) -> Vec<Diagnostic> {
        // Lints of attributes come last, and belong to settings of before.
        let order: BTreeMap<&str, usize> = config.keys().zip(0..).collect();
        let position = |key: &Option<String>| match key {
            Some(key) => order.get(key.as_str()).copied(),
            None => None,
        };
        // A stable sort, so that the findings of a setting stay in their order.
        self.list.sort_by_key(|found| position(&found.key).unwrap_or(usize::MAX));
        self.list
    }
}
