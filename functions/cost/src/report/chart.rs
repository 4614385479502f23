//! Charts as SVG inside the page: colours are the page's own, so that they follow its light and dark.
//!
//! All are drawn 360 units wide, about the width of a phone, so that their text is as large as the page's.

use shared::html::Escaped;

use crate::analyze::{Analysis, Projected};
use crate::item::Component;
use crate::money::MicroUsd;
use crate::wording::grouped;

const WIDTH: f64 = 360.0;

/// What each component costs now, a bar each.
pub(super) fn components(analysis: &Analysis) -> String {
    const ROW: f64 = 38.0;
    let components = analysis.components();
    let most = components.iter().map(|(_, now, _)| *now).max().unwrap_or_default();
    let mut top = 0.0;
    let mut rows = Vec::new();
    for (component, now, _) in components {
        let name = component.name();
        rows.push(format!(
            "<g transform=\"translate(0 {top:.0})\"><text x=\"0\" y=\"14\">{}</text>\
             <text x=\"{WIDTH}\" y=\"14\" class=\"end figure\">{}{now}</text>\
             <rect y=\"20\" width=\"{WIDTH}\" height=\"8\" rx=\"2\" class=\"track\"/>\
             <rect y=\"20\" width=\"{:.1}\" height=\"8\" rx=\"2\" class=\"{name}\"/></g>",
            component.title(),
            analysis.at_least_mark(component),
            share(now, most) * WIDTH,
        ));
        top += ROW;
    }
    svg("Cost of each component a month", &analysis.component_amounts().join(", "), top, &rows.concat())
}

/// Both bills, a bar each, in which every component has its part.
pub(super) fn comparison(analysis: &Analysis) -> String {
    let (current, baseline) = (analysis.current.total(), analysis.baseline.total());
    let most = current.max(baseline);
    let parts = analysis.components();
    let now: Vec<_> = parts.iter().map(|(component, now, _)| (*component, *now)).collect();
    let then: Vec<_> = parts.iter().map(|(component, _, then)| (*component, *then)).collect();
    let legend: Vec<String> =
        (0_u8..).zip(Component::ALL).map(|(position, of)| swatch(position, of)).collect();
    let content = format!(
        "{}{}<g transform=\"translate(0 132)\">{}</g>",
        stacked("Now", current, &now, (0.0, most)),
        stacked("Everything pre-generated", baseline, &then, (64.0, most)),
        legend.concat()
    );
    let label = format!("{current} a month now, {baseline} with every variant pre-generated and stored.");
    svg("Now against pre-generating", &label, 180.0, &content)
}

fn stacked(
    name: &str,
    total: MicroUsd,
    parts: &[(Component, MicroUsd)],
    (top, most): (f64, MicroUsd),
) -> String {
    const HEIGHT: f64 = 26.0;
    let (mut left, mut bars) = (0.0, Vec::new());
    for (component, cost) in parts {
        let width = share(*cost, most) * WIDTH;
        bars.push(format!(
            "<rect x=\"{left:.1}\" y=\"22\" width=\"{width:.1}\" height=\"{HEIGHT}\" class=\"{} part\">\
             <title>{}: {cost}</title></rect>",
            component.name(),
            component.title()
        ));
        left += width;
    }
    format!(
        "<g transform=\"translate(0 {top})\"><text x=\"0\" y=\"14\">{name}</text>\
         <text x=\"{WIDTH}\" y=\"14\" class=\"end figure\">{total}</text>{}</g>",
        bars.concat()
    )
}

fn swatch(position: u8, component: Component) -> String {
    const COLUMNS: u8 = 3;
    let (column, row) = (position % COLUMNS, position / COLUMNS);
    format!(
        "<g transform=\"translate({} {})\"><rect y=\"3\" width=\"11\" height=\"11\" rx=\"2\" class=\"{}\"/>\
         <text x=\"17\" y=\"13\">{}</text></g>",
        u32::from(column) * 120,
        u32::from(row) * 22,
        component.name(),
        component.title()
    )
}

/// Both bills over the traffic, a line each.
pub(super) fn projection(analysis: &Analysis) -> String {
    let axes = Axes::of(&analysis.projection);
    let content = format!(
        "{}{}{}{}{}",
        axes.ticks(),
        axes.line("then", &analysis.projection, |at| at.baseline),
        axes.line("now", &analysis.projection, |at| at.current),
        key(0.0, "now", "Now"),
        key(92.0, "then", "Everything pre-generated"),
    );
    let label = "The month's cost at 0.5 to 10 times today's traffic; the table below has the figures.";
    svg("Cost over traffic", label, Axes::BOTTOM + 44.0, &content)
}

fn key(left: f64, class: &str, name: &str) -> String {
    format!(
        "<g transform=\"translate({left} 0)\"><path d=\"M0 9H24\" class=\"line {class}\"/>{}\
         <text x=\"32\" y=\"13\">{name}</text></g>",
        point(class, (12.0, 9.0))
    )
}

/// A point of a line: its shape tells the lines apart where colours don't.
fn point(class: &str, (x, y): (f64, f64)) -> String {
    if class == "now" {
        format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" class=\"point {class}\"/>")
    } else {
        let (left, top) = (x - 3.5, y - 3.5);
        format!("<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"7\" height=\"7\" class=\"point {class}\"/>")
    }
}

/// Where amounts and traffic lie.
struct Axes {
    /// The amounts of the grid, from nothing on.
    ticks: Vec<MicroUsd>,
    /// The traffic of the points, and the greatest.
    traffic: Vec<f64>,
    most_traffic: f64,
}

