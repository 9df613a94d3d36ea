//! This engine measured by the simulator's benchmarks: `cargo xtask bench scale`, `cargo xtask bench expiry`.

use std::process::ExitCode;

use sonde_storage_embedded::EmbeddedStore;

/// As in the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    sonde_sim::engine_bench::main(EmbeddedStore::open)
}
