//! Damages the files of a run.

use std::path::Path;

use anyhow::Result;

use super::Dice;
use super::reference::{RUN, Reference, TABLE};

/// A kind of damage; it returns what it did.
type Damage = fn(&Path, &mut Dice, &[Reference]) -> Result<String>;

const KINDS: [Damage; 9] = [flip, flip, truncate, delete, swap, exchange, append, overwrite, edit];

/// The files that may be damaged.
const FILES: [&str; 5] = ["checkpoint", "settings.toml", "log.jsonl", "best.fenchel", "last.fenchel"];

/// Damages one file in the run's folder at `place`, or the table, and returns what was done.
pub fn one(place: &Path, dice: &mut Dice, references: &[Reference]) -> Result<String> {
    dice.one(&KINDS)(place, dice, references)
}

/// Chooses an existing file of the run, or now and then the table.
fn file(place: &Path, dice: &mut Dice) -> Option<(std::path::PathBuf, Vec<u8>)> {
    let path = match dice.below(16) {
        0 => place.join(TABLE),
        _ => place.join(RUN).join(dice.one(&FILES)),
    };
    let bytes = std::fs::read(&path).ok().filter(|bytes| !bytes.is_empty())?;
    Some((path, bytes))
}

/// Changes a file by `change`, which says what it does.
fn changed(
    place: &Path,
    dice: &mut Dice,
    change: impl FnOnce(&mut Vec<u8>, &mut Dice) -> String,
) -> Result<String> {
    let Some((path, mut bytes)) = file(place, dice) else { return Ok("nothing to damage".into()) };
    let done = change(&mut bytes, dice);
    std::fs::write(&path, bytes)?;
    Ok(format!("{}: {done}", path.file_name().unwrap_or_default().display()))
}

fn flip(place: &Path, dice: &mut Dice, _: &[Reference]) -> Result<String> {
    changed(place, dice, |bytes, dice| {
        let count = 1 + dice.below(3);
        let places: Vec<_> = (0..count).map(|_| (dice.below(bytes.len()), dice.below(8))).collect();
        places.iter().for_each(|&(byte, bit)| bytes[byte] ^= 1 << bit);
        format!("bits flipped (byte, bit): {places:?}")
    })
}

fn truncate(place: &Path, dice: &mut Dice, _: &[Reference]) -> Result<String> {
    changed(place, dice, |bytes, dice| {
        let left = match dice.below(4) {
            0 => 0,
            1 => bytes.len() - 1,
            _ => dice.below(bytes.len()),
        };
        bytes.truncate(left);
        format!("cut off after {left} bytes")
    })
}

fn append(place: &Path, dice: &mut Dice, _: &[Reference]) -> Result<String> {
    changed(place, dice, |bytes, dice| {
        let count = 1 + dice.below(200);
        bytes.extend((0..count).map(|_| dice.below(256) as u8));
        format!("{count} bytes appended")
    })
}

fn overwrite(place: &Path, dice: &mut Dice, _: &[Reference]) -> Result<String> {
    changed(place, dice, |bytes, dice| {
        let start = dice.below(bytes.len());
        let end = bytes.len().min(start + 1 + dice.below(4096));
        bytes[start..end].fill(0);
        format!("zeros from {start} to {end}")
    })
}

fn delete(place: &Path, dice: &mut Dice, _: &[Reference]) -> Result<String> {
    let path = place.join(RUN).join(dice.one(&FILES));
    let done = std::fs::remove_file(&path).is_ok();
    Ok(format!("{}: deleted ({done})", path.file_name().unwrap_or_default().display()))
}

/// Replaces a file by the file of that name from another run, or from the end of this one.
fn swap(place: &Path, dice: &mut Dice, references: &[Reference]) -> Result<String> {
    let (number, name) = (dice.below(references.len()), *dice.one(&FILES));
    std::fs::write(place.join(RUN).join(name), &references[number].files[name])?;
    Ok(format!("{name}: that of reference {number}"))
}

/// Exchanges two files of the run.
fn exchange(place: &Path, dice: &mut Dice, _: &[Reference]) -> Result<String> {
    let [first, second] = [*dice.one(&FILES), *dice.one(&FILES)].map(|name| place.join(RUN).join(name));
    let (Ok(a), Ok(b)) = (std::fs::read(&first), std::fs::read(&second)) else {
        return Ok("nothing to exchange".into());
    };
    std::fs::write(&first, b)?;
    std::fs::write(&second, a)?;
    Ok(format!("{} and {} exchanged", first.display(), second.display()))
}

/// Replaces a digit of a text by another, as by hand.
fn edit(place: &Path, dice: &mut Dice, _: &[Reference]) -> Result<String> {
    let name = *dice.one(&["settings.toml", "settings.toml", "log.jsonl"]);
    let path = place.join(RUN).join(name);
    let Ok(mut bytes) = std::fs::read(&path) else { return Ok("nothing to edit".into()) };
    let digits: Vec<_> = (0..bytes.len()).filter(|&place| bytes[place].is_ascii_digit()).collect();
    if digits.is_empty() {
        return Ok("no digit to edit".into());
    }
    let place = *dice.one(&digits);
    bytes[place] = b'0' + (bytes[place] - b'0' + 1 + dice.below(9) as u8) % 10;
    std::fs::write(&path, &bytes)?;
    Ok(format!("{name}: digit {place} edited"))
}
