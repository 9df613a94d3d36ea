//! `GET /client/surveys/{survey}/{version}/{locale}`: what to paint, in one language, without user data.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sonde_core::id::SurveyId;
use sonde_core::survey::document::{FrameTexts, Question, QuestionKind, ScaleLabels, SurveyDocument};
use sonde_core::survey::text::{LocalisedText, is_right_to_left};
use sonde_service::{Content, Engine, Error, Service};
use utoipa::ToSchema;

use super::authorised;
use super::logic::RuleBody;
use crate::problem::{Problem, ProblemDocument};

/// One version of a survey in one language. Never changes. In every text but those of ids `{{p0}}` is the place of a value
/// that the trigger's answer gives under that name, and `\{{` stands for `{{`.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContentBody {
    survey_id: String,
    version: u32,
    /// BCP 47 tag of the texts.
    language: String,
    /// `ltr` or `rtl`.
    direction: &'static str,
    dismissible: bool,
    show_progress: bool,
    questions: Vec<QuestionBody>,
    thank_you: Option<ThankYouBody>,
    texts: TextsBody,
}

/// One question. Which fields are there depends on its type.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuestionBody {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    required: bool,
    /// What comes after it, as the survey document writes it: the first rule that fits counts. Absent: the next question.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logic: Vec<RuleBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Vec<OptionBody>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    randomise: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<LabelsBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    placeholder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<u32>,
}

/// One option of a choice.
#[derive(Serialize, ToSchema)]
pub(crate) struct OptionBody {
    id: String,
    label: String,
    allows_text: bool,
}

/// What the ends of a scale mean.
#[derive(Serialize, ToSchema)]
pub(crate) struct LabelsBody {
    low: String,
    high: String,
}

/// The card after the last question.
#[derive(Serialize, ToSchema)]
pub(crate) struct ThankYouBody {
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

/// Texts of the frame around the questions.
#[derive(Serialize, ToSchema)]
pub(crate) struct TextsBody {
    next: String,
    submit: String,
    skip: String,
    close: String,
    required: String,
    other: String,
}

/// The content of a survey version. Immutable; without user data.
#[utoipa::path(
    get, path = "/api/v1/client/surveys/{survey}/{version}/{locale}", tag = "Client", operation_id = "clientSurveyContent",
    security(("sdk_key" = [])),
    params(("survey" = String, Path, description = "srv_…"), ("version" = u32, Path, description = "From 1"),
           ("locale" = String, Path, description = "BCP 47 tag")),
    responses(
        (status = 200, description = "The content", body = ContentBody),
        (status = 401, description = "Missing or unknown key", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "No such version", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn content<E: Engine>(
    State(service): State<Arc<Service<E>>>,
    Path((survey, version, locale)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let authorised = authorised(&service, &headers).await?;
    let missing = || Error::NotFound("survey version");
    let survey: SurveyId = survey.parse().map_err(|_| missing())?;
    let version: u32 = version.parse().map_err(|_| missing())?;
    let content = service.content(&authorised, survey, version, &locale).await?;
    let caching = [(CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((caching, Json(ContentBody::from(&content))).into_response())
}

/// Texts of one document in one language.
struct Texts<'a> {
    language: &'a str,
    document: &'a SurveyDocument,
}

impl Texts<'_> {
    fn get(&self, text: &LocalisedText) -> String {
        self.document.pipes.in_content(text.get(self.language, &self.document.default_language)).into_owned()
    }

    fn optional(&self, text: Option<&LocalisedText>) -> Option<String> {
        text.map(|text| self.get(text))
    }

    fn labels(&self, labels: Option<&ScaleLabels>) -> Option<LabelsBody> {
        labels.map(|labels| LabelsBody { low: self.get(&labels.low), high: self.get(&labels.high) })
    }

    fn frame(&self, texts: &FrameTexts) -> TextsBody {
        let built_in = built_in_texts(self.language);
        let choose = |text: &Option<LocalisedText>, place: usize| match text {
            Some(text) => self.get(text),
            None => built_in[place].to_owned(),
        };
        TextsBody {
            next: choose(&texts.next, 0),
            submit: choose(&texts.submit, 1),
            skip: choose(&texts.skip, 2),
            close: choose(&texts.close, 3),
            required: choose(&texts.required, 4),
            other: choose(&texts.other, 5),
        }
    }

    fn question(&self, question: &Question) -> QuestionBody {
        let mut body = QuestionBody {
            id: question.id.clone(),
            kind: question.kind.identifier(),
            title: self.get(&question.title),
            description: self.optional(question.description.as_ref()),
            required: question.required,
            logic: question.logic.iter().map(RuleBody::from).collect(),
            options: None,
            randomise: None,
            labels: None,
            placeholder: None,
            max_length: None,
        };
        match &question.kind {
            QuestionKind::SingleSelect { options, randomise } => {
                let options = options.iter().map(|option| OptionBody {
                    id: option.id.clone(),
                    label: self.get(&option.label),
                    allows_text: option.allows_text,
                });
                body.options = Some(options.collect());
                body.randomise = Some(randomise.as_str());
            }
            QuestionKind::Nps { labels } | QuestionKind::Star { labels } => body.labels = self.labels(labels.as_ref()),
            QuestionKind::Input { placeholder, max_length } => {
                body.placeholder = self.optional(placeholder.as_ref());
                body.max_length = Some(*max_length);
            }
        }
        body
    }
}

impl From<&Content> for ContentBody {
    fn from(content: &Content) -> Self {
        let document = &*content.document;
        let texts = Texts { language: &content.language, document };
        Self {
            survey_id: content.survey.to_string(),
            version: content.version,
            language: content.language.to_string(),
            direction: if is_right_to_left(&content.language) { "rtl" } else { "ltr" },
            dismissible: document.dismissible,
            show_progress: document.show_progress,
            questions: document.questions.iter().map(|question| texts.question(question)).collect(),
            thank_you: document
                .thank_you
                .as_ref()
                .map(|card| ThankYouBody { title: texts.get(&card.title), description: texts.optional(card.description.as_ref()) }),
            texts: texts.frame(&document.texts),
        }
    }
}

/// Next, submit, skip, close, required, other: where a survey says nothing of its own.
fn built_in_texts(language: &str) -> [&'static str; 6] {
    match language.split('-').next().unwrap_or_default() {
        "de" => ["Weiter", "Senden", "Überspringen", "Schließen", "Bitte wählen Sie eine Antwort", "Bitte angeben"],
        "fr" => ["Suivant", "Envoyer", "Passer", "Fermer", "Veuillez choisir une réponse", "Veuillez préciser"],
        "es" => ["Siguiente", "Enviar", "Omitir", "Cerrar", "Elija una respuesta", "Especifique"],
        "it" => ["Avanti", "Invia", "Salta", "Chiudi", "Scegli una risposta", "Specifica"],
        "pt" => ["Seguinte", "Enviar", "Pular", "Fechar", "Escolha uma resposta", "Especifique"],
        "nl" => ["Volgende", "Versturen", "Overslaan", "Sluiten", "Kies een antwoord", "Licht toe"],
        "ar" => ["التالي", "إرسال", "تخطّي", "إغلاق", "يرجى اختيار إجابة", "يرجى التوضيح"],
        "he" => ["הבא", "שליחה", "דילוג", "סגירה", "נא לבחור תשובה", "נא לפרט"],
        _ => ["Next", "Send", "Skip", "Close", "Please choose an answer", "Please specify"],
    }
}
