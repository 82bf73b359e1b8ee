//! `fenchel-decoder IMAGE < LOG` prints what the image logged by defmt, one message on each line.

use std::io::{Read, Write};

use anyhow::{Context, Result, bail};
use defmt_decoder::{DecodeError, Table};

fn main() -> Result<()> {
    let image = std::env::args().nth(1).context("expected the path of an image")?;
    let elf = std::fs::read(&image).with_context(|| format!("reading {image}"))?;
    let table = Table::parse(&elf)?.context("the image has no defmt table")?;
    let mut log = Vec::new();
    std::io::stdin().read_to_end(&mut log).context("reading the log")?;
    let mut decoder = table.new_stream_decoder();
    decoder.received(&log);
    let mut out = std::io::stdout().lock();
    loop {
        match decoder.decode() {
            Ok(frame) => writeln!(out, "{}", frame.display_message())?,
            Err(DecodeError::UnexpectedEof) => return Ok(()),
            Err(DecodeError::Malformed) => bail!("the image logged something that isn't defmt"),
        }
    }
}
