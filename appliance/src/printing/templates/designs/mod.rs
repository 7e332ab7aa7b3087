//! Templates and logo: those that every box has, and the facility's own, which are checked before they count.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use labels::logo::{FILE_BYTES_MAX, Logo, LogoError};
use labels::template::{BYTES_MAX, LabelHeight, TemplateError};
use labels::{Dpi, Drawing, Field, Fields, LabelError, Template, Typesetter, layout, template};
use schemars::JsonSchema;
use serde::Serialize;

use crate::printing::model::content_version::ContentVersion;
use crate::printing::model::design::JobTemplate;
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::queue::ledger::{LOGO, PrintLedger};
use crate::printing::{PrintRefusal, PrintService};

/// Templates of a facility's own.
pub const OWN_MAX: usize = 100;
pub const TEMPLATE_BYTES_MAX: usize = BYTES_MAX;
pub const LOGO_BYTES_MAX: usize = FILE_BYTES_MAX;

#[derive(Debug, Clone)]
struct Known {
    template: Arc<Template>,
    /// 0: built in.
    version: u64,
    file: Arc<str>,
}

impl Known {
    fn content_version(&self) -> ContentVersion {
        ContentVersion::of(self.file.as_bytes())
    }
}

#[derive(Debug, Clone)]
pub struct LogoView {
    pub file: Arc<[u8]>,
    /// `image/png` or `image/jpeg`.
    pub kind: &'static str,
    pub size: (u32, u32),
    pub version: u64,
    logo: Arc<Logo>,
}

#[derive(Debug, Default)]
struct Shown {
    templates: Vec<Known>,
    logo: Option<LogoView>,
}

impl Shown {
    fn load(ledger: &PrintLedger) -> Result<Self, LedgerError> {
        let built_in = template::builtin_templates().iter().map(|template| Known {
            template: Arc::new(template.clone()),
            version: 0,
            file: template::builtin_file(&template.name).unwrap_or_default().into(),
        });
        let mut shown = Self { templates: built_in.collect(), logo: None };
        for stored in ledger.designs()? {
            if stored.name == LOGO {
                shown.logo =
                    read_logo(stored.version, stored.file).map_err(|e| log_damaged(&stored.name, &e)).ok();
                continue;
            }
            match read_template(stored.version, &stored.file) {
                Ok(known) => shown.templates.push(known),
                Err(error) => log_damaged(&stored.name, &error),
            }
        }
        Ok(shown)
    }

    fn find(&self, name: &str) -> Option<&Known> {
        self.templates.iter().find(|known| known.template.name == name)
    }

    fn design(&self, known: &Known) -> JobTemplate {
        let logo = self.logo.as_ref().filter(|_| known.template.shows_logo());
        let logo = logo.map(|logo| (logo.version, logo.logo.clone()));
        JobTemplate { template: known.template.clone(), version: known.version, logo }
    }
}

/// A file that was good when it was stored: an older or newer version of this program had other rules.
fn log_damaged(name: &str, error: &dyn std::fmt::Display) {
    tracing::error!(name, %error, "a template or the logo cannot be read; upload it again");
}

fn read_template(version: u64, file: &[u8]) -> Result<Known, TemplateError> {
    let template = Arc::new(Template::parse(file)?);
    Ok(Known { template, version, file: String::from_utf8_lossy(file).into() })
}

fn read_logo(version: u64, file: Vec<u8>) -> Result<LogoView, LogoError> {
    let logo = Arc::new(Logo::decode(&file)?);
    let kind = if file.starts_with(b"\x89PNG") { "image/png" } else { "image/jpeg" };
    Ok(LogoView { size: logo.size(), file: file.into(), kind, version, logo })
}

/// The available templates, and the lock for choosing from them.
#[derive(Debug)]
pub(crate) struct TemplateRegistry {
    shown: RwLock<Arc<Shown>>,
    /// Held while a job is checked and written: no version that it names may be deleted meanwhile.
    choosing: RwLock<()>,
}

impl TemplateRegistry {
    pub(crate) fn open(ledger: &PrintLedger) -> Result<Self, LedgerError> {
        Ok(Self { shown: RwLock::new(Arc::new(Shown::load(ledger)?)), choosing: RwLock::default() })
    }

    fn shown(&self) -> Arc<Shown> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn choosing(&self) -> RwLockReadGuard<'_, ()> {
        self.choosing.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of these names, in their order; a name that is none is left out.
    pub(crate) fn named(&self, names: &[String]) -> Vec<JobTemplate> {
        let shown = self.shown();
        names.iter().filter_map(|name| shown.find(name).map(|known| shown.design(known))).collect()
    }

