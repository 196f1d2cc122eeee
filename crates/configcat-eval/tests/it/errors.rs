//! Errors as `?` in `main`, `unwrap` and `expect` print them.

use std::error::Error;

use configcat_eval::{Config, EvaluationError, ParseError, Value, ValueTypeError};

#[test]
fn errors_print_their_message() {
    let parse: ParseError = Config::parse("[]").unwrap_err();
    let evaluation: EvaluationError =
        Config::from_values([("a", true.into())]).evaluate("b", None).unwrap_err();
    let value: ValueTypeError = bool::try_from(Value::from(1)).unwrap_err();
    let errors: [&dyn Error; 3] = [&parse, &evaluation, &value];
    for error in errors {
        assert_eq!(format!("{error:?}"), format!("{error:#}"));
        assert!(error.to_string().contains(' '), "{error}");
    }
    assert_eq!(format!("{evaluation:?}"), "setting 'b' is not in the config");
}
