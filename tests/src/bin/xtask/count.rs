//! Runs the image `bench` on one board: instructions, modelled cycles, and whether its bits are this
//! machine's.

use anyhow::{Context, Result, ensure};
use fenchel::convert::quantise::name;
use fenchel::store::model_file::ModelBytes;
use fenchel_core::{Precision, Settings, StateView, checksum};
use serde_json::{Value, json};

use crate::boards::Variant;
use crate::firmware::{self, Contents};
use crate::samples::Samples;
use crate::toolchain::Toolchain;
use crate::{qemu, trace};

/// Instructions, and modelled cycles where the model fits the core, of `macs` multiply-adds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// Number of multiply-adds.
    pub macs: f64,
    /// Number of instructions.
    pub instructions: f64,
    /// Modelled cycles, if the model fits the core.
    pub cycles: Option<f64>,
}

/// The counts of one variant.
pub struct Count {
    /// Board, kernel and flags.
    pub variant: Variant,
    /// Form of the weights.
    pub form: String,
    /// Cost of W z of every connection, with no input equal to 0.
    pub forward: Cost,
    /// Cost of Wᵀ u of every connection, with no force equal to 0.
    pub backward: Cost,
    /// Cost of both products of each connection.
    pub products: Vec<[Cost; 2]>,
    /// Cost of an inference of an input without zeros.
    pub dense: Cost,
    /// Mean cost of an inference of a sample.
    pub infer: Cost,
    /// Mean cost of one forward–backward sweep of a sample.
    pub sweep: Cost,
    /// Cost of an inference and of one sweep of the same network with clipped units, none of which is 0, on
    /// an input without zeros: nothing is skipped.
    pub busy: [Cost; 2],
    /// Whether the outputs and relaxed states of all samples are this machine's.
    pub bits_identical: bool,
}

impl Count {
    /// Builds and runs; then runs again for the cycles, where they are modelled.
    pub fn new(
        toolchain: &Toolchain,
        variant: Variant,
        contents: &Contents,
        samples: &Samples,
    ) -> Result<Self> {
        let elf = firmware::build(toolchain, &variant, contents, "bench", "")?;
        let ended = qemu::run(variant.board, &elf)?;
        ensure!(ended.success, "bench failed on {}:\n{}", variant.board.machine, ended.lines.join("\n"));
        let costs = costs(&ended.lines)?;
        let cycles: Vec<Option<f64>> = if variant.has_cycle_model() {
            trace::run(variant.board, &elf)?.iter().map(|stretch| Some(stretch.cycles as f64)).collect()
        } else {
            vec![None; costs.len()]
        };
        ensure!(cycles.len() == costs.len(), "{} stretches, {} traced", costs.len(), cycles.len());
        let costs: Vec<_> = costs
            .into_iter()
            .zip(cycles)
            .map(|((what, cost), cycles)| (what, Cost { cycles, ..cost }))
            .collect();
        let sum = |what: &str| {
            let costs = costs.iter().filter(|(name, _)| name == what).map(|(_, cost)| *cost);
            costs.reduce(|a, b| combine(a, b, 1.0)).with_context(|| format!("no {what} in the log"))
        };
        let each = |what: &str| {
            costs.iter().filter(move |(name, _)| name == what).map(|(_, cost)| *cost).collect::<Vec<_>>()
        };
        let products = each("forward").into_iter().zip(each("backward")).map(|(w, wt)| [w, wt]).collect();
        // Of six sweeps, four more than of two; the multiply-adds are those of one.
        let (six, two) = (sum("sweeps6")?, sum("sweeps2")?);
        let n = samples.labels.len() as f64;
        let difference = combine(six, two, -1.0);
        Ok(Self {
            variant,
            form: name(model_precision(contents)?),
            forward: sum("forward")?,
            backward: sum("backward")?,
            products,
            dense: sum("dense")?,
            infer: share(sum("infer")?, n),
            sweep: Cost { macs: six.macs / n, ..share(difference, 4.0 * n) },
            busy: [sum("busy")?, share(combine(sum("busysweeps6")?, sum("busysweeps2")?, -1.0), 4.0)],
            bits_identical: digests(&ended.lines) == expected(contents, samples)?,
        })
    }

