//! Measures the robustness that each way of training gives, with strong baselines.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use fenchel_core::InputBlock;
use rayon::prelude::*;
use serde::Serialize;

use super::cells::{Cell, Choice, complete, label};
use super::plan::{Plan, RATIO_4};
use super::provenance::Provenance;
use crate::Parameters;
use crate::analysis::robustness::Samples;
use crate::analysis::robustness::attacks::{GradientAttack, Norm, internal_accuracy};
use crate::analysis::robustness::lipschitz::Lipschitz;
use crate::analysis::statistics::{deviation, mean, paired_gain};
use crate::data::Dataset;
use crate::experiments::bench;
use crate::hardware::{MonteCarlo, Profile, mean_accuracy};
use crate::train::{ObjectiveName, Settings};

/// A row of the table: its name, its objective, and what it changes in the plan's settings.
type Method = (&'static str, ObjectiveName, fn(&mut Settings));

fn clip(settings: &mut Settings) {
    settings.optimiser.weight_clip = Some(2.0);
}

/// The methods; the first is the baseline of the paired gains.
const METHODS: [Method; 9] = [
    ("BP", ObjectiveName::Backprop, |_| {}),
    ("BP + hidden noise", ObjectiveName::BackpropNoise, |_| {}),
    ("BP + input noise + clip", ObjectiveName::Backprop, |settings| {
        clip(settings);
        settings.attack.input_noise = 0.2;
    }),
    ("BP + FGSM + hidden noise + clip", ObjectiveName::BackpropFgsm, |settings| {
        clip(settings);
        settings.attack.hidden_noise = 0.06;
    }),
    ("AROVR", ObjectiveName::Arovr, |_| {}),
    ("AROVR_αβ", ObjectiveName::ArovrAb, |_| {}),
    ("AROVR_αβ, γ ratio 4", ObjectiveName::ArovrAb, |settings| settings.network.gamma = RATIO_4.to_vec()),
    ("AROVR^g", ObjectiveName::ArovrG, |_| {}),
    ("AROVR^g + input block + clip", ObjectiveName::ArovrG, |settings| {
        clip(settings);
        settings.attack.input_block = InputBlock::Box { radius: 0.02 };
    }),
];

/// Pairs of methods for which the report gives the second's gain over the first, beside each method's gain
/// over BP.
const PAIRS: [(usize, usize); 3] = [(8, 1), (8, 2), (8, 3)];

/// Number of chips that are drawn for a random flaw.
const CHIPS: u64 = 5;

const fn attack(norm: Norm, radius: f32, steps: u32) -> GradientAttack {
    GradientAttack { norm, radius, steps }
}

/// A measure: its name, and the function that computes it; accuracies are fractions.
type Measure = (&'static str, fn(&Parameters, &Samples) -> Result<f64>);

/// The measures of each model, by their names in the JSON.
const MEASURES: [Measure; 13] = [
    ("clean", |p, s| attack(Norm::LInfinity, 0.0, 0).accuracy(p, s)),
    ("fgsm_linf_0.05", |p, s| attack(Norm::LInfinity, 0.05, 1).accuracy(p, s)),
    ("pgd_linf_0.05", |p, s| attack(Norm::LInfinity, 0.05, 30).accuracy(p, s)),
    ("pgd_l2_1", |p, s| attack(Norm::L2, 1.0, 30).accuracy(p, s)),
    ("internal_0.06", |p, s| internal_accuracy(p, s, 0.06)),
    ("internal_0.12", |p, s| internal_accuracy(p, s, 0.12)),
    ("noise_multiplicative_0.5", |p, s| on_chips(p, s, &Profile::relative_weight_noise(0.5), 1)),
    ("noise_additive_0.1", |p, s| on_chips(p, s, &Profile::weight_noise(0.1), 2)),
    ("bits_8", |p, s| on_chips(p, s, &Profile::bits(8), 0)),
    ("bits_6", |p, s| on_chips(p, s, &Profile::bits(6), 0)),
    ("bits_4", |p, s| on_chips(p, s, &Profile::bits(4), 0)),
    ("bits_3", |p, s| on_chips(p, s, &Profile::bits(3), 0)),
    ("dead_units_0.2", |p, s| on_chips(p, s, &Profile { dead_units: 0.2, ..Profile::ideal() }, 3)),
];

/// Returns the mean accuracy over a few chips of a profile.
fn on_chips(parameters: &Parameters, samples: &Samples, profile: &Profile, seed: u64) -> Result<f64> {
    mean_accuracy(parameters, samples, profile, MonteCarlo { chips: CHIPS, seed })
}

/// Values by the name of the measure.
type Values = BTreeMap<String, f64>;

/// One measure of one method. Accuracies are fractions.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Name of the data set.
    pub data: String,
    /// Name of the method.
    pub method: &'static str,
    /// The epoch whose model was measured.
    pub choice: Choice,
    /// Name of the measure.
    pub measure: String,
    /// Number of seeds.
    pub seeds: u64,
    /// Mean over the seeds.
    pub mean: f64,
    /// Standard deviation over the seeds.
    pub std: f64,
    /// Method over which the gain is.
    pub baseline: &'static str,
    /// Mean gain over the baseline with the same seed.
    pub paired_gain: f64,
    /// Lower end of the gain's 95 % confidence interval.
    pub paired_low: f64,
    /// Upper end of that interval.
    pub paired_high: f64,
    /// Seconds of an epoch divided by those of BP in the same run.
    pub cost: f64,
}

fn settings(data: &str, method: &Method, seed: u64, plan: Plan) -> Settings {
    let mut settings = plan.settings(data, method.1, seed);
    method.2(&mut settings);
    settings
}

/// Trains what isn't trained yet and measures what isn't measured yet, keeping both in `folder`; returns
/// the rows.
///
/// # Errors
/// Fails as training and the file system do.
pub fn run(plan: Plan, data: &[Dataset], folder: &Path, watch: &(dyn Fn(&Cell) + Sync)) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for data in data {
        let of_seeds = |method: &Method| -> Result<Vec<Cell>> {
            (0..plan.seeds)
                .map(|seed| Cell::new(folder, settings(&data.name, method, seed, plan), data))
                .collect()
        };
        let cells: Vec<Vec<Cell>> = METHODS.iter().map(of_seeds).collect::<Result<_>>()?;
        complete(&cells.concat(), watch)?;
        let own: Vec<_> = METHODS.iter().map(|method| settings(&data.name, method, 0, plan)).collect();
        let seconds = bench::epochs(&own, data, 5)?;
        let costs: Vec<_> = seconds.iter().map(|own| bench::ratio(own, &seconds[0])).collect();
        let samples = Samples::new(&data.test, data.features, data.scaling.view(), data.test.len());
        for choice in [Choice::Best, Choice::Last] {
            let measured: Vec<Vec<Values>> = cells
                .par_iter()
                .map(|cells| cells.par_iter().map(|cell| measure(cell, choice, &samples)).collect())
                .collect::<Result<_>>()?;
            let with_bp = (0..METHODS.len()).map(|method| (method, 0));
            for (method, baseline) in with_bp.chain(PAIRS) {
                for measure in measured[0][0].keys() {
                    let values = |method: usize| -> Vec<f64> {
                        measured[method].iter().map(|values| values[measure]).collect()
                    };
                    let own = values(method);
                    let gain = paired_gain(&own, &values(baseline));
                    rows.push(Row {
                        data: label(&data.name),
                        method: METHODS[method].0,
                        choice,
                        measure: measure.clone(),
                        seeds: plan.seeds,
                        mean: mean(&own),
                        std: deviation(&own),
                        baseline: METHODS[baseline].0,
                        paired_gain: gain.mean,
                        paired_low: gain.low,
                        paired_high: gain.high,
                        cost: costs[method],
                    });
                }
            }
        }
    }
    Ok(rows)
}

