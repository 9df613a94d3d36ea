//! Which crate may depend on which, and who alone may know an outside crate.
//!
//! The table is the architecture's arrows, word by word; arrows lead downwards, so what `http` may use through `service` it may name.

use anyhow::{Context, Result};
use serde_json::Value;

/// Our crates, and which of ours each may depend on.
const ARROWS: [(&str, &[&str]); 10] = [
    ("sonde-core", &[]),
    ("sonde-storage", &["sonde-core"]),
    ("sonde-storage-embedded", &["sonde-storage", "sonde-core"]),
    ("sonde-storage-postgres", &["sonde-storage", "sonde-core"]),
    ("sonde-service", &["sonde-storage", "sonde-core"]),
    ("sonde-http", &["sonde-service", "sonde-core"]),
    ("sonde-server", &["sonde-http", "sonde-service", "sonde-storage-embedded", "sonde-storage-postgres"]),
    ("sonde-sim", &["sonde-service", "sonde-storage", "sonde-core"]),
    ("sonde-fuzz", &["sonde-http", "sonde-service", "sonde-storage", "sonde-core"]),
    ("xtask", &[]),
];

/// Who may use the contract suite and its reference model in tests: sonde-storage's feature of that name.
const CONTRACT_IN_TESTS: [&str; 4] = ["sonde-storage-embedded", "sonde-storage-postgres", "sonde-service", "sonde-http"];

/// Who may run the simulator's schedules and benchmarks in tests and examples: engines. The simulator knows none of them.
const SCHEDULES_IN_TESTS: [&str; 2] = ["sonde-storage-embedded", "sonde-storage-postgres"];

/// Outside crates that only some of ours may know.
const RESERVED: [Reserved; 5] = [
    Reserved { outside: &["rusqlite", "fjall"], ours: &["sonde-storage-embedded"], advice: "go through the ports of sonde-storage" },
    Reserved {
        outside: &["tokio-postgres", "deadpool-postgres", "postgres", "sqlx"],
        ours: &["sonde-storage-postgres"],
        advice: "go through the ports of sonde-storage",
    },
    Reserved {
        outside: &["axum"],
        ours: &["sonde-http", "sonde-sim", "sonde-server", "sonde-fuzz"],
        advice: "only sonde-http knows HTTP; sonde-server wires it, sonde-sim measures against a no-op route",
    },
    Reserved {
        outside: &["getrandom", "rand", "fastrand"],
        ours: &["sonde-service"],
        advice: "use the random module of sonde-service, or take what is random as an argument",
    },
    Reserved { outside: &["clap"], ours: &["sonde-server", "sonde-sim", "xtask"], advice: "only binaries have a command line" },
];

/// What the core must not know in any way: it is pure.
const IMPURE: [&str; 9] = ["tokio", "axum", "getrandom", "hyper", "tracing", "rand", "jiff", "chrono", "futures"];

struct Reserved {
    outside: &'static [&'static str],
    ours: &'static [&'static str],
    advice: &'static str,
}

/// One of our crates as cargo sees it.
#[derive(Clone)]
pub(super) struct Package {
    /// Its name.
    pub(super) name: String,
    /// All it depends on, tests and build scripts included.
    pub(super) dependencies: Vec<Dependency>,
}

/// One dependency.
#[derive(Clone)]
pub(super) struct Dependency {
    /// Name of the crate depended on.
    pub(super) name: String,
    /// Name in the manifest, if another.
    pub(super) rename: Option<String>,
    /// For tests only.
    pub(super) dev: bool,
    /// Features asked for.
    pub(super) features: Vec<String>,
}

/// Reads the answer of `cargo metadata --no-deps`.
pub(super) fn packages(metadata: &Value) -> Result<Vec<Package>> {
    let list = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    list.iter().map(package).collect()
}

fn package(value: &Value) -> Result<Package> {
    let dependencies = value["dependencies"].as_array().context("a package has no dependencies")?;
    Ok(Package { name: text(&value["name"])?, dependencies: dependencies.iter().map(dependency).collect::<Result<_>>()? })
}

fn dependency(value: &Value) -> Result<Dependency> {
    let features = value["features"].as_array().context("a dependency has no features")?;
    Ok(Dependency {
        name: text(&value["name"])?,
        rename: value["rename"].as_str().map(str::to_owned),
        dev: value["kind"] == "dev",
        features: features.iter().map(text).collect::<Result<_>>()?,
    })
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).context("cargo metadata has another shape than expected")
}

/// Every edge that is no arrow.
pub(super) fn check(packages: &[Package]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages {
        let Some((_, below)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            problems.push(format!(
                "{}: an unknown crate. A crate exists only to forbid a dependency: merge it into one that exists, or add its arrows to \
                 the architecture and to xtask/src/tidy/layering.rs",
                package.name
            ));
            continue;
        };
        for dependency in &package.dependencies {
            problems.extend(wrong_arrow(&package.name, below, dependency));
            problems.extend(wrong_outside(&package.name, dependency));
        }
    }
    problems
}

