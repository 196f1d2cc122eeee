//! Single items as lines of the listing. What belongs to an item is indented.

use std::collections::BTreeMap;

use syn::{Fields, ImplItem, Item, ItemImpl, ItemMacro, TraitItem, Type, Visibility, punctuated::Punctuated};

use super::text::{marks, signature, text};
use crate::source::{attributes, name};

/// The first public path of each item, by its module and name.
pub(super) type Names = BTreeMap<(usize, String), String>;

/// Resolves a path: the public path, if it has one, and the name of an item of this crate.
type Resolve<'a> = dyn Fn(&[String]) -> Option<(Option<String>, String)> + 'a;

/// Returns the lines of an item that is not an implementation: the first line, and its variants or
/// functions.
pub(super) fn lines(item: &Item, path: &str) -> Vec<String> {
    let mark = marks(attributes(item));
    let mut lines = Vec::new();
    match item {
        Item::Const(item) => lines.push(format!("const {path}: {}", text(&item.ty))),
        Item::Static(item) => lines.push(format!("static {path}: {}", text(&item.ty))),
        Item::Fn(item) => lines.push(signature(&item.sig, path)),
        Item::Type(item) => {
            lines.push(format!("type {path}{} = {}", text(&item.generics), text(&item.ty)));
        }
        Item::Struct(item) => {
            let bounds = text(&item.generics.where_clause);
            let line =
                format!("struct {path}{}{} {bounds}", text(&item.generics), fields(&item.fields, true));
            lines.push(line.trim_end().to_owned());
        }
        Item::Enum(item) => {
            let line = format!("enum {path}{} {}", text(&item.generics), text(&item.generics.where_clause));
            lines.push(line.trim_end().to_owned());
            lines.extend(item.variants.iter().map(|variant| {
                let name = format!("{path}::{}", variant.ident);
                format!("    {}variant {name}{}", marks(&variant.attrs), fields(&variant.fields, false))
            }));
        }
        Item::Trait(item) => {
            let bounds = if item.supertraits.is_empty() {
                String::new()
            } else {
                format!(": {}", text(&item.supertraits))
            };
            let line =
                format!("trait {path}{}{bounds} {}", text(&item.generics), text(&item.generics.where_clause));
            lines.push(line.trim_end().to_owned());
            lines.extend(
                item.items.iter().filter_map(|item| trait_item(item, path)).map(|line| format!("    {line}")),
            );
        }
        _ => {}
    }
    if let Some(first) = lines.first_mut() {
        *first = mark + first;
    }
    lines
}

/// Fields as one would write them. Of a structure only those that are public, and `..` for the
/// others.
fn fields(fields: &Fields, is_struct: bool) -> String {
    let is_shown = |field: &&syn::Field| !is_struct || matches!(field.vis, Visibility::Public(_));
    let mut shown: Vec<String> = fields
        .iter()
        .filter(is_shown)
        .map(|field| {
            let name = field.ident.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
            let public = if is_struct { "pub " } else { "" };
            format!("{}{public}{name}{}", marks(&field.attrs), text(&field.ty))
        })
        .collect();
    if shown.len() < fields.len() {
        shown.push("..".to_owned());
    }
    match fields {
        Fields::Named(_) => format!(" {{ {} }}", shown.join(", ")),
        Fields::Unnamed(_) => format!("({})", shown.join(", ")),
        Fields::Unit => String::new(),
    }
}

fn trait_item(item: &TraitItem, path: &str) -> Option<String> {
    Some(match item {
        TraitItem::Const(item) => {
            let default = if item.default.is_some() { " = .." } else { "" };
            format!("{}const {path}::{}: {}{default}", marks(&item.attrs), item.ident, text(&item.ty))
        }
        TraitItem::Fn(item) => {
            let default = if item.default.is_some() { " { .. }" } else { "" };
            let line = signature(&item.sig, &format!("{path}::{}", item.sig.ident));
            format!("{}{line}{default}", marks(&item.attrs))
        }
        TraitItem::Type(item) => {
            let bounds =
                if item.bounds.is_empty() { String::new() } else { format!(": {}", text(&item.bounds)) };
            format!("{}type {path}::{}{}{bounds}", marks(&item.attrs), item.ident, text(&item.generics))
        }
        _ => return None,
    })
}

