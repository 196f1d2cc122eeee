//! The public items of a crate, each by its path from the root.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use quote::ToTokens;
use syn::{Item, ItemMacro, Visibility};

use super::{
    items::{self, Names},
    text::{condition_text, marks},
};
use crate::source::{self, Crate, Module, Target, leaves};

/// Returns one block of lines for each item, in the order of their paths.
pub(super) fn listing(found: &Crate) -> String {
    let mut listing = Listing { found, names: Names::new(), blocks: BTreeMap::new() };
    listing.walk();
    listing.describe();
    let blocks: Vec<String> = listing.blocks.into_values().map(|block| block.into_iter().collect()).collect();
    blocks.join("\n")
}

struct Listing<'a> {
    found: &'a Crate,
    /// The first path of each item.
    names: Names,
    /// The lines by path: the item itself, and what belongs to it.
    blocks: BTreeMap<String, Vec<String>>,
}

impl Listing<'_> {
    /// Finds the paths, those near the root first.
    fn walk(&mut self) {
        let root = self.found.package.replace('-', "_");
        let mut open = VecDeque::from([(0, root)]);
        let mut seen = BTreeSet::new();
        while let Some((index, prefix)) = open.pop_front() {
            // A module that is offered under two paths is listed under both, though in no circle.
            if !seen.insert((index, prefix.clone())) || prefix.matches("::").count() > 8 {
                continue;
            }
            let Some(module) = self.found.module(index) else { continue };
            for item in &module.items {
                match item {
                    Item::Macro(item)
                        if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) =>
                    {
                        let name = item.ident.as_ref().map(ToString::to_string).unwrap_or_default();
                        let root = self.found.package.replace('-', "_");
                        self.line(&format!("{root}::{name}"), format!("macro {root}::{name}!"));
                    }
                    item if !matches!(source::visibility(item), Some(Visibility::Public(_))) => {}
                    Item::Use(item) => {
                        let mark = marks(&item.attrs);
                        for leaf in leaves(&item.tree) {
                            self.import(index, &prefix, &mark, &leaf, &mut open);
                        }
                    }
                    Item::Mod(item) => {
                        let path = format!("{prefix}::{}", item.ident);
                        let child = self.found.resolve(index, &["self".to_owned(), item.ident.to_string()]);
                        if let Some(Target::Module(child)) = child {
                            self.line(&path, format!("{}mod {path}", marks(&item.attrs)));
                            open.push_back((child, path));
                        }
                    }
                    item => {
                        if let Some(name) = source::name(item) {
                            let path = format!("{prefix}::{name}");
                            self.item(index, name, path, "");
                        }
                    }
                }
            }
        }
    }

    /// Adds what one name of a `pub use` leads to.
    fn import(
        &mut self,
        module: usize,
        prefix: &str,
        marks: &str,
        leaf: &source::Leaf,
        open: &mut VecDeque<(usize, String)>,
    ) {
        let name = leaf.name.as_deref().unwrap_or("*");
        let path = format!("{prefix}::{name}");
        match (self.found.resolve(module, &leaf.path), &leaf.name) {
            (Some(Target::Item { module, name }), Some(_)) => self.item(module, name, path, marks),
            (Some(Target::Module(child)), None) => open.push_back((child, prefix.to_owned())),
            (Some(Target::Module(child)), Some(_)) => {
                self.line(&path, format!("{marks}mod {path}"));
                open.push_back((child, path));
            }
            _ => self.line(&path, format!("{marks}use {path} = {}", leaf.path.join("::"))),
        }
    }

    /// Notes a path of an item. Where it has one already, the second is a re-export.
    fn item(&mut self, module: usize, name: String, path: String, marks: &str) {
        match self.names.get(&(module, name.clone())) {
            Some(first) if *first != path => {
                let line = format!("{marks}use {path} = {first}");
                self.line(&path, line);
            }
            Some(_) => {}
            None => {
                let Some(here) = self.found.module(module) else { return };
                let items = here.items.iter().filter(|item| source::name(item).as_ref() == Some(&name));
                let inherited = inherited_marks(here);
                // A re-export often repeats the condition of its module.
                let marks = if inherited.contains(marks) { "" } else { marks };
                let lines: Vec<String> = items.flat_map(|item| items::lines(item, &path)).collect();
                for (index, line) in lines.into_iter().enumerate() {
                    let mark = if index == 0 { format!("{inherited}{marks}") } else { String::new() };
                    self.line(&path, mark + &line);
                }
                self.names.insert((module, name), path);
            }
        }
    }

    /// Adds functions, implementations and what macros generate.
    fn describe(&mut self) {
        for (index, module) in self.found.modules.iter().enumerate() {
            for item in &module.items {
                let lines = match item {
                    Item::Impl(block) => items::implementation(block, &|path| self.public_name(index, path)),
                    Item::Macro(call) if call.ident.is_none() && self.is_about_public_items(index, call) => {
                        vec![items::generated(call, &place_of(module))]
                    }
                    item => {
                        items::derives(item, self.names.get(&(index, source::name(item).unwrap_or_default())))
                    }
                };
                for (path, line) in lines {
                    let member = line.trim_start();
                    let indent = " ".repeat(line.len() - member.len());
                    self.line(&path, format!("{indent}{}{member}", inherited_marks(module)));
                }
            }
        }
        for block in self.blocks.values_mut() {
            // The item itself stays first, then its variants in their order.
            block.sort_by_key(|line| {
                let is_variant = line.contains("    variant ") || line.contains("] variant ");
                let is_member = line.starts_with("    ");
                (is_member, !is_variant, if is_variant { String::new() } else { line.clone() })
            });
        }
    }

    /// Resolves a path to an item: its name, and its public path if it has one.
    fn public_name(&self, module: usize, path: &[String]) -> Option<(Option<String>, String)> {
        match self.found.resolve(module, path)? {
            Target::Item { module, name } => Some((self.names.get(&(module, name.clone())).cloned(), name)),
            Target::Module(_) => None,
        }
    }

    /// Returns `true` if the call of a macro, or its definition, names a public item.
    fn is_about_public_items(&self, index: usize, call: &ItemMacro) -> bool {
        let is_public = |module: usize, tokens: &str| {
            let names =
                tokens.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty());
            let mut found = names.filter_map(|name| self.public_name(module, &[name.to_owned()]));
            found.any(|(path, _)| path.is_some())
        };
        let called = call.mac.path.segments.last().map(|segment| segment.ident.to_string());
        let definitions = self.found.modules.iter().enumerate().flat_map(|(index, module)| {
            module.items.iter().filter(|item| source::name(item) == called).map(move |item| (index, item))
        });
        let mut tokens = definitions.map(|(index, item)| (index, item.to_token_stream().to_string()));
        is_public(index, &call.mac.tokens.to_string())
            || tokens.any(|(index, tokens)| is_public(index, &tokens))
    }

    fn line(&mut self, path: &str, line: String) {
        let block = self.blocks.entry(path.to_owned()).or_default();
        let line = format!("{line}\n");
        if !block.contains(&line) {
            block.push(line);
        }
    }
}

