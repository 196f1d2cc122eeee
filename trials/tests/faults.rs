//! No fault brings a client down, and `docs/faults.md` says what is so.

#![allow(missing_docs, reason = "tests")]

use configcat_trials::faults;

#[test]
fn no_fault_brings_a_client_down() {
    let cells = faults::run();
    let violations: Vec<String> = cells.iter().flat_map(faults::Cell::violations).collect();
    assert_eq!(violations, [""; 0]);

    let (document, kept) = (faults::document(&cells), include_str!("../../docs/faults.md"));
    let changed = document.lines().zip(kept.lines()).find(|(now, kept)| now != kept);
    assert!(document == kept, "docs/faults.md has drifted; `cargo xtask faults` writes it. {changed:#?}");
}
