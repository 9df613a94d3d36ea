//! One module for each command.

pub(crate) mod bench;
pub(crate) mod build;
pub(crate) mod codegen;
pub(crate) mod screenshots;
pub(crate) mod start;
pub(crate) mod test;
pub(crate) mod tidy;
