//! What every page has around its content.

use ::web::assets::{LIVE, MARK, STYLE};
use ::web::live::LivePage;
use record::ids::AccountId;
use record::tree::Hash;
use words::{Language, S0, SafeHtml, fill_slots};

use crate::accounts::notices::{NoticeLine, PageNotices};
use crate::accounts::permission::Permission;
use crate::accounts::{AccountUser, UserRole};
use crate::billing::state::BillingState;
use crate::web::assets::PASSKEY;
use crate::web::view_models::formats::{LocalTime, role_name};
use crate::web::words::{BillingWords, NoticesWords, PageWords, SupportWords, open_words};

pub(crate) const GAPS_PATH: &str = "/app/gaps";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NavSection {
    Facilities,
    Gaps,
    Alerts,
    Boxes,
    People,
    Programs,
    AccessLog,
    Me,
    None,
}

/// That whoever looks is none of the account's people.
#[derive(Debug, Clone)]
pub(crate) struct SupportBanner {
    pub(crate) line: String,
    pub(crate) button: String,
}

impl SupportBanner {
    fn of_visitor(visitor: &AccountUser) -> Option<Self> {
        let until_ms = visitor.until_ms.filter(|_| visitor.role == UserRole::Support)?;
        let w: SupportWords = open_words();
        let until = LocalTime::of_reader(until_ms).plain_zoned(until_ms);
        let line = w.support_banner(visitor.account_name.as_str(), until);
        Some(Self { line, button: w.support_leave() })
    }
}

#[derive(Debug, Clone)]
pub(crate) struct PageBrand {
    pub(crate) name: String,
    pub(crate) accent: Option<String>,
    pub(crate) logo: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct PageLayout {
    pub(crate) w: PageWords,
    pub(crate) title: String,
    pub(crate) section: NavSection,
    pub(crate) person: Option<String>,
    /// What they may do: links to the rest are left out.
    pub(crate) role: Option<UserRole>,
    pub(crate) notices: PageNotices,
    /// Of somebody of the platform who looks at an account that is none of theirs.
    pub(crate) support: Option<SupportBanner>,
    pub(crate) csrf: String,
    pub(crate) brand: Option<PageBrand>,
    pub(crate) status_line: Option<SafeHtml>,
    pub(crate) live: Option<LivePage>,
    /// Whether somebody may be typing: then it never reloads by itself.
    pub(crate) has_form: bool,
    /// Whether it puts a challenge for a passkey to the browser.
    pub(crate) has_passkey: bool,
}

impl PageLayout {
    pub(crate) fn open(title: impl Into<String>) -> Self {
        Self {
            w: open_words(),
            title: title.into(),
            section: NavSection::None,
            person: None,
            role: None,
            notices: PageNotices::default(),
            support: None,
            csrf: String::new(),
            brand: None,
            status_line: None,
            live: None,
            has_form: true,
            has_passkey: false,
        }
    }

    pub(crate) fn signed_in(title: impl Into<String>, section: NavSection, visitor: &AccountUser) -> Self {
        let shell = Self::open(title);
        let role = role_name(shell.w, Some(visitor.role));
        Self {
            section,
            person: Some(shell.w.page_person(&visitor.name, role)),
            role: Some(visitor.role),
            notices: visitor.notices.clone(),
            support: SupportBanner::of_visitor(visitor),
            csrf: visitor.token.csrf(),
            brand: brand_of(visitor),
            ..shell
        }
    }

    /// The same with what is announced, of a page that is open to everybody.
    pub(crate) fn announcing(mut self, lines: Vec<NoticeLine>) -> Self {
        self.notices.lines = lines;
        self
    }

    pub(crate) fn other_languages(&self) -> Vec<Language> {
        let own = self.w.catalog().locale().language();
        Language::ALL.into_iter().filter(|language| *language != own).collect()
    }

    pub(crate) fn notice_words(&self) -> NoticesWords {
        open_words()
    }

    /// Whether they open the account to the platform.
    pub(crate) fn opens_support(&self) -> bool {
        self.holds(Permission::ManageSupport)
    }

    pub(crate) fn support_link(&self) -> String {
        open_words::<SupportWords>().support_link()
    }

    pub(crate) fn live(mut self, page: LivePage, has_form: bool) -> Self {
        self.live = Some(page);
        self.has_form = has_form;
        self
    }

    pub(crate) fn with_passkey(self) -> Self {
        Self { has_passkey: true, ..self }
    }

    /// Of a page that comes back with a problem: its title says so.
    pub(crate) fn with_problem(mut self, has_problem: bool) -> Self {
        if has_problem {
            self.title = self.w.page_error_title(&self.title);
        }
        self
    }

