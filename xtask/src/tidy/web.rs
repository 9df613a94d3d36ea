//! Which npm package may depend on which of ours, in its package.json and in its imports.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::source::Source;

/// Our packages by folder under web/, and which of ours each may depend on.
const ARROWS: [(&str, &[&str]); 6] = [
    ("sdk-core", &[]),
    ("widget", &[]),
    ("api-client", &[]),
    ("sdk-web", &["sdk-core", "widget"]),
    ("sdk-react-native", &["sdk-core"]),
    ("dashboard", &["widget", "api-client"]),
];

/// What every visitor of a customer's site loads: no outside dependency at all.
const ALONE: [&str; 3] = ["sdk-core", "widget", "sdk-web"];
const SCOPE: &str = "@sonde/";
/// Sections whose packages are shipped.
const SHIPPED: [&str; 3] = ["dependencies", "peerDependencies", "optionalDependencies"];

/// One package.json under web/.
pub(super) struct Package {
    folder: String,
    manifest: Value,
}

/// Reads them.
pub(super) fn packages(root: &Path) -> Result<Vec<Package>> {
    let mut packages = Vec::new();
    let Ok(entries) = std::fs::read_dir(root.join("web")) else { return Ok(packages) };
    for entry in entries {
        let entry = entry?;
        let file = entry.path().join("package.json");
        if file.exists() {
            let manifest = serde_json::from_str(&std::fs::read_to_string(&file)?);
            let manifest = manifest.with_context(|| format!("{} is no JSON", file.display()))?;
            packages.push(Package { folder: entry.file_name().to_string_lossy().into_owned(), manifest });
        }
    }
    packages.sort_by(|a, b| a.folder.cmp(&b.folder));
    Ok(packages)
}

fn below(folder: &str) -> Option<&'static [&'static str]> {
    ARROWS.iter().find(|(name, _)| *name == folder).map(|(_, below)| *below)
}

/// Every edge that is no arrow.
pub(super) fn check(packages: &[Package]) -> Vec<String> {
    packages.iter().flat_map(check_package).collect()
}

fn check_package(package: &Package) -> Vec<String> {
    let folder = package.folder.as_str();
    let Some(below) = below(folder) else {
        return vec![format!("web/{folder}: an unknown package; add its arrows to the architecture and to xtask/src/tidy/web.rs")];
    };
    let mut problems = Vec::new();
    let name = format!("{SCOPE}{folder}");
    if package.manifest["name"] != name.as_str() {
        problems.push(format!("web/{folder}/package.json: its name must be {name}, so that the folder says who it is"));
    }
    for section in SHIPPED.into_iter().chain(["devDependencies"]) {
        let Some(dependencies) = package.manifest[section].as_object() else { continue };
        for to in dependencies.keys() {
            match to.strip_prefix(SCOPE) {
                Some(ours) if !below.contains(&ours) => problems.push(no_arrow(folder, ours, below)),
                None if SHIPPED.contains(&section) && ALONE.contains(&folder) => problems.push(format!(
                    "web/{folder}/package.json: {section} names {to}; what visitors load depends on nothing outside: write the few lines yourself"
                )),
                _ => {}
            }
        }
    }
    problems
}

fn no_arrow(from: &str, to: &str, below: &[&str]) -> String {
    let may = if below.is_empty() { "none of ours".to_owned() } else { below.join(", ") };
    format!("web/{from} → {to} is no arrow of the architecture: {from} may depend on {may}; pass what is needed as an argument")
}

