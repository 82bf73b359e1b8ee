//! Finds the delimiter between the values of a line, unless it is given.

use crate::BadInput;

/// A character between values; runs of spaces count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiter(pub u8);

/// Candidates in the order in which they are tried. The comma comes late because it may also be the decimal
/// point of values that a semicolon or tab separates.
const CANDIDATES: [u8; 5] = [b'\t', b';', b'|', b',', b' '];

impl Delimiter {
    /// Parses what `--delimiter` takes: a single ASCII character, `tab` or `space`.
    ///
    /// # Errors
    /// Returns [`BadInput`] for anything else.
    pub fn parse(text: &str) -> Result<Self, BadInput> {
        match (text, text.as_bytes()) {
            ("tab" | "\\t", _) => Ok(Self(b'\t')),
            ("space", _) => Ok(Self(b' ')),
            (_, &[byte]) if byte.is_ascii() && !byte.is_ascii_alphanumeric() && byte != b'"' => {
                Ok(Self(byte))
            }
            _ => Err(BadInput::new("--delimiter", "a character, tab or space", format!("{text:?}"))),
        }
    }

    /// Returns the first candidate that occurs equally often in each of `lines`, or else in the first line;
    /// a comma if there is none.
    pub fn find(lines: &[&str]) -> Self {
        let counts = |delimiter| lines.iter().map(move |line| Self(delimiter).count(line));
        let same = |delimiter| {
            let first = counts(delimiter).next().unwrap_or(0);
            first > 0 && counts(delimiter).all(|count| count == first)
        };
        let some = |delimiter| counts(delimiter).next().is_some_and(|count| count > 0);
        let found = CANDIDATES.into_iter().find(|&delimiter| same(delimiter));
        // In a header of several words spaces stand for themselves.
        let first = || CANDIDATES[..4].iter().copied().find(|&delimiter| some(delimiter));
        Self(found.or_else(first).unwrap_or(b','))
    }

    /// Returns how often the delimiter occurs in `line`, outside quotes.
    pub fn count(self, line: &str) -> usize {
        let line = if self.0 == b' ' { line.trim() } else { line };
        let (mut quoted, mut count, mut previous) = (false, 0, 0);
        for byte in line.bytes() {
            if byte == b'"' {
                quoted = !quoted;
            } else if byte == self.0 && !quoted && !(byte == b' ' && previous == b' ') {
                count += 1;
            }
            previous = byte;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_found() {
        for (lines, expected) in [
            (&["a,b,c", "1,2,3"][..], b','),
            (&["a;b;c", "1,5;2,5;3"], b';'),
            (&["1,5;2,5", "1,5;2,5"], b';'),
            (&["a\tb c", "1\t2"], b'\t'),
            (&["1.0  2.0 3", "10.0 2.0   3"], b' '),
            (&["first name,second name", "1,2"], b','),
            (&["\"a;b\",c", "1,2"], b','),
            (&["alone", "1"], b','),
        ] {
            assert_eq!(Delimiter::find(lines), Delimiter(expected), "{lines:?}");
        }
        assert_eq!(Delimiter::parse("tab").ok(), Some(Delimiter(b'\t')));
        assert!(["", "ab", "ä", "1", "\""].iter().all(|text| Delimiter::parse(text).is_err()));
    }
}
