//! Source of the SDK key of a client: the code, or the environment.

use std::env::{self, VarError};

use configcat_fetch::{SdkKey, SdkKeyError};

use crate::error::{BuildError, SDK_KEY_VARIABLE};

/// Text of the SDK key, and its source, which errors name.
pub(crate) enum KeySource {
    Code(String),
    /// Value of the environment variable; `None` as error if it is not set.
    Variable(Result<String, Option<SdkKeyError>>),
}

impl KeySource {
    pub(crate) fn from_variable() -> Self {
        // Secrets in files often end with a line feed, which is not part of a key.
        let value = env::var(SDK_KEY_VARIABLE).map(|value| value.trim().to_owned());
        Self::Variable(value.map_err(|error| match error {
            VarError::NotPresent => None,
            // The error of `std` has the value, which may be a key.
            VarError::NotUnicode(_) => Some(SdkKeyError::NotUnicode),
        }))
    }

    pub(crate) fn parse(&self, parse: fn(&str) -> Result<SdkKey, SdkKeyError>) -> Result<SdkKey, BuildError> {
        let variable_error = |cause| BuildError::SdkKeyVariable { cause };
        match self {
            Self::Code(text) => parse(text).map_err(BuildError::SdkKey),
            Self::Variable(Ok(text)) => parse(text).map_err(|error| variable_error(Some(error))),
            Self::Variable(Err(cause)) => Err(variable_error(*cause)),
        }
    }
}
