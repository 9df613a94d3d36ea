//! `sonde admin …`: each command is one call of the admin router.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::admin_client::{AdminClient, Refused};
use crate::cli::{AdminCommand, AdminOptions, Common};
use crate::print;

/// Carries out a command.
pub(crate) fn run(options: AdminOptions) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(command(options.command))
}

async fn command(command: AdminCommand) -> anyhow::Result<()> {
    match command {
        AdminCommand::Init { common, email, password_stdin: _, workspace } => init(&common, &email, &workspace).await,
        AdminCommand::ImportSurvey { common, workspace, survey, launch, file } => {
            let document = read_document(&file)?;
            let body = json!({"workspace": workspace, "survey": survey, "document": document, "launch": launch});
            let now = call(&common, "/surveys/import", &body).await?;
            show(&common, &now, |now| format!("{} is {}, version {}\n", text(now, "survey_id"), text(now, "status"), now["version"]))
        }
        AdminCommand::ExportSurvey { common, workspace, survey } => {
            let exported = call(&common, "/surveys/export", &json!({"workspace": workspace, "survey": survey})).await?;
            let document = text(&exported, "document");
            print(&format!("{}\n", document.trim_end()))
        }
        AdminCommand::SurveyStatus { common, workspace, survey, status } => {
            let body = json!({"workspace": workspace, "survey": survey, "status": status.as_str()});
            let now = call(&common, "/surveys/status", &body).await?;
            show(&common, &now, |now| format!("{} is {}\n", text(now, "survey_id"), text(now, "status")))
        }
        AdminCommand::Settings { common, workspace, wait_period_days } => {
            let body = json!({"workspace": workspace, "wait_period_days": wait_period_days});
            let now = call(&common, "/settings", &body).await?;
            show(&common, &now, |now| format!("the wait period is {} days\n", now["wait_period_days"]))
        }
        AdminCommand::Triggers { common, workspace } => {
            let known = call(&common, "/triggers", &json!({"workspace": workspace})).await?;
            show(&common, &known, triggers_table)
        }
        AdminCommand::Responses { common, workspace, survey } => responses(&common, &workspace, survey.as_deref()).await,
    }
}

async fn init(common: &Common, email: &str, workspace: &str) -> anyhow::Result<()> {
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password).context("cannot read the password from standard input")?;
    // What `echo` adds is not part of it.
    let password = password.trim_end_matches(['\r', '\n']);
    let created = call(common, "/init", &json!({"workspace": workspace, "email": email, "password": password})).await?;
    show(common, &created, |created| {
        format!(
            "workspace    {}\nbackend key  {}   (secret: for servers)\nSDK key      {}   (public: for apps and sites)\n\
             The keys are shown this once.\n",
            text(created, "workspace_id"),
            text(created, "backend_key"),
            text(created, "sdk_key")
        )
    })
}

/// A page of rows, each as the text it came in: a number keeps its digits.
#[derive(Deserialize)]
struct Page {
    responses: Vec<Box<RawValue>>,
    next: Option<String>,
}

async fn responses(common: &Common, workspace: &str, survey: Option<&str>) -> anyhow::Result<()> {
    let client = AdminClient::open(&common.data).await?;
    let mut after = None;
    loop {
        let body = json!({"workspace": workspace, "survey": survey, "after": after});
        let page: Page = client.call("/responses", &body).await?;
        for row in page.responses {
            // Within JSON a line break is only ever white space: strings escape theirs.
            print(&format!("{}\n", row.get().replace(['\n', '\r'], " ")))?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn call(common: &Common, path: &str, body: &Value) -> anyhow::Result<Value> {
    let client = AdminClient::open(&common.data).await?;
    let answered = client.call(path, body).await;
    if common.json
        && let Err(error) = &answered
        && let Some(refused) = error.downcast_ref::<Refused>()
    {
        print(&format!("{}\n", refused.problem))?;
    }
    answered
}

fn show(common: &Common, answer: &Value, for_people: impl Fn(&Value) -> String) -> anyhow::Result<()> {
    if common.json { print(&format!("{answer}\n")) } else { print(&for_people(answer)) }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn triggers_table(known: &Value) -> String {
    let mut table = String::new();
    for trigger in known["triggers"].as_array().into_iter().flatten() {
        let keys: Vec<&str> = trigger["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        let (kind, name, last) = (text(trigger, "kind"), text(trigger, "name"), text(trigger, "last_seen_at"));
        let line = format!("{kind:<9} {:>9}  {last}  {name}  {}\n", trigger["count"], keys.join(", "));
        table.push_str(&line);
    }
    if table.is_empty() { "no trigger has been seen yet\n".to_owned() } else { table }
}

fn read_document(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut document = String::new();
        std::io::stdin().read_to_string(&mut document).context("cannot read standard input")?;
        return Ok(document);
    }
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
