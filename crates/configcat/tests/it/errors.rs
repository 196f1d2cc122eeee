//! Errors as `?` in `main`, `unwrap` and `expect` print them. `first_hour` pins the texts.

use std::error::Error;

use configcat::{
    BuildError, Client, Flag, FlagProblem, RefreshError,
    details::EvaluationFailure,
    request::{Overrides, OverridesError},
};

use crate::support::SDK_KEY;

#[test]
fn errors_print_their_message_and_causes() {
    static FLAG: Flag<bool> = Flag::new("isNew", false);
    let build: BuildError = Client::new("").unwrap_err();
    let client = Client::builder(SDK_KEY).offline(true).build().unwrap();
    let refresh: RefreshError = client.force_refresh().unwrap_err();
    let problem: FlagProblem = client.check(&[&FLAG]).remove(0);
    let failure: EvaluationFailure = client.get_value_details("isNew", false, None).error.unwrap();
    let overrides: OverridesError = Overrides::parse("isNew").unwrap_err();
    check(&[&build, &refresh, &problem, &failure, &overrides]);
}

#[cfg(feature = "signed-overrides")]
#[test]
fn errors_of_signed_overrides_print_their_message() {
    use configcat::request::{OverrideSigner, SignerKeyError, TokenError};

    let key: SignerKeyError = OverrideSigner::new("short").unwrap_err();
    check(&[&key, &TokenError::Malformed, &TokenError::WrongSignature, &TokenError::Expired]);
}

#[track_caller]
fn check(errors: &[&dyn Error]) {
    for error in errors {
        assert_eq!(format!("{error:?}"), format!("{error:#}"));
        assert!(error.to_string().contains(' '), "{error}");
    }
}
