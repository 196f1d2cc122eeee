//! The state of fetching, in one line.

use std::time::SystemTime;

use configcat::{Client, time::DateTime};

/// Returns the state of fetching for the footer of the page.
pub(crate) fn line(client: &Client) -> String {
    let health = client.health();
    let fetched = match health.last_success {
        Some(time) => format!("Last checked at {}.", clock(time)),
        None => "No config fetched yet.".to_owned(),
    };
    match (health.consecutive_failures, &health.last_error) {
        (0, _) => format!("Healthy. {fetched}"),
        (1, Some(error)) => format!("The last fetch failed: {error}. {fetched}"),
        (failures, Some(error)) => format!("The last {failures} fetches failed: {error}. {fetched}"),
        (failures, None) => format!("The last {failures} fetches failed. {fetched}"),
    }
}

/// Returns the time of the day in UTC, such as `22:54:01 UTC`.
pub(crate) fn clock(time: SystemTime) -> String {
    let text = DateTime::from(time).to_string();
    let time_of_day = text.split_once('T').and_then(|(_, time)| time.get(..8));
    format!("{} UTC", time_of_day.unwrap_or(&text))
}
