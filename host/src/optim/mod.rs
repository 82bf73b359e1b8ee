//! Optimisers turn a gradient into a step. To add one, add a file, a name and a row in the list.

mod adam;
mod momentum;
mod sgd;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::{DenseGradient, Parameters};
pub use adam::Adam;
pub use momentum::Momentum;
pub use sgd::Sgd;

/// Flush smaller moments to zero. They move a parameter by less than 1e-22 of the learning rate; where a
/// gradient stays 0, as for a pixel that is always black, they would become subnormal numbers, which are
/// about 100 times slower.
const LEAST_MOMENT: f32 = 1e-30;

/// The interface of an optimiser.
trait Method: Sized {
    /// Starts at rest, for tensors with `sizes` values.
    fn new(sizes: &[usize]) -> Self;

    /// Returns whether its memory fits tensors with `sizes` values.
    fn fits(&self, sizes: &[usize]) -> bool;

    /// Makes one step against `gradient`.
    fn step(&mut self, parameters: &mut Parameters, gradient: &DenseGradient, learning_rate: f32);
}

/// Defines the list of optimisers: each one's name, as in `--optimiser`, and its type.
macro_rules! optimisers {
    ($($(#[$doc:meta])* $name:ident),*) => {
        /// Name of an optimiser.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum OptimiserName {
            $($(#[$doc])* $name),*
        }

        /// An optimiser with its memory, which a checkpoint keeps.
        ///
        /// ```
        /// # use fenchel::{Architecture, DenseGradient, Optimiser, OptimiserName, Parameters};
        /// # use fenchel_core::{Activation, Gradient, Potential, Random};
        /// # use rand_core::SeedableRng;
        /// # let architecture = Architecture::new(&[2, 1], &[], Potential::FenchelYoung, &[], &[])?;
        /// # let mut parameters = Parameters::new(&architecture, &mut Random::seed_from_u64(0));
        /// let mut gradient = DenseGradient::zeros(&parameters);
        /// gradient.bias(1, &[2.0]);
        /// let before = parameters.biases[0];
        /// let mut sgd = Optimiser::new(OptimiserName::Sgd, &parameters);
        /// sgd.step(&mut parameters, &gradient, 0.25);
        /// assert_eq!(parameters.biases[0], before - 0.5);
        /// # Ok::<(), anyhow::Error>(())
        /// ```
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub enum Optimiser {
            $($(#[$doc])* $name($name)),*
        }

        impl Optimiser {
            /// Starts at rest, for `parameters`.
            pub fn new(name: OptimiserName, parameters: &Parameters) -> Self {
                let sizes = parameters.tensor_sizes();
                match name {
                    $(OptimiserName::$name => Self::$name($name::new(&sizes))),*
                }
            }

            /// Returns which optimiser it is.
            pub fn name(&self) -> OptimiserName {
                match self {
                    $(Self::$name(_) => OptimiserName::$name),*
                }
            }

            /// Returns whether its memory fits `parameters`.
            pub(crate) fn fits(&self, parameters: &Parameters) -> bool {
                let sizes = parameters.tensor_sizes();
                match self {
                    $(Self::$name(method) => method.fits(&sizes)),*
                }
            }

            /// Makes one step of `learning_rate` against `gradient`.
            pub fn step(
                &mut self,
                parameters: &mut Parameters,
                gradient: &DenseGradient,
                learning_rate: f32,
            ) {
                match self {
                    $(Self::$name(method) => method.step(parameters, gradient, learning_rate)),*
                }
            }
        }
    };
}

optimisers! {
    /// Adam: steps scaled by running moments of the gradient
    Adam,
    /// Plain stochastic gradient descent
    Sgd,
    /// Gradient descent with momentum 0.9
    Momentum
}
