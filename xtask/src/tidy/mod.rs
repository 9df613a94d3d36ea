//! The rules of the house that no compiler knows. Each is an ordinary test, so that `cargo test` alone keeps the house tidy.

mod adr;
mod files;
mod layering;
mod manifest;
mod paths;
mod source;
mod web;

use anyhow::Result;

use crate::repo;

/// Every broken rule, as one line that says where and what to do.
pub(crate) fn all() -> Result<Vec<String>> {
    let root = repo::root();
    let metadata = repo::metadata()?;
    let files = source::read_all(&root)?;
    let mut problems = layering::check(&layering::packages(&metadata)?);
    problems.extend(web::check(&web::packages(&root)?));
    problems.extend(web::check_imports(&files));
    problems.extend(manifest::check(&std::fs::read_to_string(root.join("Cargo.toml"))?, &layering::packages(&metadata)?));
    problems.extend(files::check(&files));
    problems.extend(paths::check(&root)?);
    problems.extend(adr::check(&root)?);
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn none(problems: &[String]) {
        assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
    }

    #[test]
    fn crates_depend_only_along_the_arrows() {
        none(&layering::check(&layering::packages(&repo::metadata().unwrap()).unwrap()));
    }

    #[test]
    fn web_packages_depend_only_along_the_arrows() {
        none(&web::check(&web::packages(&repo::root()).unwrap()));
        none(&web::check_imports(&source::read_all(&repo::root()).unwrap()));
    }

    #[test]
    fn every_workspace_dependency_is_used() {
        let manifest = std::fs::read_to_string(repo::root().join("Cargo.toml")).unwrap();
        none(&manifest::check(&manifest, &layering::packages(&repo::metadata().unwrap()).unwrap()));
    }

    #[test]
    fn files_are_short_and_clean() {
        none(&files::check(&source::read_all(&repo::root()).unwrap()));
    }

    #[test]
    fn named_paths_exist() {
        none(&paths::check(&repo::root()).unwrap());
    }

    #[test]
    fn decisions_have_a_number_and_a_title() {
        none(&adr::check(&repo::root()).unwrap());
    }
}
