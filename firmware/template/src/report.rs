//! Prints what the program says by semihosting, which stops the core unless a debugger or an emulator
//! listens. Put your UART, display or pin here. Without the feature `text` nothing is formatted.

use cortex_m_semihosting::hio;
use fenchel_core::{Error, Model, Outcome};

/// Prints text as it is.
pub fn say(text: &str) {
    if let Ok(mut out) = hio::hstdout() {
        // Nobody is there to be told that nobody listens.
        let _ = out.write_all(text.as_bytes());
    }
}

/// Prints the label's name in the model.
#[cfg(not(feature = "text"))]
pub fn answer(model: &Model, class: usize, _: &Outcome) {
    say("label ");
    say(model.class_names().nth(class).unwrap_or("without a name"));
    say("\n");
}

/// Prints that an input or the model was refused.
#[cfg(not(feature = "text"))]
pub fn refused(_: &Error) {
    say("refused\n");
}

/// Prints the label, the relaxation's outcome, and the stack that both took.
#[cfg(feature = "text")]
pub fn answer(model: &Model, class: usize, outcome: &Outcome) {
    use core::fmt::Write;
    let name = model.class_names().nth(class).unwrap_or("without a name");
    let last = outcome.last;
    if let Ok(mut out) = hio::hstdout() {
        let _ = writeln!(out, "label {name}, {:?} after {} sweeps", outcome.status, last.sweep);
        let _ = writeln!(out, "energy bits {:08x}", last.energy.to_bits());
        let (used, size) = (crate::stack::used(), crate::stack::size());
        let _ = writeln!(out, "stack {used} of {size} bytes");
    }
}

/// Prints what was refused, and why.
#[cfg(feature = "text")]
pub fn refused(error: &Error) {
    use core::fmt::Write;
    if let Ok(mut out) = hio::hstdout() {
        let _ = writeln!(out, "{error}");
    }
}
