//! Catalogues of every schema that ever was: what was written under it is read as it was meant.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use sonde_core::answer::Answer;
use sonde_core::display::DisplayState;
use sonde_core::event::EventSeq;
use sonde_core::id::{CohortId, DisplayId, IdentitySecretId, KeyId, MemberId, SurveyId, WorkspaceId};
use sonde_core::key::{KeyHash, KeyKind};
use sonde_core::settings::{AllowedOrigins, Appearance, IdentityProof, Position, Radius, WorkspaceSettings};
use sonde_core::survey::SurveyStatus;
use sonde_core::time::{Span, Timestamp};
use sonde_core::trigger::{Cancels, PropertyPath, TriggerKind, TriggerName};
use sonde_core::user::{EventMark, Namespace, UserId};
use sonde_storage::{
    Accounts, Catalogue, CohortRecord, Cohorts, IdentitySecret, Member, MemberSession, ResponseCounts, ResponseQuery, ResponseRow,
    Responses, SessionHash, StorageErrorKind, SurveyVersion, Surveys, TriggerRecord,
};

use crate::EmbeddedStore;
use crate::sqlite::MIGRATIONS;

/// Rows in every table there was, by schema.
const ROWS: [&str; MIGRATIONS.len()] = [
    include_str!("schemas/1.sql"),
    include_str!("schemas/2.sql"),
    include_str!("schemas/3.sql"),
    include_str!("schemas/4.sql"),
    include_str!("schemas/5.sql"),
    include_str!("schemas/6.sql"),
    include_str!("schemas/7.sql"),
];

const BOOKS: WorkspaceId = WorkspaceId::from_bytes([0x01; 16]);
const FILMS: WorkspaceId = WorkspaceId::from_bytes([0x02; 16]);
const ADA: MemberId = MemberId::from_bytes([0x11; 16]);
const GRACE: MemberId = MemberId::from_bytes([0x12; 16]);
const FIRST: SurveyId = SurveyId::from_bytes([0x21; 16]);
const SECOND: SurveyId = SurveyId::from_bytes([0x22; 16]);
const THIRD: SurveyId = SurveyId::from_bytes([0x23; 16]);

const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A data folder whose catalogue has the schema, and with nothing else in it.
fn folder_of_schema(schema: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("FORMAT"), "1\n").unwrap();
    let old = Connection::open(folder.path().join("catalogue.sqlite")).unwrap();
    old.pragma_update(None, "foreign_keys", true).unwrap();
    for migration in &MIGRATIONS[..schema] {
        old.execute_batch(migration).unwrap();
    }
    old.pragma_update(None, "user_version", i64::try_from(schema).unwrap()).unwrap();
    old.execute_batch(ROWS[schema - 1]).unwrap();
    let mut tables = old.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").unwrap();
    for table in tables.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        let table = table.unwrap();
        let rows: i64 = old.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert!(rows > 0, "schema {schema} has no row in {table} to be read");
    }
    folder
}

#[tokio::test]
async fn catalogues_of_every_schema_are_read_as_they_were_meant_and_written_to() {
    for schema in 1..=MIGRATIONS.len() {
        let folder = folder_of_schema(schema);
        let read = Read { store: EmbeddedStore::open(folder.path()).unwrap(), schema };
        read.workspaces().await;
        read.keys_and_secrets().await;
        read.members_and_sessions().await;
        read.surveys().await;
        read.triggers_and_cohorts().await;
        read.responses().await;
        read.counts().await;
        let Read { store, .. } = read;
        let mut books = store.workspaces().await.unwrap().swap_remove(0);
        books.settings.response_retention_days = Some(30);
        store.update_workspace(books.clone()).await.unwrap();
        assert_eq!(store.publish(BOOKS, FIRST, None, at(600)).await.unwrap().number, 3, "schema {schema}");
        store.delete_response(BOOKS, DisplayId::from_bytes([0x61; 16])).await.unwrap();
        store.close();

        let store = EmbeddedStore::open(folder.path()).unwrap();
        assert_eq!(store.workspaces().await.unwrap()[0], books, "schema {schema}");
        assert_eq!(store.survey_versions(BOOKS, FIRST).await.unwrap().len(), 3, "schema {schema}");
        assert_eq!(store.response_counts(BOOKS).await.unwrap()[0].1.shown, 2, "schema {schema}");
        store.close();
        assert_is_sound(folder.path(), schema);
    }
}

