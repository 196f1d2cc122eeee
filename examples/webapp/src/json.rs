//! JSON for scripts: the values of the flags for a user, and the data of events.

use configcat::{Value, trace::Trace};
use flag_html::explain;
use serde_json::{Map, Value as Json, json};

use crate::{app::App, health, view::View};

/// The number of changed flags that an event names. Beyond it, all pages are updated.
const MAX_NAMED: usize = 100;

impl App {
    /// Returns the data of an event for open pages: the state of fetching, and the keys that the
    /// last config has changed since the version before.
    pub(crate) fn news(&self) -> String {
        let last = self.changes.last().filter(|last| last.keys.len() <= MAX_NAMED);
        json!({
            "health": health::line(&self.client),
            // A text: scripts have no exact numbers of this size.
            "since": last.as_ref().map(|last| last.since.to_string()),
            "changed": last.map_or_else(Vec::new, |last| last.keys.iter().cloned().collect()),
        })
        .to_string()
    }
}

impl View<'_> {
    /// Returns the flags of the list with values, variation ids and reasons.
    pub(crate) fn json(&self) -> String {
        let mut flags = Map::new();
        self.each_flag(|key, trace| {
            flags.insert(key.to_owned(), self.flag_json(trace));
        });
        // A user prints as JSON.
        let user = self.user.as_ref().and_then(|user| serde_json::from_str(&user.to_string()).ok());
        json!({
            "user": user.unwrap_or(Json::Null),
            "flags": flags,
            "overridden": self.overridden().unwrap_or_default(),
            "overridesError": self.overridden().err().map(ToString::to_string),
            "fetchError": self.app.fetch_error(),
            "fileError": self.app.file.get(),
        })
        .to_string()
    }

    fn flag_json(&self, trace: &Trace) -> Json {
        let warnings: Vec<_> = trace.warnings().iter().map(ToString::to_string).collect();
        json!({
            "value": trace.result().ok().map(value),
            "variationId": trace.variation_id(),
            "reason": explain::reason(trace),
            "error": trace.result().err().map(ToString::to_string),
            "warnings": warnings,
        })
    }
}

fn value(value: &Value) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Double(value) => json!(value),
        Value::Text(text) => json!(&**text),
    }
}
