//! The names that the root of a crate offers.

use syn::{Item, Visibility};

use super::measure::{Finding, Measure, Rule};
use crate::source::{self, Crate};

/// Counts the public items and re-exports at the root. Modules are not counted: they are where the
/// other names belong.
pub(super) fn measure(found: &Crate) -> Measure {
    let mut findings = Vec::new();
    for item in found.modules.first().into_iter().flat_map(|root| &root.items) {
        if !matches!(source::visibility(item), Some(Visibility::Public(_))) {
            continue;
        }
        let names: Vec<(usize, String)> = match item {
            Item::Use(item) => source::leaves(&item.tree)
                .into_iter()
                .map(|leaf| (leaf.line, leaf.name.unwrap_or_else(|| "*".to_owned())))
                .collect(),
            item => source::ident(item).map(source::place).into_iter().collect(),
        };
        findings.extend(names.into_iter().map(|(line, name)| Finding {
            file: found.root().to_owned(),
            line,
            fix: format!("`{name}` is a name at the root: move it to a module, unless most users need it"),
        }));
    }
    Measure::of(Rule::RootNames, &found.folder, findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::load;

    #[test]
    fn root_names_are_items_and_imports_for_others() {
        let found = load(&[
            (
                "lib.rs",
                "pub mod a; mod b { pub struct X; pub struct Y; }\npub use b::{X, Y as Z};\nuse b::Y; \
                 pub fn f() {} fn g() {}",
            ),
            ("a.rs", ""),
        ]);
        let findings = measure(&found).findings;
        let places: Vec<(usize, &str)> =
            findings.iter().map(|found| (found.line, found.fix.split('`').nth(1).unwrap())).collect();
        assert_eq!(places, [(2, "X"), (2, "Z"), (3, "f")]);
    }
}
