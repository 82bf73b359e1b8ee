//! Reads settings of a run, and checks them against the digits.

use std::sync::LazyLock;

use anyhow::Result;
use fenchel::data::{self, Dataset};
use fenchel::train::Settings;

static DIGITS: LazyLock<Dataset> = LazyLock::new(|| data::load("digits").expect("they are compiled in"));

pub fn read(bytes: &[u8]) -> Result<()> {
    Settings::from_toml(std::str::from_utf8(bytes)?)?.check(&DIGITS)
}
