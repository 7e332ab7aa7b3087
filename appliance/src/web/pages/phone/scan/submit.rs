//! A scan: the item's page, the contact time's button, and the record itself.

use axum::extract::State;
use http::StatusCode;
use record::entry::{CommandSource, Digest16, EntryAuthor};
use record::fold::ServiceState;
use record::ids::{DeviceId, ProtocolId};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use service::clock::Now;
use web::answer::WithHeaders;
use web::argument::{FormFields, IdempotencyKey, LenientQuery, Path};
use web::error::HttpError;

use crate::identity::{AccessOutcome, AccessTarget};
use crate::intake::{
    ClaimedCleaner, CleaningForm, Command, CommandRefusal, WetTime, command_digest, find_named_item,
    review_cleaning,
};
use crate::listen::PeerAddress;
use crate::phones::ContactTimer;
use crate::web::access::phone::PhoneCaller;
use crate::web::access::pin::PinTypist;
use crate::web::access::plain_form::screen_form;
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::{AccessNote, AccessNotes};
use crate::web::answer::with_cookies;
use crate::web::commands::photo_upload::{PhotoFault, PhotoOutcome, PhotoRefusal, take_photo};
use crate::web::commands::run::{CommandFailure, CommandOutcome, by_key, find_earlier};
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::{new_error, worded};
use crate::web::pages::phone::find_tag;
use crate::web::pages::phone::scan::about::EnteredAbout;
use crate::web::pages::phone::scan::contact_time::{find_timer, find_wet_end_ms, with_item};
use crate::web::pages::phone::scan::draft::{ScanDraft, ScanDrafts};
use crate::web::pages::phone::scan::entered::{ScanFormData, requested_protocol, ticked_steps};
use crate::web::pages::phone::scan::first_view::FirstViews;
use crate::web::pages::phone::scan::lot::find_lot;
use crate::web::pages::phone::scan::out_of_service::{OutPageWords, out_page};
use crate::web::pages::phone::scan::proof::{PageOrigin, proof_demand};
use crate::web::pages::phone::scan::recorded::{recorded_answer, recorded_before};
use crate::web::pages::phone::scan::someone_else::forget_person;
use crate::web::pages::phone::scan::view::{ScanNote, ScanPageWords, ScanProblem, ScanView};
use crate::web::pages::phone::scan::who::{ScanProof, is_named};
use crate::web::pages::phone::tag_answer::TagAnswer;
use crate::web::request::bodies::photo_form::PhotoForm;
use crate::web::request::client::device::RequestDevice;
use crate::web::request::limits::address_share::AddressShare;
use crate::web::request::submissions::page_record::find_sent_by_queue;
use crate::web::request::submissions::page_token::{PageToken, StaleToken};
use crate::web::request::submissions::submission::{new_submission, submission_key};
use crate::web::view_models::equipment::problems::{ReportDetails, SentReport};
use crate::web::view_models::equipment::scanned_tags::ScannedTags;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{ErrorWords, PageWords, ScanWords};

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ScanParams {
    /// Anything: a record is wanted though the item is out of service.
    anyway: Option<String>,
    /// Which of the item's protocols.
    protocol: Option<String>,
    /// What was put in when the contact time was started, or before somebody signed in.
    draft: Option<String>,
    /// What became of a report that was sent from here: `no-room`, `added` or `added-no-room`; after a use: `used`.
    report: Option<String>,
}

enum OpenedTag {
    Item(Tag),
    Elsewhere(TagAnswer),
}

async fn open(
    state: &AppState,
    phone: &PhoneCaller,
    text: &str,
    params: &ScanParams,
) -> Result<OpenedTag, HttpError> {
    let Ok(tag) = Tag::read(text) else {
        return find_tag::mistyped_page(state, phone, text).map(OpenedTag::Elsewhere);
    };
    if tag.as_str() != text {
        return TagAnswer::to(&format!("/t/{tag}")).map(OpenedTag::Elsewhere);
    }
    let words: OutPageWords = phone.words();
    let (page_words, w, _) = words;
    let found = find_named_item(&state.store.snapshot(), tag).map(|item| (item.tag, item.service));
    match found {
        None => {
            let unknown = run_blocking(state, move |state| find_tag::unknown_page(state, page_words, w, tag));
            unknown.await.map(OpenedTag::Elsewhere)
        }
        Some((first, service))
            if service == ServiceState::Retired
                || service == ServiceState::Out && params.anyway.is_none() =>
        {
            let details =
                ReportDetails::on_open_page(phone.session(state).await?.as_ref().map(StaffSession::staff));
            let sent = SentReport::read(params.report.as_deref());
            let page = out_page(state, words, first, sent, details).await?;
            Ok(OpenedTag::Elsewhere(TagAnswer::shown(StatusCode::OK, page)))
        }
        Some((first, _)) => Ok(OpenedTag::Item(first)),
    }
}

