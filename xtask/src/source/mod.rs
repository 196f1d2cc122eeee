//! The modules of a crate, read with `syn`, and what the names in them stand for.

mod items;

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value as Json;
use syn::Item;

pub(crate) use self::items::{
    Leaf, attributes, conditions, ident, is_for_tests, leaves, name, place, visibility,
};

use crate::workspace::{in_workspace, packages};

/// One library or program of the workspace. Code for tests alone is left out.
pub(crate) struct Crate {
    pub(crate) package: String,
    /// Of the package, relative to the workspace.
    pub(crate) folder: String,
    pub(crate) is_library: bool,
    /// The first is the root.
    pub(crate) modules: Vec<Module>,
}

#[derive(Default)]
pub(crate) struct Module {
    /// The names from the root on. Empty for the root.
    pub(crate) path: Vec<String>,
    /// Relative to the workspace.
    pub(crate) file: String,
    /// The conditions of `cfg` of the module and those around it.
    pub(crate) conditions: Vec<String>,
    pub(crate) items: Vec<Item>,
    pub(crate) defined: BTreeSet<String>,
    children: BTreeMap<String, usize>,
    parent: usize,
    /// In braces, in the file of its parent.
    is_inline: bool,
    imports: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
}

/// The thing that a path leads to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    Module(usize),
    Item { module: usize, name: String },
}

/// Returns the libraries and programs of all members of the workspace.
pub(crate) fn crates() -> Result<Vec<Crate>, Box<dyn Error>> {
    let mut crates = Vec::new();
    for package in packages()? {
        let name = package.get("name").and_then(Json::as_str).ok_or("a package has no name")?;
        let manifest = package.get("manifest_path").and_then(Json::as_str).map(Path::new);
        let folder = manifest.and_then(Path::parent).ok_or("a package has no manifest")?;
        for target in package.get("targets").and_then(Json::as_array).into_iter().flatten() {
            let kind = target.pointer("/kind/0").and_then(Json::as_str).unwrap_or_default();
            if !matches!(kind, "lib" | "bin") {
                continue;
            }
            let root = target.get("src_path").and_then(Json::as_str).ok_or("a target has no file")?;
            crates.push(Crate::load(name, folder, kind == "lib", Path::new(root))?);
        }
    }
    Ok(crates)
}

impl Crate {
    /// Reads all files of a crate, from its root on.
    pub(crate) fn load(
        package: &str,
        folder: &Path,
        is_library: bool,
        root: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let (package, folder) = (package.to_owned(), relative(folder));
        let mut found = Self { package, folder, is_library, modules: Vec::new() };
        let folder = root.parent().unwrap_or(root).to_owned();
        let items = parse(root)?;
        found.add(Module { file: relative(root), ..Module::default() }, items, root, &folder)?;
        Ok(found)
    }

    /// Adds a module and those below it. `folder` is where the files of its child modules are.
    fn add(
        &mut self,
        module: Module,
        items: Vec<Item>,
        file: &Path,
        folder: &Path,
    ) -> Result<usize, Box<dyn Error>> {
        let index = self.modules.len();
        let path = module.path.clone();
        // An attribute is relative to the file; in a module in braces, to the folder that its
        // children would have.
        let base = if module.is_inline { folder } else { file.parent().unwrap_or(file) };
        self.modules.push(module);
        let mut children = BTreeMap::new();
        for item in &items {
            let Item::Mod(child) = item else { continue };
            if is_for_tests(&child.attrs) {
                continue;
            }
            let name = child.ident.to_string();
            let mut module = Module { path: path.clone(), parent: index, ..Module::default() };
            module.path.push(name.clone());
            module.conditions =
                self.modules.get(index).map(|parent| parent.conditions.clone()).unwrap_or_default();
            module.conditions.extend(conditions(&child.attrs));
            let named = path_attribute(child).map(|path| base.join(path));
            let added = if let Some((_, items)) = &child.content {
                module.file = relative(file);
                module.is_inline = true;
                let below = named.clone().unwrap_or_else(|| folder.join(&name));
                self.add(module, items.clone(), file, &below)?
            } else {
                let place = named.clone().map_or_else(|| file_of(&name, file, folder), Ok)?;
                module.file = relative(&place);
                // A file that an attribute names owns its folder, as `mod.rs` does.
                let is_mod_rs = named.is_some() || place.file_name().is_some_and(|name| name == "mod.rs");
                let below = place.parent().unwrap_or(&place);
                let below = if is_mod_rs { below.to_owned() } else { below.join(&name) };
                self.add(module, parse(&place)?, &place, &below)?
            };
            children.insert(name, added);
        }
        if let Some(module) = self.modules.get_mut(index) {
            module.children = children;
            for item in items.iter().filter(|item| !is_for_tests(attributes(item))) {
                module.learn(item);
            }
            module.items = items;
            module.items.retain(|item| !is_for_tests(attributes(item)));
        }
        Ok(index)
    }

