//! Placeholders for what is missing or broken in the config JSON: the same in every ConfigCat SDK.

/// The text in place of a value that is missing or broken in the config JSON.
// From the specification, 3.3, as the three below.
pub(crate) const INVALID_VALUE: &str = "<invalid value>";
pub(crate) const INVALID_NAME: &str = "<invalid name>";
pub(crate) const INVALID_OPERATOR: &str = "<invalid operator>";
pub(crate) const INVALID_REFERENCE: &str = "<invalid reference>";
