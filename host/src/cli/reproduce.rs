//! `fenchel reproduce`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use crate::data::{self, Dataset};
use crate::error::require;
use crate::experiments::cells::{Cell, label};
use crate::experiments::hardware::{self, Extent};
use crate::experiments::hardware_page;
use crate::experiments::plan::Plan;
use crate::experiments::provenance::Provenance;
use crate::experiments::robustness;
use crate::experiments::robustness_figure;
use crate::experiments::table1;
use crate::experiments::{figure1, plots, solvers};
use crate::store::lock::Lock;
use crate::store::{files, run};

/// Reproduce the paper's experiments: train what isn't trained yet, and write tables as JSON and Markdown
#[derive(clap::Args)]
#[command(
    after_help = "Example: fenchel reproduce table1 --data path/to/mnist,fashion-mnist --seeds 3 --jobs 2"
)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Table 1: test accuracy of every objective, with and without pretraining
    #[command(after_help = "Example: fenchel reproduce table1 --data path/to/mnist,fashion-mnist --seeds 3")]
    Table1(Table),
    /// Figure 1: Lipschitz estimates and test accuracy over the epochs, as SVG
    #[command(after_help = "Example: fenchel reproduce figure1 --data path/to/mnist --sizes 5000")]
    Figure1(Figure),
    /// Gradient error against cost of the three schedules, on networks that AROVR trained
    #[command(after_help = "Example: fenchel reproduce solvers --data path/to/mnist")]
    Solvers(Table),
    /// Attacks at the input and inside, noisy and coarse weights, dead units: every method beside its baselines
    #[command(after_help = "Example: fenchel reproduce robustness --data fashion-mnist --seeds 3")]
    Robustness(Table),
    /// Analog hardware: every method beside its baselines on simulated chips; first prints how long it will take
    #[command(
        after_help = "Example: fenchel reproduce hardware --data path/to/mnist,fashion-mnist --chips 50"
    )]
    Hardware(Hardware),
}

