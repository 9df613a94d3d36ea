//! The proof of the decision: the conformance vectors of `spec/decide`, and what must hold for any input.

mod events;
mod mutants;
mod properties;
mod vectors;