    pub(crate) fn with_as_of(self, line: SafeHtml) -> Self {
        Self { status_line: Some(line), ..self }
    }

    /// Says that the page is of now; its zone is said once a page.
    pub(crate) fn with_as_of_now(self, wall: &LocalTime) -> Self {
        let line = fill_slots(self.w.page_live(S0, wall.zone()), [wall.now()]);
        self.with_as_of(line)
    }

    /// Says that the page's numbers are of an earlier moment.
    pub(crate) fn with_as_of_before(self, ms: i64, wall: &LocalTime) -> Self {
        let line = fill_slots(self.w.page_behind(S0, wall.zone()), [wall.clock(ms)]);
        self.with_as_of(line)
    }

    pub(crate) fn current(&self, section: NavSection) -> &'static str {
        if self.section == section { " aria-current=\"page\"" } else { "" }
    }

    /// Whether the page about people is theirs to see.
    pub(crate) fn shows_people(&self) -> bool {
        self.holds(Permission::ManagePeople)
    }

    /// Whether reports, which name people, are theirs to make.
    pub(crate) fn reads_names(&self) -> bool {
        self.holds(Permission::ReadNames)
    }

    pub(crate) fn shows_programs(&self) -> bool {
        self.holds(Permission::ManagePrograms)
    }

    pub(crate) fn shows_access(&self) -> bool {
        self.holds(Permission::ReadAccess)
    }

    pub(crate) fn makes_facilities(&self) -> bool {
        self.holds(Permission::ManageFacilities)
    }

    /// What not all is well with in what the account pays: that nothing is added is for everybody, the rest for whoever pays.
    pub(crate) fn billing_line(&self) -> Option<String> {
        let state = self.notices.billing.filter(|state| state.is_read_only() || self.manages_billing())?;
        let until = match state {
            BillingState::Grace { until_ms } => LocalTime::of_reader(until_ms).day_of(until_ms),
            _ => String::new(),
        };
        Some(open_words::<BillingWords>().billing_notice(state.key(), until))
    }

    pub(crate) fn billing_link(&self) -> String {
        open_words::<BillingWords>().billing_open()
    }

    pub(crate) fn manages_billing(&self) -> bool {
        self.holds(Permission::ManageBilling)
    }

    pub(crate) fn runs_platform(&self) -> bool {
        self.holds(Permission::ManagePlatform)
    }

    fn holds(&self, permission: Permission) -> bool {
        self.role.is_some_and(|role| role.holds(permission))
    }

    pub(crate) fn home(&self) -> &'static str {
        if self.person.is_some() { home_of(self.role) } else { "/" }
    }

    pub(crate) fn css(&self) -> &'static str {
        STYLE.path()
    }

    pub(crate) fn brand_name(&self) -> &str {
        self.brand.as_ref().map_or("CleanTrack", |brand| &brand.name)
    }

    fn accent(&self) -> Option<&str> {
        self.brand.as_ref().and_then(|brand| brand.accent.as_deref())
    }

    pub(crate) fn logo(&self) -> Option<&str> {
        self.brand.as_ref().and_then(|brand| brand.logo.as_deref())
    }

    pub(crate) fn branded(self, brand: PageBrand) -> Self {
        Self { brand: Some(brand), ..self }
    }

    pub(crate) fn band(&self) -> &str {
        self.accent().unwrap_or("#0c3a2d")
    }

    pub(crate) fn brand_css(&self) -> Option<String> {
        self.accent().map(|accent| format!("/brand/{}.css", accent.trim_start_matches('#')))
    }

    pub(crate) fn icon(&self) -> &'static str {
        MARK.path()
    }

    pub(crate) fn script(&self) -> &'static str {
        LIVE.path()
    }

    pub(crate) fn passkey_script(&self) -> &'static str {
        PASSKEY.path()
    }
}

/// The address of an account's picture: another picture has another one.
pub(crate) fn logo_path(account: AccountId, logo: Hash) -> String {
    format!("/logo/{account}/{logo}.png")
}

fn brand_of(visitor: &AccountUser) -> Option<PageBrand> {
    let logo = visitor.logo.map(|logo| logo_path(visitor.scope.account(), logo));
    let (name, accent) = (visitor.account_name.clone(), visitor.accent.clone());
    (accent.is_some() || logo.is_some()).then_some(PageBrand { name, accent, logo })
}

/// The page that somebody comes to: an auditor to what was missed.
pub(crate) fn home_of(role: Option<UserRole>) -> &'static str {
    if role == Some(UserRole::Auditor) { GAPS_PATH } else { "/app/" }
}
