//! Checks that each public error type is in the test of its crate that looks at what `{:?}` prints.

use std::fs;

use crate::workspace::in_workspace;

/// Returns the crate and the name of each error type in a listing of the public API.
fn errors(listing: &str) -> impl Iterator<Item = (String, &str)> {
    listing.lines().filter_map(|line| {
        let (_, path) = line.split_once("impl Error for ")?;
        let (library, _) = path.split_once("::")?;
        Some((library.replace('_', "-"), path.rsplit("::").next()?))
    })
}

#[test]
fn every_error_type_prints_its_message() {
    let (mut missing, mut count) = (Vec::new(), 0);
    for file in fs::read_dir(in_workspace("docs/api")).unwrap() {
        let listing = fs::read_to_string(file.unwrap().path()).unwrap();
        for (package, name) in errors(&listing) {
            let test = in_workspace(&format!("crates/{package}/tests/it/errors.rs"));
            let test = fs::read_to_string(test).unwrap_or_default();
            if !test.split(|c: char| !c.is_alphanumeric()).any(|word| word == name) {
                missing.push(format!("crates/{package}/tests/it/errors.rs has no value of {name}"));
            }
            count += 1;
        }
    }
    assert_eq!(missing, [""; 0]);
    assert!(count > 20, "{count} types");
}

#[test]
fn errors_are_read_from_a_listing() {
    let listing = "struct a_b::C\n    impl Clone for a_b::C\n    impl Error for a_b::c::C\n    #[cfg(x)] impl Error for a::D\n";
    let expected = [("a-b".to_owned(), "C"), ("a".to_owned(), "D")];
    assert!(errors(listing).eq(expected));
}