fn place_of(module: &Module) -> String {
    if module.path.is_empty() { "the root".to_owned() } else { module.path.join("::") }
}

/// The conditions of a module, which hold for all in it.
fn inherited_marks(module: &Module) -> String {
    let texts = module.conditions.iter().map(|condition| format!("#[cfg({})] ", condition_text(condition)));
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::load;

    #[test]
    fn items_are_listed_by_their_public_path() {
        let found = load(&[
            (
                "lib.rs",
                "mod a; pub mod b; pub use a::{A, Kind as Sort}; pub use other::Foreign; #[cfg(feature = \"x\")] \
                 pub use a::Only; #[cfg(feature = \"y\")] mod y; #[cfg(feature = \"y\")] pub use y::Y; mod hidden { pub struct No; } pub(crate) fn no() {}",
            ),
            (
                "a.rs",
                "#[derive(Debug, Clone)] pub struct A { pub x: u8, y: u8 } impl A { pub fn new( x : u8, ) -> Self { } \
                 fn no() {} } impl From<u8> for A {} impl From<Hidden> for A {} struct Hidden; impl fmt::Debug for Hidden {} impl Private for A {} trait Private {} #[non_exhaustive] \
                 pub enum Kind { One, Two(u8), Three { z: A } } pub struct Only; impl PartialEq<Kind> for u8 {}",
            ),
            ("y.rs", "pub struct Y;"),
            (
                "b.rs",
                "pub use crate::a::A; pub trait T: Send { const C: u8; type I; fn f(&self); fn g(&self) {} } \
                 impl T for bool {} make!(u8, A); macro_rules! other { () => {} } other!(no); pub const MAX: usize = 5; pub type Alias<X> = Vec<X>; pub struct \
                 Pair(pub u8, u8);",
            ),
        ]);
        let expected = r#"struct a::A { pub x: u8, .. }
    fn a::A::new(x: u8) -> Self
    impl Clone for a::A
    impl Debug for a::A
    impl From<u8> for a::A

use a::Foreign = other::Foreign

#[cfg(feature = "x")] struct a::Only

#[non_exhaustive] enum a::Sort
    variant a::Sort::One
    variant a::Sort::Two(u8)
    variant a::Sort::Three { z: A }
    impl PartialEq<Kind> for u8

#[cfg(feature = "y")] struct a::Y

mod a::b

use a::b::A = a::A

type a::b::Alias<X> = Vec<X>

const a::b::MAX: usize

struct a::b::Pair(pub u8, ..)

trait a::b::T: Send
    const a::b::T::C: u8
    fn a::b::T::f(&self)
    fn a::b::T::g(&self) { .. }
    impl T for bool
    type a::b::T::I"#;
        let listing = listing(&found);
        assert!(listing.contains("generated in b: make!(u8, A)"), "{listing}");
        assert!(!listing.contains("other!"), "{listing}");
        let without_macro: Vec<&str> =
            listing.split("\n\n").filter(|block| !block.starts_with("generated")).collect();
        assert_eq!(without_macro.join("\n\n"), expected);
    }
}