pub(crate) async fn show(
    phone: PhoneCaller,
    State(state): State<AppState>,
    Path(text): Path<String>,
    LenientQuery(params): LenientQuery<ScanParams>,
) -> Result<TagAnswer, HttpError> {
    let (anyway, sent) = (params.anyway.is_some(), SentReport::read(params.report.as_deref()));
    let tag = match open(&state, &phone, &text, &params).await? {
        OpenedTag::Item(tag) => tag,
        OpenedTag::Elsewhere(answer) => return Ok(answer),
    };
    state.stored::<ScannedTags>().note_scan(tag, state.clock.now().up_ms);
    let protocol = params.protocol.and_then(|id| id.parse().ok());
    let signed = phone.session(&state).await?;
    let who = phone.first_name(signed.as_ref());
    let now = state.known_now();
    let timer = state.contact_timers.find_any(tag, &state.store.snapshot(), &now);
    let devices = phone.shown_devices();
    let mut entered = first_entered(who, protocol, timer.as_ref(), &devices);
    let shown = entered.protocol;
    let stored = phone.browser().cookies();
    entered.about =
        with_item(&state, tag, |facility, item| find_lot(stored, facility, item, shown, now.wall_ms))?;
    let is_again = params.draft.is_some();
    let (draft, note) = match params.draft {
        Some(id) => load_draft(&state, tag, &id, entered, &now)?,
        None => (empty_draft(&state, tag, entered, &now), None),
    };
    let ScanDraft { mut token, entered, submission, .. } = draft;
    let timer = find_timer(&state, tag, entered.protocol, &now);
    if let Some(timer) = timer.filter(|timer| is_of_phone(timer, &devices) && timer.boot == now.boot) {
        token.opened_ms = token.opened_ms.min(timer.opened_up_ms);
    }
    let views = state.stored::<FirstViews>();
    token.opened_ms = views.note_view(&devices, tag, token.opened_ms, now.up_ms);
    let (words, problems) = (phone.words(), Vec::new());
    let origin = PageOrigin::of(&state, phone.browser());
    let usage = phone.browser().usage();
    let view = ScanView {
        words,
        token,
        entered,
        submission,
        anyway,
        note,
        problems,
        is_again,
        signed,
        devices,
        origin,
        usage,
        sent,
    };
    view.answer(&state).await
}

fn is_of_phone(timer: &ContactTimer, devices: &[DeviceId]) -> bool {
    timer.device.is_some_and(|device| devices.contains(&device))
}

/// The prefilled values of a page: what was ticked when the contact time was started, on any phone, and the
/// name that was typed on this one.
fn first_entered(
    who: String,
    protocol: Option<ProtocolId>,
    timer: Option<&ContactTimer>,
    devices: &[DeviceId],
) -> ScanFormData {
    let mut entered = ScanFormData { who, protocol, ..ScanFormData::default() };
    if let Some(timer) = timer.filter(|timer| protocol.is_none() || timer.is_of(protocol)) {
        entered.ticked.clone_from(&timer.ticks);
        entered.protocol = timer.protocol;
        if entered.who.is_empty() && is_of_phone(timer, devices) {
            entered.who.clone_from(&timer.by);
        }
    }
    entered
}

fn empty_draft(state: &AppState, tag: Tag, entered: ScanFormData, now: &Now) -> ScanDraft {
    let token = PageToken::drawn(state, tag, now);
    ScanDraft { token, entered, submission: new_submission(state), device: None }
}

