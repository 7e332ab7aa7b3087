//! The contact time on a scan page: its card, and the one big button at the foot, which is the next thing to do.

use record::ids::DeviceId;
use record::kinds::ProtocolPublished;
use service::clock::Now;
use words::{S0, S1, SafeHtml, fill_slots};

use crate::phones::{ContactState, ContactTimer};
use crate::web::view_models::page::formats::countdown_text;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::ScanWords;

#[derive(Debug, Clone)]
pub(crate) struct WetCard {
    pub(crate) required_s: u32,
    pub(crate) required_words: String,
    pub(crate) passed_s: u32,
    pub(crate) passed_text: String,
    pub(crate) left_s: Option<u32>,
    pub(crate) left_text: Option<String>,
    pub(crate) until: Option<SafeHtml>,
    pub(crate) done: bool,
    pub(crate) agents: SafeHtml,
    /// What else there is to know of it: another phone started it, it is of another protocol, or nobody measured the rest.
    pub(crate) remark: Option<SafeHtml>,
    /// A newer version of the protocol was published meanwhile.
    pub(crate) older: Option<String>,
    pub(crate) wrong: Option<String>,
}

/// The one big button at the foot of the page, which is the next thing to do.
#[derive(Debug, Clone)]
pub(crate) struct ScanFoot {
    /// What it says of the contact time; empty: it records.
    pub(crate) wet: &'static str,
    pub(crate) words: SafeHtml,
    pub(crate) aside: Option<(&'static str, String)>,
}

pub(super) struct WetLook<'a> {
    pub(super) w: ScanWords,
    pub(super) wording: &'a PageWording,
    pub(super) now: &'a Now,
    /// The same by the calendar, as far as it is known.
    pub(super) now_ms: i64,
    pub(super) timer: Option<&'a ContactTimer>,
    pub(super) other: Option<SafeHtml>,
    pub(super) devices: &'a [DeviceId],
    pub(super) protocol: Option<&'a ProtocolPublished>,
    /// 0: the protocol has no contact time.
    pub(super) required_s: u32,
}

