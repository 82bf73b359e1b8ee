// How the binary `keep` learns between saves; included by the device and by this machine.

/// Steps between two saves.
pub const STEPS: usize = 20;
/// Starts: the first without a model, two after a save, and one after the save that was cut short.
pub const STARTS: u32 = 4;