    /// Returns the file of the root.
    pub(crate) fn root(&self) -> &str {
        self.modules.first().map_or("", |module| &module.file)
    }

    /// Returns `true` for a library that users depend on.
    pub(crate) fn is_published_library(&self) -> bool {
        self.is_library && self.folder.starts_with("crates/")
    }

    pub(crate) fn module(&self, index: usize) -> Option<&Module> {
        self.modules.get(index)
    }

    /// Returns what a path in a module stands for: the defining module, not one that re-exports.
    /// Paths to other crates lead to nothing.
    pub(crate) fn resolve(&self, module: usize, path: &[String]) -> Option<Target> {
        // Deeper than any chain of re-exports here. Circles of globs end at it.
        self.resolve_within(module, path, 16)
    }

    fn resolve_within(&self, module: usize, path: &[String], depth: usize) -> Option<Target> {
        let depth = depth.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        let found = match first.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(module),
            "super" => Target::Module(self.module(module)?.parent),
            name => self.look_up(module, name, depth)?,
        };
        self.walk(found, rest, depth)
    }

    /// Follows the rest of a path. Below an item are its variants and functions, which are defined
    /// where it is.
    fn walk(&self, from: Target, rest: &[String], depth: usize) -> Option<Target> {
        match (from, rest.split_first()) {
            (Target::Module(module), Some((name, rest))) => {
                let next = match name.as_str() {
                    "super" => Target::Module(self.module(module)?.parent),
                    name => self.look_up(module, name, depth)?,
                };
                self.walk(next, rest, depth)
            }
            (found, _) => Some(found),
        }
    }

    fn look_up(&self, module: usize, name: &str, depth: usize) -> Option<Target> {
        let here = self.module(module)?;
        if here.defined.contains(name) {
            return Some(Target::Item { module, name: name.to_owned() });
        }
        if let Some(child) = here.children.get(name) {
            return Some(Target::Module(*child));
        }
        if let Some(path) = here.imports.get(name) {
            return self.resolve_within(module, path, depth);
        }
        here.globs.iter().find_map(|glob| {
            let path: Vec<String> = glob.iter().cloned().chain([name.to_owned()]).collect();
            self.resolve_within(module, &path, depth)
        })
    }
}

impl Module {
    /// Notes the names that an item defines or imports.
    fn learn(&mut self, item: &Item) {
        match item {
            Item::Use(item) => {
                for leaf in leaves(&item.tree) {
                    match leaf.name {
                        Some(name) => _ = self.imports.insert(name, leaf.path),
                        None => self.globs.push(leaf.path),
                    }
                }
            }
            item => self.defined.extend(name(item)),
        }
    }
}

fn parse(file: &Path) -> Result<Vec<Item>, Box<dyn Error>> {
    let source = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let file = syn::parse_file(&source).map_err(|error| {
        let start = error.span().start();
        format!("{}:{}:{}: {error}", file.display(), start.line, start.column + 1)
    })?;
    Ok(file.items)
}