fn load_draft(
    state: &AppState,
    tag: Tag,
    id: &str,
    entered: ScanFormData,
    now: &Now,
) -> Result<(ScanDraft, Option<ScanNote>), HttpError> {
    let Some(draft) = state.stored::<ScanDrafts>().find(id, tag) else {
        return Ok((empty_draft(state, tag, entered, now), Some(ScanNote::TooOld)));
    };
    let wet_over_ms = find_wet_end_ms(state, tag, draft.entered.protocol, now)?;
    Ok(match draft.token.check(now, wet_over_ms) {
        Ok(_) => (draft, None),
        Err(_) => {
            let token = draft.token.renewed(state, now);
            (ScanDraft { token, ..draft }, Some(ScanNote::TooOld))
        }
    })
}

pub(crate) async fn submit(
    phone: PhoneCaller,
    State(state): State<AppState>,
    _: AddressShare,
    Path(text): Path<String>,
    LenientQuery(params): LenientQuery<ScanParams>,
    key: IdempotencyKey,
    PhotoForm { fields: form, photo }: PhotoForm,
) -> Result<WithHeaders<TagAnswer>, HttpError> {
    let (anyway, from) = (params.anyway.is_some(), *phone.peer());
    let device = phone.browser().device(&state);
    let typist = PinTypist::on(&device, &from);
    let form = screen_form(&state, form, &typist).await?;
    let tag = match open(&state, &phone, &text, &params).await? {
        OpenedTag::Item(tag) => tag,
        OpenedTag::Elsewhere(answer) if state.lacks_any() => {
            return recorded_before(&state, submission_key(key, &form), answer).await;
        }
        OpenedTag::Elsewhere(answer) => return Ok(with_cookies(answer, [])),
    };
    let mut signed = phone.session(&state).await?;
    let by = EntryAuthor { staff: None, via: CommandSource::Phone, device: Some(device.id()) };
    let proof = ScanProof::of_form(&state, &form, signed.as_mut(), &typist).await?;
    let key = submission_key(key, &form);
    let now = state.known_now();
    let carried = read_page_state(&state, tag, &form, &now)?;
    let photo = take_photo(&state, photo).await;
    let submission = key.clone().unwrap_or_else(|| new_submission(&state));
    let (from_page, (token, stale)) = match carried {
        Some(carried) => (true, carried),
        None => (false, (PageToken::new(tag, &now), None)),
    };
    phone.notes().add(proof.note.clone());
    phone.notes().add(stale.map(|_| AccessNote::new(AccessOutcome::PageTokenRefused, AccessTarget::View)));
    let ticked = with_item(&state, tag, |facility, item| ticked_steps(&form, facility, item, now.wall_ms))?;
    let filled = ScanSubmission {
        words: phone.words(),
        tag,
        ticked,
        devices: phone.shown_devices(),
        origin: PageOrigin::of(&state, phone.browser()),
        form,
        token,
        stale,
        photo,
        submission,
        anyway,
        now,
        by,
        device,
        from,
        signed,
        proof,
    };
    match from_page {
        _ if filled.form.get("other").is_some() => filled.sign_out(&state, phone.notes()).await,
        true if filled.leaves_page() => filled.leave_page(&state, phone.browser()).await,
        true => filled.submit(&state).await,
        false => filled.plain(&state, key, phone.browser().is_program()).await,
    }
}

/// What the page carried, if the request came from one; a page that is too old is replaced, and its photo is kept.
type Carried = (PageToken, Option<ScanNote>);

fn read_page_state(
    state: &AppState,
    tag: Tag,
    form: &FormFields,
    now: &Now,
) -> Result<Option<Carried>, HttpError> {
    let Some(text) = form.get("page") else { return Ok(None) };
    let wet_over_ms = find_wet_end_ms(state, tag, requested_protocol(form), now)?;
    Ok(Some(match PageToken::read(text, &state.identity.page_key, tag, now, wet_over_ms) {
        Ok(token) => (token, None),
        Err(StaleToken::Old(old)) => (old.renewed(state, now), Some(ScanNote::TooOld)),
        Err(StaleToken::Foreign | StaleToken::OtherItem) => {
            (PageToken::drawn(state, tag, now), Some(ScanNote::TooOld))
        }
    }))
}

pub(super) struct ScanSubmission {
    pub(super) words: ScanPageWords,
    pub(super) tag: Tag,
    pub(super) ticked: Vec<u16>,
    pub(super) devices: Vec<DeviceId>,
    pub(super) origin: PageOrigin,
    pub(super) form: FormFields,
    pub(super) token: PageToken,
    pub(super) stale: Option<ScanNote>,
    pub(super) photo: PhotoOutcome,
    pub(super) submission: String,
    pub(super) anyway: bool,
    pub(super) now: Now,
    pub(super) by: EntryAuthor,
    pub(super) device: RequestDevice,
    pub(super) from: PeerAddress,
    pub(super) signed: Option<StaffSession>,
    pub(super) proof: ScanProof,
}

