//! Outcome of one evaluation for a caller: an evaluation, or the reason for returning the default.

use configcat_eval::{ErrorKind, Evaluation, EvaluationError, SettingType, Value};

use super::{
    details::EvaluationFailureKind, flag_value::FlagType, no_config::NoConfig, parsed_texts::ParsedTexts,
};

pub(super) type Outcome<'s> = Result<Evaluation<'s>, Failure<'s>>;

/// Reason for returning the default.
pub(super) enum Failure<'s> {
    NoConfig(NoConfig<'s>),
    Evaluation(EvaluationError),
    TypeMismatch {
        setting: SettingType,
        warnings_id: u32,
    },
    /// The setting has the right type, and a value that does not fit.
    Misfit {
        value: Value,
        wanted: &'static str,
        cause: String,
        warnings_id: u32,
    },
}

impl Failure<'_> {
    pub(super) fn kind(&self) -> EvaluationFailureKind {
        match self {
            Self::NoConfig(_) => EvaluationFailureKind::ConfigMissing,
            Self::Evaluation(error) if matches!(error.kind(), ErrorKind::SettingNotFound { .. }) => {
                EvaluationFailureKind::KeyMissing
            }
            Self::Evaluation(_) => EvaluationFailureKind::InvalidConfig,
            Self::TypeMismatch { .. } | Self::Misfit { .. } => EvaluationFailureKind::TypeMismatch,
        }
    }
}

/// Returns the value of an evaluation as the type of the caller.
pub(super) fn read<'s, T: FlagType>(
    outcome: Outcome<'s>,
    texts: &ParsedTexts,
) -> Result<(T::Output, Evaluation<'s>), Failure<'s>> {
    let evaluation = outcome?;
    if let Some(value) = T::read(&evaluation, texts) {
        return Ok((value, evaluation));
    }
    let (value, warnings_id) = (evaluation.value(), evaluation.warnings_id());
    Err(match T::misfit(&evaluation, texts) {
        Some(cause) => Failure::Misfit { value: value.clone(), wanted: T::type_name(), cause, warnings_id },
        // Nothing is converted: section 4.2 of the specification.
        None => Failure::TypeMismatch { setting: value.setting_type(), warnings_id },
    })
}
