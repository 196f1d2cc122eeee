//! Data governance: where the config is fetched from.
