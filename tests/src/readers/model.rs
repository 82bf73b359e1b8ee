//! Reads model files, with correct and with wrong checksums; what loads also infers and relaxes.

use anyhow::Result;
use fenchel::store::model_file::ModelBytes;
use fenchel_core::{Model, Nudge, Problem, Settings, StateView, checksum};

pub fn read(bytes: &[u8]) -> Result<()> {
    // Past the checksum too, which chance doesn't come by.
    let _ = use_model(&with_checksum(bytes));
    use_model(bytes)
}

/// Returns the bytes with the last four replaced by the CRC-32 of those before.
pub fn with_checksum(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some((body, end)) = bytes.split_last_chunk_mut::<4>() {
        let mut digest = checksum();
        digest.update(body);
        *end = digest.finalize().to_le_bytes();
    }
    bytes
}

fn use_model(bytes: &[u8]) -> Result<()> {
    let bytes = ModelBytes::new(bytes);
    let model = Model::load(&bytes)?;
    let network = model.network();
    let input = vec![0.5; network.input_units()];
    let target = vec![1.0; network.output_units()];
    let mut activities = vec![0.0; network.units()];
    network.infer(&input, &mut activities)?;
    let nudges = [Nudge { s: 0.25, weight_target: 0.25, weight_attack: 0.0 }];
    let problem = Problem::new(&input, &nudges, &target);
    let mut memory = vec![0.0; StateView::len(network.units(), 1)];
    let mut state = StateView::new(network.units(), 1, &mut memory)?;
    network.relax(&problem, &mut state, &Settings::default())?;
    Ok(())
}
