//! Prints tables for people.

use anyhow::Result;

use crate::output::harmless;

/// Prints columns as wide as they must be, with each row in a line of its own whatever its cells contain.
pub fn table(rows: &[Vec<String>]) -> Result<()> {
    let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(|cell| harmless(cell)).collect()).collect();
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns).map(width).collect();
    for row in &rows {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        super::print(cells.join("  ").trim_end())?;
    }
    Ok(())
}