/// Computes every measure of one model, and its three Lipschitz estimates.
fn measure(cell: &Cell, choice: Choice, samples: &Samples) -> Result<Values> {
    // "robustness" is what cells kept of noise that could turn a weight's sign.
    cell.kept("robustness-of-devices", choice, |model| {
        let parameters = Parameters::of_model(model);
        let mut values = Values::new();
        for (name, find) in MEASURES {
            values.insert(name.into(), find(&parameters, samples)?);
        }
        let Lipschitz { product, largest, mean } = Lipschitz::new(&parameters, samples)?;
        values.insert("lipschitz_product".into(), product);
        values.insert("lipschitz_largest".into(), largest);
        values.insert("lipschitz_mean".into(), mean);
        Ok(values)
    })
}

/// The measures in the order of the table's columns, with the columns' headings.
const COLUMNS: [(&str, &str); 16] = [
    ("clean", "clean"),
    ("fgsm_linf_0.05", "FGSM .05"),
    ("pgd_linf_0.05", "PGD .05"),
    ("pgd_l2_1", "PGD L2 1"),
    ("internal_0.06", "inside 6 %"),
    ("internal_0.12", "inside 12 %"),
    ("noise_multiplicative_0.5", "noise ×50 %"),
    ("noise_additive_0.1", "noise +10 %"),
    ("bits_8", "8 bits"),
    ("bits_6", "6 bits"),
    ("bits_4", "4 bits"),
    ("bits_3", "3 bits"),
    ("dead_units_0.2", "20 % dead"),
    ("lipschitz_product", "Lipschitz, product"),
    ("lipschitz_largest", "largest"),
    ("lipschitz_mean", "mean"),
];

