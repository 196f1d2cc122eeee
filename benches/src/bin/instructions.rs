//! Instructions: the calls that `cargo xtask instructions` counts.

fn main() -> Result<(), configcat::cache::BoxError> {
    configcat_benches::instructions::run()
}
