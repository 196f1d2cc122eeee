// Runs a module that imports nothing, so that it can have neither a clock nor I/O. Exits as it does.
const module = new WebAssembly.Module(require("fs").readFileSync(process.argv[1]));
const imports = WebAssembly.Module.imports(module);
if (imports.length > 0) throw new Error(`the module imports ${JSON.stringify(imports)}`);
process.exit(new WebAssembly.Instance(module, {}).exports.main(0, 0));
