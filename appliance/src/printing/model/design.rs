//! How the labels of a job look.

use std::sync::Arc;

use labels::logo::Logo;
use labels::{Template, template};

use crate::printing::model::job::JobHead;
use crate::printing::model::make_error::MakeError;
use crate::printing::model::request::JobKind;

#[derive(Debug, Clone)]
pub(crate) struct JobTemplate {
    pub(crate) template: Arc<Template>,
    /// Of the template; 0: built in.
    pub(crate) version: u64,
    pub(crate) logo: Option<(u64, Arc<Logo>)>,
}

fn report_missing(head: &JobHead) -> MakeError {
    MakeError::Template(head.template.clone())
}

impl JobTemplate {
    pub(crate) fn of_job(
        head: &JobHead,
        file: Option<&[u8]>,
        logo: Option<&[u8]>,
    ) -> Result<Self, MakeError> {
        let template = match file {
            Some(file) => Template::parse(file).map_err(|_| report_missing(head))?,
            // The test label has no template, and a printer that has none of its own does not use this value.
            None if head.kind == JobKind::Test || head.kind.is_slip() => {
                default_template().ok_or_else(|| report_missing(head))?
            }
            None if head.design == 0 => {
                template::find_builtin(&head.template).ok_or_else(|| report_missing(head))?.clone()
            }
            None => return Err(report_missing(head)),
        };
        let logo = match logo {
            Some(file) => Some((head.logo, Arc::new(Logo::decode(file).map_err(|_| report_missing(head))?))),
            None => None,
        };
        Ok(Self { template: Arc::new(template), version: head.design, logo })
    }

    pub(crate) fn name(&self) -> &str {
        &self.template.name
    }

    pub(crate) fn logo(&self) -> Option<&Logo> {
        self.logo.as_ref().map(|(_, logo)| &**logo)
    }
}

pub(crate) fn default_template() -> Option<Template> {
    template::builtin_templates().first().cloned()
}
