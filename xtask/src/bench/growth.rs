//! The growth curves as a plot.

use super::figures::Figures;
use crate::plot::{Axis, Curve, Kind, Plot};

/// The curves among the figures: sizes with times in ns.
pub(super) fn curves(figures: &Figures) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    for (name, time) in figures.below("growth ") {
        let Some((curve, size)) = name.rsplit_once('/') else { continue };
        let Ok(size) = size.parse() else { continue };
        match curves.iter_mut().find(|(known, _)| known == curve) {
            Some((_, points)) => points.push((size, time)),
            None => curves.push((curve.to_owned(), vec![(size, time)])),
        }
    }
    curves
}

/// Draws curves.
pub(super) fn svg(curves: &[Curve]) -> String {
    let plot = Plot {
        name: "Time of an evaluation by size",
        title: "Time of get_value by size, both axes logarithmic",
        across: Axis { title: "size: items of the list, flags, rules, attributes", kind: Kind::Decades },
        up: Axis { title: "ns an evaluation", kind: Kind::Decades },
        curves,
        marked: 1,
        shade: None,
    };
    plot.svg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_read_from_the_figures() {
        let figures =
            Figures::parse("growth is one of/10 40\nW1/client 30\ngrowth is one of/100 41\n").unwrap();
        assert_eq!(curves(&figures), [("is one of".to_owned(), vec![(10.0, 40.0), (100.0, 41.0)])]);
    }
}
