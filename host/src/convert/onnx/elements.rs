//! Counts the elements of a protobuf message before it is decoded: an empty element takes two bytes of a
//! file, and a hundred bytes of memory.

/// Fields of a message that take memory of their own.
pub enum Field {
    /// A message with these fields.
    Message(&'static [(u64, Field)]),
    /// Integers of at least one byte each.
    Integers,
}

/// Counts fields, including those of nested messages, and integers; `None` if the file is damaged.
pub fn elements(mut message: &[u8], fields: &[(u64, Field)]) -> Option<usize> {
    let mut elements = 0;
    while !message.is_empty() {
        let key = varint(&mut message)?;
        elements += match key & 7 {
            0 => varint(&mut message).map(|_| 1)?,
            1 => message.split_off(..8).map(|_| 0)?,
            2 => {
                let length = usize::try_from(varint(&mut message)?).ok()?;
                let contents = message.split_off(..length)?;
                match fields.iter().find(|(tag, _)| *tag == key >> 3) {
                    Some((_, Field::Message(fields))) => 1 + self::elements(contents, fields)?,
                    Some((_, Field::Integers)) => 1 + length,
                    None => 1,
                }
            }
            5 => message.split_off(..4).map(|_| 0)?,
            _ => return None,
        };
    }
    Some(elements)
}

fn varint(message: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = message.split_off_first()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_memory_is_counted() {
        const FIELDS: &[(u64, Field)] = &[(1, Field::Message(&[(2, Field::Integers)])), (3, Field::Integers)];
        let count = |message: &[u8]| elements(message, FIELDS);
        assert_eq!(count(&[]), Some(0));
        assert_eq!(count(&[1 << 3 | 2, 0]), Some(1));
        assert_eq!(count(&[1 << 3 | 2, 5, 2 << 3 | 2, 3, 7, 7, 7]), Some(5));
        assert_eq!(count(&[2 << 3 | 2, 3, 7, 7, 7]), Some(1), "a string");
        assert_eq!(count(&[3 << 3, 0x80, 0x01, 4 << 3 | 5, 0, 0, 0, 0]), Some(1));
        assert_eq!(count(&[1 << 3 | 2, 3, 2 << 3 | 2, 3, 7]), None, "beyond the inner message");
        assert_eq!(count(&[1 << 3 | 2, 3]), None);
        assert_eq!(count(&[1 << 3 | 3]), None);
        assert_eq!(count(&[0xff; 20]), None);
    }
}
