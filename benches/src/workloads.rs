//! The workloads: documents, the settings to evaluate, and the users.

use configcat_eval::User;

use crate::{
    Setting,
    setting::{Test, document},
};

/// The key of all settings except the fillers.
pub const KEY: &str = "isNewFeature12345";

/// The number of settings in the documents of W1k and W5.
pub const MANY: usize = 1000;

/// The attributes of a user: names and values.
pub type Attributes = Vec<(String, String)>;

/// A document with a setting to evaluate.
#[derive(Debug, Clone)]
pub struct Workload {
    /// The name in criterion's folders and in tables.
    pub id: String,
    /// The settings of the document, in its order.
    pub settings: Vec<Setting>,
    /// The user, if the workload has one.
    pub attributes: Option<Attributes>,
}

impl Workload {
    pub(crate) fn new(id: impl Into<String>, settings: Vec<Setting>, attributes: Option<Attributes>) -> Self {
        Self { id: id.into(), settings, attributes }
    }

    /// Returns the config JSON.
    #[must_use]
    pub fn json(&self) -> String {
        document(&self.settings)
    }

    /// Returns the user as a `User`.
    #[must_use]
    pub fn user(&self) -> Option<User> {
        let attributes = self.attributes.as_ref()?;
        let [identifier, email, country, rest @ ..] = attributes.as_slice() else { return None };
        let user = User::new(&*identifier.1).email(&*email.1).country(&*country.1);
        Some(rest.iter().fold(user, |user, (name, value)| user.custom(&**name, &**value)))
    }
}

/// Returns a user with `count` attributes, at least the three predefined ones. The last one has
/// this name and value.
pub(crate) fn attributes(count: usize, last: &str, value: &str) -> Attributes {
    let known =
        [("Identifier", "user-4711-of-many"), ("Email", "jane.doe@example.com"), ("Country", "Hungary")];
    let known = known.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let others = (known.len() + 1..count).map(|i| (format!("Attribute{i}"), format!("value {i}")));
    let last = (count > known.len()).then(|| (last.to_owned(), value.to_owned()));
    known.into_iter().chain(others).chain(last).collect()
}

/// Returns the user of most workloads, with four attributes.
#[must_use]
pub fn user() -> Attributes {
    attributes(4, "SubscriptionType", "Pro")
}

/// Returns a list without the user. The texts have the length of the user's text: otherwise
/// comparing lengths would be enough.
pub(crate) fn plain(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("user-{i:06}-known")).collect()
}

/// Returns texts of one length that the user's text does not start with.
pub(crate) fn prefixes(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("usr{i:06}")).collect()
}

/// Returns a workload of one setting with one rule.
pub(crate) fn targeted(id: &str, attribute: &str, test: Test) -> Workload {
    Workload::new(id, vec![Setting::off(KEY).rule(attribute, test)], Some(user()))
}

fn ends_with() -> Test {
    Test::EndsWith(vec!["@example.com".to_owned()])
}

/// Returns this many settings, the last of which is [`KEY`].
pub(crate) fn among(count: usize) -> Vec<Setting> {
    let fillers = (1..count).map(|i| Setting::half(format!("filler-flag-{i:05}")));
    fillers.chain([Setting::on(KEY)]).collect()
}

/// Returns all workloads of single evaluations, in the order of the table.
#[must_use]
pub fn workloads() -> Vec<Workload> {
    let mut workloads = vec![
        Workload::new("W1", among(1), None),
        Workload::new("W1-off", vec![Setting::off(KEY)], None),
        Workload::new("W1k", among(MANY), None),
        targeted("W2", "Email", ends_with()),
        Workload::new("W3", vec![Setting::half(KEY)], Some(user())),
    ];
    let one_of = |n| targeted(&format!("W4-{n}"), "Identifier", Test::OneOf(plain(n)));
    workloads.extend([10, 1000, 100_000].map(one_of));
    let hashed = |n| targeted(&format!("W4b-one-of-{n}"), "Identifier", Test::HashedOneOf(plain(n)));
    workloads.extend([10, 1000].map(hashed));
    let starts =
        |n| targeted(&format!("W4b-starts-with-{n}"), "Identifier", Test::HashedStartsWith(prefixes(n)));
    workloads.extend([10, 1000].map(starts));
    let contains = |n| targeted(&format!("contains-{n}"), "Email", Test::Contains(plain(n)));
    workloads.extend([10, 1000].map(contains));
    let version = Setting::off(KEY).rule("Version", Test::SemverLess("2.10.0".to_owned()));
    workloads.push(Workload::new("semver", vec![version], Some(attributes(4, "Version", "2.9.1"))));
    workloads
}

/// Returns W5: many settings of four kinds, all evaluated for one user.
#[must_use]
pub fn all_flags() -> Workload {
    let settings = (0..MANY).map(|i| {
        let key = format!("feature-flag-{i:04}");
        match i % 4 {
            0 => Setting::on(key),
            1 => Setting::half(key),
            2 => Setting::off(key).rule("Email", ends_with()),
            _ => Setting::off(key).rule("Identifier", Test::OneOf(plain(10))),
        }
    });
    Workload::new("W5", settings.collect(), Some(user()))
}

/// A curve of the growth: a name, and points with a size and a workload.
#[derive(Debug)]
pub struct Curve {
    /// The name.
    pub name: &'static str,
    /// Sizes and workloads.
    pub points: Vec<(usize, Workload)>,
}

/// Returns all curves, smallest size first.
#[must_use]
pub fn curves() -> Vec<Curve> {
    const LISTS: [usize; 5] = [10, 100, 1000, 10_000, 100_000];
    const COUNTS: [usize; 5] = [1, 3, 10, 30, 100];
    let curve = |name, sizes: &[usize], workload: &dyn Fn(usize) -> Workload| Curve {
        name,
        points: sizes.iter().map(|&size| (size, workload(size))).collect(),
    };
    let list = |attribute: &'static str, test: fn(usize) -> Test| {
        move |size| targeted("list", attribute, test(size))
    };
    let ends = |i| Test::EndsWith(vec![format!("@{i}.example.com")]);
    let rules = |count| {
        let misses = (1..count).fold(Setting::off(KEY), |setting, i| setting.rule("Email", ends(i)));
        Workload::new("rules", vec![misses.rule("Email", ends_with())], Some(user()))
    };
    let last = |count: usize| {
        let (name, value) = ("Team", "green");
        let setting = Setting::off(KEY).rule(name, Test::OneOf(vec![value.to_owned()]));
        Workload::new("attributes", vec![setting], Some(attributes(count + 3, name, value)))
    };
    vec![
        curve("is one of", &LISTS, &list("Identifier", |n| Test::OneOf(plain(n)))),
        curve("starts with any of", &LISTS, &list("Identifier", |n| Test::StartsWith(prefixes(n)))),
        curve(
            "contains any of",
            LISTS.get(..4).unwrap_or(&LISTS),
            &list("Email", |n| Test::Contains(plain(n))),
        ),
        curve("hashed is one of", &LISTS, &list("Identifier", |n| Test::HashedOneOf(plain(n)))),
        curve("hashed starts with", &LISTS, &list("Identifier", |n| Test::HashedStartsWith(prefixes(n)))),
        curve("flags in the config", LISTS.get(..4).unwrap_or(&LISTS), &|n| {
            Workload::new("flags", among(n), None)
        }),
        curve("rules, the last matches", &COUNTS, &rules),
        curve("custom attributes of the user", &COUNTS, &last),
    ]
}
