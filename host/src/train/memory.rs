//! Checks that a training fits into memory before it begins, since the system would end it midway.

use anyhow::Result;
use fenchel_core::StateView;

use super::Settings;
use crate::data::Dataset;
use crate::error::require;

/// Most copies of all weights at a time: parameters, gradient, two moments, the best ones, and while they
/// are written, a checkpoint of all these, twice, and model files.
const COPIES: u64 = 20;

/// Estimates the bytes that a training by `settings` on `data`, which is in memory already, takes.
///
/// # Errors
/// Fails as [`Settings::architecture`] does.
pub fn estimate(settings: &Settings, data: &Dataset) -> Result<u64> {
    const F32: u64 = 4;
    let architecture = settings.architecture(data)?;
    let size = |k: usize| architecture.blocks[k].size() as u64;
    let weights: u64 = architecture.connections.iter().map(|c| size(c.from) * size(c.to)).sum();
    let units = architecture.gammas.len();
    let batch = settings.optimiser.batch.min(data.train.len());
    // Both problems side by side, with noise, targets and inputs.
    let states = StateView::len(units, 2 * batch) + batch * (2 * units + 2 * data.features);
    Ok(F32 * (COPIES * (weights + units as u64) + 2 * states as u64))
}

/// Checks that the free memory holds the training.
///
/// # Errors
/// Returns [`crate::BadInput`] with both sizes.
pub fn check(settings: &Settings, data: &Dataset) -> Result<()> {
    let needed = estimate(settings, data)?;
    if let Some(free) = free() {
        let megabytes = |bytes: u64| format!("{} MB", bytes.div_ceil(1_000_000));
        let expected = format!("a network that trains in the {} of memory free here", megabytes(free));
        require!(needed <= free, "`layers`", expected, format!("about {}", megabytes(needed)));
    }
    Ok(())
}

/// Returns the bytes that this process may still take: what the system has, and its limits allow. `None`
/// where the system doesn't say.
fn free() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let row = |text: &str, name: &str| -> Option<u64> {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line[name.len()..].split_whitespace().next()?.parse().ok()
    };
    let system = row(&read("/proc/meminfo")?, "MemAvailable:")? * 1024;
    let group = || {
        let number = |path: &str| read(path)?.trim().parse::<u64>().ok();
        Some(number("/sys/fs/cgroup/memory.max")?.saturating_sub(number("/sys/fs/cgroup/memory.current")?))
    };
    let address_space = || {
        let limit = row(&read("/proc/self/limits")?, "Max address space")?;
        Some(limit.saturating_sub(row(&read("/proc/self/status")?, "VmSize:")? * 1024))
    };
    [Some(system), group(), address_space()].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::ObjectiveName;

    #[test]
    fn a_large_network_is_estimated_large_and_a_small_one_small() {
        let digits = crate::data::load("digits").expect("compiled in");
        let settings = |layers: &[usize]| {
            let layers = layers.to_vec();
            Settings::new("digits", ObjectiveName::ArovrG).with(|settings| settings.network.layers = layers)
        };
        let bytes = |layers: &[usize]| estimate(&settings(layers), &digits).expect("an estimate");
        assert!(bytes(&[64, 32]) < 5_000_000);
        assert!(bytes(&[8192; 14]) > 14 * 8192 * 8192 * 4);
        assert!(check(&settings(&[64, 32]), &digits).is_ok());
    }
}
