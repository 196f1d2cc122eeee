//! The SDK key is never shown.
