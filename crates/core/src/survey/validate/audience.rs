//! Who may be asked: each node is of one kind, and the tree is of bounded size.

use serde_json::value::RawValue;

use super::{Check, DocumentError, read};
use crate::attribute;
use crate::audience::{AttributeTest, Condition, Node, Relative, SurveyEvent};
use crate::filter::{Comparison, Operator};
use crate::limits::{AUDIENCE_CHILDREN_MAX, AUDIENCE_DAYS_MAX, AUDIENCE_DEPTH_MAX, AUDIENCE_NODES_MAX};
use crate::survey::format::{NodeFile, NodeOperatorFile, RelativeFile, SurveyEventFile};

/// Reads the condition of a cohort. On failure says everything that is wrong (for JSON of another shape: the first
/// place).
pub fn parse_cohort_condition(json: &str) -> Result<Node, Vec<DocumentError>> {
    let file: NodeFile = read(json)?;
    let mut check = Check::default();
    let node = Tree { check: &mut check, may_name_cohorts: false, nodes: 0 }.root(file, "");
    match node {
        Some(node) if check.errors.is_empty() => Ok(node),
        _ => Err(check.errors),
    }
}

impl Check {
    /// `None` only with an error.
    pub(super) fn audience(&mut self, file: NodeFile) -> Option<Node> {
        Tree { check: self, may_name_cohorts: true, nodes: 0 }.root(file, "/launch/audience")
    }
}

/// A tree while it is read. Whatever gives `None` has said why.
struct Tree<'c> {
    check: &'c mut Check,
    may_name_cohorts: bool,
    nodes: usize,
}

