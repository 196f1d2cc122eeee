//! Tokens as one line of code.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Signature};

use crate::source::conditions;

/// Returns tokens as one would write them, whatever the spaces and line breaks in the source are.
pub(super) fn text(tokens: impl ToTokens) -> String {
    let spaced: String = tokens.to_token_stream().to_string();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut line = String::new();
    for word in words {
        if !line.is_empty() && needs_space(&line, word) {
            line.push(' ');
        }
        line.push_str(word);
    }
    // The comma of an argument list over many lines.
    line.replace(",)", ")").replace(",>", ">")
}

/// Returns `true` if a space stands between the line so far and the next token.
fn needs_space(line: &str, next: &str) -> bool {
    let follows_tight = ["::", "<", "&", "(", "[", "?", "!"].iter().any(|end| line.ends_with(end));
    let starts_tight = [",", ";", ":", ")", "]", ">", "."].iter().any(|start| next.starts_with(start));
    let is_operator = matches!(next, "->" | "=>" | "=");
    // Arguments of a function, a type or a macro. A tuple after `->` or `,` is not such a list.
    let opens_arguments = next.starts_with(['(', '<', '['])
        && line.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '>')
        && !line.ends_with("->")
        && !(next.starts_with(['(', '[']) && ends_with_keyword(line));
    let is_macro = next == "!" && line.ends_with(|c: char| c.is_alphanumeric());
    is_operator || !(follows_tight || starts_tight || opens_arguments || is_macro)
}

fn ends_with_keyword(line: &str) -> bool {
    let last = line.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    matches!(last, "for" | "where" | "in" | "as" | "mut" | "dyn" | "impl" | "const" | "type")
}

/// Returns a signature with a path in place of the name, without what only the body sees.
pub(super) fn signature(signature: &Signature, path: &str) -> String {
    let mut signature = signature.clone();
    for input in &mut signature.inputs {
        match input {
            syn::FnArg::Typed(input) => {
                input.attrs.clear();
                if let syn::Pat::Ident(pattern) = &mut *input.pat {
                    pattern.mutability = None;
                }
            }
            // Of `&mut self` it is part of the reference.
            syn::FnArg::Receiver(receiver) => receiver.mutability = None,
        }
    }
    let name = signature.ident.to_string();
    text(&signature).replacen(&format!("fn {name}"), &format!("fn {path}"), 1)
}

/// Returns the attributes that a user of an item must know, each followed by a space.
pub(super) fn marks(attributes: &[Attribute]) -> String {
    let mut marks = String::new();
    for condition in conditions(attributes) {
        marks += &format!("#[cfg({})] ", condition_text(&condition));
    }
    for attribute in attributes {
        let name = text(attribute.path());
        let is_hidden = name == "doc" && text(&attribute.meta) == "doc(hidden)";
        if matches!(name.as_str(), "non_exhaustive" | "deprecated" | "macro_export") || is_hidden {
            marks += &format!("#[{}] ", if is_hidden { "doc(hidden)" } else { &name });
        }
    }
    marks
}

/// Returns a condition of `cfg` with the usual spaces.
pub(super) fn condition_text(condition: &str) -> String {
    condition.parse::<TokenStream>().map_or_else(|_| condition.to_owned(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_usual_spaces() {
        for written in [
            "Result<Vec<T>, BoxError>",
            "&'static str",
            "&mut impl FnMut(&Config) -> (bool, u8)",
            "Option<&dyn Fn(u8) -> [u8; 4]>",
            "impl Into<Option<String>> + Send + 'static",
            "Box<dyn Error + ?Sized>",
            "<T as Iterator>::Item",
        ] {
            let kind: syn::Type = syn::parse_str(written).unwrap();
            assert_eq!(text(kind), written);
        }
    }

    #[test]
    fn signatures_leave_out_what_the_body_sees() {
        let item: syn::ItemFn = syn::parse_str(
            "pub const fn f<'a, T: Into<u8>>(mut self, mut a: &'a T,\n b: (u8, u8),\n) -> Result<(), E> where T: Copy {}",
        )
        .unwrap();
        assert_eq!(
            signature(&item.sig, "A::f"),
            "const fn A::f<'a, T: Into<u8>>(self, a: &'a T, b: (u8, u8)) -> Result<(), E> where T: Copy"
        );
    }

    #[test]
    fn marks_are_what_a_user_must_know() {
        let item: syn::ItemStruct = syn::parse_str(
            "/// Doc.\n#[derive(Debug)]\n#[cfg(feature = \"redis\")]\n#[must_use]\n#[non_exhaustive]\n#[doc(hidden)]\nstruct A;",
        )
        .unwrap();
        assert_eq!(marks(&item.attrs), "#[cfg(feature = \"redis\")] #[non_exhaustive] #[doc(hidden)] ");
    }
}
