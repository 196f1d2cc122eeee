//! `cargo xtask fleet`: simulates a fleet of clients, and writes `docs/fleet.md` and
//! `docs/fleet.svg`.

use std::{error::Error, fs};

use crate::{
    bench::{Figures, thousands},
    plot::{Axis, Curve, Kind, Plot},
    workspace::{cargo, in_workspace, output},
};

const FLEETS: [&str; 5] = ["defaults", "no jitter", "no backoff", "neither", "shared cache"];

/// The budgets, each a figure that may be that many times the mean of the steady state.
const BUDGETS: [(&str, &str, f64); 2] = [
    ("the busiest second in steady state, to the mean", "defaults/steady/peak", 2.0),
    ("the busiest second of the recovery, to the mean of the steady state", "defaults/recovery/peak", 3.0),
];

/// The minutes after the start that are shown.
const EARLY: [u32; 10] = [0, 1, 2, 3, 5, 7, 10, 15, 20, 25];

const OUTAGES: [&str; 4] = [
    "at the start",
    "at the start, with `Retry-After: 120`",
    "after 30 min",
    "after 30 min, with `Retry-After: 120`",
];

/// Simulates, and writes what came of it; whether the budgets are kept.
pub(crate) fn write() -> Result<bool, Box<dyn Error>> {
    let figures = simulate()?;
    fs::create_dir_all(in_workspace("docs"))?;
    for (path, text) in files(&figures)? {
        fs::write(in_workspace(path), text)?;
        println!("written: {path}");
    }
    print!("{}", budgets(&figures)?);
    is_kept(&figures)
}

/// Simulates; whether the files are what would be written, and the budgets are kept.
pub(crate) fn check() -> Result<bool, Box<dyn Error>> {
    let figures = simulate()?;
    let mut is_current = true;
    for (path, text) in files(&figures)? {
        if fs::read_to_string(in_workspace(path))? != text {
            println!("{path} is out of date: run cargo xtask fleet");
            is_current = false;
        }
    }
    Ok(is_kept(&figures)? && is_current)
}

fn simulate() -> Result<Figures, Box<dyn Error>> {
    let mut run = cargo("run --quiet --package configcat-tests --bin fleet");
    // Some hundred million polls. Only here, since all other programs of that package take longer
    // to build with optimization than to run without it.
    run.args(["--config", "profile.dev.package.configcat-tests.opt-level=1"]);
    Figures::parse(&output(run)?)
}

