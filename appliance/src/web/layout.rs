//! What surrounds every page: band, navigation, the status line, the choice of languages.

use askama::Template;
use record::fold::FacilityState;
use record::tag::Tag;
use web::answer::Page;
use web::assets::{LIVE, MARK, STYLE};
use web::error::HttpError;
use web::live::LivePage;
use words::{Language, Locale};

use crate::identity::BrowserUse;
use crate::intake::{BrandColour, Permission};
use crate::web::access::staff_session::{StaffSession, find_signed_in, word_role};
use crate::web::assets;
use crate::web::context::AppState;
use crate::web::request::client::browser::BrowserClient;
use crate::web::request::client::language::offered_languages;
use crate::web::request::client::next_page::HOME;
use crate::web::view_models::alarms::alarm_banner::AlarmBanner;
use crate::web::view_models::alarms::alarm_words::AlarmSentences;
use crate::web::view_models::equipment::loans::word_overdue;
use crate::web::view_models::equipment::problems::ReportNotice;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::printing::jobs;
use crate::web::words::{AlarmBannerWords, PageWords, PrintingWords, StaffWords};

const HOME_AFTER_S: u32 = 30;

/// A page that a nav entry leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NavSection {
    Today,
    Equipment,
    Labels,
    People,
    Box,
    Elsewhere,
}

