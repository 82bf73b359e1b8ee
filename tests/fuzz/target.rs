//! Runs the reader that this target is named after on arbitrary bytes.
#![no_main]

use std::alloc::System;

use cap::Cap;
use fenchel_tests::readers;
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

fuzz_target!(|bytes: &[u8]| {
    let _ = readers::named(env!("CARGO_BIN_NAME")).read(bytes, &ALLOCATOR);
});