    /// Returns one row as JSON.
    pub fn json(&self) -> Value {
        json!({
            "board": self.variant.board.machine,
            "core": self.variant.board.about,
            "kernel": self.variant.kernel_name(),
            "cpu": self.variant.pinned.then_some(self.variant.board.cpu),
            "weights": self.form,
            "instructions_per_mac": self.dense.per_mac(),
            "cycles_per_mac": self.dense.cycles_per_mac(),
            "bits_identical": self.bits_identical,
            "forward": self.forward.json(),
            "transposed": self.backward.json(),
            "dense_inference": self.dense.json(),
            "sample_inference": self.infer.json(),
            "sweep": self.sweep.json(),
        })
    }
}

impl Cost {
    /// Returns the instructions of a multiply-add.
    pub fn per_mac(&self) -> f64 {
        self.instructions / self.macs
    }

    /// Returns the cycles of a multiply-add.
    pub fn cycles_per_mac(&self) -> Option<f64> {
        self.cycles.map(|cycles| cycles / self.macs)
    }

    fn json(&self) -> Value {
        json!({
            "macs": self.macs,
            "instructions": self.instructions,
            "instructions_per_mac": self.per_mac(),
            "cycles": self.cycles,
            "cycles_per_mac": self.cycles_per_mac(),
        })
    }
}

/// Computes a + sign·b.
fn combine(a: Cost, b: Cost, sign: f64) -> Cost {
    Cost {
        macs: a.macs + sign * b.macs,
        instructions: a.instructions + sign * b.instructions,
        cycles: a.cycles.zip(b.cycles).map(|(a, b)| a + sign * b),
    }
}

fn share(cost: Cost, n: f64) -> Cost {
    Cost { macs: cost.macs / n, instructions: cost.instructions / n, cycles: cost.cycles.map(|c| c / n) }
}

/// Parses the lines `WHAT instructions N of MACS`, in order.
fn costs(lines: &[String]) -> Result<Vec<(String, Cost)>> {
    let mut costs = Vec::new();
    for line in lines {
        if let [what, "instructions", instructions, "of", macs, ..] =
            line.split(' ').collect::<Vec<_>>().as_slice()
        {
            let cost = Cost { macs: macs.parse()?, instructions: instructions.parse()?, cycles: None };
            costs.push((what.to_string(), cost));
        }
    }
    Ok(costs)
}

fn digests(lines: &[String]) -> Vec<String> {
    lines.iter().filter_map(|line| line.strip_prefix("digest ")).map(str::to_string).collect()
}

fn model_precision(contents: &Contents) -> Result<Precision> {
    let bytes = ModelBytes::read(contents.model)?;
    bytes.model(contents.model.display())?.precision().context("weights of one form")
}

/// Returns the digests that the image must print.
fn expected(contents: &Contents, samples: &Samples) -> Result<Vec<String>> {
    let bytes = ModelBytes::read(contents.model)?;
    let model = bytes.model(contents.model.display())?;
    let network = model.network();
    let [_, nudge] = model.training().contrast().context("no inference problems")?.nudges;
    let mut digests = Vec::new();
    for shown in samples.iter() {
        let shown = shown.sample(&model)?;
        let mut digest = checksum();
        let mut activities = vec![0.0; network.units()];
        let outputs = network.infer(&shown.input, &mut activities)?;
        outputs.iter().for_each(|output| digest.update(&output.to_le_bytes()));
        let mut memory = vec![0.0; StateView::len(network.units(), 1)];
        let mut state = StateView::new(network.units(), 1, &mut memory)?;
        network.relax(&shown.problem(&nudge), &mut state, &Settings::default())?;
        for k in 1..=network.output() {
            state.activities(&network, k).iter().for_each(|z| digest.update(&z.to_le_bytes()));
        }
        digests.push(format!("{:08x}", digest.finalize()));
    }
    Ok(digests)
}
