//! The playground as a WebAssembly module, for `page/playground.js`.

use wasm_bindgen::prelude::wasm_bindgen;

/// The state of the page.
#[wasm_bindgen]
#[derive(Default)]
pub struct Playground(playground::Playground);

#[wasm_bindgen]
impl Playground {
    /// Creates the page without a config.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a config JSON. The page shows the error if it is no config.
    pub fn load(&mut self, json: &[u8]) {
        self.0.load(json);
    }

    /// Compares later configs with the current one.
    pub fn keep_as_base(&mut self) {
        self.0.keep_as_base();
    }

    /// Returns the HTML of the page for the fragment of its address.
    #[must_use]
    pub fn page(&self, fragment: &str) -> String {
        self.0.page(fragment)
    }

    /// Returns the config that is shown first.
    #[must_use]
    pub fn sample() -> String {
        playground::SAMPLE.to_owned()
    }

    /// Returns the fragment of the address for that config.
    #[must_use]
    pub fn sample_fragment() -> String {
        playground::SAMPLE_FRAGMENT.to_owned()
    }
}
