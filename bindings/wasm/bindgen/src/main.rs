//! `bindgen INPUT.wasm FOLDER NAME`: writes `NAME.js` and `NAME_bg.wasm`, an ECMAScript module and
//! the WebAssembly that it loads.

use std::{env, error::Error};

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [input, folder, name] = args.as_slice() else {
        return Err("usage: bindgen INPUT.wasm FOLDER NAME".into());
    };
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(input)
        .out_name(name)
        .web(true)?
        .typescript(false)
        // The module finds its WebAssembly beside itself.
        .omit_default_module_path(false)
        .remove_producers_section(true)
        .generate(folder)?;
    Ok(())
}
