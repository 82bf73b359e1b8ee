// What the binary `adapt` learns from; included by the device and by this machine.

/// Number of samples that are learned, the first ones; the others test.
pub const LEARNED: usize = 200;
