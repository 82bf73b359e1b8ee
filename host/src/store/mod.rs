//! Files on disk: model files, run folders, and how files are written.

pub mod files;
pub mod lock;
pub mod log;
pub mod model_file;
pub mod run;
