//! Decides whether a table's first row holds names.

use super::field::Field;

/// Returns whether `first` is a header, judged by the rows after it, whose fields are trimmed.
///
/// A row is a header if it has text where `others` have numbers, and all its own numbers count up by one,
/// as pandas names columns without names; or if it only counts up and the others have fractions.
pub fn is_header(first: &[String], others: &[Vec<String>]) -> bool {
    let fields: Vec<_> = first.iter().map(|text| Field::read(text)).collect();
    let texts = fields.iter().filter(|field| matches!(field, Field::Text(_))).count();
    let counts = counts_up(first);
    if texts == 0 {
        let fraction = |text: &String| text.contains('.') && Field::read(text).is_number();
        return counts && first.len() >= 3 && others.iter().flatten().any(fraction);
    }
    let numbers = fields.iter().filter(|field| field.is_number()).count();
    if numbers > 0 && !counts {
        return false;
    }
    if others.is_empty() {
        return numbers == 0;
    }
    fields.iter().enumerate().any(|(column, field)| {
        let mut below = others.iter().filter_map(|row| row.get(column)).map(|text| Field::read(text));
        matches!(field, Field::Text(_))
            && below.clone().any(Field::is_number)
            && below.all(|field| !matches!(field, Field::Text(_)))
    })
}

/// Returns the classes' names in `first`, if it is the first line of scikit-learn's own files: the number
/// of rows, the number of values in each, and a name for each class.
pub fn bundle(first: &[String], others: &[Vec<String>]) -> Option<Vec<String>> {
    let [rows, values, names @ ..] = first else { return None };
    let _: usize = rows.parse().ok()?;
    let columns = values.parse::<usize>().ok()?.checked_add(1)?;
    let fits = names.len() >= 2 && names.iter().all(|name| matches!(Field::read(name), Field::Text(_)));
    (fits && !others.is_empty() && others.iter().all(|row| row.len() == columns)).then(|| names.to_vec())
}

/// Returns whether the numbers of a row are whole, and each is one more than the previous.
fn counts_up(row: &[String]) -> bool {
    let digits = |text: &&String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let numbers: Vec<&String> = row.iter().filter(|text| Field::read(text).is_number()).collect();
    let whole: Option<Vec<u64>> =
        numbers.iter().map(|text| Some(*text).filter(digits)?.parse().ok()).collect();
    whole.is_some_and(|whole| !whole.is_empty() && whole.windows(2).all(|pair| pair[1] == pair[0] + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(',').map(String::from).collect()).collect()
    }

    #[test]
    fn a_header_is_told_from_a_row() {
        for (text, expected) in [
            ("a,b,label\n1,2,0\n2,3,1", true),
            ("a,b,kind\n1,2,cat\n2,3,dog", true),
            ("1,2,cat\n2,3,dog", false),
            ("1.5,oops,3\n1.5,2,3", false),
            (",a,b\n0,1,2", true),
            ("0,1,2,label\n0.1,0.2,0.3,1", true),
            ("0,1,2,3\n0.1,0.2,0.3,1", true),
            ("0,1,2,3\n1,0,5,3", false),
            ("5.1,3.5,1.4,setosa\n5,3,1,setosa", false),
            ("a,b,c", true),
            ("1,2,3", false),
            ("a,b\nNA,2\n,3", true),
        ] {
            let rows = rows(text);
            assert_eq!(is_header(&rows[0], &rows[1..]), expected, "{text}");
        }
        let iris = rows("2,3,setosa,versicolor\n5.1,3.5,1.4,0\n4.9,3.0,1.4,1");
        assert_eq!(bundle(&iris[0], &iris[1..]), Some(vec!["setosa".into(), "versicolor".into()]));
        let plain = rows("2,4,cat,dog\n5,3,cat,dog");
        assert_eq!(bundle(&plain[0], &plain[1..]), None);
    }
}
