//! The growth curves as an SVG: log-log, readable on light and on dark ground.

use super::figures::Figures;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 500.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 630.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 440.0;
/// Colours of middle lightness, which are seen on both grounds; the markers tell the curves apart without them.
const COLOURS: [&str; 8] =
    ["#1f86d6", "#e0711c", "#2a9d4a", "#d6404a", "#9467d9", "#a8705c", "#d760b0", "#8f8f22"];

/// A name, and sizes with times in ns.
pub(super) type Curve = (String, Vec<(f64, f64)>);

/// The curves among the figures.
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
    let points = || curves.iter().flat_map(|(_, points)| points);
    let across = Scale::over(points().map(|point| point.0), LEFT, RIGHT);
    let up = Scale::over(points().map(|point| point.1), BOTTOM, TOP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<title>Time of an evaluation by size</title>\n<style>\n\
         text {{ fill: #333 }} .grid {{ stroke: #888; stroke-opacity: .3 }} .ground {{ fill: #fff }}\n\
         @media (prefers-color-scheme: dark) {{ text {{ fill: #ddd }} .ground {{ fill: #161b22 }} }}\n</style>\n\
         <rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">Time of get_value by size, both axes logarithmic</text>\n"
    );
    for tick in across.ticks() {
        let x = across.place(tick);
        svg += &format!("<path class=\"grid\" d=\"M{x:.1} {TOP}V{BOTTOM}\"/>\n");
        svg += &format!(
            "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
            BOTTOM + 20.0,
            label(tick)
        );
    }
    for tick in up.ticks() {
        let y = up.place(tick);
        svg += &format!("<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>\n");
        svg += &format!(
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
            LEFT - 8.0,
            y + 4.5,
            label(tick)
        );
    }
    let middle = f64::midpoint(LEFT, RIGHT);
    svg += &format!(
        "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">size: items of the list, flags, rules, attributes</text>\n",
        BOTTOM + 44.0
    );
    svg += &format!(
        "<text transform=\"translate(16 {}) rotate(-90)\" text-anchor=\"middle\">ns an evaluation</text>\n",
        f64::midpoint(TOP, BOTTOM)
    );
    for (i, ((name, points), y)) in curves.iter().zip(label_heights(curves, &up)).enumerate() {
        let colour = COLOURS.get(i % COLOURS.len()).unwrap_or(&"#888");
        let places: Vec<(f64, f64)> =
            points.iter().map(|&(size, time)| (across.place(size), up.place(time))).collect();
        svg += &line(i, colour, &places);
        // The last point and the name belong together however far the name had to move.
        if let Some((x, last)) = places.last() {
            svg += &format!(
                "<path d=\"M{x:.1} {last:.1}L{RIGHT} {last:.1}L{} {y:.1}\" stroke=\"{colour}\" \
                 stroke-dasharray=\"2 3\" stroke-opacity=\".7\" fill=\"none\"/>\n",
                RIGHT + 14.0
            );
        }
        svg += &marker(i, colour, RIGHT + 20.0, y);
        svg += &format!("<text x=\"{}\" y=\"{:.1}\">{name}</text>\n", RIGHT + 30.0, y + 4.5);
    }
    svg + "</svg>\n"
}

fn line(i: usize, colour: &str, places: &[(f64, f64)]) -> String {
    let coordinates: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let mut svg = format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n",
        coordinates.join(" ")
    );
    places.iter().for_each(|&(x, y)| svg += &marker(i, colour, x, y));
    svg
}

/// A circle, a square, a diamond or a triangle, filled or not.
fn marker(i: usize, colour: &str, x: f64, y: f64) -> String {
    let path = match i % 4 {
        0 => "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
        1 => "M-4 -4h8v8h-8z",
        2 => "M0 -5l5 5l-5 5l-5 -5z",
        _ => "M0 -5l5 9h-10z",
    };
    let fill = if i < 4 { format!("fill=\"{colour}\"") } else { "class=\"ground\"".to_owned() };
    format!(
        "<path transform=\"translate({x:.1} {y:.1})\" d=\"{path}\" {fill} stroke=\"{colour}\" stroke-width=\"1.5\"/>\n"
    )
}

/// Where the names go: beside the last points, but a line apart.
fn label_heights(curves: &[Curve], up: &Scale) -> Vec<f64> {
    const APART: f64 = 19.0;
    let wanted = |(_, points): &Curve| points.last().map_or(TOP, |point| up.place(point.1));
    let mut order: Vec<(usize, f64)> = curves.iter().map(wanted).enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut below = f64::NEG_INFINITY;
    for (_, y) in &mut order {
        *y = y.max(below);
        below = *y + APART;
    }
    // What ran out at the bottom moves all above it up.
    let mut above = BOTTOM;
    for (_, y) in order.iter_mut().rev() {
        *y = y.min(above);
        above = *y - APART;
    }
    order.sort_by_key(|(i, _)| *i);
    order.into_iter().map(|(_, y)| y).collect()
}

/// A logarithmic axis over whole decades.
struct Scale {
    decades: (f64, f64),
    from: f64,
    to: f64,
}

impl Scale {
    fn over(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (least, most) = values
            .filter(|value| *value > 0.0)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| {
                (least.min(value), most.max(value))
            });
        let decades = if least <= most { (least.log10().floor(), most.log10().ceil()) } else { (0.0, 1.0) };
        Self { decades: (decades.0, decades.1.max(decades.0 + 1.0)), from, to }
    }

    fn place(&self, value: f64) -> f64 {
        let (least, most) = self.decades;
        self.from + (value.log10() - least) / (most - least) * (self.to - self.from)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let (least, most) = self.decades;
        std::iter::successors(Some(least), move |decade| Some(decade + 1.0))
            .take_while(move |decade| *decade <= most)
            .map(|decade| 10_f64.powf(decade))
    }
}

fn label(value: f64) -> String {
    match value {
        1e6.. => format!("{} M", value / 1e6),
        1e3.. => format!("{} k", value / 1e3),
        _ => value.to_string(),
    }
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

    #[test]
    fn axes_are_whole_decades() {
        let scale = Scale::over([30.0, 2000.0].into_iter(), 0.0, 300.0);
        assert_eq!(scale.ticks().collect::<Vec<_>>(), [10.0, 100.0, 1000.0, 10_000.0]);
        assert_eq!([10.0, 1000.0, 10_000.0].map(|value| scale.place(value).round()), [0.0, 200.0, 300.0]);
        assert_eq!(Scale::over(std::iter::empty(), 0.0, 1.0).ticks().count(), 2);
    }

    #[test]
    fn names_keep_apart_and_inside() {
        let curves = [40.0, 41.0, 10.0].map(|time| (String::new(), vec![(1.0, time)]));
        let up = Scale::over([10.0, 100.0].into_iter(), BOTTOM, TOP);
        let heights = label_heights(&curves, &up);
        assert!((heights[0] - heights[1]).abs() >= 19.0 && heights[2] <= BOTTOM);
    }

    #[test]
    fn a_plot_names_its_curves() {
        let svg = svg(&[("is one of".to_owned(), vec![(10.0, 40.0), (100.0, 41.0)])]);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && svg.contains(">is one of</text>"));
    }
}