    pub(crate) fn known(&self) -> String {
        let shown = self.shown();
        shown.templates.iter().map(|known| known.template.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn change<T>(
        &self,
        ledger: &PrintLedger,
        change: impl FnOnce(&Shown) -> Result<T, DesignRefusal>,
    ) -> Result<T, DesignRefusal> {
        let _nobody_chooses = self.choosing.write().unwrap_or_else(PoisonError::into_inner);
        let done = change(&self.shown())?;
        let shown = Arc::new(Shown::load(ledger)?);
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = shown;
        Ok(done)
    }
}

/// A template for people and programs.
#[derive(Debug, Clone, JsonSchema, Serialize)]
pub struct TemplateView {
    /// Its name in settings and in the API.
    pub name: String,
    /// Its name for a person.
    pub title: String,
    /// Its size for a person.
    pub size: String,
    /// Across.
    pub width_mm: f64,
    /// Down; absent on a strip that grows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height_mm: Option<f64>,
    /// What it shows.
    pub fields: Vec<&'static str>,
    /// Whether it has room for the logo.
    pub logo: bool,
    /// The facility's own; the others are built in and stay as they are.
    pub own: bool,
}

impl From<&Known> for TemplateView {
    fn from(known: &Known) -> Self {
        let template = &known.template;
        Self {
            name: template.name.clone(),
            title: template.title.clone(),
            size: template.size(),
            width_mm: template.width_mm,
            height_mm: match template.height {
                LabelHeight::Mm(mm) => Some(mm),
                LabelHeight::Continuous => None,
            },
            fields: template.fields().into_iter().map(Field::name).collect(),
            logo: template.shows_logo(),
            own: known.version != 0,
        }
    }
}

#[derive(Debug, Clone)]
pub struct StoredTemplate {
    pub view: TemplateView,
    pub version: ContentVersion,
    /// Whether there was none of its name.
    pub is_new: bool,
}

/// Why a template or a logo is not taken. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum DesignRefusal {
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The file's name is another than the one that it was sent to.
    OtherName {
        expected: String,
        message: String,
    },
    BuiltIn(String),
    /// Over [`OWN_MAX`].
    TooMany,
    /// Somebody else changed it since.
    Changed(String),
    Unknown(String),
    #[error(transparent)]
    Logo(#[from] LogoError),
    NoLogo,
    /// The box cannot write it down.
    Ledger(#[from] LedgerError),
}

impl PrintService {
    pub fn templates(&self) -> Vec<TemplateView> {
        self.designs.shown().templates.iter().map(TemplateView::from).collect()
    }

    pub fn template(&self, name: &str) -> Option<Arc<Template>> {
        self.designs.shown().find(name).map(|known| known.template.clone())
    }

    /// Its file, for a person who wants to change it.
    pub fn template_file(&self, name: &str) -> Option<Arc<str>> {
        self.designs.shown().find(name).map(|known| known.file.clone())
    }

    pub fn template_version(&self, name: &str) -> Option<ContentVersion> {
        self.designs.shown().find(name).map(Known::content_version)
    }

    /// Stores a template, new or in place of an own one; whether it is new. Jobs that were submitted before keep the
    /// one that they were submitted with.
    ///
    /// # Errors
    /// See [`DesignRefusal`].
    pub fn keep_template(
        &self,
        expected: Option<&str>,
        file: &[u8],
    ) -> Result<(TemplateView, bool), DesignRefusal> {
        self.keep_template_over(expected, file, None).map(|stored| (stored.view, stored.is_new))
    }

    /// The same, based on this version of the template of that name; one of another name must be new.
    ///
    /// # Errors
    /// See [`DesignRefusal`].
    pub fn keep_template_over(
        &self,
        expected: Option<&str>,
        file: &[u8],
        seen: Option<(&str, ContentVersion)>,
    ) -> Result<StoredTemplate, DesignRefusal> {
        let template = Template::parse(file)?;
        let name = template.name.clone();
        if let Some(expected) = expected.filter(|expected| *expected != name) {
            return Err(DesignRefusal::OtherName {
                expected: expected.chars().take(60).collect(),
                message: name,
            });
        }
        self.designs.change(&self.ledger, |shown| {
            let before = shown.find(&name).map(|known| known.version);
            match before {
                Some(0) => return Err(DesignRefusal::BuiltIn(name.clone())),
                None if shown.templates.iter().filter(|known| known.version != 0).count() >= OWN_MAX => {
                    return Err(DesignRefusal::TooMany);
                }
                _ => {}
            }
            let now = shown.find(&name).map_or(ContentVersion::NOTHING, Known::content_version);
            let over = seen.map(|(of, version)| if of == name { version } else { ContentVersion::NOTHING });
            // A second press asks for what is there already.
            if over.is_some_and(|over| over != now) && ContentVersion::of(file) != now {
                return Err(DesignRefusal::Changed(name.clone()));
            }
            let stored = read_template(self.ledger.keep_design(&name, file)?, file)?;
            Ok(StoredTemplate {
                view: TemplateView::from(&stored),
                version: stored.content_version(),
                is_new: before.is_none(),
            })
        })
    }

    /// Takes an own template away. Jobs that were submitted with it print with it all the same.
    ///
    /// # Errors
    /// See [`DesignRefusal`].
    pub fn remove_template(&self, name: &str) -> Result<(), DesignRefusal> {
        self.remove_template_over(name, None)
    }

    /// The same, based on this version of it.
    ///
    /// # Errors
    /// See [`DesignRefusal`].
    pub fn remove_template_over(
        &self,
        name: &str,
        seen: Option<ContentVersion>,
    ) -> Result<(), DesignRefusal> {
        self.designs.change(&self.ledger, |shown| match shown.find(name) {
            None => Err(DesignRefusal::Unknown(name.chars().take(60).collect())),
            Some(known) if known.version == 0 => Err(DesignRefusal::BuiltIn(name.to_owned())),
            Some(known) if seen.is_some_and(|seen| seen != known.content_version()) => {
                Err(DesignRefusal::Changed(name.to_owned()))
            }
            Some(_) => Ok(self.ledger.drop_design(name)?),
        })
    }

    pub fn logo(&self) -> Option<LogoView> {
        self.designs.shown().logo.clone()
    }

    /// Takes a logo; whether there was none before.
    ///
    /// # Errors
    /// See [`DesignRefusal`]; a picture that is too large is refused before it is unpacked.
    pub fn keep_logo(&self, file: &[u8]) -> Result<(LogoView, bool), DesignRefusal> {
        let mut logo = read_logo(0, file.to_vec())?;
        self.designs.change(&self.ledger, |shown| {
            logo.version = self.ledger.keep_design(LOGO, file)?;
            Ok((logo, shown.logo.is_none()))
        })
    }

    /// Takes the logo away.
    ///
    /// # Errors
    /// See [`DesignRefusal`].
    pub fn remove_logo(&self) -> Result<(), DesignRefusal> {
        self.designs.change(&self.ledger, |shown| match shown.logo {
            None => Err(DesignRefusal::NoLogo),
            Some(_) => Ok(self.ledger.drop_design(LOGO)?),
        })
    }

    /// How a template's labels look, drawn as they are printed, with the logo and words such as a label has.
    ///
    /// # Errors
    /// When it cannot be drawn with them.
    pub fn sample(
        &self,
        t: &Typesetter,
        name: &str,
        host: &str,
        dpi: Dpi,
    ) -> Option<Result<Drawing, LabelError>> {
        let design = self.designs.named(&[name.to_owned()]).pop()?;
        Some(layout::lay_out_label(t, &design.template, &sample(host), design.logo(), dpi))
    }

    /// The designs to try for labels, the best first.
    pub(crate) fn designs_for(
        &self,
        expected: Option<&str>,
        usual: &[String],
    ) -> Result<Vec<JobTemplate>, PrintRefusal> {
        let found = self.designs.named(usual);
        match (found.is_empty(), expected) {
            (true, Some(expected)) => Err(PrintRefusal::UnknownTemplate {
                expected: expected.chars().take(60).collect(),
                known: self.designs.known(),
            }),
            _ => Ok(found),
        }
    }
}

/// Words such as a label has, for a picture of a template.
fn sample(host: &str) -> Fields {
    const TAG: &str = "7QK3M9X2W";
    let host = if host.is_empty() { "https://clean.example" } else { host };
    [
        (Field::Tag, TAG),
        (Field::Name, "Infusion pump 14"),
        (Field::AssetNumber, "BM-20418"),
        (Field::Serial, "SN 4471-22-0093"),
        (Field::Maker, "Alaris Medical"),
        (Field::Model, "8015"),
        (Field::Category, "Infusion pumps"),
        (Field::Location, "ICU East, bed 14"),
        (Field::Facility, "Your facility"),
        (Field::Protocol, "Low-level wipe"),
        (Field::ProtocolVersion, "4"),
        (Field::Steps, "1. Put on gloves.\n2. Wipe every surface.\n3. Let it dry in the air."),
        (Field::Agent, "Surface wipe"),
        (Field::ContactTime, "2 min"),
        (Field::Ppe, "gloves, eye protection"),
        (Field::Ifu, "8015 IFU rev. 7, section 4.2"),
        (Field::Load, "2026-0412"),
        (Field::LoadLot, "OPA 88213"),
        (Field::LoadExpires, "2026-12-31"),
        (Field::Machine, "AER 2, Endoscopy"),
        (Field::CleanedAt, "2026-11-20 12:04"),
        (Field::CleanedBy, "Maria Ortiz"),
        (Field::CleanUntil, "2026-11-27 12:04"),
        (Field::Until, "2026-12-01"),
        (Field::Reason, "Keypad does not respond"),
        (Field::Person, "Maria Ortiz"),
        (Field::Role, "technician"),
        (Field::StaffId, "E-10442"),
        (Field::Date, "2026-11-20"),
    ]
    .into_iter()
    .fold(Fields::new(), |fields, (field, value)| fields.with(field, value))
    .with(Field::Url, format!("{host}/{TAG}"))
    .with_position(3, 42)
}

#[cfg(test)]
mod tests;
