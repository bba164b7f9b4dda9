//! The picture of the READMEs: the program in a terminal of 100 columns and 20 rows, as SVG.
//!
//! `cargo test --test it picture -- --ignored` takes it anew.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::support::{Screen, deploywatch, rows};

const ROWS: u16 = 20;
const COLUMNS: u16 = 100;

/// The size of a cell, and what stands around all of them, in pixels.
const CELL: (f64, f64) = (8.4, 19.0);
const MARGIN: f64 = 18.0;
/// The bar of the window, with the command.
const TITLE: f64 = 38.0;

const BACKGROUND: &str = "#0d1117";
const TEXT: &str = "#e6edf3";
const FAINT: &str = "#6e7681";
const FONTS: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace";

#[test]
#[ignore = "it writes docs/*.svg"]
fn the_picture_of_the_readmes() {
    for (lang, file) in [("en", "bars.svg"), ("zh", "bars.zh-CN.svg")] {
        let arguments = ["demo", "--scenario", "flaky", "--units", "120"];
        let title = format!("deploywatch {}", arguments.join(" "));
        let program = deploywatch(arguments).args(["--duration", "16s", "--interval", "200ms"]);
        let program = program.args(["--lang", lang]);
        let screen = Screen::spawn(program, ROWS, COLUMNS);
        let shot = RefCell::new(None);
        screen.wait_until("a picture with everything in it", |screen| {
            let rows = rows(screen);
            let has_row = |mark: &str| rows.iter().any(|row| row.starts_with(mark));
            // The bytes of one draw may come in two pieces.
            let is_whole = |row: &String| !row.ends_with('─');
            let drawn = rows.iter().take_while(|row| !row.is_empty());
            let whole = drawn.clone().count() == 17 && drawn.clone().all(is_whole);
            let all = whole && ["✓✓✓", "✗ 192", "▸ 192"].into_iter().all(has_row);
            if all {
                *shot.borrow_mut() = Some(svg(screen, &title));
            }
            all
        });
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(file), shot.take().unwrap()).unwrap();
    }
}

/// The screen in a window.
fn svg(screen: &vt100::Screen, title: &str) -> String {
    let height = rows(screen)
        .iter()
        .rposition(|row| !row.is_empty())
        .unwrap()
        + 1;
    let (width, height) = (
        f64::from(COLUMNS) * CELL.0 + 2.0 * MARGIN,
        height as f64 * CELL.1 + TITLE + MARGIN,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\" font-family=\"{FONTS}\" font-size=\"14\">\n\
         <title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n"
    );
    for (place, colour) in ["#ff5f57", "#febc2e", "#28c840"].iter().enumerate() {
        let x = MARGIN + 6.0 + place as f64 * 20.0;
        let _ = writeln!(
            svg,
            "<circle cx=\"{x}\" cy=\"19\" r=\"6\" fill=\"{colour}\"/>"
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"50%\" y=\"24\" fill=\"{FAINT}\" text-anchor=\"middle\">{title}</text>"
    );
    for row in 0..ROWS {
        draw_row(screen, row, &mut svg);
    }
    svg + "</svg>\n"
}

/// A row, in pieces of one colour and one kind.
fn draw_row(screen: &vt100::Screen, row: u16, svg: &mut String) {
    let mut column = 0;
    while column < COLUMNS {
        let start = column;
        let first = kind(screen, row, start);
        let mut text = String::new();
        while column < COLUMNS && kind(screen, row, column) == first {
            text += screen.cell(row, column).map_or("", vt100::Cell::contents);
            column += 1;
        }
        let Some((piece, colour, bold)) = first else {
            continue;
        };
        let (x, y) = (
            MARGIN + f64::from(start) * CELL.0,
            TITLE + f64::from(row) * CELL.1,
        );
        let width = f64::from(column - start) * CELL.0;
        let middle = y + CELL.1 / 2.0;
        // Drawn, for in many fonts there are gaps between the pieces of a line.
        let stroke = match piece {
            Piece::Text => {
                let weight = if bold { " font-weight=\"bold\"" } else { "" };
                let text = text.replace('&', "&amp;").replace('<', "&lt;");
                let _ = writeln!(
                    svg,
                    "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{colour}\"{weight} \
                     textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\">{text}</text>",
                    y + 14.0
                );
                continue;
            }
            Piece::Full => "stroke-width=\"5\"",
            Piece::Empty => "stroke-width=\"1.5\"",
        };
        let _ = writeln!(
            svg,
            "<path d=\"M{x:.1} {middle:.1}h{width:.1}\" stroke=\"{colour}\" {stroke}/>"
        );
    }
}

/// The look of a cell.
#[derive(Clone, Copy, PartialEq)]
enum Piece {
    Text,
    Full,
    Empty,
}

/// The kind of a cell, its colour and whether it is bold; none where there is nothing to see.
fn kind(screen: &vt100::Screen, row: u16, column: u16) -> Option<(Piece, &'static str, bool)> {
    let mut cell = screen.cell(row, column)?;
    if cell.is_wide_continuation() {
        // It belongs to the character before it.
        cell = screen.cell(row, column - 1)?;
    }
    let piece = match cell.contents() {
        "" | " " => return None,
        "━" => Piece::Full,
        "─" => Piece::Empty,
        _ => Piece::Text,
    };
    let colour = match cell.fgcolor() {
        _ if cell.dim() => FAINT,
        vt100::Color::Idx(1) => "#ff7b72",
        vt100::Color::Idx(2) => "#3fb950",
        vt100::Color::Idx(3) => "#d29922",
        vt100::Color::Idx(6) => "#39c5cf",
        _ => TEXT,
    };
    Some((piece, colour, cell.bold()))
}
