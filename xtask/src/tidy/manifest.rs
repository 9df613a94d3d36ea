//! The list of workspace dependencies holds nothing that nobody uses.

use super::layering::Package;

/// Names of `[workspace.dependencies]` that no crate depends on.
pub(super) fn check(root_manifest: &str, packages: &[Package]) -> Vec<String> {
    let used = |name: &str| {
        packages.iter().flat_map(|package| &package.dependencies).any(|dependency| {
            let named = dependency.rename.as_ref().unwrap_or(&dependency.name);
            named == name
        })
    };
    let unused = |name: &&str| !used(name);
    let tell = |name| format!("Cargo.toml: no crate uses the workspace dependency `{name}`; delete its line");
    names(root_manifest).into_iter().filter(unused).map(tell).collect()
}

/// Keys of the section, also of its sub-sections.
fn names(manifest: &str) -> Vec<&str> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.split(']').next().unwrap_or_default();
            inside = section == "workspace.dependencies";
            names.extend(section.strip_prefix("workspace.dependencies."));
        } else if inside && !line.starts_with('#') {
            names.extend(line.split_once('=').map(|(name, _)| name.trim().split('.').next().unwrap_or_default()));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::super::layering::Dependency;
    use super::*;

    #[test]
    fn unused_lines_are_found() {
        let manifest = "[workspace]\nmembers = []\n[workspace.dependencies]\n# why\nserde = \"1\" # why\nold = { version = \"1\" }\n\
                        [workspace.dependencies.tokio]\nversion = \"1\"\n[profile.dev]\ndebug = false\n";
        assert_eq!(names(manifest), ["serde", "old", "tokio"]);
        let dependency = |name: &str| Dependency { name: name.to_owned(), rename: None, dev: false, features: Vec::new() };
        let package = Package { name: "a".to_owned(), dependencies: vec![dependency("serde"), dependency("tokio")] };
        assert_eq!(check(manifest, &[package]), ["Cargo.toml: no crate uses the workspace dependency `old`; delete its line"]);
    }
}
