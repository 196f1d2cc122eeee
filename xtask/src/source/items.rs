//! Names, attributes and visibility of items, and the names that imports bring in.

use proc_macro2::Ident;
use syn::{Attribute, Item, UseTree, Visibility};

/// One name that a `use` brings in, or a glob, which has no name.
pub(crate) struct Leaf {
    pub(crate) path: Vec<String>,
    pub(crate) name: Option<String>,
    pub(crate) line: usize,
}

/// Returns the names that a `use` brings in.
pub(crate) fn leaves(tree: &UseTree) -> Vec<Leaf> {
    fn add(tree: &UseTree, prefix: &[String], leaves: &mut Vec<Leaf>) {
        let with = |ident: &Ident| -> Vec<String> {
            prefix
                .iter()
                .cloned()
                .chain((ident != "self" || prefix.is_empty()).then(|| ident.to_string()))
                .collect()
        };
        let line = |ident: &Ident| ident.span().start().line;
        match tree {
            UseTree::Path(path) => add(&path.tree, &with(&path.ident), leaves),
            UseTree::Name(name) => {
                let path = with(&name.ident);
                leaves.push(Leaf { name: path.last().cloned(), path, line: line(&name.ident) });
            }
            UseTree::Rename(rename) => {
                let name = Some(rename.rename.to_string());
                leaves.push(Leaf { name, path: with(&rename.ident), line: line(&rename.ident) });
            }
            UseTree::Glob(glob) => {
                let line = glob.star_token.spans.first().map_or(0, |span| span.start().line);
                leaves.push(Leaf { name: None, path: prefix.to_vec(), line });
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| add(tree, prefix, leaves)),
        }
    }
    let mut found = Vec::new();
    add(tree, &[], &mut found);
    found
}

/// Returns the line and the text of a name.
pub(crate) fn place(ident: &Ident) -> (usize, String) {
    (ident.span().start().line, ident.to_string())
}

/// Returns the name that an item defines in its module. A module is no item.
pub(crate) fn name(item: &Item) -> Option<String> {
    ident(item).map(ToString::to_string)
}

/// Returns the same name with its place in the source.
pub(crate) fn ident(item: &Item) -> Option<&Ident> {
    Some(match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    })
}

/// Returns the attributes of an item.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Returns the visibility of an item.
pub(crate) fn visibility(item: &Item) -> Option<&Visibility> {
    Some(match item {
        Item::Const(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Mod(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        Item::Union(item) => &item.vis,
        Item::Use(item) => &item.vis,
        _ => return None,
    })
}

/// Returns `true` for what is in no build of a user: code for tests and for rustdoc.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    conditions(attributes).any(|condition| {
        let words: Vec<&str> = condition.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let is_test = words.contains(&"test") && !words.contains(&"not") && !words.contains(&"any");
        is_test || matches!(condition.as_str(), "doc" | "doctest")
    })
}

/// Returns the conditions of the attributes `cfg`.
pub(crate) fn conditions(attributes: &[Attribute]) -> impl Iterator<Item = String> {
    let conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    conditions.filter_map(|attribute| Some(attribute.meta.require_list().ok()?.tokens.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_for_tests_is_known_by_its_condition() {
        for (attribute, expected) in [
            ("#[cfg(test)]", true),
            ("#[cfg(all(test, unix))]", true),
            ("#[cfg(doctest)]", true),
            ("#[cfg(doc)]", true),
            ("#[cfg(not(test))]", false),
            ("#[cfg(any(test, unix))]", false),
            ("#[cfg(feature = \"redis\")]", false),
        ] {
            let item: Item = syn::parse_str(&format!("{attribute} fn f() {{}}")).unwrap();
            assert_eq!(is_for_tests(attributes(&item)), expected, "{attribute}");
        }
    }
}
