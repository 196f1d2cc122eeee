//! Overrides from code and from files.
