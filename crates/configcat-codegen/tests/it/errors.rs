//! Errors as `?` in `main`, `unwrap` and `expect` print them.

use std::{error::Error, path::Path};

use configcat_codegen::{BuildError, CheckError, CodegenError, Generator};

#[test]
fn errors_print_their_message() {
    let codegen: CodegenError = Generator::new().generate("[]").unwrap_err();
    let check: CheckError = Generator::new().check("[]", "").unwrap_err();
    let build: BuildError = Generator::new().write("no-such-file.json", Path::new("flags.rs")).unwrap_err();
    let errors: [&dyn Error; 3] = [&codegen, &check, &build];
    for error in errors {
        assert_eq!(format!("{error:?}"), format!("{error:#}"));
        assert!(error.to_string().contains(' '), "{error}");
    }
    assert!(format!("{build:?}").starts_with("no-such-file.json: "), "{build:?}");
}
