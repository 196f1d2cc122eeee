//! Measurements of a view for one request, over ten thousand flags.

use std::hint::black_box;

use configcat::{Client, MapOverrides, OverrideBehavior, User, cache::BoxError, request::Overrides};

use crate::Meter;

/// The flags of the config: many, since an override must not take time for each of them.
const FLAGS: i64 = 10_000;

/// Measures a snapshot, the same for a user, and the same with five overrides.
///
/// # Errors
///
/// The client cannot be built, or the text of the overrides is wrong.
pub fn requests(meter: &mut impl Meter) -> Result<(), BoxError> {
    let flags = MapOverrides::new((0..FLAGS).map(|n| (format!("flag{n}"), n.into())));
    let client = Client::builder("local").overrides(OverrideBehavior::LocalOnly, flags).build()?;
    let (snapshot, user) = (client.snapshot(), User::new("user-4711-of-many").email("jane.doe@example.com"));
    let text = "flag11=1;flag2222=2;flag3333=3;flag4444=4;flag9999=5";
    let overrides = Overrides::parse(text)?;
    let (for_user, over) = (snapshot.clone().for_user(&user), snapshot.clone().with_overrides(&overrides));
    meter.measure("take", || client.snapshot());
    meter.measure("take-for-user", || client.snapshot().for_user(black_box(&user)));
    meter.measure("take-with-overrides", || client.snapshot().with_overrides(black_box(&overrides)));
    meter.measure("parse", || Overrides::parse(black_box(text)));
    let key = || black_box("flag5555");
    meter.measure("get", || snapshot.get_value(key(), 0, None));
    meter.measure("get-for-user", || for_user.get_value(key(), 0, None));
    meter.measure("get-with-overrides", || over.get_value(key(), 0, None));
    meter.measure("get-overridden", || over.get_value(black_box("flag4444"), 0, None));
    Ok(())
}
