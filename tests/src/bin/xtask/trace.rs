//! Reads every instruction of a run from QEMU's log of the blocks that it translates and executes, and adds
//! up instructions and modelled cycles of each measured stretch.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::boards::Board;
use crate::cycles::{Instruction, straight};

/// Costs of one measured stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// Number of instructions.
    pub instructions: u64,
    /// Modelled cycles of a Cortex-M4.
    pub cycles: u64,
}

/// Runs `elf` and adds up what lies between `measure_begin` and `measure_end`, each time.
pub fn run(board: &Board, elf: &Path) -> Result<Vec<Stretch>> {
    let mut child = Command::new("qemu-system-arm")
        .args(["-M", board.machine, "-nographic", "-monitor", "none", "-serial", "null"])
        .args(["-semihosting-config", "enable=on,target=native"])
        .args(["-d", "in_asm,exec,nochain", "-D", "/dev/stderr", "-kernel"])
        .arg(elf)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("starting qemu-system-arm")?;
    let log = BufReader::new(child.stderr.take().context("QEMU's log")?);
    let mut trace = Trace::default();
    for line in log.split(b'\n') {
        trace.line(&String::from_utf8_lossy(&line?));
    }
    ensure!(child.wait()?.success(), "{} failed on {}", elf.display(), board.machine);
    Ok(trace.stretches)
}

#[derive(Default)]
struct Trace {
    /// Translated blocks by their first address.
    blocks: HashMap<u32, Vec<Instruction>>,
    /// Instructions of the block that is being read.
    reading: Vec<Instruction>,
    /// Address of the block that ran last, inside a stretch.
    last: Option<u32>,
    current: Option<Stretch>,
    stretches: Vec<Stretch>,
}

impl Trace {
    fn line(&mut self, line: &str) {
        if line.starts_with("IN:") {
            self.translated();
        } else if let Some(rest) = line.strip_prefix("Trace ") {
            self.translated();
            self.executed(rest);
        } else if let Some(instruction) = instruction(line) {
            self.reading.push(instruction);
        }
    }

    fn translated(&mut self) {
        if let Some(first) = self.reading.first() {
            self.blocks.insert(first.address, std::mem::take(&mut self.reading));
        }
    }

    /// Reads a line `0: HOST [BASE/ADDRESS/FLAGS/FLAGS] SYMBOL`.
    fn executed(&mut self, line: &str) {
        let address = line.split('/').nth(1).and_then(|text| u32::from_str_radix(text, 16).ok());
        let Some(address) = address else { return };
        let symbol = line.rsplit(' ').next().unwrap_or_default();
        self.add(Some(address));
        if symbol == "measure_end" {
            self.stretches.extend(self.current.take());
        }
        if symbol == "measure_begin" {
            self.current = Some(Stretch::default());
        } else {
            self.last = self.current.is_some().then_some(address);
        }
    }

    /// Adds the block that ran last, now that `next` is known.
    fn add(&mut self, next: Option<u32>) {
        let (Some(block), Some(current)) =
            (self.last.take().and_then(|last| self.blocks.get(&last)), &mut self.current)
        else {
            return;
        };
        let after = block.last().map(|instruction| instruction.address + instruction.size);
        current.instructions += block.len() as u64;
        current.cycles += straight(block, after != next);
    }
}

/// Reads a line `0xADDRESS:  BYTES  MNEMONIC OPERANDS`.
fn instruction(line: &str) -> Option<Instruction> {
    let (address, rest) = line.strip_prefix("0x")?.split_once(':')?;
    let address = u32::from_str_radix(address, 16).ok()?;
    let mut words = rest.split_whitespace().peekable();
    let mut size = 0;
    while let Some(half) = words.next_if(|word| word.len() == 4 && u16::from_str_radix(word, 16).is_ok()) {
        size += half.len() as u32 / 2;
        if size == 4 {
            break;
        }
    }
    let mnemonic = words.next()?.trim_end_matches(".w").to_string();
    Some(Instruction { address, size, mnemonic, operands: words.collect::<Vec<_>>().join(" ") })
}