#[test]
fn a_newer_schema_is_refused_and_left_as_it_is() {
    let folder = folder_of_schema(MIGRATIONS.len());
    let newer = i64::try_from(MIGRATIONS.len()).unwrap() + 1;
    let connection = Connection::open(folder.path().join("catalogue.sqlite")).unwrap();
    connection.pragma_update(None, "user_version", newer).unwrap();
    let refused = EmbeddedStore::open(folder.path()).err().expect("the schema is refused");
    assert_eq!(refused.kind(), StorageErrorKind::NewerFormat);
    assert!(refused.to_string().contains(&format!("schema {newer}, this one knows {}", MIGRATIONS.len())), "{refused}");
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(found, newer);
}

fn assert_is_sound(folder: &Path, schema: usize) {
    let connection = Connection::open(folder.join("catalogue.sqlite")).unwrap();
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, i64::try_from(MIGRATIONS.len()).unwrap());
    let integrity: String = connection.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
    assert_eq!(integrity, "ok", "schema {schema}");
    let dangling = connection.prepare("PRAGMA foreign_key_check").unwrap().query([]).unwrap().next().unwrap().is_some();
    assert!(!dangling, "schema {schema}");
}

/// A store over a catalogue that had the schema.
struct Read {
    store: EmbeddedStore,
    schema: usize,
}

impl Read {
    async fn workspaces(&self) {
        let Self { store, schema } = self;
        let [books, films] = store.workspaces().await.unwrap().try_into().unwrap();
        assert_eq!((books.id, books.name.as_str(), films.id, films.name.as_str()), (BOOKS, "Books", FILMS, "Films"));
        assert_eq!((books.wait_period, films.wait_period), (Span::from_days(1), Span::from_millis(0)));
        assert_eq!((books.created_at, films.created_at), (at(100), at(200)));
        assert_eq!(films.settings, WorkspaceSettings::default(), "schema {schema}");
        let settings = books.settings;
        if *schema == 1 {
            assert_eq!(settings, WorkspaceSettings::default());
            return;
        }
        assert_eq!(settings.languages, ["de".into(), "en".into()]);
        assert_eq!((settings.theme.accent.to_string().as_str(), settings.theme.radius), ("#112233", Radius::Large));
        assert_eq!((settings.theme.appearance, settings.theme.position), (Appearance::Dark, Position::BottomLeft));
        assert_eq!(settings.allowed_origins, AllowedOrigins::Listed(vec!["https://books.example".parse().unwrap()]));
        assert_eq!(settings.response_retention_days, Some(90));
        assert_eq!(settings.identity_proof, if *schema < 4 { IdentityProof::Off } else { IdentityProof::Jwt });
        assert_eq!(settings.pipes_without_proof, *schema >= 6);
        let test_users: &[UserId] = if *schema < 7 { &[] } else { &[UserId::new("ada").unwrap()] };
        assert_eq!(settings.test_users, test_users);
    }

    async fn keys_and_secrets(&self) {
        let Self { store, schema } = self;
        let [backend, sdk] = store.keys().await.unwrap().try_into().unwrap();
        assert_eq!((backend.workspace, backend.kind, backend.created_at), (BOOKS, KeyKind::Backend, at(110)));
        assert_eq!((sdk.workspace, sdk.kind, sdk.created_at), (BOOKS, KeyKind::Sdk, at(120)));
        assert_eq!(store.key(KeyHash::from_bytes([0x31; 32])).await.unwrap(), Some(backend.clone()), "schema {schema}");
        assert_eq!(store.key(KeyHash::from_bytes([0x32; 32])).await.unwrap(), Some(sdk.clone()), "schema {schema}");
        let said = (backend.text.as_deref(), backend.hint.as_str(), backend.last_used_at, backend.revoked_at);
        let said_of_sdk = (sdk.text.as_deref(), sdk.hint.as_str(), sdk.last_used_at, sdk.revoked_at);
        if *schema == 1 {
            assert_ne!(backend.id, sdk.id, "they were given ids");
            assert_eq!((said, said_of_sdk), ((None, "", None, None), (None, "", None, None)));
        } else {
            assert_eq!((backend.id, sdk.id), (KeyId::from_bytes([0x41; 16]), KeyId::from_bytes([0x42; 16])));
            assert_eq!(said, (None, "wxyz", Some(at(115)), None));
            assert_eq!(said_of_sdk, (Some("sdk_abcd"), "abcd", None, Some(at(130))));
        }
        assert_eq!(store.token_secret([0; 32]).await.unwrap(), [0x51; 32], "tokens of before go on being known");
        let secret = IdentitySecret {
            id: IdentitySecretId::from_bytes([0x81; 16]),
            workspace: BOOKS,
            text: "a shared secret".to_owned(),
            created_at: at(400),
        };
        let secrets: &[IdentitySecret] = if *schema < 4 { &[] } else { &[secret] };
        assert_eq!(store.identity_secrets(BOOKS).await.unwrap(), secrets, "schema {schema}");
    }