/// Options that all experiments share.
#[derive(clap::Args)]
struct Common {
    /// Data sets: names, or folders of IDX files (the paper's are MNIST and Fashion-MNIST)
    #[arg(long, value_delimiter = ',', required = true)]
    data: Vec<String>,
    /// Number N of seeds, which are 0 to N − 1
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// Number of passes over the samples
    #[arg(long, default_value_t = 100)]
    epochs: u32,
    /// Size of the random subset to train on
    #[arg(long, default_value_t = 5000)]
    samples: usize,
    /// Number of trainings at a time, which doesn't change the result [default: as many as processors]
    #[arg(long)]
    jobs: Option<usize>,
    /// Folder that keeps the trainings; those that are finished there aren't repeated
    #[arg(long, default_value = "runs/reproduce")]
    cells: PathBuf,
    /// Folder for the tables
    #[arg(long, default_value = "docs/results")]
    out: PathBuf,
    /// Also print the JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Table {
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct Figure {
    #[command(flatten)]
    common: Common,
    /// Sizes of the random subsets for which the curves are drawn, instead of --samples
    #[arg(long, value_delimiter = ',', default_value = "5000,50000")]
    sizes: Vec<usize>,
}

#[derive(clap::Args)]
struct Hardware {
    #[command(flatten)]
    common: Common,
    /// Number of simulated chips of each kind, for each network
    #[arg(long, default_value_t = 50)]
    chips: u64,
    /// Number of test images to evaluate on, from the first on
    #[arg(long, default_value_t = 2000)]
    images: usize,
    /// Number of these images that are also relaxed under a nudge
    #[arg(long, default_value_t = 200)]
    nudged_images: usize,
}

pub fn run(args: &Args) -> Result<()> {
    match &args.what {
        What::Table1(Table { common }) => common.run("table1", |plan, data, watch| {
            let rows = table1::run(plan, data, &common.cells, watch)?;
            let provenance = common.provenance("table1");
            Ok((table1::markdown(&rows, plan, &provenance), Report { provenance, rows }))
        }),
        What::Figure1(Figure { common, sizes }) => common.run("figure1", |plan, data, watch| {
            let curves = figure1::run(plan, sizes, data, &common.cells, watch)?;
            let sizes: Vec<_> = sizes.iter().map(usize::to_string).collect();
            let (data_names, epochs) = (common.data_names(), common.epochs);
            let words = format!("figure1 --data {data_names} --epochs {epochs} --sizes {}", sizes.join(","));
            let provenance = Provenance::of(format!("fenchel reproduce {words}"));
            files::make_folder(&common.out)?;
            let mut text = format!("# Figure 1\n\n{FIGURE_1}\n\n{}\n", provenance.line());
            for data in data {
                let name = label(&data.name);
                let file = format!("figure1-{name}.svg");
                files::write(&common.out.join(&file), plots::figure1(&curves, &name)?.as_bytes())?;
                text += &format!("\n![Lipschitz estimates and test accuracy on {name}]({file})\n");
            }
            Ok((text, Report { provenance, rows: curves }))
        }),
        What::Solvers(Table { common }) => common.run("solvers", |plan, data, watch| {
            let rows = solvers::run(plan, data, &common.cells, watch)?;
            let provenance = common.provenance("solvers");
            files::make_folder(&common.out)?;
            files::write(&common.out.join("solvers.svg"), plots::solvers(&rows)?.as_bytes())?;
            let text = format!("{SOLVERS}\n\n{}\n{}", provenance.line(), solvers::markdown(&rows));
            Ok((text, Report { provenance, rows }))
        }),
        What::Robustness(Table { common }) => common.run("robustness", |plan, data, watch| {
            let rows = robustness::run(plan, data, &common.cells, watch)?;
            let provenance = common.provenance("robustness");
            let mut text = robustness::markdown(&rows, plan, &provenance);
            let report = Report { provenance, rows };
            files::make_folder(&common.out)?;
            for data in data {
                let name = label(&data.name);
                let file = format!("robustness-{name}.svg");
                let figure = robustness_figure::figure(&json!(report), Some(&name))?;
                files::write(&common.out.join(&file), figure.as_bytes())?;
                text += &format!("\n![Accuracy on {name}, clean and under attack]({file})\n");
            }
            Ok((text, report))
        }),
        What::Hardware(Hardware { common, chips, images, nudged_images }) => {
            let extent = Extent { chips: *chips, images: *images, nudged_images: *nudged_images };
            let sizes = [("--chips", *chips), ("--images", *images as u64)];
            for (option, size) in sizes.into_iter().chain([("--nudged-images", *nudged_images as u64)]) {
                require!(size > 0, option, "at least 1", 0);
            }
            common.run("hardware", |plan, data, watch| {
                let rows = hardware::run(plan, extent, data, &common.cells, watch)?;
                let Provenance { commit, machine, command } = common.provenance("hardware");
                let words = format!("--chips {chips} --images {images} --nudged-images {nudged_images}");
                let provenance = Provenance { commit, machine, command: format!("{command} {words}") };
                let text = hardware_page::markdown(&rows, plan, extent, &provenance);
                Ok((text, Report { provenance, rows }))
            })
        }
    }
}

/// Explanation of the table, for its page.
const SOLVERS: &str = "\
# Gradient error against cost

The table has the relative error of the contrastive gradient with g = 0, compared with 400 forward–backward
sweeps, as a mean over 20 batches of 50 and over the seeds' networks after the last epoch. The cost is the number
of multiply-adds of a step divided by that of back-propagation; it is counted, not timed.

![Gradient error against cost](solvers.svg)";

/// Explanation of the figure, for its page.
const FIGURE_1: &str = "\
Networks of 784-256-256-10 units were trained by Adam at 2e-4 with batches of 50 and seed 0, with one point for every
five epochs. The estimates of the Lipschitz constant are the product of the weights' spectral norms (an upper bound),
and the largest and the mean spectral norm of ∂z_L/∂x over 1,000 test samples, which are exact by back-propagating every
output (the largest is a lower bound). *γ ratio r* means γ_{k+1}/γ_k = r with γ_L = 1. The numbers are in figure1.json.";

/// The content of a table's JSON.
#[derive(Serialize)]
struct Report<T> {
    #[serde(flatten)]
    provenance: Provenance,
    rows: Vec<T>,
}

impl Common {
    /// Loads the data, lets `work` train and tabulate, and writes what it returns as `name`.md and .json.
    fn run<T: Serialize + Send>(
        &self,
        name: &str,
        work: impl FnOnce(Plan, &[Dataset], &(dyn Fn(&Cell) + Sync)) -> Result<(String, Report<T>)> + Send,
    ) -> Result<()> {
        let most: [u64; 2] = [1000, 1024];
        require!((1..=most[0]).contains(&self.seeds), "--seeds", format!("1 to {}", most[0]), self.seeds);
        let jobs = self.jobs.map_or(1, |jobs| jobs as u64);
        require!((1..=most[1]).contains(&jobs), "--jobs", format!("1 to {}", most[1]), jobs);
        files::make_folder(&self.cells)?;
        let _lock = Lock::take(&self.cells)?;
        run::clear(&self.cells)?;
        let data = self.data.iter().map(|name| data::load(name)).collect::<Result<Vec<_>>>()?;
        let threads = rayon::ThreadPoolBuilder::new().num_threads(self.jobs.unwrap_or(0)).build()?;
        let plan = Plan { seeds: self.seeds, epochs: self.epochs, samples: self.samples };
        let done = AtomicUsize::new(0);
        let watch = |cell: &Cell| {
            let number = done.fetch_add(1, Ordering::Relaxed) + 1;
            let objective = crate::spelling::name(cell.settings.objective.name);
            let pretrained = if cell.settings.optimiser.pretrain > 0 { ", pretrained" } else { "" };
            let chips = if cell.settings.hardware.is_some() { ", on chips" } else { "" };
            let clip = if cell.settings.optimiser.weight_clip.is_some() { ", clipped" } else { "" };
            let (data, seed) = (label(&cell.settings.data.source), cell.settings.seed);
            crate::output::say(format_args!(
                "{number} trained: {data}, {objective}{pretrained}{chips}{clip}, seed {seed}"
            ));
        };
        let (markdown, report) = threads.install(|| work(plan, &data, &watch))?;
        files::make_folder(&self.out)?;
        let file = |extension: &str| self.out.join(Path::new(name).with_extension(extension));
        files::write(&file("md"), markdown.as_bytes())?;
        let report = json!(report);
        files::write(&file("json"), format!("{report:#}\n").as_bytes())?;
        if self.json { super::print(report) } else { super::print(markdown) }
    }

    fn provenance(&self, what: &str) -> Provenance {
        let Self { seeds, epochs, samples, .. } = self;
        let rest = format!("--seeds {seeds} --epochs {epochs} --samples {samples}");
        Provenance::of(format!("fenchel reproduce {what} --data {} {rest}", self.data_names()))
    }

    fn data_names(&self) -> String {
        self.data.iter().map(|data| label(data)).collect::<Vec<_>>().join(",")
    }
}
