//! Running an image in QEMU, and decoding what it logs.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use defmt_decoder::{DecodeError, Table};

use crate::boards::Board;

/// Far above what any image takes: only a hang gets there.
const LIMIT: Duration = Duration::from_secs(300);

/// What came of a run.
pub struct Ended {
    /// Whether the image ended itself with success.
    pub success: bool,
    /// What it logged.
    pub lines: Vec<String>,
}

/// Run `elf` to its end, and decode what it logged by defmt. A hang is an error, a failure a result.
pub fn run(board: &Board, elf: &Path) -> Result<Ended> {
    let (success, bytes) = run_raw(board, elf)?;
    Ok(Ended { success, lines: decode(elf, &bytes)? })
}

/// As [`run`], of an image that logs text.
pub fn run_text(board: &Board, elf: &Path) -> Result<Ended> {
    let (success, bytes) = run_raw(board, elf)?;
    Ok(Ended { success, lines: String::from_utf8(bytes)?.lines().map(Into::into).collect() })
}

/// Whether it ended with success, and the bytes that it wrote.
fn run_raw(board: &Board, elf: &Path) -> Result<(bool, Vec<u8>)> {
    let mut child = Command::new("qemu-system-arm")
        .args(["-M", board.machine, "-nographic", "-monitor", "none", "-serial", "null"])
        .args(["-semihosting-config", "enable=on,target=native", "-icount", "shift=10", "-kernel"])
        .arg(elf)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting qemu-system-arm")?;
    let mut stdout = child.stdout.take().context("QEMU's output")?;
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes).map(|_| bytes)
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            bail!("{} still ran after {} s", elf.display(), LIMIT.as_secs());
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let bytes = reader.join().map_err(|_| anyhow::anyhow!("reading QEMU's output panicked"))??;
    Ok((status.success(), bytes))
}

fn decode(elf: &Path, bytes: &[u8]) -> Result<Vec<String>> {
    let elf = std::fs::read(elf).with_context(|| format!("reading {}", elf.display()))?;
    let table = Table::parse(&elf)?.context("the image has no defmt table")?;
    let mut decoder = table.new_stream_decoder();
    decoder.received(bytes);
    let mut lines = Vec::new();
    loop {
        match decoder.decode() {
            Ok(frame) => lines.push(frame.display_message().to_string()),
            Err(DecodeError::UnexpectedEof) => return Ok(lines),
            Err(DecodeError::Malformed) => bail!("the image logged something that isn't defmt"),
        }
    }
}
