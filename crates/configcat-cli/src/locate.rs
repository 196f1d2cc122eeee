//! The bytes of a JSON text that a place such as `f.isNew.r[2].c[0].u` names.

use std::{collections::HashMap, ops::Range};

/// The bytes of a value, and those of its name if it is a member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located {
    name: Option<Range<usize>>,
    value: Range<usize>,
}

impl Located {
    /// Returns the bytes to mark: the value, or the name of a value of several lines.
    pub(crate) fn mark(&self, text: &str) -> Range<usize> {
        let is_short = |value: &str| value.len() <= 120 && !value.contains('\n');
        match &self.name {
            Some(name) if !text.get(self.value.clone()).is_some_and(is_short) => name.clone(),
            _ => self.value.clone(),
        }
    }
}

/// The parts of an object or a list. Of members with the same name the last counts.
#[derive(Debug, Default)]
struct Parts {
    members: HashMap<String, Located>,
    items: Vec<Located>,
}

/// A search in a text, which must be JSON. Keeps the parts of what it has visited, so that many
/// places in a large text are found without reading all of it for each.
#[derive(Debug)]
pub(crate) struct Locator<'t> {
    text: &'t str,
    root: Located,
    visited: HashMap<usize, Parts>,
    /// The steps that the search may still take.
    steps: usize,
}

/// The most steps of a search. A place has ten parts at most. Only an object whose names are made
/// of each other (`a`, `a.a`, …) leads to more, since a name may have dots.
const MAX_STEPS: usize = 1000;

impl<'t> Locator<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let start = after_space(text, 0);
        let root = Located { name: None, value: start..value_end(text, start) };
        Self { text, root, visited: HashMap::new(), steps: MAX_STEPS }
    }

    /// Returns a place of a config. Places have the names of version 6: in an older document, the
    /// nearest part that it has is returned. The key tells where the name of a setting ends, which
    /// may have dots and brackets.
    pub(crate) fn in_config(&mut self, key: Option<&str>, place: &str) -> Located {
        let root = self.root.clone();
        let members = &self.parts(&root).members;
        // As the evaluator, which takes `f` where a document has both.
        let settings = ["f", "flags"].into_iter().find(|name| members.contains_key(*name));
        let Some(in_settings) = place.strip_prefix("f.") else { return self.find(place) };
        let settings = match settings.and_then(|name| members.get(name)) {
            Some(settings) => settings.clone(),
            None => root, // version 4
        };
        self.steps = MAX_STEPS;
        if let Some((key, rest)) = key.and_then(|key| Some((key, in_settings.strip_prefix(key)?))) {
            if let Some(setting) = self.parts(&settings).members.get(key).cloned() {
                return self.descend(setting, false, rest);
            }
        }
        self.descend(settings, false, in_settings)
    }

    /// Returns a place, or the nearest part around it that there is.
    pub(crate) fn find(&mut self, place: &str) -> Located {
        self.steps = MAX_STEPS;
        self.descend(self.root.clone(), false, place)
    }

    fn descend(&mut self, from: Located, is_legacy: bool, place: &str) -> Located {
        if let Some((index, rest)) = place.strip_prefix('[').and_then(|place| place.split_once(']')) {
            let order = if is_legacy { self.legacy_order(&from) } else { Vec::new() };
            let index = index.parse().unwrap_or(usize::MAX);
            let index = order.get(index).copied().unwrap_or(index);
            let item = self.parts(&from).items.get(index).cloned();
            return item.map_or(from, |item| self.descend(item, false, rest));
        }
        let place = place.strip_prefix('.').unwrap_or(place);
        let mut best = from.clone();
        // A key may have dots and brackets, so each of them may be its end.
        let ends = place.match_indices(['.', '[']).map(|(end, _)| end).chain([place.len()]);
        for end in ends {
            let Some(steps) = self.steps.checked_sub(1) else { break };
            self.steps = steps;
            let (name, rest) = place.split_at(end);
            let text = self.text;
            let members = &self.parts(&from).members;
            let Some(member) = members.get(name).cloned() else { continue };
            // Version 6 has values in objects.
            let is_legacy = matches!(name, "r" | "p")
                && members
                    .get("v")
                    .is_some_and(|value| text.as_bytes().get(value.value.start) != Some(&b'{'));
            let found = self.descend(member, is_legacy, rest);
            if found.value.len() < best.value.len() || best == from {
                best = found;
            }
        }
        best
    }

    /// Returns the indices of the items of a list in the order that their members `o` state.
    fn legacy_order(&mut self, list: &Located) -> Vec<usize> {
        let items = self.parts(list).items.clone();
        let mut order: Vec<(i64, usize)> = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let stated = self.parts(item).members.get("o").cloned();
            let stated = stated.and_then(|stated| self.text.get(stated.value)?.parse().ok());
            order.push((stated.unwrap_or(0), index));
        }
        order.sort_unstable();
        order.into_iter().map(|(_, index)| index).collect()
    }

    fn parts(&mut self, of: &Located) -> &Parts {
        let text = self.text;
        self.visited.entry(of.value.start).or_insert_with(|| parts(text, of.value.start))
    }
}