/// Imports in `web/*/src` that package.json does not show: other packages' folders, or names beyond the arrows.
pub(super) fn check_imports(files: &[Source]) -> Vec<String> {
    let mut problems = Vec::new();
    for file in files {
        let mut parts = file.path.split('/');
        let (Some("web"), Some(folder), Some("src")) = (parts.next(), parts.next(), parts.next()) else { continue };
        let Some(below) = below(folder) else { continue };
        for (at, line) in file.text.lines().enumerate() {
            for name in imports(line) {
                let place = format!("{}:{}", file.path, at + 1);
                if let Some(ours) = name.strip_prefix(SCOPE) {
                    let ours = ours.split('/').next().unwrap_or_default();
                    if ours != folder && !below.contains(&ours) {
                        problems.push(format!("{place}: {}", no_arrow(folder, ours, below)));
                    }
                } else if leaves_package(&file.path, name) {
                    problems.push(format!("{place}: imports {name:?} from outside its package; import the package by its name"));
                }
            }
        }
    }
    problems
}

/// Module names that the line imports, statically or lazily.
fn imports(line: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for start in ["from ", "import ", "import("] {
        for (at, _) in line.match_indices(start) {
            let rest = line[at + start.len()..].trim_start();
            let Some(quote) = rest.chars().next().filter(|c| ['"', '\''].contains(c)) else { continue };
            names.extend(rest[1..].split_once(quote).map(|(name, _)| name));
        }
    }
    names
}

/// Whether a relative import ends outside `web/<package>/`.
fn leaves_package(path: &str, import: &str) -> bool {
    if !import.starts_with('.') {
        return false;
    }
    // Folders below web/<package>/ that the file is in.
    let mut depth = path.split('/').count().saturating_sub(3);
    for part in import.split('/') {
        match part {
            "." | "" => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_manifest(folder: &str, extra: &Value, expected: Option<&str>) {
        let mut manifest = serde_json::json!({"name": format!("@sonde/{folder}")});
        for (key, value) in extra.as_object().unwrap() {
            manifest[key] = value.clone();
        }
        let problems = check(&[Package { folder: folder.to_owned(), manifest }]);
        match expected {
            None => assert!(problems.is_empty(), "{problems:?}"),
            Some(words) => assert!(problems.len() == 1 && problems[0].contains(words), "{problems:?}"),
        }
    }

    #[test]
    fn package_edges() {
        let on = |name: &str| serde_json::json!({"dependencies": {name: "0.1.0"}});
        check_manifest("sdk-web", &on("@sonde/widget"), None);
        check_manifest("dashboard", &on("react"), None);
        check_manifest("widget", &serde_json::json!({"devDependencies": {"esbuild": "1"}}), None);
        check_manifest("widget", &on("@sonde/sdk-core"), Some("none of ours"));
        check_manifest("widget", &on("preact"), Some("nothing outside"));
        check_manifest("dashboard", &on("@sonde/sdk-core"), Some("widget, api-client"));
        check_manifest("sdk-core", &serde_json::json!({"name": "core"}), Some("its name must be"));
        check_manifest("sdk-vue", &serde_json::json!({}), Some("unknown package"));
    }

    #[track_caller]
    fn check_import(path: &str, line: &str, expected: usize) {
        let files = [Source { path: path.to_owned(), text: line.to_owned() }];
        assert_eq!(check_imports(&files).len(), expected, "{line}");
    }

    #[test]
    fn imports_stay_on_the_arrows() {
        check_import("web/sdk-web/src/loader.ts", "const widget = await import(\"@sonde/widget\");", 0);
        check_import("web/sdk-web/src/loader.ts", "import type { Survey } from '@sonde/dashboard/types';", 1);
        check_import("web/sdk-web/src/dom/loader.ts", "export * from \"../queue.js\";", 0);
        check_import("web/sdk-web/src/loader.ts", "import \"../../widget/src/index.js\";", 1);
        check_import("web/sdk-web/src/loader.ts", "import pkg from \"../package.json\";", 0);
        check_import("web/sdk-web/test/loader.ts", "import \"../../widget/src/index.js\";", 0);
        check_import("web/sdk-core/src/a.ts", "import { b } from \"./b.js\"; import { c } from \"@sonde/widget\";", 1);
    }
}
