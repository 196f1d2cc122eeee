//! Loading: time.

use configcat_benches::loading::{PARSERS, time};

fn main() -> Result<(), configcat::cache::BoxError> {
    time(&PARSERS)
}