/// Reads the members or items of the object or list that starts there.
fn parts(text: &str, start: usize) -> Parts {
    let mut parts = Parts::default();
    let byte = |at: usize| text.as_bytes().get(at).copied();
    let is_object = byte(start) == Some(b'{');
    // Ends at the first byte that is no part of JSON, since the text has been parsed before.
    let mut at = after_space(text, start + 1);
    while matches!((byte(start), byte(at)), (Some(b'{'), Some(b'"')) | (Some(b'['), Some(_)))
        && byte(at) != Some(b']')
    {
        let mut name = None;
        if is_object {
            let end = value_end(text, at);
            name = Some(at..end);
            // Over the colon.
            at = after_space(text, after_space(text, end) + 1);
        }
        let value = at..value_end(text, at);
        let after = after_space(text, value.end);
        at = if byte(after) == Some(b',') { after_space(text, after + 1) } else { text.len() };
        let located = Located { name: name.clone(), value };
        match name.and_then(|name| serde_json::from_str(text.get(name)?).ok()) {
            // An escape in a name is another spelling of the same name.
            Some(name) => drop(parts.members.insert(name, located)),
            None => parts.items.push(located),
        }
    }
    parts
}

fn after_space(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    start + rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len()
}

/// Returns the end of the value that starts there. Takes no stack that grows with the text.
fn value_end(text: &str, start: usize) -> usize {
    // A count in place of a stack: only the end of the value is asked for.
    let (mut depth, mut is_in_string, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_string => is_escaped = true,
            b'"' => {
                is_in_string = !is_in_string;
                if !is_in_string && depth == 0 {
                    return at + 1;
                }
            }
            _ if is_in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return if depth == 1 { at + 1 } else { at },
            b'}' | b']' => depth -= 1,
            b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::Locator;

    /// Returns the text at a place of a config.
    fn at<'t>(text: &'t str, place: &str) -> &'t str {
        &text[Locator::new(text).in_config(None, place).value]
    }

    #[test]
    fn places_of_version_6_are_found() {
        let text = r#" { "s": [{"n": "x"}, {"n": "y", "r": [1, 2]}], "f": {
            "isNew": {"r": [{"c": [{"u": {"a": "Email"}}]}, {"s": {"v": {"b": true}}}], "v": {"b": false}},
            "a.b[0]": {"t": 1}, "a": {"b": {"t": 2}, "t": 3}, "\u0065\"": {"t": 4}, "é": { "t" : 5 } } } "#;
        for (place, found) in [
            ("f.isNew.r[0].c[0].u", r#"{"a": "Email"}"#),
            ("f.isNew.r[1].s.v", r#"{"b": true}"#),
            ("f.isNew.v", r#"{"b": false}"#),
            ("s[1].r[1]", "2"),
            ("f.a.b[0].t", "1"),
            ("f.a.b.t", "2"),
            ("f.a.t", "3"),
            ("f.e\".t", "4"),
            ("f.é.t", "5"),
            // The nearest part that there is.
            ("f.isNew.r[0].c[7].u", r#"[{"u": {"a": "Email"}}]"#),
            ("f.é.p[0]", r#"{ "t" : 5 }"#),
            ("p.s", text.trim()),
        ] {
            assert_eq!(at(text, place), found, "{place}");
        }
    }

    #[test]
    fn the_last_of_equal_names_is_found() {
        assert_eq!(at(r#"{"f": {"a": {"t": 1}, "a": {"t": 2}}}"#, "f.a.t"), "2");
        assert_eq!(at(r#"{"f": {"a": {"t": 1}}, "f": {"a": {"t": 3}}}"#, "f.a.t"), "3");
    }

    #[test]
    fn places_of_older_versions_are_the_rules_in_their_order() {
        let setting = r#"{"v": 1, "r": [{"o": 2, "v": "b"}, {"o": 1, "v": "a"}, {"v": "c"}]}"#;
        let version_5 = format!(r#"{{"f": {{"a": {setting}}}}}"#);
        let version_4 = format!(r#"{{"a": {setting}}}"#);
        for text in [version_5, version_4] {
            let found = [0, 1, 2].map(|rule| at(&text, &format!("f.a.r[{rule}].c[0].u")).to_owned());
            assert_eq!(found, [r#"{"v": "c"}"#, r#"{"o": 1, "v": "a"}"#, r#"{"o": 2, "v": "b"}"#]);
        }
        assert_eq!(at(r#"{"flags": {"a": [1]}}"#, "f.a"), "[1]");
        assert_eq!(at(r#"{"flags": {"a": [1]}}"#, "flags.a"), "[1]");
    }

    #[test]
    fn long_values_are_marked_at_their_name() {
        let text = "{\"f\": {\"a\": {\n}, \"b\": {}}}";
        let marked = ["f.a", "f.b"].map(|place| &text[Locator::new(text).in_config(None, place).mark(text)]);
        assert_eq!(marked, ["\"a\"", "{}"]);
    }

    #[test]
    fn any_text_is_searched_without_a_panic() {
        let text = r#"{"f": {"é\"": [{"a": [1, -2.5e3, "x\\"], "b": {}}, null, []]}, "s": []}"#;
        for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            for text in [&text[..cut], &text[cut..]] {
                for place in ["f.é\"[0].a[1]", "f", "[0]", "[x].", "", "s[0]"] {
                    Locator::new(text).in_config(None, place).mark(text);
                }
            }
        }
    }

    #[test]
    fn names_made_of_each_other_take_no_longer() {
        // Thousands of ways to read the place fit the text.
        let mut text = "1".to_owned();
        for _ in 0..30 {
            let names = (1..=30).map(|length| ["a"; 30][..length].join("."));
            let members: Vec<String> = names.map(|name| format!("\"{name}\": 2")).collect();
            text = format!("{{{}, \"a\": {text}}}", members.join(", "));
        }
        let mut locator = Locator::new(&text);
        locator.find(&["a"; 40].join("."));
        assert_eq!(locator.steps, 0);
    }
}
