//! Circles of files: files of a crate of which each needs another, and the last needs the first.
//!
//! A file needs another when it names an item that the other defines. A re-export alone needs
//! nothing, and what passes through the crate root is counted for the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Item, Visibility};

use super::measure::{Finding, Measure, Rule};
use crate::source::{Crate, Target, leaves};

/// The places where one file names items of another, each a line and a path.
type Edges = BTreeMap<(String, String), BTreeSet<(usize, String)>>;

/// Files that need each other, and a way out.
#[derive(Debug, PartialEq)]
struct Circle {
    files: BTreeSet<String>,
    cuts: Vec<Cut>,
}

/// The places where a file names items of another, to be changed so that it needs it no more.
#[derive(Debug, PartialEq)]
struct Cut {
    from: String,
    to: String,
    places: Vec<(usize, String)>,
}

/// Counts the files in circles of some crates, and says what to cut.
pub(super) fn measure(area: &str, targets: &[&Crate]) -> Measure {
    let mut findings = Vec::new();
    let circles: Vec<Circle> = targets.iter().flat_map(|found| circles(found)).collect();
    for circle in &circles {
        let files: Vec<&str> = circle.files.iter().map(String::as_str).collect();
        let mut before = format!("circle of {}", files.join(", "));
        for cut in &circle.cuts {
            let places: Vec<String> =
                cut.places.iter().map(|(line, path)| format!("{path} (line {line})")).collect();
            let fix = format!("{before}: cut what needs {}: {}", cut.to, places.join(", "));
            let line = cut.places.first().map_or(1, |(line, _)| *line);
            findings.push(Finding { file: cut.from.clone(), line, fix });
            before = "the same circle".to_owned();
        }
    }
    let value = circles.iter().map(|circle| circle.files.len()).sum::<usize>() as f64;
    Measure { value, ..Measure::of(Rule::Circles, area, findings) }
}

fn circles(found: &Crate) -> Vec<Circle> {
    let edges = edges(found);
    components(&edges).into_iter().map(|files| Circle { cuts: cuts(&files, &edges), files }).collect()
}

/// Cuts one edge after the other: the one that leaves the fewest files in circles, and of these the
/// one with the fewest places.
fn cuts(files: &BTreeSet<String>, edges: &Edges) -> Vec<Cut> {
    let mut inside = edges.clone();
    inside.retain(|(from, to), _| files.contains(from) && files.contains(to));
    let mut cuts = Vec::new();
    loop {
        let left_without = |edge: &(String, String)| {
            let mut rest = inside.clone();
            rest.remove(edge);
            components(&rest).iter().map(BTreeSet::len).sum::<usize>()
        };
        let candidates = inside.iter().map(|(edge, places)| (left_without(edge), places.len(), edge));
        let Some((left, _, edge)) = candidates.min() else { return cuts };
        let (from, to) = edge.clone();
        let places = inside.remove(&(from.clone(), to.clone())).unwrap_or_default();
        cuts.push(Cut { from, to, places: places.into_iter().collect() });
        if left == 0 {
            return cuts;
        }
    }
}