fn wrong_arrow(from: &str, below: &[&str], dependency: &Dependency) -> Option<String> {
    let to = dependency.name.as_str();
    if !ARROWS.iter().any(|(name, _)| *name == to) {
        return None;
    }
    let contract = dependency.features.iter().any(|feature| feature == "contract");
    if to == "sonde-storage" && dependency.dev && CONTRACT_IN_TESTS.contains(&from) {
        return None;
    }
    if to == "sonde-sim" && dependency.dev && SCHEDULES_IN_TESTS.contains(&from) {
        return None;
    }
    if !below.contains(&to) {
        let may = if below.is_empty() { "none of ours".to_owned() } else { below.join(", ") };
        return Some(format!(
            "{from} → {to} is no arrow of the architecture: {from} may depend on {may}. Move the code to the side that may know both, or \
             pass what is needed as an argument"
        ));
    }
    let shipped = contract && !dependency.dev && !["sonde-sim", "sonde-fuzz"].contains(&from);
    shipped.then(|| format!("{from} ships sonde-storage's feature `contract`: it is for tests; ask for it in [dev-dependencies]"))
}

fn wrong_outside(from: &str, dependency: &Dependency) -> Option<String> {
    let to = dependency.name.as_str();
    if from == "sonde-core" && IMPURE.contains(&to) {
        return Some(format!(
            "sonde-core → {to}: the core is pure, without I/O, async, clock or randomness. Take the value as an argument, or move the code \
             to sonde-service"
        ));
    }
    let rule = RESERVED.iter().find(|rule| rule.outside.contains(&to))?;
    let knows = rule.ours.contains(&from);
    (!knows).then(|| format!("{from} → {to}: only {} may depend on it; {}", rule.ours.join(", "), rule.advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_edge(from: &str, dependency: Dependency, expected: Option<&str>) {
        let edge = format!("{from} → {}", dependency.name);
        let problems = check(&[Package { name: from.to_owned(), dependencies: vec![dependency] }]);
        match expected {
            None => assert!(problems.is_empty(), "{problems:?}"),
            Some(words) => assert!(problems.len() == 1 && problems[0].contains(words), "{edge}: {problems:?}"),
        }
    }

    fn plain(name: &str) -> Dependency {
        Dependency { name: name.to_owned(), rename: None, dev: false, features: Vec::new() }
    }

    fn dev(name: &str) -> Dependency {
        Dependency { dev: true, ..plain(name) }
    }

    fn contract(dependency: Dependency) -> Dependency {
        Dependency { features: vec!["contract".to_owned()], ..dependency }
    }

    #[test]
    fn arrows_are_allowed() {
        check_edge("sonde-http", plain("sonde-core"), None);
        check_edge("sonde-server", plain("sonde-storage-embedded"), None);
        check_edge("sonde-sim", contract(plain("sonde-storage")), None);
        check_edge("sonde-http", contract(dev("sonde-storage")), None);
        check_edge("sonde-storage-embedded", plain("fjall"), None);
        check_edge("sonde-storage-embedded", dev("sonde-sim"), None);
    }

    #[test]
    fn other_edges_are_not() {
        check_edge("sonde-core", plain("sonde-storage"), Some("none of ours"));
        check_edge("sonde-service", plain("sonde-storage-embedded"), Some("sonde-storage, sonde-core"));
        check_edge("sonde-service", dev("sonde-http"), Some("no arrow"));
        check_edge("sonde-http", plain("sonde-storage"), Some("no arrow"));
        check_edge("sonde-storage-embedded", plain("sonde-sim"), Some("no arrow"));
        check_edge("sonde-service", dev("sonde-sim"), Some("no arrow"));
        check_edge("xtask", dev("sonde-core"), Some("none of ours"));
        check_edge("sonde-service", contract(plain("sonde-storage")), Some("[dev-dependencies]"));
        check_edge("sonde-new", plain("serde"), Some("unknown crate"));
    }

    #[test]
    fn outside_crates_have_their_place() {
        check_edge("sonde-service", plain("rusqlite"), Some("ports of sonde-storage"));
        check_edge("sonde-service", dev("axum"), Some("only sonde-http"));
        check_edge("sonde-core", plain("tokio"), Some("pure"));
        check_edge("sonde-core", dev("getrandom"), Some("pure"));
        check_edge("sonde-http", plain("getrandom"), Some("random module"));
        check_edge("sonde-http", plain("clap"), Some("binaries"));
    }

    #[test]
    fn cargos_answer_is_read() {
        let answer = serde_json::json!({"packages": [{"name": "sonde-http", "dependencies": [
            {"name": "sonde-storage", "kind": "dev", "rename": null, "features": ["contract"]},
            {"name": "serde", "kind": null, "rename": "serde1", "features": []}]}]});
        let packages = packages(&answer).unwrap();
        assert!(packages[0].dependencies[0].dev);
        assert_eq!(packages[0].dependencies[0].features, ["contract"]);
        assert_eq!(packages[0].dependencies[1].rename.as_deref(), Some("serde1"));
        assert!(super::packages(&serde_json::json!({})).is_err());
    }
}
