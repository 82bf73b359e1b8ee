//! Helpers that tests of more than one crate share, beside the oracle.
//!
//! | module | is |
//! |---|---|
//! | [`readers`] | every reader of files from outside, as fuzzing and its replay call it |

pub mod readers;