impl ScanSubmission {
    /// Who cleaned, and by whom the entry is: only a proof names one of the staff.
    fn cleaner(&self, state: &AppState) -> (ClaimedCleaner, EntryAuthor) {
        let proof_min = state.store.snapshot().settings.pin_proof_min;
        let who = self.proof.cleaner(&self.form, self.signed.as_ref(), proof_min);
        let staff = match &who {
            ClaimedCleaner::Pin(staff) | ClaimedCleaner::Badge(staff) => Some(*staff),
            _ => None,
        };
        (who, EntryAuthor { staff, ..self.by })
    }

    /// “I am someone else”: ends the session on this device, and shows the page again with what was entered.
    async fn sign_out(
        mut self,
        state: &AppState,
        notes: &AccessNotes,
    ) -> Result<WithHeaders<TagAnswer>, HttpError> {
        if let PhotoOutcome::Stored(hash) = &self.photo {
            self.token.photo = Some(*hash);
        }
        let signed = self.signed.take();
        let cleared = forget_person(state, &self.devices, signed.as_ref(), notes).await?;
        let mut again = self.again(Vec::new(), self.stale.or(Some(ScanNote::SignedOut)));
        // Where the session is over already, it is unknown whose name the page was rendered with.
        if signed.is_none_or(|signed| again.entered.who.trim() == signed.name().trim()) {
            again.entered.who.clear();
        }
        Ok(with_cookies(again.answer(state).await?, cleared))
    }

    /// The receipt. The next page view of this browser begins another record.
    fn recorded(
        self,
        state: &AppState,
        done: CommandOutcome,
        form: &CleaningForm,
    ) -> Result<WithHeaders<TagAnswer>, HttpError> {
        let views = state.stored::<FirstViews>();
        views.forget(&self.devices, self.tag);
        views.forget(&[self.device.id()], self.tag);
        recorded_answer(state, &self.device, done, form, self.photo)
    }

    /// The record that this submission made before, also through the phone's queue; where that was of something else, a refusal.
    async fn shown_again(
        self,
        state: &AppState,
        expected: CleaningForm,
    ) -> Result<WithHeaders<TagAnswer>, HttpError> {
        let found = match self.find_recorded(state, &expected).await {
            None => find_sent_by_queue(state, &self.submission, self.tag).await?,
            found => found,
        };
        match found {
            Some(done) => self.recorded(state, done, &expected),
            None => self.refused(state, CommandRefusal::KeyReused).await,
        }
    }

    /// The record that this very submission made before, also where only the proof of who cleaned differs: between two sends of
    /// one page a PIN grows too old, or is typed.
    async fn find_recorded(&self, state: &AppState, expected: &CleaningForm) -> Option<CommandOutcome> {
        let named = self.signed.as_ref().filter(|signed| is_named(&self.form, signed));
        let proven = named.map(|signed| ClaimedCleaner::Pin(signed.staff()));
        let entered = ClaimedCleaner::Entered(self.form.text("cleaned_by").to_owned());
        let others = proven.into_iter().chain([entered, expected.who.clone()]).filter_map(|who| {
            let command = Command::RecordCleaning(Box::new(CleaningForm { who, ..expected.clone() }));
            command_digest(&self.submission, &command)
        });
        let others: Vec<Digest16> = others.collect();
        let (line, earlier) = by_key(state, &self.submission).await?;
        if others.contains(&earlier) { find_earlier(state, line).await.ok() } else { None }
    }

