//! Random configs as teams write them, single changes of them, and users.

use configcat_eval::{DateTime, User};
use serde_json::{Value as Json, json};

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) % end as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
}

const EMAILS: [&str; 6] = ["ann@a.com", "bob@a.com", "cy@b.org", "@a.com", "@b.org", "ann"];
const COUNTRIES: [&str; 5] = ["HU", "AT", "DE", "US", "FR"];
const VERSIONS: [&str; 6] = ["1.0.0", "1.2.0", "1.2.3-beta", "2.0.0", "2.0.1", "0.9.9"];
const ROLES: [&str; 4] = ["admin", "owner", "tester", "guest"];
const VALUES: [&str; 4] = ["red", "green", "blue", "white"];
const ATTRIBUTES: [&str; 6] = ["Email", "Country", "Age", "Version", "Roles", "Since"];

fn some(random: &mut Random, from: &[&str]) -> Json {
    let count = 1 + random.below(3);
    (0..count).map(|_| random.pick(from)).collect::<Vec<_>>().into()
}

fn user_condition(random: &mut Random) -> Json {
    match random.pick(&ATTRIBUTES) {
        "Email" => {
            let comparator = random.pick(&[0, 1, 2, 3, 30, 31, 32, 33]);
            json!({"a": "Email", "c": comparator, "l": some(random, &EMAILS)})
        }
        "Country" => match random.below(2) {
            0 => json!({"a": "Country", "c": random.below(2), "l": some(random, &COUNTRIES)}),
            _ => json!({"a": "Country", "c": 28 + random.below(2), "s": random.pick(&COUNTRIES)}),
        },
        "Age" => json!({"a": "Age", "c": 10 + random.below(6), "d": 10 + random.below(30)}),
        "Version" => match random.below(2) {
            0 => json!({"a": "Version", "c": 4 + random.below(2), "l": some(random, &VERSIONS)}),
            _ => json!({"a": "Version", "c": 6 + random.below(4), "s": random.pick(&VERSIONS)}),
        },
        "Roles" => json!({"a": "Roles", "c": 34 + random.below(2), "l": some(random, &ROLES)}),
        _ => json!({"a": "Since", "c": 18 + random.below(2), "d": 1_700_000_000 + 86_400 * random.below(30)}),
    }
}

fn condition(random: &mut Random, flag: usize) -> Json {
    match random.below(8) {
        0 => json!({"s": {"s": random.below(2), "c": random.below(2)}}),
        1 if flag > 0 => {
            let key = format!("flag{}", random.below(flag));
            json!({"p": {"f": key, "c": random.below(2), "v": {"s": random.pick(&VALUES)}}})
        }
        _ => json!({"u": user_condition(random)}),
    }
}

fn served(random: &mut Random) -> Json {
    json!({"s": random.pick(&VALUES)})
}

fn options(random: &mut Random) -> Json {
    let first = random.pick(&[1, 10, 25, 50, 90]);
    json!([{"p": first, "v": served(random)}, {"p": 100 - first, "v": served(random)}])
}

fn rule(random: &mut Random, flag: usize) -> Json {
    let count = 1 + random.below(3);
    let conditions: Vec<Json> = (0..count).map(|_| condition(random, flag)).collect();
    match random.below(4) {
        0 => json!({"c": conditions, "p": options(random)}),
        _ => json!({"c": conditions, "s": {"v": served(random)}}),
    }
}

/// Returns a config of four flags and two segments.
pub(crate) fn config(random: &mut Random) -> Json {
    let mut document = json!({"f": {}, "s": []});
    for name in ["Beta", "Staff"] {
        let conditions: Vec<Json> = (0..1 + random.below(2)).map(|_| user_condition(random)).collect();
        document["s"].as_array_mut().unwrap().push(json!({"n": name, "r": conditions}));
    }
    for flag in 0..4 {
        let rules: Vec<Json> = (0..1 + random.below(5)).map(|_| rule(random, flag)).collect();
        let mut setting = json!({"t": 1, "v": served(random), "r": rules});
        if random.below(3) == 0 {
            setting["p"] = options(random);
        }
        if random.below(4) == 0 {
            setting["a"] = json!("Email");
        }
        document["f"][format!("flag{flag}")] = setting;
    }
    document
}

