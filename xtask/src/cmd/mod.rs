//! One module for each command.

pub(crate) mod build;
pub(crate) mod codegen;
pub(crate) mod fuzz;
pub(crate) mod screenshots;
pub(crate) mod sim;
pub(crate) mod start;
pub(crate) mod test;
pub(crate) mod tidy;