/// The file or folder that an attribute gives a module.
fn path_attribute(module: &syn::ItemMod) -> Option<String> {
    let attribute = module.attrs.iter().find(|attribute| attribute.path().is_ident("path"))?;
    match &attribute.meta.require_name_value().ok()?.value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) => Some(path.value()),
        _ => None,
    }
}

/// The file of `mod name;`.
fn file_of(name: &str, file: &Path, folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let files = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
    let found = files.into_iter().find(|file| file.is_file());
    found.ok_or_else(|| format!("{}: no file for module {name}", file.display()).into())
}

/// A path as one reads it: from the root of the workspace.
fn relative(file: &Path) -> String {
    let absolute = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (root, file) = (absolute(&in_workspace("")), absolute(file));
    file.strip_prefix(&root).unwrap_or(&file).display().to_string().replace('\\', "/")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A crate of these files in a folder that vanishes.
    pub(crate) fn load(files: &[(&str, &str)]) -> Crate {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut found = Crate::load("a", folder.path(), true, &folder.path().join("lib.rs")).unwrap();
        let prefix = format!("{}/", relative(folder.path()));
        found.modules.iter_mut().for_each(|module| module.file = module.file.replace(&prefix, ""));
        found
    }

    fn resolve(found: &Crate, module: &str, path: &str) -> Option<String> {
        let is_it = |candidate: &Module| candidate.path.join("::") == module;
        let module = found.modules.iter().position(is_it).unwrap();
        let path: Vec<String> = path.split("::").map(str::to_owned).collect();
        Some(match found.resolve(module, &path)? {
            Target::Module(index) => found.modules[index].path.join("::"),
            Target::Item { module, name } => format!("{} in {}", name, found.modules[module].file),
        })
    }

    #[test]
    fn paths_lead_to_the_defining_file() {
        let found = load(&[
            ("lib.rs", "mod a; mod b; pub use self::a::{deep::Thing as Renamed, *}; #[cfg(test)] mod tests;"),
            ("a.rs", "pub mod deep; pub enum Here { One }"),
            ("a/deep.rs", "pub struct Thing; mod inline { pub fn f() {} }"),
            ("b/mod.rs", "use crate::a::deep; use super::*; mod c;"),
            ("b/c.rs", "use std::fmt;"),
        ]);
        for (module, path, expected) in [
            ("b", "crate::Renamed", Some("Thing in a/deep.rs")),
            ("b", "deep::Thing::new", Some("Thing in a/deep.rs")),
            ("b", "Here::One", Some("Here in a.rs")),
            ("b::c", "super::super::a::Here", Some("Here in a.rs")),
            ("b::c", "super::deep", Some("a::deep")),
            ("a::deep", "self::inline::f", Some("f in a/deep.rs")),
            ("b::c", "fmt::Display", None),
            ("b::c", "crate::missing", None),
        ] {
            assert_eq!(resolve(&found, module, path).as_deref(), expected, "{path} in {module}");
        }
    }

    #[test]
    fn modules_are_where_their_attribute_says() {
        let found = load(&[
            (
                "lib.rs",
                "#[path = \"other/place.rs\"] mod a; mod inline { #[path = \"../c.rs\"] mod c; } \
              #[path = \"other\"] mod named { mod e; }",
            ),
            ("other/place.rs", "mod b;"),
            ("other/b.rs", ""),
            ("other/e.rs", ""),
            ("inline/f.rs", ""),
            ("c.rs", ""),
        ]);
        let files: Vec<&str> = found.modules.iter().map(|module| module.file.as_str()).collect();
        assert_eq!(
            files,
            ["lib.rs", "other/place.rs", "other/b.rs", "lib.rs", "c.rs", "lib.rs", "other/e.rs"]
        );
    }
}
