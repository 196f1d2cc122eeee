//! Errors as `?` in `main`, `unwrap` and `expect` print them.

use configcat_analysis::{Lint, Spec, SpecError, UnknownLint};

#[test]
fn errors_print_their_message() {
    let spec: SpecError = Spec::parse(r#"[{"flag": 1}]"#).unwrap_err();
    assert_eq!(format!("{spec:?}"), format!("{spec:#}"));
    assert!(format!("{spec:?}").starts_with("[0].flag: "), "{spec:?}");
    let lint: UnknownLint = "no-such-lint".parse::<Lint>().unwrap_err();
    assert_eq!(format!("{lint:?}"), format!("{lint:#}"));
    assert!(format!("{lint:?}").contains("no-such-lint"), "{lint:?}");
}