    async fn members_and_sessions(&self) {
        let Self { store, schema } = self;
        assert!(store.has_members().await.unwrap());
        let ada = Member { id: ADA, email: "Ada@example.org".to_owned(), password_hash: "$argon2id$of-ada".to_owned() };
        assert_eq!(store.member(ADA).await.unwrap().as_ref(), Some(&ada), "schema {schema}");
        assert_eq!(store.member_by_email("ada@EXAMPLE.org").await.unwrap(), Some(ada), "schema {schema}");
        assert_eq!(store.workspaces_of(ADA).await.unwrap(), [BOOKS, FILMS], "schema {schema}");
        assert_eq!(store.workspaces_of(GRACE).await.unwrap(), [FILMS], "schema {schema}");
        assert!(!store.belongs_to(GRACE, BOOKS).await.unwrap());
        let hash = SessionHash([0x71; 32]);
        let session = MemberSession { hash, member: ADA, expires_at: at(9_000) };
        assert_eq!(store.session(hash).await.unwrap(), (*schema >= 2).then_some(session), "schema {schema}");
    }

    async fn surveys(&self) {
        let Self { store, schema } = self;
        let [first, second, third] = store.surveys(BOOKS).await.unwrap().try_into().unwrap();
        assert_eq!((first.id, second.id, third.id), (FIRST, SECOND, THIRD));
        assert_eq!((first.status, second.status, third.status), (SurveyStatus::Live, SurveyStatus::Draft, SurveyStatus::Ended));
        assert_eq!(first.draft, r#"{"version":1,"name":"draft of the first"}"#);
        let version = |number, name: &str, millis| SurveyVersion {
            number,
            document: format!(r#"{{"version":1,"name":"{name}"}}"#),
            published_at: at(millis),
        };
        assert_eq!(first.published, Some(version(2, "first, again", 315)));
        assert_eq!((second.published, third.published), (None, Some(version(1, "third", 340))));
        assert_eq!((first.created_at, first.updated_at, second.created_at), (at(300), at(320), at(310)));
        let revisions = (first.draft_revision, second.draft_revision, third.draft_revision);
        let launched = (first.launched_at, second.launched_at, third.launched_at);
        if *schema < 3 {
            assert_eq!(revisions, (1, 1, 1));
            assert_eq!(launched, (Some(at(320)), None, Some(at(350))), "when they were last changed, for want of better");
        } else {
            assert_eq!(revisions, (7, 2, 4));
            assert_eq!(launched, (Some(at(305)), None, Some(at(340))));
        }
        assert_eq!(store.survey_versions(BOOKS, FIRST).await.unwrap(), [(2, at(315)), (1, at(305))], "schema {schema}");
        assert_eq!(store.survey_version(BOOKS, FIRST, 1).await.unwrap(), Some(version(1, "first", 305)), "schema {schema}");
    }

    async fn triggers_and_cohorts(&self) {
        let Self { store, schema } = self;
        let name = |name| TriggerName::new(name).unwrap();
        let cancels = vec![
            Cancels { trigger: name("book.opened"), equal_property: Some(PropertyPath::new("title").unwrap()) },
            Cancels { trigger: name("book.lost"), equal_property: None },
        ];
        let backend = TriggerRecord {
            kind: TriggerKind::Backend,
            name: name("book.finished"),
            archived: false,
            cancels: if *schema < 7 { Vec::new() } else { cancels },
        };
        let frontend = TriggerRecord { kind: TriggerKind::Frontend, name: name("library.opened"), archived: true, cancels: Vec::new() };
        let triggers: &[TriggerRecord] = if *schema < 2 { &[] } else { &[backend, frontend] };
        assert_eq!(store.trigger_records(BOOKS).await.unwrap(), triggers, "schema {schema}");
        let cohort = CohortRecord {
            id: CohortId::from_bytes([0x91; 16]),
            workspace: BOOKS,
            name: "Payers".to_owned(),
            description: "Who pays".to_owned(),
            condition: r#"{"attribute":"plan","operator":"equals","value":"pro"}"#.to_owned(),
            created_at: at(500),
            updated_at: at(510),
        };
        let cohorts: &[CohortRecord] = if *schema < 6 { &[] } else { &[cohort] };
        assert_eq!(store.cohorts(BOOKS).await.unwrap(), cohorts, "schema {schema}");
    }

    async fn responses(&self) {
        let query = ResponseQuery { workspace: BOOKS, survey: None, newest_first: false, after: None, limit: 10 };
        let rows: [ResponseRow; 4] = self.store.responses(&query).await.unwrap().try_into().unwrap();
        let seen = rows.each_ref().map(|row| {
            let ResponseRow { user, display } = row;
            let times = [Some(display.claimed_at), display.shown_at, display.first_answered_at, display.completed_at];
            (user.id.as_str(), user.namespace, display.state, times.map(|at| at.map(Timestamp::as_millis)))
        });
        let expected = [
            ("ada", Namespace::Identified, DisplayState::Shown, [Some(1_000), Some(1_100), None, None]),
            ("anon-1", Namespace::Anonymous, DisplayState::Answered, [Some(1_000), Some(1_100), Some(1_200), None]),
            ("grace", Namespace::Identified, DisplayState::Completed, [Some(1_000), Some(1_100), Some(1_200), Some(1_300)]),
            ("ada", Namespace::Identified, DisplayState::Dismissed, [Some(1_000), Some(1_150), None, None]),
        ];
        assert_eq!(seen, expected, "schema {}", self.schema);
        for row in &rows {
            let one = self.store.response(BOOKS, row.display.id).await.unwrap();
            assert_eq!(one.as_ref(), Some(row), "schema {}", self.schema);
        }
        let [_, _, completed, _] = rows;
        self.completed(&completed);
    }

    fn completed(&self, row: &ResponseRow) {
        let display = &row.display;
        assert_eq!((display.id, display.survey, display.survey_version), (DisplayId::from_bytes([0x63; 16]), FIRST, 1));
        assert_eq!((display.revision, display.duration_ms, &*display.locale), (3, Some(4_321), "en"));
        assert_eq!((display.trigger.as_str(), display.trigger_properties.as_str()), ("library.opened", r#"{"page":"home"}"#));
        let attributes: Vec<String> = display.attributes.iter().map(|(name, value)| format!("{name} {}", value.to_json())).collect();
        assert_eq!(attributes, [r#"plan "pro""#, "seats 12.50", "trial false"]);
        let event = display.event.as_deref().unwrap();
        assert_eq!((event.id.as_str(), event.properties.as_str()), ("event-99", r#"{"title":"Émile"}"#));
        let other_text = Some("it's \"dear\"".into());
        let answers = [
            ("more", Answer::Text("Grüße".into())),
            ("score", Answer::Number(-3)),
            ("why", Answer::Choice { options: vec!["price".into(), "other".into()], other_text }),
        ];
        assert!(display.answers.iter().map(|(question, answer)| (&**question, answer.clone())).eq(answers), "{:?}", display.answers);
        let mark =
            |seq, effective_at, received_at| EventMark { seq: EventSeq(seq), effective_at: at(effective_at), received_at: at(received_at) };
        let (first, other) = (mark(99, 900, 950), mark(3, 800, 850));
        let (events, consumes) = if self.schema < 7 { (0, vec![first]) } else { (2, vec![first, other]) };
        assert_eq!((display.events.len(), &display.consumes), (events, &consumes), "schema {}", self.schema);
    }

    async fn counts(&self) {
        let Self { store, schema } = self;
        let counts = |shown, started, completed| ResponseCounts { shown, started, completed };
        let of_surveys = [(FIRST, counts(3, 2, 1)), (THIRD, counts(1, 0, 0))];
        assert_eq!(store.response_counts(BOOKS).await.unwrap(), of_surveys, "schema {schema}");
        // Before they were counted, those that were there count.
        let completed: &[(SurveyId, u64)] = if *schema < 5 { &[(FIRST, 1)] } else { &[(FIRST, 5), (THIRD, 2)] };
        assert_eq!(store.completed_counts(BOOKS).await.unwrap(), completed, "schema {schema}");
        let told = store.reader.with(|connection| crate::responses::projected_seq(connection)).unwrap();
        assert_eq!(told, 41, "schema {schema}");
    }
}