    async fn submit(mut self, state: &AppState) -> Result<WithHeaders<TagAnswer>, HttpError> {
        let mut problems: Vec<ScanProblem> = self.proof.refused.map(ScanProblem::Proof).into_iter().collect();
        match &self.photo {
            PhotoOutcome::Stored(hash) => self.token.photo = Some(*hash),
            PhotoOutcome::Refused(refusal) => problems.push(ScanProblem::Photo(*refusal)),
            PhotoOutcome::None | PhotoOutcome::Follows(_) | PhotoOutcome::NoRoom => {}
        }
        if let Some(press) = self.form.get("wet").map(str::to_owned) {
            return self.change_contact_time(state, &press, problems).await;
        }
        if self.form.get("tick").is_some() || self.form.get("find").is_some() {
            return self.once_more(state, problems, self.stale).await;
        }
        let mut expected = self.cleaning_form(state)?;
        (expected.who, self.by) = self.cleaner(state);
        problems.extend(EnteredAbout::of(&self.form).fill(&mut expected).map(ScanProblem::Rule));
        if self.stale.is_none() {
            let refusals = review_cleaning(&expected, &state.store.snapshot(), &self.now);
            problems.extend(refusals.into_iter().map(ScanProblem::Rule));
            // For an unusable photo the answer says so, not that there was none.
            problems.retain(|p| {
                !matches!(
                    (p, &self.photo),
                    (ScanProblem::Rule(CommandRefusal::PhotoMissing), PhotoOutcome::Refused(_))
                )
            });
        }
        if self.stale.is_some() || !problems.is_empty() {
            // A repeat of a submission that was recorded shows that record, however old its page is.
            return match by_key(state, &self.submission).await {
                Some(_) => self.shown_again(state, expected).await,
                None => self.not_recorded(state, problems).await,
            };
        }
        let command = Command::RecordCleaning(Box::new(expected.clone()));
        match self.proof.run(state, self.by, Some(self.submission.clone()), command).await {
            Ok(done) => self.recorded(state, done, &expected),
            Err(CommandFailure::Refused(CommandRefusal::KeyReused)) => {
                self.shown_again(state, expected).await
            }
            Err(CommandFailure::Refused(refusal)) => self.refused(state, refusal).await,
            Err(CommandFailure::Box(error)) => Err(*error),
        }
    }

    fn cleaning_form(&self, state: &AppState) -> Result<CleaningForm, HttpError> {
        let mut expected = form_of(self.tag, &self.form, &self.token, &self.photo);
        expected.steps = Some(self.ticked.clone());
        expected.proof = proof_demand(&self.form);
        expected.pin_ago_s = self.proof.pin_ago_s(self.signed.as_ref());
        let timer = find_timer(state, self.tag, expected.protocol, &self.now);
        expected.wet = timer.map(|timer| WetTime {
            boot: timer.boot,
            up_ms: timer.started_up_ms,
            until_up_ms: timer.finished_up_ms,
            required_s: Some(timer.required_s).filter(|s| *s > 0),
        });
        let wet_ms = expected.wet.filter(|wet| wet.up_ms >= self.token.opened_ms);
        let wet_ms = wet_ms.and_then(|wet| wet.measured_s(&self.now)).map_or(0, |s| u64::from(s) * 1_000);
        let seen_ms = self.now.up_ms.saturating_sub(self.token.opened_ms);
        expected.took_ms = u32::try_from(seen_ms.saturating_sub(wet_ms)).ok();
        Ok(expected)
    }

    /// A request that came from no page of ours: fields that it omits are missing from its record. What cannot be
    /// recorded is answered with a page of everything that was entered; a program gets only the reason.
    async fn plain(
        mut self,
        state: &AppState,
        key: Option<String>,
        is_program: bool,
    ) -> Result<WithHeaders<TagAnswer>, HttpError> {
        match &self.photo {
            PhotoOutcome::Refused(refusal) if is_program => return Err(refusal.error()),
            PhotoOutcome::Refused(refusal) => {
                let problem = ScanProblem::Photo(*refusal);
                return self.once_more(state, vec![problem], None).await;
            }
            PhotoOutcome::Stored(hash) => self.token.photo = Some(*hash),
            PhotoOutcome::None | PhotoOutcome::Follows(_) | PhotoOutcome::NoRoom => {}
        }
        if let Some(refusal) = self.proof.refused {
            if is_program {
                let local = Snapshot::now(state).local;
                let title = worded(move |(page_words, w, errors): (PageWords, ScanWords, ErrorWords)| {
                    refusal.word(w, errors, &PageWording::new(page_words, &local))
                });
                return Err(new_error(StatusCode::UNPROCESSABLE_ENTITY, refusal.field(), title)
                    .field(refusal.field())
                    .next("Send it again without it, or with the right one."));
            }
            return self.once_more(state, vec![ScanProblem::Proof(refusal)], None).await;
        }
        let mut expected = CleaningForm::plain(self.tag, self.form.text("cleaned_by"));
        (expected.who, self.by) = self.cleaner(state);
        expected.pin_ago_s = self.proof.pin_ago_s(self.signed.as_ref());
        self.form.text("notes").clone_into(&mut expected.note);
        match EnteredAbout::of(&self.form).fill(&mut expected) {
            Some(refusal) if is_program => return Err(refusal.into()),
            Some(refusal) => return self.refused(state, refusal).await,
            None => {}
        }
        if !self.ticked.is_empty() || self.form.get("step").is_some() {
            expected.steps = Some(self.ticked.clone());
        }
        self.photo.name(&mut expected);
        let command = Command::RecordCleaning(Box::new(expected.clone()));
        match self.proof.run(state, self.by, key, command).await {
            Ok(done) => self.recorded(state, done, &expected),
            Err(CommandFailure::Refused(refusal)) if !is_program => self.refused(state, refusal).await,
            Err(undone) => Err(undone.into()),
        }
    }