/// Returns the public functions of a block, or the line of a trait, each with the path of the type
/// or the trait.
pub(super) fn implementation(block: &ItemImpl, resolve: &Resolve<'_>) -> Vec<(String, String)> {
    let owner = resolved(&block.self_ty, resolve);
    let mark = marks(&block.attrs);
    let Some((implemented, _)) = &block.trait_ else {
        let Some((Some(path), name)) = owner else { return Vec::new() };
        // `Flag<bool>::get` stands in a block for some arguments alone.
        let owner = text(&block.self_ty).replacen(&name, &path, 1);
        let bounds = text(&block.generics.where_clause);
        let lines = block.items.iter().filter_map(|item| inherent_item(item, &owner));
        return lines
            .map(|line| (path.clone(), format!("    {mark}{line} {bounds}").trim_end().to_owned()))
            .collect();
    };
    let names = implemented.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>();
    let of_trait = resolve(&names);
    // A trait that no user can name is not listed, and neither is a type that no user can name.
    if matches!(of_trait, Some((None, _))) || matches!(owner, Some((None, _))) {
        return Vec::new();
    }
    let arguments: Vec<_> = path_names(implemented).into_iter().filter_map(|name| resolve(&[name])).collect();
    if arguments.iter().any(|(path, _)| path.is_none()) {
        return Vec::new();
    }
    let public = owner.as_ref().and_then(|(path, _)| path.clone());
    let in_arguments = || arguments.into_iter().find_map(|(path, _)| path);
    let Some(path) = public.clone().or_else(|| of_trait?.0).or_else(in_arguments) else { return Vec::new() };
    let mut of_type = text(&block.self_ty);
    if let (Some(public), Some((_, name))) = (&public, &owner) {
        of_type = of_type.replacen(name, public, 1);
    }
    let types = block.items.iter().filter_map(|item| match item {
        ImplItem::Type(item) => Some(format!("type {} = {}", item.ident, text(&item.ty))),
        _ => None,
    });
    let types: Vec<String> = types.collect();
    let types = if types.is_empty() { String::new() } else { format!(" {{ {} }}", types.join("; ")) };
    let header = format!("impl{} {} for {of_type}", text(&block.generics), text(implemented.segments.last()));
    let bounds = text(&block.generics.where_clause);
    let line = format!("    {mark}{} {bounds}", header).trim_end().to_owned() + &types;
    vec![(path, line)]
}

fn inherent_item(item: &ImplItem, owner: &str) -> Option<String> {
    match item {
        ImplItem::Fn(item) if matches!(item.vis, Visibility::Public(_)) => {
            let path = format!("{owner}::{}", item.sig.ident);
            Some(marks(&item.attrs) + &signature(&item.sig, &path))
        }
        ImplItem::Const(item) if matches!(item.vis, Visibility::Public(_)) => {
            Some(format!("{}const {owner}::{}: {}", marks(&item.attrs), item.ident, text(&item.ty)))
        }
        ImplItem::Macro(item) => Some(format!("generated in {owner}: {}", text(&item.mac))),
        _ => None,
    }
}

/// The item that a type leads to, also behind a reference.
fn resolved(kind: &Type, resolve: &Resolve<'_>) -> Option<(Option<String>, String)> {
    match kind {
        Type::Path(path) => {
            let names: Vec<String> =
                path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            resolve(&names)
        }
        Type::Reference(reference) => resolved(&reference.elem, resolve),
        _ => None,
    }
}

/// The names in the arguments of a trait, such as `Value` in `From<Value>`.
fn path_names(path: &syn::Path) -> Vec<String> {
    let arguments = path.segments.iter().map(|segment| text(&segment.arguments)).collect::<String>();
    arguments
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Returns the traits that an item derives.
pub(super) fn derives(item: &Item, path: Option<&String>) -> Vec<(String, String)> {
    let (Some(path), Some(_)) = (path, name(item)) else { return Vec::new() };
    let mut lines = Vec::new();
    for attribute in attributes(item).iter().filter(|attribute| attribute.path().is_ident("derive")) {
        let traits = attribute.parse_args_with(Punctuated::<syn::Path, syn::Token![,]>::parse_terminated);
        for derived in traits.into_iter().flatten() {
            lines.push((path.clone(), format!("    impl {} for {path}", text(&derived))));
        }
    }
    lines
}

/// Returns the call of a macro among items, which may generate public items or implementations.
pub(super) fn generated(call: &ItemMacro, module: &str) -> (String, String) {
    (format!("~{module}"), format!("{}generated in {module}: {}", marks(&call.attrs), text(&call.mac)))
}
