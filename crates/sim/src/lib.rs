//! Development only: what tests of other rooms share with the simulator's binary.

pub mod rng;
pub mod schedule;
