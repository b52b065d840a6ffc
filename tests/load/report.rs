//! What was measured, as a table and as a chart.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::measure::Cost;
use crate::works::Ceilings;

/// A work at one size: what it cost, and its processor time and rate against ceilings. A ratio above 1 is faster.
#[derive(Debug, Clone)]
pub struct Row {
    articles: usize,
    name: String,
    cost: Cost,
    /// Of processor time and of the rate, each against its name.
    ratios: Vec<(&'static str, f64, f64)>,
}

#[derive(Debug, Default)]
pub struct Report {
    rows: Vec<Row>,
    starts: Vec<(usize, Duration)>,
    memory: Vec<(usize, u64)>,
    /// The table of writes.
    writes: String,
}

fn ratio(name: &'static str, ceiling: Cost, cost: Cost) -> (&'static str, f64, f64) {
    (name, ceiling.micros / cost.micros, cost.rate / ceiling.rate)
}

impl Row {
    pub fn against(articles: usize, name: &str, cost: Cost, ceilings: &Ceilings) -> Self {
        let all = [("bare", ceilings.bare), ("middleware", ceilings.middleware), ("nginx", ceilings.nginx)];
        let ratios =
            all.into_iter().filter_map(|(name, ceiling)| Some(ratio(name, ceiling?, cost))).collect();
        Self { articles, name: name.to_owned(), cost, ratios }
    }

    pub fn of_article(articles: usize, name: &str, cost: Cost, article: Cost) -> Self {
        let ratios = vec![ratio("article", article, cost)];
        Self { articles, name: name.to_owned(), cost, ratios }
    }

    pub fn text(&self) -> String {
        let Self { articles, name, cost, ratios } = self;
        let Cost { rate, p50, p99, micros } = cost;
        let mut line = format!("| {articles} | {name} | {rate:.0} | {p50:.2} | {p99:.2} | {micros:.1} |");
        for column in ["bare", "middleware", "nginx", "article"] {
            let found = ratios.iter().find(|(name, ..)| *name == column);
            let cell = found.map_or(String::new(), |(_, time, rate)| format!("{time:.2} / {rate:.2}"));
            let _ = write!(line, " {cell} |");
        }
        line
    }
}

impl Report {
    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub fn start(&mut self, articles: usize, took: Duration) {
        println!("start to first answer, {articles} articles: {:.3} s", took.as_secs_f64());
        self.starts.push((articles, took));
    }

    pub fn memory(&mut self, articles: usize, megabytes: u64) {
        println!("resident memory after the load, {articles} articles: {megabytes} MB");
        self.memory.push((articles, megabytes));
    }

    pub fn writes(&mut self, table: String) {
        self.writes = table;
    }

    /// The whole table.
    pub fn text(&self) -> String {
        let mut text = "Ratios are processor time / rate against that ceiling in the same run; above 1 is faster. \
            32 connections, one machine for both sides.\n\n\
            | articles | work | requests/s | p50 ms | p99 ms | processor µs | of a bare route | of the middleware | of nginx | of an uncached article |\n\
            |---:|---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
            .to_owned();
        for row in &self.rows {
            text += &row.text();
            text.push('\n');
        }
        text.push('\n');
        for ((articles, took), (_, megabytes)) in self.starts.iter().zip(&self.memory) {
            let _ = writeln!(
                text,
                "- {articles} articles: {:.3} s from start to first answer; {megabytes} MB resident after the load.",
                took.as_secs_f64()
            );
        }
        text + &self.writes
    }

    pub fn write(&self, folder: &Path) {
        std::fs::write(folder.join("results.md"), self.text()).expect("the table");
        std::fs::write(folder.join("results.svg"), self.chart()).expect("the chart");
    }

    /// Bars: processor time a request of each work, a bar a size.
    fn chart(&self) -> String {
        const LEFT: f64 = 270.0;
        const WIDTH: f64 = 400.0;
        let mut names: Vec<&str> = Vec::new();
        let mut sizes: Vec<usize> = Vec::new();
        for row in &self.rows {
            if !names.contains(&row.name.as_str()) {
                names.push(&row.name);
            }
            if !sizes.contains(&row.articles) {
                sizes.push(row.articles);
            }
        }
        let most = self.rows.iter().map(|row| row.cost.micros).fold(1.0, f64::max);
        let step = 10.0 * sizes.len() as f64 + 10.0;
        let height = 50.0 + step * names.len() as f64;
        let mut bars = String::new();
        for (at, name) in names.iter().enumerate() {
            let top = 44.0 + step * at as f64;
            let middle = top + step / 2.0 - 2.0;
            let _ = writeln!(
                bars,
                "<text x=\"{}\" y=\"{middle:.0}\" text-anchor=\"end\">{name}</text>",
                LEFT - 8.0
            );
            for (number, size) in sizes.iter().enumerate() {
                let Some(row) = self.rows.iter().find(|row| row.name == *name && row.articles == *size)
                else {
                    continue;
                };
                // Logarithmic, from one microsecond on.
                let length = WIDTH * (row.cost.micros.max(1.0).ln() / most.ln()).max(0.005);
                let y = top + 10.0 * number as f64;
                let _ = writeln!(
                    bars,
                    "<rect class=\"s{number}\" x=\"{LEFT}\" y=\"{y:.0}\" width=\"{length:.0}\" height=\"8\"/>\
                     <text class=\"v\" x=\"{:.0}\" y=\"{:.0}\">{:.0}</text>",
                    LEFT + length + 4.0,
                    y + 7.5,
                    row.cost.micros
                );
            }
        }
        let mut legend = String::new();
        for (number, size) in sizes.iter().enumerate() {
            let x = LEFT + 130.0 * number as f64;
            let _ = writeln!(
                legend,
                "<rect class=\"s{number}\" x=\"{x}\" y=\"24\" width=\"8\" height=\"8\"/><text x=\"{}\" y=\"32\">{size} articles</text>",
                x + 12.0
            );
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 {height:.0}\" role=\"img\" \
             aria-label=\"Processor time a request\" font-family=\"system-ui, sans-serif\" font-size=\"11\">\n\
             <style>svg {{ background: #fff }} text {{ fill: #222 }} .v {{ font-size: 9px; fill: #555 }}\n\
             .s0 {{ fill: #9cc5e8 }} .s1 {{ fill: #4a90c8 }} .s2 {{ fill: #1d4e79 }}</style>\n\
             <text x=\"8\" y=\"16\" font-weight=\"bold\">Processor time a request, in microseconds (logarithmic)</text>\n\
             {legend}{bars}</svg>\n"
        )
    }
}
