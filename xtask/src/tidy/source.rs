//! The repository's text files, without what is generated or downloaded.

use std::path::Path;

use anyhow::{Context, Result};

/// Kinds of files that people write and the rules read.
const EXTENSIONS: [&str; 15] = ["rs", "ts", "tsx", "mts", "js", "jsx", "mjs", "cjs", "css", "html", "sh", "sql", "toml", "yml", "yaml"];
/// Folders that hold no source of ours.
const FOREIGN: [&str; 6] = ["target", "node_modules", "dist", "data", "fuzz-corpus", "corpus"];
/// Hidden folders that hold some.
const HIDDEN: [&str; 3] = [".cargo", ".ci", ".github"];

/// One text file.
pub(super) struct Source {
    /// From the root, with `/`.
    pub(super) path: String,
    /// What it says.
    pub(super) text: String,
}

impl Source {
    /// The part after the last dot.
    pub(super) fn extension(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

/// Whether a path leads into a folder that holds no source of ours.
pub(super) fn is_foreign(path: &str) -> bool {
    path.split('/').any(|part| FOREIGN.contains(&part))
}

/// Reads them all, sorted by path.
pub(super) fn read_all(root: &Path) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(root.join(&folder)).with_context(|| format!("cannot read {folder}/"))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                let foreign = FOREIGN.contains(&name.as_str()) || name.starts_with('.') && !HIDDEN.contains(&name.as_str());
                if !foreign {
                    folders.push(path);
                }
            } else if kind.is_file() && EXTENSIONS.iter().any(|extension| name.ends_with(&format!(".{extension}"))) {
                // A file that vanishes meanwhile (an editor's, another build's) is none of ours.
                if let Ok(text) = std::fs::read_to_string(entry.path()) {
                    found.push(Source { path, text });
                }
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_people_wrote_is_read() {
        let root = tempfile::tempdir().unwrap();
        for file in ["src/a.rs", "target/b.rs", "web/x/node_modules/c.ts", ".git/d.sh", ".ci/e.sh", "f.json"] {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let paths: Vec<String> = read_all(root.path()).unwrap().into_iter().map(|file| file.path).collect();
        assert_eq!(paths, [".ci/e.sh", "src/a.rs"]);
    }
}
