//! A model of the Cortex-M4's cycles, from Arm's Technical Reference Manual (DDI 0439), tables 3-1 and 7-1,
//! applied to every instruction that a run executes. An instruction takes its own cycles, and in addition:
//!
//! - P = 2 to refill the pipeline after a taken branch (the manual: 1 to 3);
//! - loads of single words cost 2, as the manual has it for a load without neighbours;
//! - one cycle when an instruction uses the result of the floating-point operation just before it;
//! - a division of integers costs the most, 12.
//!
//! Flash that is slower than the core costs more, and isn't modelled.

/// Cycles that refilling the pipeline takes.
const REFILL: u64 = 2;

/// One instruction as QEMU disassembles it.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// Address of the instruction.
    pub address: u32,
    /// Size of the instruction in bytes.
    pub size: u32,
    /// Mnemonic without its width.
    pub mnemonic: String,
    /// Operands.
    pub operands: String,
}

/// Returns the cycles of a straight run of instructions; `branched` says whether the last one branched.
pub fn straight(instructions: &[Instruction], branched: bool) -> u64 {
    let mut cycles = 0;
    let mut result: Option<&str> = None;
    for instruction in instructions {
        if let Some(result) = result
            && reads(instruction, result)
        {
            cycles += 1;
        }
        cycles += own(instruction);
        result = floating_result(instruction);
    }
    cycles + if branched { REFILL } else { 0 }
}

/// Costs in cycles by the beginning of the mnemonic, and 1 more for each register in a list of registers.
const COSTS: [(&[&str], u64); 5] = [
    (&["vldm", "vstm", "vpush", "vpop", "ldm", "stm", "push", "pop"], 1),
    (&["vdiv", "vsqrt"], 14),
    (&["vmla", "vmls", "vnmla", "vnmls", "vfma", "vfms", "vfnma", "vfnms", "ldrd", "strd"], 3),
    (&["vldr", "vstr", "ldr", "str"], 2),
    (&["udiv", "sdiv"], 12),
];

/// Returns the cycles of an instruction by itself, not taken if it is a branch.
fn own(instruction: &Instruction) -> u64 {
    let begins = |names: &&[&str]| names.iter().any(|name| instruction.mnemonic.starts_with(name));
    match COSTS.iter().find(|(names, _)| begins(names)) {
        Some((_, 1)) => 1 + listed(&instruction.operands),
        Some((_, cost)) => *cost,
        None => 1,
    }
}

/// Returns the number of registers in a list such as `{s0, s1}` or `{s0-s7}`.
fn listed(operands: &str) -> u64 {
    let list = operands.split(['{', '}']).nth(1).unwrap_or(operands);
    let number = |name: &str| name.trim().trim_start_matches(|c: char| c.is_alphabetic()).parse::<u64>().ok();
    list.split(',')
        .map(|item| match item.split_once('-') {
            Some((first, last)) => {
                number(last).zip(number(first)).map_or(1, |(last, first)| last - first + 1)
            }
            // A double register is two words.
            None if item.trim().starts_with('d') => 2,
            None => 1,
        })
        .sum()
}

/// Returns the register in which a floating-point operation leaves its result.
fn floating_result(instruction: &Instruction) -> Option<&str> {
    let arithmetic =
        ["vadd", "vsub", "vmul", "vnmul", "vmla", "vmls", "vfma", "vfms", "vdiv", "vsqrt", "vcvt"];
    let is = arithmetic.iter().any(|name| instruction.mnemonic.starts_with(name));
    is.then(|| instruction.operands.split(',').next().unwrap_or_default().trim())
}

fn reads(instruction: &Instruction, register: &str) -> bool {
    let operands = instruction.operands.split([',', ' ', '{', '}', '[', ']']).filter(|word| !word.is_empty());
    let written =
        usize::from(!instruction.mnemonic.starts_with("vcmp") && !instruction.mnemonic.starts_with("vst"));
    instruction.mnemonic.starts_with('v') && operands.skip(written).any(|word| word == register)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(lines: &[(&str, &str)], branched: bool) -> u64 {
        let instruction = |&(mnemonic, operands): &(&str, &str)| Instruction {
            address: 0,
            size: 4,
            mnemonic: mnemonic.into(),
            operands: operands.into(),
        };
        straight(&lines.iter().map(instruction).collect::<Vec<_>>(), branched)
    }

    #[test]
    fn the_manuals_cycles() {
        assert_eq!(run(&[("vldmia", "r0!, {s0, s1, s2}")], false), 4);
        assert_eq!(run(&[("vldmia", "r0!, {s8-s23}")], false), 17);
        assert_eq!(run(&[("vmul.f32", "s0, s1, s2"), ("vadd.f32", "s3, s3, s0")], false), 3);
        assert_eq!(run(&[("vmul.f32", "s0, s1, s2"), ("vadd.f32", "s3, s3, s4")], false), 2);
        assert_eq!(run(&[("vdiv.f32", "s0, s1, s2")], false), 14);
        assert_eq!(run(&[("subs", "r0, #1"), ("bne", "#0x10")], true), 4);
        assert_eq!(run(&[("subs", "r0, #1"), ("bne", "#0x10")], false), 2);
        assert_eq!(run(&[("push", "{r4, r5, lr}")], false), 4);
    }
}