#[derive(Debug, Clone)]
pub(crate) struct NavBar {
    pub(crate) words: StaffWords,
    pub(crate) who: String,
    /// The user's role; left out on phones, where the band has no space for it.
    pub(crate) role: String,
    pub(crate) place: NavSection,
    /// Whether the list of staff is theirs to see.
    pub(crate) sees_people: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct LanguageChoice {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
}

impl LanguageChoice {
    fn of(language: Language) -> Self {
        Self { code: language.code(), name: language.own_name() }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct BandColour {
    /// `#0b5d5e`
    pub(crate) code: String,
    pub(crate) style: String,
}

impl BandColour {
    fn of(colour: BrandColour) -> Self {
        Self { code: colour.to_string(), style: assets::brand_style_path(colour) }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct StaffLink {
    pub(crate) to: String,
    pub(crate) words: String,
}

impl StaffLink {
    /// The staff pages for whoever has signed in, else where one signs in and comes back. None: the box has no HTTPS.
    pub(crate) fn of(state: &AppState, browser: &BrowserClient, w: PageWords) -> Option<Self> {
        match find_signed_in(state, browser.cookies(), Some(browser.peer())) {
            Some(_) => Some(Self::to_staff_pages(w)),
            None => browser.sign_in_address(state).map(|to| Self::to_sign_in(to, w)),
        }
    }

    pub(crate) fn to_staff_pages(w: PageWords) -> Self {
        Self { to: HOME.to_owned(), words: w.page_staff_pages() }
    }

    pub(crate) fn to_sign_in(to: String, w: PageWords) -> Self {
        Self { to, words: w.page_sign_in() }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct PageLayout {
    pub(crate) words: PageWords,
    pub(crate) languages: Vec<LanguageChoice>,
    /// The form of the page that takes the choice, so that what was entered is not lost.
    pub(crate) language_form: Option<&'static str>,
    pub(crate) staff_link: Option<StaffLink>,
    pub(crate) title: String,
    pub(crate) facility: String,
    pub(crate) is_named: bool,
    /// The name above pages that somebody entered.
    pub(crate) brand: Option<String>,
    /// Colour of the band with the path of its stylesheet; `None` where nobody chose one.
    pub(crate) colour: Option<BandColour>,
    pub(crate) style: &'static str,
    pub(crate) mark: &'static str,
    pub(crate) scripts: Vec<&'static str>,
    /// Whether it can be put on a home screen.
    pub(crate) is_app: bool,
    pub(crate) live: Option<LivePage>,
    /// For browsers without script; never on a page with a form.
    pub(crate) refresh: bool,
    /// After how many seconds a page that nobody touches goes home, by script.
    pub(crate) home_after_s: Option<u32>,
    pub(crate) status_line: Option<String>,
    pub(crate) status_link: Option<String>,
    pub(crate) bar: Option<NavBar>,
    /// Whether the page must say that entries are missing; acknowledging does not bring them back.
    pub(crate) gap: bool,
    pub(crate) alarm: Option<AlarmBanner>,
    pub(crate) reports: Option<ReportNotice>,
    /// That the item was due back, where it is a loaner.
    pub(crate) loan: Option<String>,
}

fn find_overdue_loan(facility: &FacilityState, wording: &PageWording, tag: Tag) -> Option<String> {
    facility.equipment.get(&tag).and_then(|item| word_overdue(wording, item))
}

pub(crate) fn draw_page(frame: &PageLayout, template: &impl Template) -> Result<Page, HttpError> {
    Ok(Page::draw(template)?.in_locale(frame.locale()))
}

impl PageLayout {
    pub(crate) fn open(
        state: &AppState,
        snapshot: &Snapshot,
        words: PageWords,
        title: impl Into<String>,
    ) -> Self {
        let language = words.catalog().locale().language();
        let offered = offered_languages(&snapshot.settings).into_iter();
        let others = offered.filter(|other| *other != language);
        Self {
            languages: others.map(LanguageChoice::of).collect(),
            ..Self::in_words(state, snapshot, words, title.into())
        }
    }

    fn in_words(state: &AppState, snapshot: &Snapshot, words: PageWords, title: String) -> Self {
        let (name, brand) = (snapshot.settings.name.clone(), &snapshot.settings.brand);
        let is_named = !name.is_empty();
        let facility = match is_named {
            true => name,
            // The missing entries may contain its name.
            false if state.lacks_any() => words.page_this_box(),
            false => words.page_new_box(),
        };
        Self {
            words,
            languages: Vec::new(),
            language_form: None,
            staff_link: None,
            title,
            facility,
            is_named,
            brand: Some(brand.name.clone()).filter(|name| !name.is_empty()),
            // A colour that only another version of the box knows is ignored.
            colour: brand.colour.parse().ok().map(BandColour::of),
            style: STYLE.path(),
            mark: MARK.path(),
            scripts: Vec::new(),
            is_app: false,
            live: None,
            refresh: false,
            home_after_s: None,
            status_line: None,
            status_link: None,
            bar: None,
            gap: false,
            alarm: None,
            reports: None,
            loan: None,
        }
    }

    pub(crate) fn about_item(self, state: &AppState, tag: Tag) -> Self {
        let facility = state.store.snapshot();
        let wording = PageWording::new(self.words, &Snapshot::of(state, &facility).local);
        let reports = ReportNotice::of(&facility, &wording, tag);
        Self { reports, loan: find_overdue_loan(&facility, &wording, tag), ..self }
    }

    pub(crate) fn about_loan(self, state: &AppState, tag: Tag) -> Self {
        let facility = state.store.snapshot();
        let wording = PageWording::new(self.words, &Snapshot::of(state, &facility).local);
        Self { loan: find_overdue_loan(&facility, &wording, tag), ..self }
    }

    /// With the alarms for everybody that nobody has acknowledged.
    pub(crate) fn alarmed(
        self,
        state: &AppState,
        snapshot: &Snapshot,
        wording: &PageWording,
        words: AlarmBannerWords,
    ) -> Self {
        let gap = snapshot.local.gap_before().is_some();
        let alarm = AlarmBanner::for_everybody(state, &snapshot.settings, wording, words);
        Self { gap, alarm, ..self }
    }

    pub(crate) fn with_staff_link(self, link: Option<StaffLink>) -> Self {
        Self { staff_link: link, ..self }
    }

    /// Without a choice of languages: a wall display has no input, and not every error has words in each.
    pub(crate) fn without_languages(self) -> Self {
        Self { languages: Vec::new(), ..self }
    }

    pub(crate) fn locale(&self) -> Locale {
        self.words.catalog().locale()
    }

    pub(crate) fn html_lang(&self) -> &'static str {
        self.locale().html_lang()
    }

    pub(crate) fn staff(
        state: &AppState,
        snapshot: &Snapshot,
        title: impl Into<String>,
        signed: &StaffSession,
        place: NavSection,
    ) -> Self {
        let (page_words, words, printing, sentences): (PageWords, StaffWords, PrintingWords, AlarmSentences) =
            signed.words();
        let (status_line, status_link) = match jobs::attention_notice(printing, state) {
            Some((words, to)) => (words, Some(to)),
            None => {
                (snapshot.status_line(state, &PageWording::new(page_words, &snapshot.local), words), None)
            }
        };
        let bar = NavBar {
            words,
            who: signed.name().to_owned(),
            role: word_role(page_words, signed.role()),
            place,
            sees_people: signed.holds(Permission::SeePeople),
        };
        let alarm = AlarmBanner::for_staff(state, words, sentences);
        let gap = snapshot.local.gap_before().is_some();
        let frame = Self::in_words(state, snapshot, page_words, title.into());
        Self { status_line: Some(status_line), status_link, bar: Some(bar), gap, alarm, ..frame }
    }

    pub(crate) fn with_script(mut self) -> Self {
        self.scripts.push(assets::BOX.path());
        self
    }

    pub(crate) fn with_keys(self) -> Self {
        let mut frame = self.with_script();
        frame.scripts.push(assets::KEYS.path());
        frame
    }

    pub(crate) fn with_app_script(mut self) -> Self {
        self.scripts.extend([assets::SCAN.path(), assets::QUEUE.path(), assets::APP.path()]);
        Self { is_app: true, ..self }
    }

    pub(crate) fn used_by(mut self, browser: BrowserUse) -> Self {
        if browser == BrowserUse::Shared {
            self.home_after_s = Some(HOME_AFTER_S);
            self.scripts.push(assets::TABLET.path());
        }
        self
    }

    pub(crate) fn with_station_script(mut self) -> Self {
        self.scripts.push(assets::STATION.path());
        self
    }

    pub(crate) fn renewed_when_seen(mut self) -> Self {
        self.scripts.push(LIVE.path());
        self
    }

    /// With parts that a script refreshes; a part in which somebody types is left alone. What the page shows is
    /// read after the version mark in the address was taken.
    pub(crate) fn live(self, page: LivePage) -> Self {
        Self { live: Some(page), ..self.renewed_when_seen() }
    }

    /// Renewed every minute where there is no script.
    pub(crate) fn refreshed(self) -> Self {
        Self { refresh: true, ..self }
    }

    pub(crate) fn status_line(self, words: impl Into<String>) -> Self {
        Self { status_line: Some(words.into()), status_link: None, ..self }
    }

    fn current(&self, place: NavSection) -> bool {
        self.bar.as_ref().is_some_and(|bar| bar.place == place)
    }

    /// Whether this nav entry is the current one.
    pub(crate) fn today(&self) -> bool {
        self.current(NavSection::Today)
    }

    pub(crate) fn equipment(&self) -> bool {
        self.current(NavSection::Equipment)
    }

    pub(crate) fn people(&self) -> bool {
        self.current(NavSection::People)
    }

    pub(crate) fn labels(&self) -> bool {
        self.current(NavSection::Labels)
    }

    pub(crate) fn this_box(&self) -> bool {
        self.current(NavSection::Box)
    }
}
