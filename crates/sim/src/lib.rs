//! Development only: what tests and benchmarks of other rooms share with the simulator's binary.

pub mod clock;
pub mod engine_bench;
pub mod output;
pub mod percentiles;
pub mod rng;
pub mod schedule;