/// Returns the rows as Markdown.
pub fn markdown(rows: &[Row], plan: Plan, provenance: &Provenance) -> String {
    let Plan { seeds, epochs, samples } = plan;
    let mut text = format!(
        "# Robustness: accuracy, %, under attack and with flaws\n\n\
         Networks of 784-256-256-10 units were trained on {samples} samples for {epochs} epochs by Adam at 2e-4. Figures are\n\
         means over seeds 0..{seeds} and all test samples. *FGSM* and *PGD* (30 steps) attack the margin, with L∞ and ε = 0.05\n\
         or L2 and ε = 1, for inputs in [0, 1]. *Inside* moves every hidden block's pre-activations by that share of the length\n\
         of its activities, in the direction in which the relaxation moves them when the output is nudged to the runner-up.\n\
         *Noise* is w·(1 + N(0, 0.5²)), where no weight changes its sign, or w + N(0, (0.1·max|W|)²), with the mean of {CHIPS}\n\
         draws. *Bits* are those of each weight, and *dead* is a share of the hidden units. *Lipschitz* gives the product\n\
         of spectral norms, and the largest and mean spectral norm of ∂z_L/∂x over the samples. *Cost* is the time of an epoch\n\
         divided by that of BP, by medians of 5 rounds in one run.\n\n\
         {}\n",
        provenance.line()
    );
    let mut groups: Vec<(&str, Choice)> = Vec::new();
    for row in rows {
        if !groups.contains(&(&row.data, row.choice)) {
            groups.push((&row.data, row.choice));
        }
    }
    for (data, choice) in groups {
        let here: Vec<_> = rows.iter().filter(|row| row.data == data && row.choice == choice).collect();
        let epoch = match choice {
            Choice::Best => "the epoch with the best validation accuracy",
            Choice::Last => "the last epoch, the same for all",
        };
        let headings: Vec<_> = COLUMNS.iter().map(|column| column.1).collect();
        let rule = "---|".repeat(COLUMNS.len() + 2);
        let _ = write!(
            text,
            "\n## {data}, {epoch}\n\n| trained by | {} | cost |\n|{rule}\n",
            headings.join(" | ")
        );
        for (method, ..) in METHODS {
            let figure =
                |measure: &str| here.iter().find(|row| row.method == method && row.measure == measure);
            let cell = |measure: &str| match figure(measure) {
                Some(row) if measure.starts_with("lipschitz") => format!("{:.1}", row.mean),
                Some(row) => format!("{:.1}", 100.0 * row.mean),
                None => "–".into(),
            };
            let cells: Vec<_> = COLUMNS.iter().map(|column| cell(column.0)).collect();
            let cost = figure("clean").map_or(f64::NAN, |row| row.cost);
            let _ = writeln!(text, "| {method} | {} | {cost:.2} |", cells.join(" | "));
        }
        let _ = write!(
            text,
            "\nPaired differences in points, with 95 % confidence intervals (Student's t over the seeds):\n\n\
             | difference | clean | PGD .05 | inside 6 % | noise +10 % | 3 bits |\n|---|---|---|---|---|---|\n"
        );
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for row in &here {
            if row.method != row.baseline && !pairs.contains(&(row.method, row.baseline)) {
                pairs.push((row.method, row.baseline));
            }
        }
        for (method, baseline) in pairs {
            let difference = |measure: &str| {
                let same = |row: &&&Row| {
                    (row.method, row.baseline, row.measure.as_str()) == (method, baseline, measure)
                };
                here.iter().find(same).map_or("–".into(), |row| {
                    let [gain, low, high] =
                        [row.paired_gain, row.paired_low, row.paired_high].map(|v| 100.0 * v);
                    format!("{gain:+.1} [{low:+.1}, {high:+.1}]")
                })
            };
            let shown =
                ["clean", "pgd_linf_0.05", "internal_0.06", "noise_additive_0.1", "bits_3"].map(difference);
            let _ = writeln!(text, "| {method} − {baseline} | {} |", shown.join(" | "));
        }
    }
    text
}
