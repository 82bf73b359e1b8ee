//! Runs an image in QEMU, and decodes what it logs.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::boards::Board;
use crate::process::{cargo, check, root};

/// Time limit, far above what any image takes, so that only a hang reaches it.
const LIMIT: Duration = Duration::from_secs(300);

/// The result of a run.
pub struct Ended {
    /// Whether the image ended with success.
    pub success: bool,
    /// Lines that the image logged.
    pub lines: Vec<String>,
}

/// Runs `elf` to its end, and decodes what it logged by defmt. A hang is an error, a failure a result.
pub fn run(board: &Board, elf: &Path) -> Result<Ended> {
    let (success, bytes) = run_raw(board, elf)?;
    Ok(Ended { success, lines: decode(elf, &bytes)? })
}

/// Runs an image that logs text as [`run`] does.
pub fn run_text(board: &Board, elf: &Path) -> Result<Ended> {
    let (success, bytes) = run_raw(board, elf)?;
    Ok(Ended { success, lines: String::from_utf8(bytes)?.lines().map(Into::into).collect() })
}

/// Returns whether it ended with success, and the bytes that it wrote.
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

/// Decodes a log with a separate program, which is built when it is first needed.
fn decode(elf: &Path, bytes: &[u8]) -> Result<Vec<String>> {
    static BUILT: OnceLock<bool> = OnceLock::new();
    let build = ["build", "--quiet", "--release", "--package", "fenchel-decoder"];
    ensure!(*BUILT.get_or_init(|| check(&mut cargo(&build)).is_ok()), "fenchel-decoder doesn't compile");
    let mut decoder = Command::new(root().join("target/release/fenchel-decoder"));
    let mut child = decoder.arg(elf).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    // It reads its whole input before it writes.
    child.stdin.take().context("the decoder's input")?.write_all(bytes)?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "decoding the log of {}: {}", elf.display(), output.status);
    Ok(String::from_utf8(output.stdout)?.lines().map(Into::into).collect())
}
