//! Findings in SARIF 2.1.0, the format that code scanning services read.

use configcat_analysis::{Lint, Severity};
use serde_json::{Value as Json, json};

use super::finding::Finding;
use crate::source::Source;

pub(super) fn log(source: &Source, findings: &[Finding]) -> Json {
    // All of them, also without findings: services list what was checked.
    let rules = Lint::ALL.iter().map(|lint| {
        json!({
            "id": lint.id(),
            "shortDescription": { "text": lint.description() },
            "defaultConfiguration": { "level": level(lint.severity()) },
        })
    });
    let results = findings.iter().map(|finding| result(source, finding));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "configcat",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://configcat.com",
                "rules": rules.collect::<Vec<_>>(),
            } },
            // Columns are characters, not units of UTF-16.
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn result(source: &Source, Finding { diagnostic, range }: &Finding) -> Json {
    let (start, end) = (source.position(range.start), source.position(range.end));
    let help = diagnostic.help.as_ref().map(|help| format!(" {help}")).unwrap_or_default();
    json!({
        "ruleId": diagnostic.lint.id(),
        "level": level(diagnostic.severity),
        "message": { "text": format!("{}. {}{help}", diagnostic.message, diagnostic.reason) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&source.name) },
                "region": {
                    "startLine": start.line,
                    "startColumn": start.column,
                    "endLine": end.line,
                    "endColumn": end.column,
                },
            },
            // The place in the document survives a new layout of the file.
            "logicalLocations": [{ "fullyQualifiedName": diagnostic.place }],
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// Returns a path as a URI reference.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                uri.push(byte.into())
            }
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}
