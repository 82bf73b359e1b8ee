//! The examples run; each asserts what it shows.

#[path = "../examples/gradient.rs"]
mod gradient;
#[path = "../examples/infer.rs"]
mod infer;
#[path = "../examples/relax.rs"]
mod relax;

#[test]
fn infer_from_a_model_file() {
    infer::main().expect("the parts fit together");
}

#[test]
fn relax_by_every_schedule() {
    relax::main().expect("the parts fit together");
}

#[test]
fn learn_from_the_gradient() {
    gradient::main().expect("the parts fit together");
}
