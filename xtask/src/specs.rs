//! `cargo xtask conformance DIR --command`: a bundle of cases as specs of `configcat test`.
//!
//! The cases of each config become one spec. A spec has no member for an expected error, so these
//! cases are counted and left out; `cargo xtask conformance DIR` runs them.

use std::{
    collections::BTreeMap,
    env::{self, consts::EXE_SUFFIX},
    error::Error,
    fs,
    path::Path,
    process::Command,
};

use serde_json::{Map, Value as Json};

/// Writes the specs to an empty folder and runs them. Returns `true` if all pass.
pub(crate) fn run(dir: &Path) -> Result<bool, Box<dyn Error>> {
    // Beside this program, which is of the same profile.
    let program = env::current_exe()?.with_file_name(format!("configcat{EXE_SUFFIX}"));
    if !program.exists() {
        return Err("the command is not built: cargo build -p configcat-cli".into());
    }
    let (specs, left_out) = specs(&fs::read_to_string(dir.join("cases.jsonl"))?)?;
    let folder = tempfile::tempdir()?;
    let mut is_ok = true;
    for (index, (config, cases)) in specs.iter().enumerate() {
        let spec = folder.path().join(format!("{index}.json"));
        fs::write(&spec, serde_json::to_vec(cases)?)?;
        println!("configcat test {config}: {} cases", cases.len());
        is_ok &= Command::new(&program).arg("test").arg(dir.join(config)).arg(&spec).status()?.success();
    }
    let cases: usize = specs.values().map(Vec::len).sum();
    println!("{cases} cases in {} specs, {left_out} with an error left out", specs.len());
    Ok(is_ok && cases > 0)
}

/// The cases of each config.
type Specs = BTreeMap<String, Vec<Json>>;

/// Returns the specs, and the number of cases that expect an error.
fn specs(cases: &str) -> Result<(Specs, usize), Box<dyn Error>> {
    let (mut specs, mut left_out) = (Specs::new(), 0);
    for line in cases.lines().filter(|line| !line.trim().is_empty()) {
        let case: Json = serde_json::from_str(line)?;
        let config = case.get("config").and_then(Json::as_str).ok_or("a case has no config")?.to_owned();
        match spec_case(&case) {
            Some(case) => specs.entry(config).or_default().push(case),
            None => left_out += 1,
        }
    }
    Ok((specs, left_out))
}

/// Converts a case; `None` for one that expects an error.
fn spec_case(case: &Json) -> Option<Json> {
    let mut converted = Map::new();
    converted.insert("flag".to_owned(), case.get("key").cloned().unwrap_or_default());
    converted.insert("user".to_owned(), case.get("user").cloned().unwrap_or_default());
    for (from, to) in [("value", "value"), ("variation_id", "variation")] {
        if let Some(expected) = case.get(from) {
            converted.insert(to.to_owned(), expected.clone());
        }
    }
    // A bundle tells whether a rule matches, and not which one.
    if case.get("rule") == Some(&Json::Bool(false)) {
        converted.insert("rule".to_owned(), Json::Null);
    }
    (converted.len() > 2 && case.get("error").is_none()).then(|| converted.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cases_become_specs() {
        let lines = [
            r#"{"config": "a", "key": "k", "user": {"Identifier": "1"}, "value": 1, "rule": true}"#,
            "",
            r#"{"config": "a", "key": "k", "user": null, "variation_id": "x", "rule": false}"#,
            r#"{"config": "b", "key": "k", "user": null, "error": ""}"#,
        ];
        let (specs, left_out) = specs(&lines.join("\n")).unwrap();
        let cases = vec![
            json!({"flag": "k", "user": {"Identifier": "1"}, "value": 1}),
            json!({"flag": "k", "user": null, "variation": "x", "rule": null}),
        ];
        assert_eq!((specs, left_out), (BTreeMap::from([("a".to_owned(), cases)]), 1));
        assert!(super::specs("{}").is_err());
    }
}
