//! What is kept on disk: model files, run folders, and how files are written.

pub mod files;
pub mod model_file;
pub mod run;
