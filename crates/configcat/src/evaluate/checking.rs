//! Check of typed flags: whether the config has them, as the code reads them.

use configcat_eval::ServedValue;

use crate::evaluate::{
    flag::AnyFlag, flag_check::FlagCheck, flag_problem::FlagProblem, no_config::NoConfig, view::View,
};

/// Largest number of invalid texts of a flag that are reported. Texts are often copied, so the
/// others are likely to have the same fault.
const MAX_INVALID: usize = 10;

impl View<'_> {
    /// Returns the problems of flags in the config.
    pub(crate) fn check(&self, flags: &[&dyn AnyFlag]) -> Vec<FlagProblem> {
        flags.iter().flat_map(|flag| self.problems_of(flag.flag_check())).collect()
    }

    /// Returns the problems of a flag in the config.
    pub(crate) fn problems_of(&self, flag: FlagCheck) -> Vec<FlagProblem> {
        let (key, expected) = (flag.key.to_owned(), flag.setting_type);
        let Some(config) = &self.state.config else {
            let reason = NoConfig::of(self.shared).to_string();
            return vec![FlagProblem::NoConfig { key, reason }];
        };
        let setting = config.setting(&key);
        let Some((setting, found)) = setting.and_then(|setting| Some((setting, setting.setting_type()?)))
        else {
            let similar = config.similar_key(&key).map(str::to_owned);
            return vec![FlagProblem::Missing { key, similar }];
        };
        // A number of overrides is readable as int and as double, so the types are not compared.
        if !setting.is_readable_as(expected) {
            return vec![FlagProblem::TypeMismatch { key, expected, found }];
        }
        let invalid = flag.invalid_texts(setting, &self.state.texts).take(MAX_INVALID);
        let problem = |(served, cause): (ServedValue<'_>, String)| FlagProblem::InvalidText {
            key: key.clone(),
            place: served.place(),
            cause,
        };
        invalid.map(problem).collect()
    }
}
