//! Loading: heap, counted by the allocator.

use std::alloc::System;

use cap::Cap;
use configcat_benches::loading::{PARSERS, heap};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

fn main() -> Result<(), configcat::cache::BoxError> {
    heap(&PARSERS, &ALLOCATOR)
}
