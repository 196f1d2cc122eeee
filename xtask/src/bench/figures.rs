//! Figures by name, in the order in which they were measured.

use std::{collections::BTreeMap, error::Error, fmt, fs, path::Path};

use serde_json::Value as Json;

/// The results of measurements: names such as `W1/client` with numbers, times of evaluations in ns.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    order: Vec<String>,
    values: BTreeMap<String, f64>,
}

impl Figures {
    /// Reads lines of a name, a space and a number.
    pub(crate) fn parse(lines: &str) -> Result<Self, Box<dyn Error>> {
        let mut figures = Self::default();
        Self::lines(lines)?.into_iter().for_each(|(name, value)| figures.set(&name, value));
        Ok(figures)
    }

    /// Reads such lines, where a name may come more than once.
    pub(crate) fn lines(lines: &str) -> Result<Vec<(String, f64)>, Box<dyn Error>> {
        let read = |line: &str| {
            let (name, value) = line.rsplit_once(' ').ok_or_else(|| format!("no figure: {line}"))?;
            Ok((name.to_owned(), value.parse().map_err(|cause| format!("{line}: {cause}"))?))
        };
        lines.lines().map(read).collect()
    }

    /// Reads the medians that criterion has left in a folder.
    pub(super) fn from_criterion(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let mut found = Vec::new();
        collect(folder, &mut found)?;
        // Criterion's folders have no order, but the times of its files do.
        found.sort_by_key(|(time, ..)| *time);
        let mut figures = Self::default();
        found.into_iter().for_each(|(_, name, median)| figures.set(&name, median));
        Ok(figures)
    }

    /// The least of each figure of several passes, in the order of the first.
    pub(super) fn least(passes: &[Self]) -> Self {
        let mut all = Self::default();
        for (name, value) in passes.iter().flat_map(Self::iter) {
            all.set(name, all.get(name).map_or(value, |least| value.min(least)));
        }
        all
    }

    pub(crate) fn set(&mut self, name: &str, value: f64) {
        if self.values.insert(name.to_owned(), value).is_none() {
            self.order.push(name.to_owned());
        }
    }

    pub(super) fn extend(&mut self, other: &Self) {
        other.iter().for_each(|(name, value)| self.set(name, value));
    }

    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        self.values.get(name).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.order.iter().filter_map(|name| Some((name.as_str(), self.get(name)?)))
    }

    /// The figures whose names start so, with the rest of the name.
    pub(crate) fn below<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        self.iter().filter_map(move |(name, value)| Some((name.strip_prefix(start)?, value)))
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|(name, value)| writeln!(f, "{name} {value}"))
    }
}

type Found = Vec<(std::time::SystemTime, String, f64)>;

/// Finds `new/estimates.json` with the names beside it, however deep.
fn collect(folder: &Path, found: &mut Found) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if !path.is_dir() {
            continue;
        }
        if path.ends_with("new") {
            let read = |name: &str| -> Result<Json, Box<dyn Error>> {
                Ok(serde_json::from_str(&fs::read_to_string(path.join(name))?)?)
            };
            let (names, estimates) = (read("benchmark.json")?, read("estimates.json")?);
            let median = estimates
                .pointer("/median/point_estimate")
                .and_then(Json::as_f64)
                .ok_or("an estimate without a median")?;
            let name =
                names.get("full_id").and_then(Json::as_str).ok_or("a benchmark without a name")?.to_owned();
            found.push((path.join("estimates.json").metadata()?.modified()?, name, median));
        } else {
            collect(&path, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_order() {
        let text = "W2/client 61.5\nW1/client 40\nload/flags/10MB/eval/ms 90.25\n";
        let figures = Figures::parse(text).unwrap();
        assert_eq!(figures.to_string(), text);
        assert_eq!(figures.get("W1/client"), Some(40.0));
        assert_eq!(figures.below("load/flags/").collect::<Vec<_>>(), [("10MB/eval/ms", 90.25)]);
        assert!(Figures::parse("nothing").is_err() && Figures::parse("a b").is_err());
    }

    #[test]
    fn the_least_is_of_each_name() {
        let passes = ["b 1\na 5", "a 4\nb 9", "a 7\nb 2"].map(|lines| Figures::parse(lines).unwrap());
        assert_eq!(Figures::least(&passes).to_string(), "b 1\na 4\n");
    }

    #[test]
    fn a_name_that_is_set_again_has_the_last_figure() {
        let mut figures = Figures::parse("a 1\nb 2").unwrap();
        figures.extend(&Figures::parse("a 3").unwrap());
        assert_eq!(figures.to_string(), "a 3\nb 2\n");
    }
}
