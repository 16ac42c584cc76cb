//! Curves over two logarithmic axes, as SVG.

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use std::fs;
use std::ops::Range;
use std::path::Path;

/// A chart of throughput.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// What the x axis is.
    pub axis: String,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// One curve.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Its name in the legend.
    pub name: String,
    /// What was measured: value on the axis, pods per second.
    pub points: Vec<(f64, f64)>,
    /// Points to compare with, in the color of the curve: triangles and crosses.
    pub references: [Option<(f64, f64)>; 2],
}

const SIZE: (u32, u32) = (760, 460);

/// Colors that differ also to those who see fewer (Okabe and Ito).
const COLORS: [RGBColor; 7] = [
    RGBColor(0, 0, 0),
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

impl Chart {
    /// Writes the chart to a file.
    ///
    /// # Errors
    /// There is nothing to draw, or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut text = String::new();
        self.draw(&mut text).map_err(|error| anyhow!("{}: {error}", self.title))?;
        Ok(fs::write(path, text)?)
    }

    fn draw(&self, text: &mut String) -> Result<(), Box<dyn std::error::Error>> {
        let points = || {
            let of_curve = |curve: &Curve| {
                let references = curve.references.into_iter().flatten();
                curve.points.iter().copied().chain(references).collect::<Vec<_>>()
            };
            self.curves.iter().flat_map(of_curve)
        };
        let across = around(points().map(|(x, _)| x), 1.15).ok_or("no points")?;
        let up = around(points().map(|(_, y)| y), 2.0).ok_or("no points")?;
        let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let (drawing, legend) = area.split_horizontally(SIZE.0 - 160);
        let mut chart = ChartBuilder::on(&drawing)
            .caption(&self.title, ("sans-serif", 16))
            .margin(10)
            .x_label_area_size(40)
            .y_label_area_size(70)
            .build_cartesian_2d(across.log_scale(), up.log_scale())?;
        chart
            .configure_mesh()
            .x_desc(&self.axis)
            .y_desc("pods per second")
            .x_label_formatter(&|x| grouped(*x))
            .y_label_formatter(&|y| grouped(*y))
            .light_line_style(WHITE)
            .draw()?;
        for (curve, color) in self.curves.iter().zip(COLORS.iter().cycle()) {
            chart.draw_series(LineSeries::new(curve.points.clone(), color.stroke_width(2)))?;
            let dots = curve.points.iter().map(|point| Circle::new(*point, 3, color.filled()));
            chart.draw_series(dots)?;
            let [all, sample] = curve.references;
            let mark_all = |at| TriangleMarker::new(at, 6, color.filled());
            chart.draw_series(all.map(mark_all))?;
            chart.draw_series(sample.map(|at| Cross::new(at, 4, color.stroke_width(2))))?;
        }
        self.draw_legend(&legend)?;
        area.present()?;
        Ok(())
    }

    fn draw_legend(
        &self,
        area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let text = |line: &str, x, y| Text::new(line.to_owned(), (x, y - 6), ("sans-serif", 13));
        let mut y = 60;
        for (curve, color) in self.curves.iter().zip(COLORS.iter().cycle()) {
            area.draw(&PathElement::new([(4, y), (24, y)], color.stroke_width(2)))?;
            area.draw(&text(&curve.name, 30, y))?;
            y += 20;
        }
        if self.curves.iter().any(|curve| curve.references.iter().any(Option::is_some)) {
            area.draw(&text("kube-scheduler's loop:", 4, y + 20))?;
            area.draw(&TriangleMarker::new((14, y + 40), 6, BLACK.filled()))?;
            area.draw(&text("all nodes", 30, y + 40))?;
            area.draw(&Cross::new((14, y + 60), 4, BLACK.stroke_width(2)))?;
            area.draw(&text("default sample", 30, y + 60))?;
        }
        Ok(())
    }
}

/// From a little below the least to a little above the largest; `None` where there are no numbers.
fn around(numbers: impl Iterator<Item = f64>, factor: f64) -> Option<Range<f64>> {
    let bounds = numbers.fold(None, |bounds: Option<(f64, f64)>, number| {
        Some(bounds.map_or((number, number), |(least, most)| (least.min(number), most.max(number))))
    });
    bounds.map(|(least, most)| least / factor..most * factor)
}

/// A number with its thousands apart.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_shows_its_curves_by_name_with_axes_around_them() {
        let curve = |name: &str, rate| Curve {
            name: name.to_owned(),
            points: vec![(100.0, rate), (1000.0, rate / 2.0)],
            references: [Some((500.0, 90.0)), None],
        };
        let chart = Chart {
            title: "pods".to_owned(),
            axis: "nodes".to_owned(),
            curves: vec![curve("fast", 1e6), curve("slow", 1e3)],
        };
        let mut text = String::new();
        chart.draw(&mut text).unwrap();
        for part in ["<svg", "fast", "slow", "nodes", "1,000", "all nodes"] {
            assert!(text.contains(part), "{part} is in {text}");
        }
    }

    #[test]
    fn nothing_to_draw_is_an_error() {
        let chart = Chart { title: "pods".to_owned(), axis: "nodes".to_owned(), curves: vec![] };
        assert!(chart.draw(&mut String::new()).is_err());
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([7.0, 1000.0, 1_234_567.0].map(grouped), ["7", "1,000", "1,234,567"]);
    }
}
