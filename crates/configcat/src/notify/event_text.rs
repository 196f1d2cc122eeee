//! Longer texts of log events.

use std::{
    fmt::{self, Display},
    time::Duration,
};

use configcat_eval::{Config, SettingType, Value};

/// Largest number of keys that event 6002 names: a publication of the dashboard changes a few
/// flags, and a record with more names is not read.
const MAX_CHANGED_KEYS: usize = 10;

/// Number of keys that event 1001 lists. The sentence before the list names the closest key, so the
/// list is for a look at the config; 100 keys of 20 characters take 2.4 KB.
const MAX_LISTED_KEYS: usize = 100;

/// Sentence of the events for which a default is returned.
const DEFAULT: &str = "Returning the `default` parameter that you specified in your application";
/// End of the text of event 2002 for a flag that keeps its last valid value.
const LAST_VALID: &str =
    "Returning the value of the last config in which all values of the setting could be read.";
// The text of ConfigCat's other SDKs, like most texts below: people search for it, and log rules
// match it.
pub(super) const OUT_OF_SYNC: &str = "The `data_governance` option specified at the client initialization is not in sync with \
    the preferences on the ConfigCat Dashboard. Read more: https://configcat.com/docs/advanced/data-governance/";
pub(super) const OVERRIDES_FAILED: &str =
    "Error occurred while loading the flag overrides, the last valid ones are kept";
pub(super) const FORKED: &str = "The process was forked. The client's thread stayed in the parent process,";

/// Writes event 1000 of an evaluation.
pub(super) fn config_missing(
    f: &mut impl fmt::Write,
    key: &str,
    default: &Value,
    reason: &dyn Display,
) -> fmt::Result {
    write!(f, "Config JSON is not present when evaluating setting '{key}'. {DEFAULT}: '{default}'. ")?;
    write!(f, "Reason: {reason}.")
}

/// Writes event 1002; without a default for a call that returns all values.
pub(super) fn evaluation_failed(
    f: &mut impl fmt::Write,
    key: &str,
    default: Option<&Value>,
    error: &dyn Display,
) -> fmt::Result {
    write!(f, "Error occurred while evaluating setting '{key}': {error}.")?;
    default.iter().try_for_each(|default| write!(f, " {DEFAULT}: '{default}'."))
}

/// Writes event 1001, which names the key that is most like the missing one, and lists the first
/// keys of the config: a misspelled key is then seen at once.
pub(super) fn missing_key(
    f: &mut impl fmt::Write,
    key: &str,
    default: &Value,
    config: Option<&Config>,
) -> fmt::Result {
    write!(f, "Failed to evaluate setting '{key}' (the key was not found in config JSON).")?;
    if let Some(similar) = config.and_then(|config| config.similar_key(key)) {
        write!(f, " Did you mean '{similar}'?")?;
    }
    write!(f, " {DEFAULT}: '{default}'. Available keys: [")?;
    let mut keys = config.iter().flat_map(|config| config.keys());
    for (index, key) in keys.by_ref().take(MAX_LISTED_KEYS).enumerate() {
        write!(f, "{}'{key}'", if index > 0 { ", " } else { "" })?;
    }
    match keys.count() {
        0 => {}
        more => write!(f, ", … and {more} more")?,
    }
    f.write_str("]. This is logged once for each key.")
}

/// Writes event 2002, which names both types.
pub(super) fn type_mismatch(
    f: &mut impl fmt::Write,
    key: &str,
    default: &Value,
    setting: SettingType,
) -> fmt::Result {
    write!(
        f,
        "The type of a setting must match the type of the specified default value. Setting '{key}' is of type \
         {setting}, but the default value's type is {default_type}. Please use a default value which corresponds to \
         the setting type. {DEFAULT}: '{default}'. \
         Learn more: https://configcat.com/docs/sdk-reference/rust/#setting-type-mapping",
        default_type = default.setting_type()
    )
}

/// Writes event 2002 of a value that is of the right type and does not fit. Without a default, the
/// last valid value is returned.
pub(super) fn misfit(
    f: &mut impl fmt::Write,
    key: &str,
    default: Option<&Value>,
    value: &Value,
    (wanted, cause): (&str, &str),
) -> fmt::Result {
    f.write_str("The value of a setting must fit the type of the specified default value. ")?;
    write!(f, "The value '{value}' of setting '{key}' cannot be read as {wanted}: {cause}. ")?;
    match default {
        Some(default) => write!(f, "{DEFAULT}: '{default}'."),
        None => f.write_str(LAST_VALID),
    }
}

/// Writes event 3204, for the override of a setting or for all overrides of a request.
pub(super) fn refusal(f: &mut impl fmt::Write, key: &str, reason: &str) -> fmt::Result {
    if key.is_empty() {
        write!(f, "The overrides of a request were refused, and no setting has another value: {reason}.")
    } else {
        write!(f, "The override of setting '{key}' for a request was refused: {reason}.")
    }
}

/// Writes event 6002. The configs are compared here, so only if a logger wants the record.
pub(super) fn changes(f: &mut impl fmt::Write, old: &Config, new: &Config) -> fmt::Result {
    let changes: Vec<_> = new.changes(old).collect();
    if changes.is_empty() {
        return f.write_str("The config JSON has changed, and no setting in it.");
    }
    f.write_str("The config JSON has changed, in the settings ")?;
    for (index, change) in changes.iter().take(MAX_CHANGED_KEYS).enumerate() {
        write!(f, "{}'{}'", if index > 0 { ", " } else { "" }, change.key)?;
    }
    match changes.len().saturating_sub(MAX_CHANGED_KEYS) {
        0 => f.write_str("."),
        more => write!(f, " and {more} more."),
    }
}

/// Writes event 1301, of a client that could not be built.
pub(super) fn not_built(f: &mut impl fmt::Write, error: &dyn Display) -> fmt::Result {
    write!(
        f,
        "Error occurred while building the client: {error}. The client is closed: it returns the values of \
         flag overrides if they could be loaded, otherwise the `default` parameters."
    )
}

/// Writes event 3000, of a second client with the same key.
pub(super) fn second_client(f: &mut impl fmt::Write, sdk_key: &dyn Display) -> fmt::Result {
    write!(
        f,
        "There is another open client for the SDK key '{sdk_key}', and each of them fetches and keeps the \
         config. Build one client for each SDK key and clone it."
    )
}

/// Writes event 4200, of a client that is not ready in time.
pub(super) fn not_ready(f: &mut impl fmt::Write, after: Duration) -> fmt::Result {
    write!(
        f,
        "The client was not ready within {after:?}. It continues with cached or overridden \
         flags, or with the defaults."
    )
}

/// Writes event 4201, of an evaluation that had to wait.
pub(super) fn waited_for_config(f: &mut impl fmt::Write, waited: Duration) -> fmt::Result {
    write!(
        f,
        "An evaluation waited {} ms for the first config. To wait before the first evaluation, call \
         `client.ready().await` in async code, or `client.wait_for_ready(timeout)`. This is logged once.",
        waited.as_millis()
    )
}
