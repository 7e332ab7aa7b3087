//! The buttons of a scan page's contact time.

use record::fold::FacilityState;
use service::attempts::ClientNetwork;
use web::answer::WithHeaders;
use web::error::HttpError;

use crate::phones::{ContactTimer, count_cleanings};
use crate::web::answer::with_cookies;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::pages::phone::scan::contact_time::{find_required_s, find_timer};
use crate::web::pages::phone::scan::entered::requested_protocol;
use crate::web::pages::phone::scan::submit::ScanSubmission;
use crate::web::pages::phone::scan::view::ScanProblem;
use crate::web::pages::phone::tag_answer::TagAnswer;
use crate::web::view_models::equipment::protocols::find_protocol;

const TIMER_NAME_CHARS: usize = 120;

impl ScanSubmission {
    /// “Surface is wet”, “It dried” or “It may dry now”, and the page after it. Only “It dried” of a page that is still
    /// good replaces a contact time that counts; so does “Surface is wet” by another protocol.
    pub(super) async fn change_contact_time(
        mut self,
        state: &AppState,
        press: &str,
        problems: Vec<ScanProblem>,
    ) -> Result<WithHeaders<TagAnswer>, HttpError> {
        let facility = state.store.snapshot();
        let timers = &state.contact_timers;
        match press {
            "start" | "again" => {
                let timer = self.new_timer(&facility)?;
                let present = timers.find_any(self.tag, &facility, &self.now);
                let is_other = present.is_some_and(|present| !present.is_of(timer.protocol));
                if self.stale.is_some() && (press == "again" || is_other) {
                    return self.once_more(state, problems, self.stale).await;
                }
                match timer.required_s {
                    // The page is outdated: nothing has to stay wet any more.
                    0 => {}
                    _ if press == "again" => timers.start(self.tag, timer),
                    _ => timers.start_first(self.tag, timer, &facility, &self.now),
                }
            }
            "finish" => {
                let item = facility.equipment.get(&self.tag).ok_or_else(not_found)?;
                let requested = requested_protocol(&self.form);
                if let Some(timer) = find_timer(state, self.tag, requested, &self.now) {
                    let required_s = find_required_s(&facility, item, requested, Some(&timer), &self.now);
                    timers.finish(self.tag, timer.protocol, &self.now, required_s);
                }
            }
            _ => {}
        }
        let set_device = self.device.set_cookie();
        self.token.made_ms = self.now.up_ms;
        let from = ClientNetwork::of(self.from.remote);
        let page = self.again(problems, None).keep(state, from, self.device.id()).await?;
        Ok(with_cookies(page, [set_device]))
    }

    /// One that begins now, by the protocol as it is now.
    fn new_timer(&self, facility: &FacilityState) -> Result<ContactTimer, HttpError> {
        let item = facility.equipment.get(&self.tag).ok_or_else(not_found)?;
        let protocol = find_protocol(facility, item, requested_protocol(&self.form), self.now.wall_ms);
        Ok(ContactTimer {
            boot: self.now.boot,
            started_up_ms: self.now.up_ms,
            started_wall_ms: self.now.wall_ms,
            finished_up_ms: None,
            protocol: protocol.map(|protocol| protocol.protocol),
            version: protocol.map(|protocol| protocol.version),
            required_s: protocol.and_then(|protocol| protocol.contact_s).unwrap_or(0),
            device: Some(self.device.id()),
            by: match self.device.is_shared() {
                true => String::new(),
                false => self.form.text("cleaned_by").trim().chars().take(TIMER_NAME_CHARS).collect(),
            },
            ticks: self.ticked.clone(),
            opened_up_ms: self.token.opened_ms,
            cleanings: count_cleanings(self.tag, facility),
        })
    }
}
