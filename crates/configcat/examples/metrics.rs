//! Counts evaluations by flag and variation, and prints the counts in the text format of
//! Prometheus: `cargo run -p configcat --example metrics`. Nothing leaves the machine.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use configcat::{Client, EvaluationDetails, FileOverrides, OverrideBehavior, User, Value};

/// Number of evaluations by flag, variation and reason. There are few such numbers, whatever the
/// number of users: no attribute of a user and no text value of a flag is in the labels.
#[derive(Default)]
struct Evaluations(RwLock<BTreeMap<Labels, AtomicU64>>);

/// Flag, variation and reason.
type Labels = (String, String, &'static str);

impl Evaluations {
    fn count(&self, details: &EvaluationDetails<Value>) {
        let variation = details.variation_id.clone().unwrap_or_default();
        let labels = (details.key.clone(), variation, details.reason().as_str());
        // Many threads raise an existing count at once, so this needs only the lock for readers.
        if let Some(count) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&labels) {
            count.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let mut counts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        counts.entry(labels).or_default().fetch_add(1, Ordering::Relaxed);
    }
}

/// Writes the text format of Prometheus, for an endpoint such as `/metrics`.
impl fmt::Display for Evaluations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# HELP feature_flag_evaluations_total Evaluations by flag, variation and reason.")?;
        writeln!(f, "# TYPE feature_flag_evaluations_total counter")?;
        for ((key, variation, reason), count) in &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            let (key, variation) = (Label(key), Label(variation));
            let count = count.load(Ordering::Relaxed);
            writeln!(
                f,
                r#"feature_flag_evaluations_total{{key="{key}",variation="{variation}",reason="{reason}"}} {count}"#
            )?;
        }
        Ok(())
    }
}

/// Value of a label, with the escapes of Prometheus.
struct Label<'a>(&'a str);

impl fmt::Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n"))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let evaluations = Arc::new(Evaluations::default());
    let counted = evaluations.clone();
    let flags = FileOverrides::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/flags.json"));
    let client = Client::builder("local")
        .overrides(OverrideBehavior::LocalOnly, flags)
        .on_flag_evaluated(move |details| counted.count(details))
        .build()?;

    for visitor in 0..1000 {
        let country = if visitor % 10 == 0 { "HU" } else { "DE" };
        let user = User::new(visitor.to_string()).country(country);
        client.get_value("isNewCheckoutEnabled", false, &user);
        client.get_value("greeting", "Hello", &user);
        client.get_value("isSaleRunning", false, &user);
    }
    client.get_value("isThere", false, None);
    print!("{evaluations}");
    Ok(())
}

#[test]
fn evaluations_are_counted_by_flag_variation_and_reason() -> Result<(), configcat::BuildError> {
    let flags = configcat::MapOverrides::new([("say \"hi\"", true.into())]);
    let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    let evaluations = Arc::new(Evaluations::default());
    let counted = evaluations.clone();
    client.hooks().on_flag_evaluated(move |details| counted.count(details));
    for _ in 0..2 {
        client.get_value("say \"hi\"", false, None);
        client.get_value("say \"hi\"", 1, None);
    }
    client.get_value("missing", 1, None);
    let text = evaluations.to_string();
    let counts: Vec<&str> = text.lines().skip(2).collect();
    assert_eq!(
        counts,
        [
            r#"feature_flag_evaluations_total{key="missing",variation="",reason="error"} 1"#,
            r#"feature_flag_evaluations_total{key="say \"hi\"",variation="",reason="error"} 2"#,
            r#"feature_flag_evaluations_total{key="say \"hi\"",variation="",reason="static"} 2"#,
        ]
    );
    Ok(())
}