impl Axes {
    const LEFT: f64 = 52.0;
    const RIGHT: f64 = WIDTH - 8.0;
    const TOP: f64 = 34.0;
    const BOTTOM: f64 = 224.0;

    fn of(projection: &[Projected]) -> Self {
        let most = projection.iter().map(|at| at.current.max(at.baseline)).max().unwrap_or_default();
        let traffic: Vec<f64> = projection.iter().map(|at| at.traffic.factor()).collect();
        let most_traffic = traffic.iter().copied().fold(1.0, f64::max);
        Self { ticks: ticks(most), traffic, most_traffic }
    }

    fn x(&self, traffic: f64) -> f64 {
        Self::LEFT + traffic / self.most_traffic * (Self::RIGHT - Self::LEFT)
    }

    fn y(&self, amount: MicroUsd) -> f64 {
        let top = self.ticks.last().copied().unwrap_or_default();
        Self::BOTTOM - share(amount, top) * (Self::BOTTOM - Self::TOP)
    }

    fn ticks(&self) -> String {
        let mut marks = Vec::new();
        for amount in &self.ticks {
            let y = self.y(*amount);
            marks.push(format!(
                "<path d=\"M{} {y:.1}H{}\" class=\"grid\"/><text x=\"{}\" y=\"{:.1}\" class=\"end tick\">{}</text>",
                Self::LEFT,
                Self::RIGHT,
                Self::LEFT - 8.0,
                y + 4.0,
                short(*amount)
            ));
        }
        for traffic in &self.traffic {
            let (x, y) = (self.x(*traffic), Self::BOTTOM + 18.0);
            let name = if *traffic < 1.0 { "½".to_owned() } else { traffic.to_string() };
            marks.push(format!("<text x=\"{x:.1}\" y=\"{y}\" class=\"middle tick\">{name}</text>"));
        }
        let (x, y) = (f64::midpoint(Self::LEFT, Self::RIGHT), Self::BOTTOM + 37.0);
        marks.push(format!("<text x=\"{x}\" y=\"{y}\" class=\"middle tick\">times today’s traffic</text>"));
        marks.concat()
    }

    fn line(&self, class: &str, projection: &[Projected], cost: impl Fn(&Projected) -> MicroUsd) -> String {
        let at: Vec<(f64, f64)> =
            projection.iter().map(|at| (self.x(at.traffic.factor()), self.y(cost(at)))).collect();
        let path: Vec<String> = at.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        let points: Vec<String> = at.iter().map(|at| point(class, *at)).collect();
        format!("<path d=\"M{}\" class=\"line {class}\"/>{}", path.join("L"), points.concat())
    }
}

/// Two to six round amounts from nothing to one that nothing exceeds.
fn ticks(most: MicroUsd) -> Vec<MicroUsd> {
    let most = most.millionths().max(1);
    let steps = (0..).flat_map(|exponent| [1, 2, 5].map(|digit| digit * 10_i128.pow(exponent)));
    let step = steps.take_while(|step| *step <= most).find(|step| step * 5 >= most).unwrap_or(most);
    (0..)
        .map(|times| times * step)
        .take(usize::try_from((most + step - 1) / step).unwrap_or(0) + 1)
        .map(MicroUsd::new)
        .collect()
}

/// A round amount as short as can be.
fn short(amount: MicroUsd) -> String {
    const DOLLAR: i128 = 1_000_000;
    let amounts = amount.millionths();
    let in_units = |unit: i128, name: &str| {
        let tenths = (amounts * 10 / unit / DOLLAR).unsigned_abs();
        let rest = if tenths.is_multiple_of(10) { String::new() } else { format!(".{}", tenths % 10) };
        format!("${}{rest}{name}", grouped(tenths / 10))
    };
    match amounts / DOLLAR {
        1_000_000.. => in_units(1_000_000, "M"),
        1_000.. => in_units(1_000, "K"),
        0.. if amounts % DOLLAR == 0 => in_units(1, ""),
        _ => amount.to_string(),
    }
}

/// A part of the most there is, 0 to 1.
fn share(part: MicroUsd, most: MicroUsd) -> f64 {
    if most == MicroUsd::ZERO { 0.0 } else { part.as_dollars() / most.as_dollars() }
}

fn svg(title: &str, description: &str, height: f64, content: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"{}\">{content}</svg>",
        Escaped(format_args!("{title}. {description}"))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_few_and_round_and_reach_the_most() {
        for (most, expected) in [
            (0, vec![0, 1]),
            (1, vec![0, 1]),
            (1_000_000, vec![0, 200_000, 400_000, 600_000, 800_000, 1_000_000]),
            (53_127, vec![0, 20_000, 40_000, 60_000]),
            (19, vec![0, 5, 10, 15, 20]),
        ] {
            assert_eq!(
                ticks(MicroUsd::new(most)),
                expected.into_iter().map(MicroUsd::new).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn amounts_of_the_grid_are_short() {
        for (millionths, shown) in [
            (0, "$0"),
            (20_000, "$0.02"),
            (500_000, "$0.50"),
            (1_500_000, "$1.50"),
            (1_500_000_000, "$1.5K"),
            (5_000_000, "$5"),
            (20_000_000_000, "$20K"),
            (5_000_000_000_000, "$5M"),
        ] {
            assert_eq!(short(MicroUsd::new(millionths)), shown);
        }
    }
}
