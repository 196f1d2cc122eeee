//! Config JSONs of a given size: with many flags, or with long lists.

use serde_json::{Value as Json, json};

use crate::setting::{SALT, hashed};

/// The kind of content that fills a document.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Flags of all types, with rules of several kinds and percentage options.
    Flags,
    /// Flags with a rule on one of 2,000 texts.
    Lists,
}

impl Kind {
    /// All kinds.
    pub(crate) const ALL: [Self; 2] = [Self::Flags, Self::Lists];

    /// Returns the name in tables.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Flags => "flags",
            Self::Lists => "lists",
        }
    }

    /// Returns a config JSON of about this many bytes.
    #[must_use]
    pub(crate) fn document(self, bytes: usize) -> String {
        let mut settings = String::new();
        let mut count = 0;
        while settings.len() < bytes {
            let separator = if count > 0 { "," } else { "" };
            let (key, setting) = match self {
                Self::Flags => (format!("feature_{count:06}"), flag(count)),
                Self::Lists => (format!("list_{count:06}"), list(count)),
            };
            settings += &format!("{separator}\"{key}\":{setting}");
            count += 1;
        }
        let preferences = json!({"u": "https://cdn-global.configcat.com", "r": 0, "s": SALT});
        let segments =
            json!([{"n": "Beta testers", "r": [user("Email", 32, "l", json!(["@example.com"]))["u"]]}]);
        format!("{{\"p\":{preferences},\"s\":{segments},\"f\":{{{settings}}}}}")
    }
}

fn user(attribute: &str, comparator: u8, member: &str, value: Json) -> Json {
    let mut condition = json!({"a": attribute, "c": comparator});
    condition[member] = value;
    json!({"u": condition})
}

/// Returns a flag of one of the four types, with up to three rules of up to two conditions, some
/// with percentage options.
fn flag(i: usize) -> Json {
    let served = |variation: usize| {
        let value = match i % 4 {
            0 => json!({"b": variation % 2 == 1}),
            1 => json!({"s": format!("variation {variation} of flag {i}")}),
            2 => json!({"i": i + variation}),
            _ => json!({"d": i as f64 / 8.0 + variation as f64}),
        };
        json!({"v": value, "i": id(i, variation)})
    };
    let options = || json!([with(served(1), "p", 30), with(served(2), "p", 70)]);
    let rules = (0..i % 4).map(|rule| {
        let conditions: Vec<Json> =
            (0..=i % 2).map(|condition| any(i + 3 * rule + 5 * condition, i)).collect();
        match (i + rule) % 5 {
            0 => json!({"c": conditions, "p": options()}),
            _ => json!({"c": conditions, "s": served(rule)}),
        }
    });
    let mut setting = with(served(0), "t", i % 4);
    setting["r"] = rules.collect();
    if i % 3 == 0 {
        setting["p"] = options();
    }
    setting
}

/// Returns a condition of one of many kinds.
fn any(kind: usize, i: usize) -> Json {
    let hashes =
        |count: usize| (0..count).map(|n| hashed(&format!("user {n} of {i}"), "feature")).collect::<Vec<_>>();
    match kind % 9 {
        0 => user("Email", 32, "l", json!([format!("@customer-{i}.example.com"), "@example.org"])),
        1 => user("Identifier", 16, "l", json!(hashes(8))),
        2 => {
            user("Country", 0, "l", json!(["Hungary", "Germany", "Côte d’Ivoire", "United States", "Japan"]))
        }
        3 => user("AppVersion", 9, "s", json!(format!("{}.{}.0", i % 7, i % 10))),
        4 => user("Age", 15, "d", json!(i % 90)),
        5 => user("RegisteredAt", 19, "d", json!(1_700_000_000 + i)),
        6 => user("Plan", 20, "s", json!(hashes(1)[0])),
        7 => json!({"s": {"s": 0, "c": 0}}),
        _ => user("Email", 2, "l", json!(["+test", "+qa", "noreply"])),
    }
}

fn list(i: usize) -> Json {
    let items: Vec<String> = (0..2000).map(|n| format!("user-{:06}@example.com", i * 2000 + n)).collect();
    let condition = user("Email", 0, "l", json!(items));
    let rule = json!({"c": [condition], "s": {"v": {"b": true}, "i": id(i, 1)}});
    json!({"t": 0, "v": {"b": false}, "i": id(i, 0), "r": [rule]})
}

fn id(i: usize, variation: usize) -> String {
    format!("{:08x}", (i * 8 + variation).wrapping_mul(2_654_435_761) & 0xffff_ffff)
}

fn with(mut json: Json, member: &str, value: usize) -> Json {
    json[member] = value.into();
    json
}
