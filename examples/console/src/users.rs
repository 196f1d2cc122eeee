//! Three users with different values of the sample flags.

use configcat::{User, time::DateTime};

/// Returns each user with a description.
#[must_use]
pub fn users() -> [(&'static str, User); 3] {
    let jane = User::new("#1001")
        .email("jane@example.com")
        .country("HU")
        .custom("Company", "Acme")
        .custom("Plan", "enterprise")
        .custom("AppVersion", "2.3.0")
        .custom("RegisteredAt", DateTime::from_unix_millis(1_620_086_400_000)) // 2021-05-04
        .custom("Orders", 42)
        .custom("Roles", ["admin", "editor"]);
    let bob = User::new("#1003")
        .email("bob@example.org")
        .country("DE")
        .custom("Company", "Initech")
        .custom("Plan", "pro")
        .custom("AppVersion", "2.1.3")
        .custom("RegisteredAt", DateTime::from_unix_millis(1_718_409_600_000)) // 2024-06-15
        .custom("Orders", 12)
        .custom("Roles", ["auditor"]);
    let mei = User::new("#1010")
        .email("mei@example.net")
        .country("JP")
        .custom("Company", "Hooli")
        .custom("Plan", "free")
        .custom("AppVersion", "2.1.0-rc.1")
        .custom("RegisteredAt", DateTime::from_unix_millis(1_740_787_200_000)) // 2025-03-01
        .custom("Orders", 0)
        .custom("Roles", ["viewer"]);
    [
        ("Jane: a loyal customer from Hungary, tests new features", jane),
        ("Bob: an auditor from Germany on the plan 'pro'", bob),
        ("Mei: a new customer from Japan, with an outdated app", mei),
    ]
}