/// Returns the largest sets of files of which each reaches each other.
fn components(edges: &Edges) -> Vec<BTreeSet<String>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in edges.keys() {
        next.entry(from).or_default().push(to);
    }
    let reach = |start: &str| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&str> = next.get(start).cloned().unwrap_or_default();
        while let Some(file) = open.pop() {
            if seen.insert(file.to_owned()) {
                open.extend(next.get(file).into_iter().flatten());
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<String>> = next.keys().map(|file| (*file, reach(file))).collect();
    let mut found = BTreeSet::new();
    for (file, others) in &reached {
        let returns = |other: &&String| reached.get(other.as_str()).is_some_and(|back| back.contains(*file));
        if others.contains(*file) {
            found.insert(others.iter().filter(returns).cloned().collect::<BTreeSet<_>>());
        }
    }
    found.into_iter().collect()
}

fn edges(found: &Crate) -> Edges {
    let mut edges = Edges::new();
    for (index, module) in found.modules.iter().enumerate() {
        for item in &module.items {
            for (line, path) in paths_of(item) {
                let Some(Target::Item { module: target, .. }) = found.resolve(index, &path) else { continue };
                let Some(target) = found.module(target).filter(|target| target.file != module.file) else {
                    continue;
                };
                let edge = (module.file.clone(), target.file.clone());
                edges.entry(edge).or_default().insert((line, path.join("::")));
            }
        }
    }
    edges
}

/// The paths that an item names. Of imports, those that are not for others.
fn paths_of(item: &Item) -> Vec<(usize, Vec<String>)> {
    match item {
        Item::Use(item) if matches!(item.vis, Visibility::Inherited) => {
            leaves(&item.tree).into_iter().map(|leaf| (leaf.line, leaf.path)).collect()
        }
        Item::Use(_) | Item::Mod(_) => Vec::new(),
        item => {
            let mut paths = Vec::new();
            walk(item.to_token_stream(), &[], &mut paths);
            paths
        }
    }
}

/// Gathers the paths in tokens, also in those of macros. Fields, methods and lifetimes are no
/// paths.
fn walk(tokens: TokenStream, prefix: &[String], paths: &mut Vec<(usize, Vec<String>)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mark =
        |at: usize, c: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == c);
    let is_joint = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.spacing() == Spacing::Joint);
    let is_path_mark = |at: usize| mark(at, ':') && is_joint(at) && mark(at + 1, ':');
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let start = at;
        at += 1;
        match token {
            TokenTree::Group(group) => walk(group.stream(), &[], paths),
            TokenTree::Ident(ident) => {
                let mut path: Vec<String> = prefix.iter().cloned().chain([ident.to_string()]).collect();
                while is_path_mark(at) {
                    match tokens.get(at + 2) {
                        Some(TokenTree::Ident(ident)) => path.push(ident.to_string()),
                        // `use a::{b, c}` in a function.
                        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                            walk(group.stream(), &path, paths);
                        }
                        _ => break,
                    }
                    at += 3;
                }
                let before = |back: usize| start.checked_sub(back);
                let follows = |c: char| before(1).is_some_and(|at| mark(at, c));
                let is_member = follows('.') && !before(2).is_some_and(|at| mark(at, '.'));
                let is_below = before(2).is_some_and(is_path_mark);
                let is_label = path.len() == 1 && mark(at, ':') && !is_path_mark(at);
                if !is_member && !is_below && !is_label && !follows('\'') {
                    paths.push((ident.span().start().line, path));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::load;

    fn names(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        circles(&load(files)).into_iter().map(|circle| circle.files.into_iter().collect()).collect()
    }

    #[test]
    fn two_files_that_import_each_other_are_a_circle() {
        let found = circles(&load(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B; pub struct A(B); pub const MAX: u8 = 1;"),
            ("b.rs", "pub struct B;\nfn f() -> u8 { crate::a::MAX }"),
        ]));
        let cut = Cut {
            from: "b.rs".to_owned(),
            to: "a.rs".to_owned(),
            places: vec![(2, "crate::a::MAX".to_owned())],
        };
        assert_eq!(found, [Circle { files: ["a.rs", "b.rs"].map(str::to_owned).into(), cuts: vec![cut] }]);
    }

    #[test]
    fn the_defining_file_counts_and_not_the_root() {
        assert_eq!(
            names(&[
                ("lib.rs", "mod a; mod b; pub use self::{a::A, b::B};"),
                ("a.rs", "use crate::B; pub struct A(B);"),
                ("b.rs", "pub struct B;"),
            ]),
            [[""; 0]; 0]
        );
    }

    #[test]
    fn a_parent_that_uses_its_child_must_not_be_used_by_it() {
        let parent = |import: &str| format!("mod a {{}} {import} mod child; pub struct Parent;");
        let child = ("child.rs", "use super::Parent; pub struct Child(Parent);");
        assert_eq!(names(&[("lib.rs", &parent("pub use child::Child;")), child]).len(), 0);
        assert_eq!(names(&[("lib.rs", &parent("use child::Child;")), child]), [["child.rs", "lib.rs"]]);
        let used = parent("pub use child::Child; fn f(_: &Child) {}");
        assert_eq!(names(&[("lib.rs", &used), child]), [["child.rs", "lib.rs"]]);
    }

    #[test]
    fn cuts_open_the_whole_circle() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B; pub struct A(B);"),
            ("b.rs", "use crate::{a::A, c::C}; pub struct B(A, C);"),
            ("c.rs", "use crate::b::B; use crate::a::A; pub struct C;"),
        ];
        let found = load(&files);
        let mut edges = edges(&found);
        for circle in circles(&found) {
            assert_eq!((circle.files.len(), circle.cuts.len()), (3, 2));
            circle.cuts.into_iter().for_each(|cut| _ = edges.remove(&(cut.from, cut.to)));
        }
        assert_eq!(components(&edges).len(), 0);
    }

    #[test]
    fn paths_are_found_in_code_and_macros() {
        let item: Item = syn::parse_str(
            "fn f<'life, T: Bound>(x: Type) { use crate::q::{r, s::T as U}; println!(\"{}\", m::N); x.field; \
             E::<u8>::new(); Struct { name: 1, ..Rest } }",
        )
        .unwrap();
        let paths: Vec<String> = paths_of(&item).into_iter().map(|(_, path)| path.join("::")).collect();
        for expected in ["Type", "crate::q::r", "crate::q::s::T", "m::N", "E", "Struct", "Rest", "Bound"] {
            assert!(paths.iter().any(|path| path == expected), "{expected} in {paths:?}");
        }
        for not in ["life", "field", "name", "x", "new"] {
            let uses = paths.iter().filter(|path| *path == not).count();
            assert!(uses <= usize::from(not == "x"), "{not} in {paths:?}");
        }
    }
}
