//! Errors as `?` in `main`, `unwrap` and `expect` print them.

use std::error::Error;

use configcat_webhook::{KeyError, Verifier, VerifyError};

#[test]
fn errors_print_their_message() {
    let key: KeyError = Verifier::new([""]).unwrap_err();
    let errors: [&dyn Error; 2] = [&key, &VerifyError::WrongSignature];
    for error in errors {
        assert_eq!(format!("{error:?}"), format!("{error:#}"));
        assert!(error.to_string().contains(' '), "{error}");
    }
}
