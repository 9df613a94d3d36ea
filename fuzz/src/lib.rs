//! What hostile input may do. Each target takes any bytes and panics when a promise is broken: an answer of 500, a value
//! that says two things, a cell that begins a formula. `cargo xtask fuzz` lets libFuzzer look for such bytes; the tests
//! replay the seeds in `seeds/` and simple changes of them.

mod app;
mod edge;
mod pure;

/// One entry to the product.
pub struct Target {
    /// As on the command line and in `seeds/`.
    pub name: &'static str,
    /// Panics when a promise is broken.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 8] = [
    Target { name: "ingest", run: edge::ingest },
    Target { name: "batch", run: edge::batch },
    Target { name: "client", run: edge::client },
    Target { name: "proof", run: edge::proof },
    Target { name: "csv", run: edge::csv },
    Target { name: "filter", run: pure::filter },
    Target { name: "logic", run: pure::logic },
    Target { name: "document", run: pure::document },
];

/// The target of a name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
