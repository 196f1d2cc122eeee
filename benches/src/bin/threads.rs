//! Contention: what two threads get done compared with one.

fn main() -> Result<(), configcat::BoxError> {
    configcat_benches::threads::run()
}
