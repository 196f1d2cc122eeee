//! Runs the fault matrix, and compares it with `docs/faults.md`.

#![allow(missing_docs, reason = "tests")]

use configcat_tests::faults::Matrix;

#[test]
fn no_fault_brings_a_client_down() {
    let matrix = Matrix::run();
    let violations: Vec<String> = matrix.violations().collect();
    assert_eq!(violations, [""; 0]);

    let (document, kept) = (matrix.document(), include_str!("../../docs/faults.md"));
    let changed = document.lines().zip(kept.lines()).find(|(now, kept)| now != kept);
    assert!(document == kept, "docs/faults.md has drifted; `cargo xtask faults` writes it. {changed:#?}");
}
