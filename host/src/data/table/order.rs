//! Finds columns that only count the rows.

/// Fewest rows that tell counting from chance.
const FEWEST: usize = 10;

/// Observes whether each column increases by 1 from row to row.
pub struct Order {
    last: Vec<f32>,
    counting: Vec<bool>,
    rows: usize,
}

impl Order {
    /// Starts with `columns` columns.
    pub fn new(columns: usize) -> Self {
        Self { last: Vec::new(), counting: vec![true; columns], rows: 0 }
    }

    /// Observes the next row.
    pub fn see(&mut self, row: &[f32]) {
        if self.rows > 0 {
            for ((counting, last), value) in self.counting.iter_mut().zip(&self.last).zip(row) {
                *counting &= *value == last + 1.0;
            }
        }
        self.last.clear();
        self.last.extend(row);
        self.rows += 1;
    }

    /// Returns the columns that counted in all rows.
    pub fn counting(&self) -> impl Iterator<Item = usize> {
        let enough = self.rows >= FEWEST;
        self.counting
            .iter()
            .enumerate()
            .filter(move |(_, counts)| enough && **counts)
            .map(|(column, _)| column)
    }
}
