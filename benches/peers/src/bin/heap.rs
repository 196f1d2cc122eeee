//! Loading: heap, also of the official SDK's parser.

use std::alloc::System;

use cap::Cap;
use configcat_benches::loading::heap;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

fn main() -> Result<(), configcat::cache::BoxError> {
    heap(&configcat_peers::parsers(), &ALLOCATOR)
}
