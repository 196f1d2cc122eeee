//! The seed of all hash tables, so that no config can be written whose keys collide.

use std::hint::black_box;

use foldhash::{SharedSeed, fast::RandomState};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Math)]
    fn random() -> f64;
}

/// The number of depths of the stack, each of which gives another seed.
// A call takes some 32 bytes of the 1 MiB of the stack.
const DEPTHS: f64 = 1024.0;
/// The number of starts of the sequence of seeds of single tables.
// Each step takes a nanosecond or two.
const STARTS: f64 = 4096.0;

/// Chooses the seed when the module is loaded.
// `foldhash` takes seeds from addresses, and in WebAssembly these are the same in each run.
#[wasm_bindgen(start)]
fn choose_seed() {
    at_depth(below(DEPTHS));
    for _ in 0..below(STARTS) {
        black_box(RandomState::default());
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "of a small number, 0 or more")]
fn below(limit: f64) -> u32 {
    (random() * limit) as u32
}

/// Makes `foldhash` read the address of the stack that many calls further down.
fn at_depth(depth: u32) {
    // On the stack, since its address is looked at.
    let mut frame = [depth; 4];
    black_box(&mut frame);
    if depth > 0 {
        at_depth(depth - 1);
    } else {
        black_box(SharedSeed::global_random());
    }
    black_box(&mut frame);
}