fn files(figures: &Figures) -> Result<[(&'static str, String); 2], Box<dyn Error>> {
    Ok([("docs/fleet.md", page(figures)?), ("docs/fleet.svg", plot(figures))])
}

fn get(figures: &Figures, name: &str) -> Result<f64, Box<dyn Error>> {
    figures.get(name).ok_or_else(|| format!("no figure {name}").into())
}

/// A figure relative to the mean of the steady state of that fleet.
fn to_mean(figures: &Figures, name: &str, fleet: &str) -> Result<f64, Box<dyn Error>> {
    Ok(get(figures, name)? / get(figures, &format!("{fleet}/steady/mean"))?)
}

fn is_kept(figures: &Figures) -> Result<bool, Box<dyn Error>> {
    let ratios = BUDGETS.map(|(_, figure, limit)| Ok(to_mean(figures, figure, "defaults")? <= limit));
    ratios.into_iter().try_fold(true, |all, ratio| ratio.map(|ratio| all && ratio))
}

fn page(figures: &Figures) -> Result<String, Box<dyn Error>> {
    let early: Result<Vec<String>, Box<dyn Error>> = EARLY
        .iter()
        .map(|minute| Ok(thousands(get(figures, &format!("defaults/minute/{minute}"))?)))
        .collect();
    let lengths: Vec<&str> = figures.below("outage at the start/").map(|(length, _)| length).collect();
    let shared = get(figures, "shared cache/steady/peak")?;
    let fills = [
        ("{fleets}\n", fleets(figures)?),
        ("{budgets}\n", budgets(figures)?),
        ("{start}", thousands(get(figures, "defaults/start")?)),
        ("{minutes}", EARLY.map(|minute| minute.to_string()).join(" | ")),
        ("{rule}", "---:|".repeat(EARLY.len())),
        ("{early}", early?.join(" | ")),
        ("{spread}", spread(figures)?.to_string()),
        ("{lengths}", lengths.iter().map(|length| format!("{length} min")).collect::<Vec<_>>().join(" | ")),
        ("{lengths_rule}", "---:|".repeat(lengths.len())),
        ("{outages}\n", outages(figures)?),
        ("{shared}", format!("{:.1}", to_mean(figures, "shared cache/steady/peak", "shared cache")?)),
        ("{shared_to_defaults}", format!("{:.0} %", 100.0 * shared / get(figures, "defaults/steady/mean")?)),
        ("{shared_outage}", thousands(get(figures, "shared cache/outage/peak")?)),
    ];
    let page = include_str!("page.md").to_owned();
    Ok(fills.into_iter().fold(page, |page, (place, text)| page.replace(place, &text)))
}

fn fleets(figures: &Figures) -> Result<String, Box<dyn Error>> {
    let mut rows = String::new();
    for fleet in FLEETS {
        let number =
            |name: &str| Ok::<_, Box<dyn Error>>(thousands(get(figures, &format!("{fleet}/{name}"))?));
        let ratio = |name: &str| to_mean(figures, &format!("{fleet}/{name}"), fleet);
        rows += &format!(
            "| {fleet} | {} | {} | {:.2} | {} | {} | {} | {:.2} |\n",
            number("steady/mean")?,
            number("steady/peak")?,
            ratio("steady/peak")?,
            number("outage/mean")?,
            number("outage/peak")?,
            number("recovery/peak")?,
            ratio("recovery/peak")?,
        );
    }
    Ok(rows)
}

fn budgets(figures: &Figures) -> Result<String, Box<dyn Error>> {
    let mut rows = String::new();
    for (name, figure, limit) in BUDGETS {
        let ratio = to_mean(figures, figure, "defaults")?;
        let verdict = if ratio <= limit { "kept" } else { "**broken**" };
        rows += &format!("| {name} | {limit:.2} | {ratio:.2} | {verdict} |\n");
    }
    Ok(rows)
}

/// From which minute on no second has more than twice the mean of the steady state.
fn spread(figures: &Figures) -> Result<usize, Box<dyn Error>> {
    let most = 2.0 * get(figures, "defaults/steady/mean")?;
    let minutes: Vec<f64> = figures.below("defaults/minute/").map(|(_, peak)| peak).collect();
    Ok(minutes.iter().rposition(|peak| *peak > most).map_or(0, |last| last + 1))
}

fn outages(figures: &Figures) -> Result<String, Box<dyn Error>> {
    let mut rows = String::new();
    for when in OUTAGES {
        rows += &format!("| {when} |");
        for (_, peak) in figures.below(&format!("outage {when}/")) {
            rows += &format!(" {:.2} |", peak / get(figures, "defaults/steady/mean")?);
        }
        rows.push('\n');
    }
    Ok(rows)
}

fn plot(figures: &Figures) -> String {
    let mut curves = FLEETS.map(|fleet| -> Curve {
        let start = format!("{fleet}/minute/");
        let minutes = figures.below(&start).filter(|(_, peak)| *peak > 0.0);
        (fleet.to_owned(), minutes.filter_map(|(minute, peak)| Some((minute.parse().ok()?, peak))).collect())
    });
    // What is drawn last is on top.
    curves.reverse();
    let plot = Plot {
        name: "Requests a second from 100,000 clients over time",
        title: "Requests from 100,000 clients: the busiest second of each minute",
        across: Axis { title: "minutes since all have started", kind: Kind::Steps(15.0) },
        up: Axis { title: "requests a second, logarithmic", kind: Kind::Decades },
        curves: &curves,
        marked: 15,
        shade: Some(("the CDN fails", 60.0, 90.0)),
    };
    plot.svg()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A simulation of which only the busiest second in steady state differs.
    fn figures(steady_peak: u32) -> Figures {
        let mut lines = String::new();
        for fleet in FLEETS {
            lines +=
                &format!("{fleet}/start 1000\n{fleet}/steady/mean 100\n{fleet}/steady/peak {steady_peak}\n");
            lines += &format!("{fleet}/outage/mean 30\n{fleet}/outage/peak 110\n{fleet}/recovery/peak 150\n");
            (0..60).for_each(|minute| lines += &format!("{fleet}/minute/{minute} {}\n", 1000 / (minute + 1)));
        }
        OUTAGES.iter().for_each(|when| lines += &format!("outage {when}/0.5 120\noutage {when}/30 180\n"));
        Figures::parse(&lines).unwrap()
    }

    #[test]
    fn the_page_is_filled() {
        let page = page(&figures(120)).unwrap();
        assert!(!page.contains(['{', '}']), "{page}");
        for text in [
            "| defaults | 100 | 120 | 1.20 | 30 | 110 | 150 | 1.50 |",
            "From minute 4 on",
            "| at the start | 1.20 | 1.80 |",
        ] {
            assert!(page.contains(text), "{text} is not in {page}");
        }
    }

    #[test]
    fn a_budget_is_kept_or_broken() {
        let verdict =
            |peak| (is_kept(&figures(peak)).unwrap(), budgets(&figures(peak)).unwrap().contains("broken"));
        assert_eq!((verdict(200), verdict(201)), ((true, false), (false, true)));
        assert!(is_kept(&Figures::default()).is_err());
    }
}
