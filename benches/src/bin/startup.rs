//! Start-up: from the start of a process to its first flag.

fn main() -> Result<(), configcat::BoxError> {
    configcat_benches::startup::run()
}
