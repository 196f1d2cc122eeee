//! Plots as SVG, readable on light and on dark ground.

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 500.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 630.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 440.0;
/// Colours of middle lightness, which are seen on both grounds; the markers tell the curves apart
/// without them.
const COLOURS: [&str; 8] =
    ["#1f86d6", "#e0711c", "#2a9d4a", "#d6404a", "#9467d9", "#a8705c", "#d760b0", "#8f8f22"];

/// A name, and points.
pub(crate) type Curve = (String, Vec<(f64, f64)>);

/// A picture to draw.
pub(crate) struct Plot<'a> {
    /// The name that a screen reader reads.
    pub(crate) name: &'a str,
    /// The heading.
    pub(crate) title: &'a str,
    pub(crate) across: Axis<'a>,
    pub(crate) up: Axis<'a>,
    pub(crate) curves: &'a [Curve],
    /// Every which point has a marker.
    pub(crate) marked: usize,
    /// A part of the ground that is shaded: its name, and from where to where across.
    pub(crate) shade: Option<(&'a str, f64, f64)>,
}

/// An axis: what it shows, and how.
pub(crate) struct Axis<'a> {
    pub(crate) title: &'a str,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Logarithmic, over whole decades.
    Decades,
    /// Even, from 0 over whole steps of that length.
    Steps(f64),
}

impl Plot<'_> {
    pub(crate) fn svg(&self) -> String {
        let points = || self.curves.iter().flat_map(|(_, points)| points);
        let across = Scale::over(self.across.kind, points().map(|point| point.0), LEFT, RIGHT);
        let up = Scale::over(self.up.kind, points().map(|point| point.1), BOTTOM, TOP);
        self.ground()
            + &self.shade(&across)
            + &self.grid(&across, &up)
            + &self.lines(&across, &up)
            + "</svg>\n"
    }

    fn ground(&self) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
             font-size=\"13\">\n<title>{}</title>\n<style>\n\
             text {{ fill: #333 }} .grid {{ stroke: #888; stroke-opacity: .3 }} .ground {{ fill: #fff }}\n\
             @media (prefers-color-scheme: dark) {{ text {{ fill: #ddd }} .ground {{ fill: #161b22 }} }}\n</style>\n\
             <rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n\
             <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{}</text>\n",
            self.name, self.title,
        )
    }

    fn shade(&self, across: &Scale) -> String {
        let Some((name, from, to)) = self.shade else { return String::new() };
        let (from, to) = (across.place(from), across.place(to));
        format!(
            "<rect x=\"{from:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{}\" fill=\"#888\" fill-opacity=\".15\"/>\n\
             <text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{name}</text>\n",
            to - from,
            BOTTOM - TOP,
            f64::midpoint(from, to),
            TOP + 18.0,
        )
    }

    fn grid(&self, across: &Scale, up: &Scale) -> String {
        let mut svg = String::new();
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
        svg += &format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
            f64::midpoint(LEFT, RIGHT),
            BOTTOM + 44.0,
            self.across.title,
        );
        svg += &format!(
            "<text transform=\"translate(16 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
            f64::midpoint(TOP, BOTTOM),
            self.up.title,
        );
        svg
    }

    fn lines(&self, across: &Scale, up: &Scale) -> String {
        let mut svg = String::new();
        for (i, ((name, points), y)) in self.curves.iter().zip(label_heights(self.curves, up)).enumerate() {
            let colour = COLOURS.get(i % COLOURS.len()).unwrap_or(&"#888");
            let places: Vec<(f64, f64)> =
                points.iter().map(|point| (across.place(point.0), up.place(point.1))).collect();
            svg += &line(i, colour, &places, self.marked);
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
        svg
    }
}

fn line(i: usize, colour: &str, places: &[(f64, f64)], marked: usize) -> String {
    let coordinates: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let mut svg = format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n",
        coordinates.join(" ")
    );
    places.iter().step_by(marked.max(1)).for_each(|&(x, y)| svg += &marker(i, colour, x, y));
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

/// Where values are on an axis.
struct Scale {
    kind: Kind,
    /// The ends of the axis: decades, or steps.
    ends: (f64, f64),
    from: f64,
    to: f64,
}

impl Scale {
    fn over(kind: Kind, values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (least, most) = values
            .filter(|value| *value > 0.0)
            .map(|value| kind.units(value))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| {
                (least.min(value), most.max(value))
            });
        let least = if let Kind::Steps(_) = kind { 0.0 } else { least };
        let (least, most) = if least <= most { (least.floor(), most.ceil()) } else { (0.0, 1.0) };
        Self { kind, ends: (least, most.max(least + 1.0)), from, to }
    }

    /// Returns the place of a value; values below the axis are at its end.
    fn place(&self, value: f64) -> f64 {
        let (least, most) = self.ends;
        let units = self.kind.units(value).max(least);
        self.from + (units - least) / (most - least) * (self.to - self.from)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let (least, most) = self.ends;
        std::iter::successors(Some(least), |tick| Some(tick + 1.0))
            .take_while(move |tick| *tick <= most)
            .map(|tick| self.kind.value(tick))
    }
}

impl Kind {
    /// Returns a value in decades or steps.
    fn units(self, value: f64) -> f64 {
        match self {
            Self::Decades => value.log10(),
            Self::Steps(length) => value / length,
        }
    }

    fn value(self, units: f64) -> f64 {
        match self {
            Self::Decades => 10_f64.powf(units),
            Self::Steps(length) => units * length,
        }
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
    fn axes_are_whole_decades() {
        let scale = Scale::over(Kind::Decades, [30.0, 2000.0].into_iter(), 0.0, 300.0);
        assert_eq!(scale.ticks().collect::<Vec<_>>(), [10.0, 100.0, 1000.0, 10_000.0]);
        assert_eq!([10.0, 1000.0, 10_000.0].map(|value| scale.place(value).round()), [0.0, 200.0, 300.0]);
        assert_eq!(scale.place(0.0), 0.0, "nothing is below the axis");
        assert_eq!(Scale::over(Kind::Decades, std::iter::empty(), 0.0, 1.0).ticks().count(), 2);
    }

    #[test]
    fn axes_are_whole_steps_from_0() {
        let scale = Scale::over(Kind::Steps(15.0), [20.0, 40.0].into_iter(), 0.0, 90.0);
        assert_eq!(scale.ticks().collect::<Vec<_>>(), [0.0, 15.0, 30.0, 45.0]);
        assert_eq!([0.0, 15.0, 45.0].map(|value| scale.place(value)), [0.0, 30.0, 90.0]);
    }

    #[test]
    fn names_keep_apart_and_inside() {
        let curves = [40.0, 41.0, 10.0].map(|time| (String::new(), vec![(1.0, time)]));
        let up = Scale::over(Kind::Decades, [10.0, 100.0].into_iter(), BOTTOM, TOP);
        let heights = label_heights(&curves, &up);
        assert!((heights[0] - heights[1]).abs() >= 19.0 && heights[2] <= BOTTOM);
    }

    #[test]
    fn a_plot_names_its_curves() {
        let curves = [("is one of".to_owned(), vec![(10.0, 40.0), (100.0, 41.0)])];
        let axis = |title| Axis { title, kind: Kind::Decades };
        let svg = Plot {
            name: "name",
            title: "title",
            across: axis("size"),
            up: axis("time"),
            curves: &curves,
            marked: 1,
            shade: Some(("night", 20.0, 30.0)),
        };
        let svg = svg.svg();
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        for text in ["is one of", "size", "time", "title", "night", "100"] {
            assert!(svg.contains(&format!(">{text}</text>")), "{text}");
        }
    }
}
