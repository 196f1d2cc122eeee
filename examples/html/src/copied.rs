//! The code that a test of `rust_code` expects, in a function, so that it is compiled and called.

use configcat::{Client, User, time::DateTime};

pub(crate) fn copied(client: &Client) -> (User, i64) {
    let user = User::new("#1001")
        .country("HU")
        .email("\"Jane\"\\\n<jane@example.com>")
        .custom("Orders", 42)
        .custom("Big", 9223372036854775807_i64)
        .custom("Rating", 4.0)
        .custom("RegisteredAt", DateTime::from_unix_millis(-1))
        .custom("Roles", ["admin", "edi{}tor"]);
    let value = client.get_value("limit", 0_i64, &user);
    (user, value)
}
