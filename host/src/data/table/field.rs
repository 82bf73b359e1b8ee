//! Reads one field of a table: a number, nothing, or text.

/// The content of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Field<'a> {
    /// A finite number.
    Number(f32),
    /// A finite number written with a decimal comma.
    Comma(f32),
    /// No value: the field is empty, or holds one of the usual words for a missing value.
    Missing,
    /// Anything else.
    Text(&'a str),
}

/// Texts that mean a missing value, as pandas reads them.
const MISSING: [&str; 10] = ["", "na", "n/a", "#n/a", "nan", "null", "none", "?", "<na>", "-"];

impl<'a> Field<'a> {
    /// Reads `text`, which must be trimmed. True and false are 1 and 0.
    pub fn read(text: &'a str) -> Self {
        if MISSING.iter().any(|word| text.eq_ignore_ascii_case(word)) {
            return Self::Missing;
        }
        let finite = |text: &str| text.parse().ok().filter(|value: &f32| value.is_finite());
        if let Some(value) = finite(text) {
            return Self::Number(value);
        }
        if text.eq_ignore_ascii_case("true") {
            return Self::Number(1.0);
        }
        if text.eq_ignore_ascii_case("false") {
            return Self::Number(0.0);
        }
        if text.matches(',').count() == 1
            && !text.contains('.')
            && let Some(value) = finite(&text.replace(',', "."))
        {
            return Self::Comma(value);
        }
        Self::Text(text)
    }

    /// Returns whether the field is a number in either form.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Number(_) | Self::Comma(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_numbers_nothing_or_text() {
        for (text, expected) in [
            ("1.5", Field::Number(1.5)),
            ("-2e3", Field::Number(-2000.0)),
            ("True", Field::Number(1.0)),
            ("3,25", Field::Comma(3.25)),
            ("NaN", Field::Missing),
            ("", Field::Missing),
            ("?", Field::Missing),
            ("inf", Field::Text("inf")),
            ("1e99", Field::Text("1e99")),
            ("1,234.5", Field::Text("1,234.5")),
            ("setosa", Field::Text("setosa")),
        ] {
            assert_eq!(Field::read(text), expected, "{text}");
        }
    }
}
