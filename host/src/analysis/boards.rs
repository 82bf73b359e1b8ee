// The boards that the firmware runs on: the one table behind the linker's memory map, the clock,
// the builds, the runs and the documents. A new board is a row here. `firmware/build.rs` includes this
// file, which therefore uses nothing of the host.

/// A board as QEMU emulates it: its memory, its core, and a timer to count instructions with.
pub struct Board {
    /// Name by which a build chooses the board: QEMU's name of the machine unless two boards share that.
    pub name: &'static str,
    /// QEMU's name of the machine.
    pub machine: &'static str,
    /// Core of the board, and what is particular about it, in words.
    pub about: &'static str,
    /// Name of the Rust target that programs are built for.
    pub target: &'static str,
    /// The compiler's name of the core, for `-Ctarget-cpu`.
    pub cpu: &'static str,
    /// Flash, which holds the code.
    pub flash: Region,
    /// Memory for the model and samples, on boards where they don't share the flash with the code.
    pub model: Option<Region>,
    /// RAM, which holds data and stack.
    pub ram: Region,
    /// Number of the part's interrupts: entries of the vector table after the core's 16.
    pub interrupts: usize,
    /// Timer that counts its instructions.
    pub clock: Clock,
}

/// A region of memory.
pub struct Region {
    /// Address of its first byte.
    pub origin: u32,
    /// Size in KiB.
    pub kib: u32,
}

/// A timer to count instructions with: under QEMU's `-icount shift=10` every instruction takes 1,024 ns.
pub struct Clock {
    /// Kind of the timer, which tells how it is read.
    pub timer: Timer,
    /// Address of its first register.
    pub address: u32,
    /// Ticks that 100 instructions take.
    pub ticks_of_100: u32,
}

/// The kinds of timers, by how they are read.
#[derive(Debug)]
pub enum Timer {
    /// Arm's CMSDK APB timer, which counts down.
    Cmsdk,
    /// The counter of the MPS boards' FPGA, which counts up.
    Fpga,
    /// A 32-bit general-purpose timer of an STM32, which counts up.
    Stm32,
    /// A timer of an nRF51, which counts up.
    Nrf51,
}

/// What the boards of Arm's MPS2 family have in common: a Cortex-M4F unless their row says another core.
const MPS2: Board = Board {
    name: "mps2",
    machine: "mps2",
    about: "Cortex-M4F",
    target: "thumbv7em-none-eabihf",
    cpu: "cortex-m4",
    flash: Region { origin: 0, kib: 4096 },
    model: None,
    ram: Region { origin: 0x2000_0000, kib: 4096 },
    interrupts: 32,
    clock: Clock { timer: Timer::Cmsdk, address: 0x4000_0000, ticks_of_100: 2560 },
};

/// All boards; the first is the one that `cargo xtask demo` uses.
pub const BOARDS: &[Board] = &[
    Board { name: "mps2-an386", machine: "mps2-an386", ..MPS2 },
    Board { name: "mps2-an500", machine: "mps2-an500", about: "Cortex-M7", cpu: "cortex-m7", ..MPS2 },
    Board {
        name: "mps3-an547",
        machine: "mps3-an547",
        about: "Cortex-M55",
        target: "thumbv8m.main-none-eabihf",
        // Not cortex-m55: the compiler would use its vectors, which flush subnormal results to 0.
        cpu: "cortex-m33",
        flash: Region { origin: 0, kib: 512 },
        model: Some(Region { origin: 0x0100_0000, kib: 2048 }),
        ram: Region { origin: 0x2000_0000, kib: 512 },
        interrupts: 96,
        clock: Clock { timer: Timer::Fpga, address: 0x4930_2000, ticks_of_100: 2048 },
    },
    Board {
        name: "mps2-an385",
        machine: "mps2-an385",
        about: "Cortex-M3, floats in software",
        target: "thumbv7m-none-eabi",
        cpu: "cortex-m3",
        ..MPS2
    },
    Board {
        name: "mps2-an505",
        machine: "mps2-an505",
        about: "Cortex-M33",
        target: "thumbv8m.main-none-eabihf",
        cpu: "cortex-m33",
        flash: Region { origin: 0x1000_0000, kib: 4096 },
        ram: Region { origin: 0x3800_0000, kib: 4096 },
        interrupts: 92,
        clock: Clock { timer: Timer::Cmsdk, address: 0x5000_0000, ticks_of_100: 2048 },
        ..MPS2
    },
    Board {
        name: "netduinoplus2",
        machine: "netduinoplus2",
        about: "Cortex-M4F, an STM32F405's memory",
        target: "thumbv7em-none-eabihf",
        cpu: "cortex-m4",
        flash: Region { origin: 0x0800_0000, kib: 1024 },
        model: None,
        ram: Region { origin: 0x2000_0000, kib: 128 },
        interrupts: 82,
        clock: Clock { timer: Timer::Stm32, address: 0x4000_0000, ticks_of_100: 100 },
    },
];

/// Boards that run models of integer arithmetic only.
pub const INTEGER_BOARDS: &[Board] = &[
    Board {
        name: "mps2-an385-v6m",
        machine: "mps2-an385",
        about: "Cortex-M0's instructions on a Cortex-M3",
        target: "thumbv6m-none-eabi",
        cpu: "cortex-m0",
        ..MPS2
    },
    Board {
        name: "microbit",
        machine: "microbit",
        about: "Cortex-M0, 16 KiB of RAM",
        target: "thumbv6m-none-eabi",
        cpu: "cortex-m0",
        flash: Region { origin: 0, kib: 256 },
        model: None,
        ram: Region { origin: 0x2000_0000, kib: 16 },
        interrupts: 32,
        clock: Clock { timer: Timer::Nrf51, address: 0x4000_8000, ticks_of_100: 1638 },
    },
];