impl Tree<'_> {
    fn root(&mut self, file: NodeFile, at: &str) -> Option<Node> {
        let node = self.node(file, at, 1);
        let detail = format!("must have at most {AUDIENCE_NODES_MAX} conditions over all levels");
        self.check.rule(self.nodes <= AUDIENCE_NODES_MAX, at, detail);
        node
    }

    fn node(&mut self, file: NodeFile, at: &str, depth: usize) -> Option<Node> {
        self.nodes += 1;
        if depth > AUDIENCE_DEPTH_MAX {
            return self.wrong(at, format!("is deeper than {AUDIENCE_DEPTH_MAX} levels"));
        }
        let given = [
            ("all", file.all.is_some()),
            ("any", file.any.is_some()),
            ("not", file.not.is_some()),
            ("attribute", file.attribute.is_some()),
            ("survey", file.survey.is_some()),
            ("cohort", file.cohort.is_some()),
        ];
        let kinds: Vec<&str> = given.into_iter().filter(|(_, is_given)| *is_given).map(|(kind, _)| kind).collect();
        let [kind] = kinds[..] else {
            return self.wrong(at, "must have exactly one of all, any, not, attribute, survey and cohort".to_owned());
        };
        self.belongs(file.op.is_some(), matches!(kind, "attribute" | "survey"), at, "op");
        self.belongs(file.value.is_some(), kind == "attribute", at, "value");
        self.belongs(file.within_days.is_some(), kind == "survey", at, "within_days");
        match file {
            NodeFile { all: Some(files), .. } => Some(Node::All(self.nodes_of(files, &format!("{at}/all"), depth))),
            NodeFile { any: Some(files), .. } => Some(Node::Any(self.nodes_of(files, &format!("{at}/any"), depth))),
            NodeFile { not: Some(file), .. } => Some(Node::Not(Box::new(self.node(*file, &format!("{at}/not"), depth + 1)?))),
            NodeFile { attribute: Some(name), op, value, .. } => self.attribute(&name, op, value.as_deref(), at).map(Node::Fact),
            NodeFile { survey: Some(survey), op, within_days, .. } => self.survey(&survey, op, within_days, at).map(Node::Fact),
            NodeFile { cohort: Some(cohort), .. } => self.cohort(&cohort, at).map(Node::Fact),
            _ => None,
        }
    }

    fn nodes_of(&mut self, files: Vec<NodeFile>, at: &str, depth: usize) -> Vec<Node> {
        self.check.count(files.len(), 1, AUDIENCE_CHILDREN_MAX, at, "conditions");
        files.into_iter().enumerate().filter_map(|(index, file)| self.node(file, &format!("{at}/{index}"), depth + 1)).collect()
    }

    fn attribute(&mut self, name: &str, op: Option<NodeOperatorFile>, value: Option<&RawValue>, at: &str) -> Option<Condition> {
        if let Err(error) = attribute::check_name(name) {
            return self.wrong(&format!("{at}/attribute"), error.to_string());
        }
        let test = match op {
            Some(NodeOperatorFile::Compares(operator)) => match Comparison::new(operator, value) {
                Ok(comparison) => AttributeTest::Compares(comparison),
                Err(detail) => return self.wrong(&format!("{at}/value"), detail),
            },
            Some(NodeOperatorFile::Date(relative)) => AttributeTest::Date(relative_of(relative), self.days(value, at)?),
            Some(NodeOperatorFile::Survey(_)) | None => {
                return self.wrong(&format!("{at}/op"), "must be an operator of attributes".to_owned());
            }
        };
        if matches!(&test, AttributeTest::Compares(comparison) if comparison.operator() == Operator::Matches) {
            self.check.pattern(&format!("{at}/op"));
        }
        Some(Condition::Attribute { name: name.into(), test })
    }

    fn days(&mut self, value: Option<&RawValue>, at: &str) -> Option<u32> {
        let days = value.and_then(|value| value.get().parse::<u32>().ok()).filter(|days| (1..=AUDIENCE_DAYS_MAX).contains(days));
        days.or_else(|| self.wrong(&format!("{at}/value"), format!("must be a whole number of days, 1 to {AUDIENCE_DAYS_MAX}")))
    }

    fn survey(&mut self, survey: &str, op: Option<NodeOperatorFile>, within_days: Option<u32>, at: &str) -> Option<Condition> {
        let Ok(survey) = survey.parse() else { return self.wrong(&format!("{at}/survey"), "must be the id of a survey".to_owned()) };
        let fits = within_days.is_none_or(|days| (1..=AUDIENCE_DAYS_MAX).contains(&days));
        self.check.rule(fits, format!("{at}/within_days"), format!("must be 1 to {AUDIENCE_DAYS_MAX}"));
        match op {
            Some(NodeOperatorFile::Survey(event)) => Some(Condition::Survey { survey, event: event_of(event), within_days }),
            _ => self.wrong(&format!("{at}/op"), "must be seen, answered or completed".to_owned()),
        }
    }

    fn cohort(&mut self, cohort: &str, at: &str) -> Option<Condition> {
        if !self.may_name_cohorts {
            return self.wrong(&format!("{at}/cohort"), "a cohort cannot be made of cohorts".to_owned());
        }
        match cohort.parse() {
            Ok(cohort) => Some(Condition::Cohort(cohort)),
            Err(_) => self.wrong(&format!("{at}/cohort"), "must be the id of a cohort".to_owned()),
        }
    }

    fn belongs(&mut self, given: bool, fits: bool, at: &str, field: &str) {
        self.check.rule(!given || fits, format!("{at}/{field}"), "does not belong to this kind of condition");
    }

    fn wrong<T>(&mut self, at: &str, detail: String) -> Option<T> {
        self.check.wrong(at, detail);
        None
    }
}

const fn relative_of(file: RelativeFile) -> Relative {
    match file {
        RelativeFile::WithinLastDays => Relative::WithinLastDays,
        RelativeFile::MoreThanDaysAgo => Relative::MoreThanDaysAgo,
        RelativeFile::WithinNextDays => Relative::WithinNextDays,
    }
}

const fn event_of(file: SurveyEventFile) -> SurveyEvent {
    match file {
        SurveyEventFile::Seen => SurveyEvent::Seen,
        SurveyEventFile::Answered => SurveyEvent::Answered,
        SurveyEventFile::Completed => SurveyEvent::Completed,
    }
}
