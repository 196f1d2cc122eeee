//! Loading: time, also of the official SDK's parser.

use configcat_benches::loading::time;

fn main() -> Result<(), configcat::cache::BoxError> {
    time(&configcat_peers::parsers())
}