/// Changes one thing of a rule of a flag.
pub(crate) fn change(document: &Json, key: &str, random: &mut Random) -> Json {
    let mut document = document.clone();
    let flag: usize = key[4..].parse().unwrap();
    let rules = document["f"][key]["r"].as_array_mut().unwrap();
    let index = random.below(rules.len());
    match random.below(7) {
        0 => rules.insert(index, rule(random, flag)),
        1 => _ = rules.remove(index),
        2 => {
            let other = random.below(rules.len());
            rules.swap(index, other);
        }
        3 => {
            let rule = &mut rules[index];
            if rule["s"].is_null() {
                rule["p"] = options(random);
            } else {
                rule["s"]["v"] = served(random);
            }
        }
        4 => rules[index]["c"].as_array_mut().unwrap().push(condition(random, flag)),
        5 => _ = rules[index]["c"].as_array_mut().unwrap().pop(),
        _ => {
            let conditions = rules[index]["c"].as_array_mut().unwrap();
            let at = random.below(conditions.len());
            change_condition(&mut conditions[at], random);
        }
    }
    document
}

/// Changes the comparator, or the comparison value.
fn change_condition(condition: &mut Json, random: &mut Random) {
    let Some(user) = condition.get_mut("u") else {
        for kind in ["s", "p"] {
            if let Some(other) = condition.get_mut(kind) {
                other["c"] = json!(1 - other["c"].as_i64().unwrap());
            }
        }
        return;
    };
    if random.below(3) == 0 {
        let comparator = user["c"].as_i64().unwrap();
        user["c"] = json!(match comparator {
            6..=9 => 6 + random.below(4) as i64,
            10..=15 => 10 + random.below(6) as i64,
            18 | 19 => 37 - comparator,
            other => other ^ 1,
        });
    } else if let Some(number) = user["d"].as_i64() {
        user["d"] = json!(number + random.pick(&[-2, -1, 1, 2]));
    } else if user["s"].is_string() {
        let from: &[&str] = if user["a"] == "Version" { &VERSIONS } else { &COUNTRIES };
        user["s"] = random.pick(from).into();
    } else {
        let from: &[&str] = match user["a"].as_str().unwrap() {
            "Email" => &EMAILS,
            "Country" => &COUNTRIES,
            "Version" => &VERSIONS,
            _ => &ROLES,
        };
        let items = user["l"].as_array_mut().unwrap();
        if items.len() > 1 && random.below(2) == 0 {
            items.pop();
        } else {
            items.push(random.pick(from).into());
        }
    }
}

/// Returns a user whose attributes are absent or of the kind that rules ask for.
pub(crate) fn user(random: &mut Random) -> User {
    let mut user = User::new(random.below(1_000_000).to_string());
    if random.below(5) > 0 {
        let name = random.pick(&EMAILS);
        let more = random.pick(&["", "", "x", "@a.com"]);
        user = user.email(format!("{name}{more}"));
    }
    if random.below(5) > 0 {
        user = user.country(random.pick(&COUNTRIES));
    }
    if random.below(5) > 0 {
        user = user.custom("Age", 8 + random.below(34) as u64);
    }
    if random.below(5) > 0 {
        let version = random.pick(&[&VERSIONS[..], &["1.1.0", "3.0.0", "0.1.0", "2.0.1-a", "no"]].concat());
        user = user.custom("Version", version);
    }
    if random.below(5) > 0 {
        let roles: Vec<&str> = (0..random.below(3)).map(|_| random.pick(&ROLES)).collect();
        user = user.custom("Roles", roles);
    }
    if random.below(5) > 0 {
        let millis = 1_700_000_000_000 + 500 * (random.below(2 * 86_400 * 32)) as i64 - 1000;
        user = user.custom("Since", DateTime::from_unix_millis(millis));
    }
    user
}
