//! `sonde check`: what can be read of a data folder, and what cannot.

use serde_json::{Value, json};

use crate::cli::Common;
use crate::print;

/// Prints the report; an error when anything is damaged.
pub(crate) fn run(options: &Common) -> anyhow::Result<()> {
    let report = sonde_storage_embedded::check(&options.data)?;
    if options.json {
        let problems = report.problems.iter().map(|problem| json!({"place": problem.place, "problem": problem.what}));
        let problems: Vec<Value> = problems.collect();
        print(&format!("{}\n", json!({"ok": problems.is_empty(), "rows": report.rows, "problems": problems})))?;
    } else {
        for (what, count) in &report.rows {
            print(&format!("{count:>12}  {what}\n"))?;
        }
        for problem in &report.problems {
            print(&format!("{}: {}\n", problem.place, problem.what))?;
        }
    }
    let (data, count) = (options.data.display(), report.problems.len());
    anyhow::ensure!(count == 0, "{data} is damaged: {count} problem(s)");
    Ok(())
}
