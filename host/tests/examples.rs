//! The examples run; each ends with an error if its trained network is too inaccurate.

#[path = "../examples/custom_data.rs"]
mod custom_data;
#[path = "../examples/custom_objective.rs"]
mod custom_objective;
#[path = "../examples/training_loop.rs"]
mod training_loop;

#[test]
fn training_loop() {
    training_loop::main().expect("a good model");
}

#[test]
fn custom_objective() {
    custom_objective::main().expect("a good model");
}

#[test]
fn custom_data() {
    custom_data::main().expect("a good model");
}
