//! Start-up: from the start of a process to its first flag.

fn main() -> Result<(), configcat::cache::BoxError> {
    configcat_benches::startup::run()
}