    async fn not_recorded(
        &self,
        state: &AppState,
        problems: Vec<ScanProblem>,
    ) -> Result<WithHeaders<TagAnswer>, HttpError> {
        let (changed, others): (Vec<_>, Vec<_>) = problems.into_iter().partition(is_of_other_protocol);
        let note = changed.first().map(|_| ScanNote::ProtocolChanged);
        self.once_more(state, others, note.or(self.stale)).await
    }

    pub(super) fn again(&self, mut problems: Vec<ScanProblem>, note: Option<ScanNote>) -> ScanView {
        if matches!(self.photo, PhotoOutcome::Follows(_)) {
            problems.push(ScanProblem::Photo(PhotoRefusal {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                fault: PhotoFault::NotReady,
            }));
        }
        ScanView {
            words: self.words,
            token: self.token,
            entered: ScanFormData::of(&self.form, self.ticked.clone()),
            submission: self.submission.clone(),
            anyway: self.anyway,
            note,
            problems,
            is_again: true,
            signed: self.signed.clone(),
            devices: self.devices.clone(),
            origin: self.origin.clone(),
            usage: self.device.usage(),
            sent: SentReport::default(),
        }
    }

    pub(super) async fn once_more(
        &self,
        state: &AppState,
        problems: Vec<ScanProblem>,
        note: Option<ScanNote>,
    ) -> Result<WithHeaders<TagAnswer>, HttpError> {
        let answer = self.again(problems, note).answer(state).await?;
        Ok(with_cookies(answer, []))
    }

    async fn refused(
        &self,
        state: &AppState,
        refusal: CommandRefusal,
    ) -> Result<WithHeaders<TagAnswer>, HttpError> {
        match refusal {
            // The page's hidden id was used for another record: this is a new one.
            CommandRefusal::KeyReused => Err(HttpError::from(CommandRefusal::KeyReused)
                .detail(worded(ErrorWords::error_page_reused_detail))
                .next(worded(ErrorWords::error_page_reused_next))
                .link(format!("/t/{}", self.tag), worded(ErrorWords::error_page_reused_link))),
            CommandRefusal::ProtocolChanged | CommandRefusal::NotItsProtocol => {
                self.once_more(state, Vec::new(), Some(ScanNote::ProtocolChanged)).await
            }
            other if other.field().is_some() && other.field() != Some("idempotency-key") => {
                self.once_more(state, vec![ScanProblem::Rule(other)], None).await
            }
            other => Err(other.into()),
        }
    }
}

/// Whether a page was made for another protocol than there is now.
fn is_of_other_protocol(problem: &ScanProblem) -> bool {
    let changed = [CommandRefusal::ProtocolChanged, CommandRefusal::NotItsProtocol];
    matches!(problem, ScanProblem::Rule(refusal) if changed.contains(refusal))
}

fn form_of(tag: Tag, form: &FormFields, token: &PageToken, photo: &PhotoOutcome) -> CleaningForm {
    let mut expected = CleaningForm::plain(tag, form.text("cleaned_by"));
    expected.protocol = requested_protocol(form);
    expected.protocol_version = form.get("version").and_then(|v| v.parse().ok());
    form.text("notes").clone_into(&mut expected.note);
    expected.photos.extend(token.photo);
    expected.photo_draw = token.draw;
    photo.name(&mut expected);
    expected
}