impl WetLook<'_> {
    fn state(&self) -> Option<ContactState> {
        self.timer.map(|timer| timer.state(self.now, self.required_s))
    }

    pub(super) fn card(&self, wrong: Option<String>) -> Option<WetCard> {
        let Self { w, wording, required_s, .. } = *self;
        if required_s == 0 {
            return None;
        }
        let passed_s = match self.state() {
            Some(ContactState::Running { left_ms }) => {
                Some(required_s - rounded_up_s(left_ms).min(required_s))
            }
            Some(ContactState::Over { wet_ms } | ContactState::Finished { wet_ms }) => Some(whole_s(wet_ms)),
            Some(ContactState::Rebooted) | None => None,
        };
        let left_s = passed_s.map(|passed| required_s.saturating_sub(passed)).filter(|left| *left > 0);
        let until = left_s.map(|left| {
            let over = wording.dates().clock_time_with_seconds(over_ms(self.now_ms, left));
            fill_slots(w.scan_wet_until(S0), [over.to_html()])
        });
        let required = wording.span(required_s);
        Some(WetCard {
            required_s,
            agents: self.word_agents(&required),
            required_words: required,
            passed_s: passed_s.unwrap_or(0).min(required_s),
            passed_text: wording.span(passed_s.unwrap_or(0)),
            left_s,
            left_text: left_s.map(countdown_text),
            until,
            done: passed_s.is_some_and(|passed| passed >= required_s),
            remark: self.remark(),
            older: self.word_older(),
            wrong,
        })
    }

    fn word_agents(&self, required: &str) -> SafeHtml {
        let w = self.w;
        let agents = self.protocol.map(|protocol| protocol.agents.as_slice()).unwrap_or_default();
        let agents = agents.iter().map(|agent| agent_html(w, agent));
        match agents.reduce(|one, other| fill_slots(w.scan_agent_or(S0, S1), [one, other])) {
            None => fill_slots(w.scan_needs(required), []),
            Some(agents) => fill_slots(w.scan_agents_need(S0, required), [agents]),
        }
    }

    fn remark(&self) -> Option<SafeHtml> {
        let (w, dates, now) = (self.w, self.wording.dates(), self.now);
        let Some(timer) = self.timer else {
            return self.other.clone().map(|other| fill_slots(w.scan_wet_other(S0), [other]));
        };
        let is_own = timer.device.is_some_and(|device| self.devices.contains(&device));
        match self.state()? {
            ContactState::Rebooted => {
                let booted_ms = self.now_ms.saturating_sub_unsigned(now.up_ms);
                let since = dates.clock_time(booted_ms).to_html();
                Some(fill_slots(w.scan_wet_rebooted(S0), [since]))
            }
            _ if is_own => None,
            _ => {
                let passed_ms = now.up_ms.saturating_sub(timer.started_up_ms);
                let started_ms = self.now_ms.saturating_sub_unsigned(passed_ms);
                let since = dates.clock_time_with_seconds(started_ms).to_html();
                Some(fill_slots(w.scan_wet_elsewhere(S0), [since]))
            }
        }
    }

    /// The contact time counts by the version with which it was started.
    fn word_older(&self) -> Option<String> {
        let timer = self.timer.filter(|timer| timer.boot == self.now.boot)?;
        let newest = self.protocol.filter(|protocol| timer.protocol == Some(protocol.protocol))?;
        let is_other = timer.version != Some(newest.version) && newest.contact_s != Some(self.required_s);
        is_other.then(|| self.w.scan_wet_older())
    }

    pub(super) fn foot(&self) -> ScanFoot {
        self.foot_in(self.state())
    }

    pub(super) fn foot_after(&self) -> Option<ScanFoot> {
        let runs = self.required_s > 0 && matches!(self.state(), Some(ContactState::Running { .. }));
        runs.then(|| self.foot_in(Some(ContactState::Over { wet_ms: 0 })))
    }

    fn foot_in(&self, state: Option<ContactState>) -> ScanFoot {
        let w = self.w;
        let record = ScanFoot { wet: "", words: fill_slots(w.scan_record(), []), aside: None };
        if self.required_s == 0 {
            return record;
        }
        match state {
            None | Some(ContactState::Rebooted) => {
                let words = fill_slots(w.scan_wet_start(countdown_text(self.required_s)), []);
                ScanFoot { wet: "start", words, aside: None }
            }
            Some(ContactState::Running { left_ms }) => {
                let left = countdown_text(rounded_up_s(left_ms));
                let left = SafeHtml::element("span", &[("data-countdown", "")], &left);
                let words = fill_slots(w.scan_wet_left(S0), [left]);
                ScanFoot { wet: "look", words, aside: Some(("again", w.scan_wet_again())) }
            }
            Some(ContactState::Over { .. }) => {
                ScanFoot { aside: Some(("finish", w.scan_wet_finish())), ..record }
            }
            Some(ContactState::Finished { .. }) => record,
        }
    }
}

fn rounded_up_s(ms: u64) -> u32 {
    whole_s(ms.saturating_add(999))
}

fn whole_s(ms: u64) -> u32 {
    u32::try_from(ms / 1_000).unwrap_or(u32::MAX)
}

/// When the contact time is over, rounded up to a full second: waiting for the second that the page shows is enough.
pub(super) fn over_ms(now_ms: i64, left_s: u32) -> i64 {
    now_ms + i64::from(left_s) * 1_000 + 999
}

pub(crate) fn agent_html(w: ScanWords, agent: &record::kinds::Agent) -> SafeHtml {
    let name = SafeHtml::entered(&agent.name);
    match agent.epa.as_str() {
        "" => name,
        epa => fill_slots(w.scan_agent_epa(S1, S0), [name, SafeHtml::entered(epa)]),
    }
}
