//! A record that waited in a phone: a JSON document, followed by the photos that belong to it.

use axum::extract::{FromRequest, Request};
use http::StatusCode;
use http::header::RETRY_AFTER;
use record::ids::{DeviceId, ProtocolId, StaffId};
use record::kinds::{CivilDay, CleaningTrigger, ProblemWord, ProofMethod, ProtocolRef, SpauldingClass};
use record::limits::PHOTOS_MAX;
use record::tag::Tag;
use record::tree::Hash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::attempts::ClientNetwork;
use service::clock::Now;
use web::argument::{json_error, next_chunk, require_media};
use web::error::{HttpError, RequestFault};
use web::route::{Argument, Operation};

use crate::identity::BadgeCode;
use crate::intake::{
    ClaimedCleaner, CleaningForm, Command, MeasuredContact, ProblemForm, QueuedCleaner, QueuedCleaning,
    QueuedProblem, ReportPlacement,
};
use crate::listen::PeerAddress;
use crate::phones::{
    PhoneTimes, RefusedProblem, RefusedSubmission, SubmissionFault, SubmissionSender, TimePlace,
    place_copied, place_in_time,
};
use crate::photo::{PhotoTrouble, PhotoUpload};
use crate::web::commands::photo_follow::{FollowingPhoto, lacks_photos};
use crate::web::commands::photo_upload::{
    PHOTO_AGAIN_S, PhotoFault, PhotoOutcome, PhotoRefusal, await_photo, take_photo,
};
use crate::web::commands::run::{SubmissionKey, by_key};
use crate::web::context::AppState;
use crate::web::http_error::{new_error, worded};
use crate::web::listed_people::ListedPerson;
use crate::web::request::bodies::form::{multipart_error, new_parser};
use crate::web::request::bodies::multipart::{BodyPiece, FormPart};
use crate::web::request::client::peer::find_peer;
use crate::web::request::fields::badge_text::BadgeText;
use crate::web::request::limits::photo_tries::PhotoTries;
use crate::web::words::ErrorWords;

const MEDIA: &str = "multipart/form-data";
const DOCUMENT: &str = "submission";
pub(crate) const DOCUMENT_BYTES_MAX: usize = 16 * 1024;
pub(crate) const PHOTO_BYTES_MAX: usize = 2 * 1024 * 1024;
const VERSION: u8 = 1;

/// A record as the phone wrote it down when somebody pressed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Submission")]
pub(crate) struct SubmissionJson {
    /// 1.
    v: u8,
    /// A ULID that was made at the press; the same again is the same record.
    id: String,
    /// The item, by any of its tags.
    pub(crate) tag: String,
    /// What the page showed; null where it showed none.
    #[serde(default)]
    protocol: Option<ShownProtocol>,
    /// The steps that were ticked, from 1.
    #[serde(default)]
    steps: Vec<u16>,
    /// What the surface was wiped with.
    #[serde(default)]
    agent: String,
    /// Its lot.
    #[serde(default)]
    lot: String,
    /// The last day of that (`YYYY-MM-DD`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lot_expires: Option<CivilDay>,
    /// What led to it: a word of the log, or nothing.
    #[serde(default)]
    trigger: String,
    /// The class of the use before it, where somebody said that it was higher than usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class: Option<SpauldingClass>,
    who: SubmittedCleaner,
    #[serde(default)]
    note: String,
    /// What is wrong with the item, where somebody reports that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    problem: Option<SubmittedProblem>,
    /// `false`: nothing was cleaned, it is only a report.
    #[serde(default = "is_cleaned_by_default")]
    cleaned: bool,
    /// SHA-256 of each photo, in the order of the parts.
    #[serde(default)]
    photos: Vec<Hash>,
    /// What the item's own page carried sealed, where the box has a photo of an earlier press there. It differs at each press.
    #[serde(default, skip_serializing)]
    page: Option<String>,
    /// They differ at each try, so they are no part of what is the same.
    #[serde(skip_serializing)]
    times: PhoneTimes,
    /// The size of the log of which the phone knew the items.
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "the phone says it for those who look at what it sent")]
    cards: Option<u64>,
}

/// A protocol as a phone showed it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ShownProtocol {
    id: ProtocolId,
    version: u32,
}

const fn is_cleaned_by_default() -> bool {
    true
}

/// What is wrong with an item, as a phone says it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SubmittedProblem {
    /// `broken`, `part missing`, `can not be cleaned`, `soiled`, `wrong label` or `other`.
    what: ProblemWord,
    /// In their own words, at most 1,000 characters.
    #[serde(default)]
    text: String,
}

/// Who cleaned, as a phone says it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SubmittedWho")]
struct SubmittedCleaner {
    /// `none`, `typed`, `list` or `badge`.
    #[serde(rename = "way")]
    method: ProofMethod,
    #[serde(default)]
    name: String,
    /// Whose name it is, where it was picked from the list.
    #[serde(default)]
    staff: Option<StaffId>,
    /// What the phone read of a badge; over HTTPS only. No digest of it is in the log, so it is no part of what is the same.
    #[serde(default, skip_serializing)]
    badge: Option<BadgeText>,
}

impl SubmissionJson {
    fn parse(bytes: &[u8]) -> Result<Self, HttpError> {
        let mut document = serde_json::Deserializer::from_slice(bytes);
        let read: Self =
            serde_path_to_error::deserialize(&mut document).map_err(|error| json_error(&error))?;
        document.end().map_err(|error| unfit_document(None, &error.to_string()))?;
        read.check()
    }

    /// Checks what the JSON schema cannot express.
    pub(crate) fn check(self) -> Result<Self, HttpError> {
        let read = self;
        let id =
            read.id.parse::<DeviceId>().map_err(|error| unfit_document(Some("id"), &error.to_string()))?;
        if read.v != VERSION {
            return Err(unfit_document(Some("v"), "this version of the document is not known"));
        }
        read.find_trigger()?;
        if !read.cleaned && read.problem.is_none() {
            return Err(unfit_document(Some("cleaned"), "nothing was cleaned, and nothing is reported"));
        }
        Ok(Self { id: id.to_string(), ..read })
    }

    fn find_trigger(&self) -> Result<Option<CleaningTrigger>, HttpError> {
        if self.trigger.is_empty() {
            return Ok(None);
        }
        self.trigger.parse().map(Some).map_err(|_| unfit_document(Some("trigger"), "no word"))
    }

    pub(crate) fn place_copied(&self, now: &Now) -> TimePlace {
        place_copied(&self.times, now)
    }

    pub(crate) fn key(&self) -> SubmissionKey {
        SubmissionKey::as_sent(Some(self.id.clone()), self)
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn badge(&self) -> Option<&str> {
        self.who.badge.as_ref().map(BadgeText::as_str).filter(|text| !text.is_empty())
    }

    pub(crate) fn listed(&self) -> Option<(StaffId, &str)> {
        match self.who.claim() {
            QueuedCleaner::Listed { staff, .. } => Some((staff, &self.who.name)),
            _ => None,
        }
    }

    pub(crate) fn entered_name(&self) -> Option<&str> {
        match (&self.who.method, self.who.staff) {
            (ProofMethod::Typed, None) => Some(&self.who.name),
            _ => None,
        }
    }

    pub(crate) fn with_staff(self, ListedPerson { staff, name }: ListedPerson) -> Self {
        Self {
            who: SubmittedCleaner { method: ProofMethod::List, name, staff: Some(staff), ..self.who },
            ..self
        }
    }

    pub(crate) fn without_staff(self) -> Self {
        Self { who: SubmittedCleaner { staff: None, ..self.who }, ..self }
    }

    /// As a command, placed in time; `proven` is whose badge it came with.
    pub(crate) fn to_command(
        &self,
        tag: Tag,
        proven: Option<StaffId>,
        photos: &SubmittedPhotos,
        facts: SubmittedFacts,
    ) -> Result<Command, HttpError> {
        match self.report() {
            Some(problem) => {
                let photos = photos.stored.clone();
                let form = ProblemForm { photos, ..problem.to_form(tag, &self.cleaner(proven)) };
                Ok(Command::ReportProblem(Box::new(form)))
            }
            None => Ok(Command::RecordQueued(Box::new(self.to_cleaning(tag, proven, photos, facts)?))),
        }
    }

    pub(crate) fn page_forms(&self, tag: Tag, cleaners: Vec<ClaimedCleaner>) -> Vec<CleaningForm> {
        let entered = ClaimedCleaner::Entered(self.who.name.clone());
        // A browser sends line breaks of a note as CRLF.
        let notes = [self.note.clone(), self.note.replace('\n', "\r\n")];
        let cleaners: Vec<_> = cleaners.into_iter().chain([entered]).collect();
        let forms = notes.iter().flat_map(|note| cleaners.iter().map(move |who| (note, who)));
        let forms = forms.map(|(note, who)| CleaningForm {
            protocol: self.protocol.map(|shown| shown.id),
            protocol_version: self.protocol.map(|shown| shown.version),
            steps: Some(self.steps.clone()),
            agent: self.agent.clone(),
            lot: self.lot.clone(),
            lot_expires: self.lot_expires,
            trigger: self.find_trigger().ok().flatten(),
            class: self.class,
            who: who.clone(),
            note: note.clone(),
            ..CleaningForm::plain(tag, "")
        });
        forms.collect()
    }

    pub(crate) fn page(&self) -> Option<&str> {
        self.page.as_deref()
    }

    pub(crate) fn reports(&self) -> bool {
        self.problem.is_some()
    }

    pub(crate) fn is_report(&self) -> bool {
        !self.cleaned
    }

    pub(crate) fn name_mut(&mut self) -> &mut String {
        &mut self.who.name
    }

    /// What somebody typed, or a hand scanner for them.
    pub(crate) fn entered_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let problem = self.problem.as_mut().map(|problem| &mut problem.text);
        [&mut self.who.name, &mut self.note, &mut self.agent, &mut self.lot].into_iter().chain(problem)
    }

    /// Itself, and variants without texts that may be badges: such texts may have been removed when it came
    /// before.
    fn screened_variants(&self) -> impl Iterator<Item = Self> {
        let mut whole = self.clone();
        let entered = whole.entered_mut().enumerate();
        let spots: Vec<usize> =
            entered.filter(|(_, text)| BadgeCode::find(text).is_some()).map(|(n, _)| n).collect();
        (0..1_u32 << spots.len()).map(move |taken| {
            let mut variant = whole.clone();
            let mut texts: Vec<&mut String> = variant.entered_mut().collect();
            for (_, spot) in spots.iter().enumerate().filter(|(bit, _)| (taken & (1 << bit)) != 0) {
                texts[*spot].clear();
            }
            variant
        })
    }

    fn to_problem(&self) -> Option<QueuedProblem> {
        let problem = self.problem.as_ref()?;
        Some(QueuedProblem { what: problem.what.clone(), text: problem.text.clone() })
    }

    fn report(&self) -> Option<QueuedProblem> {
        self.to_problem().filter(|_| self.is_report())
    }

    /// Who did it: whose badge it came with, or who is named.
    fn cleaner(&self, proven: Option<StaffId>) -> QueuedCleaner {
        proven.map_or_else(|| self.who.claim(), QueuedCleaner::Badge)
    }

    fn to_cleaning(
        &self,
        tag: Tag,
        proven: Option<StaffId>,
        photos: &SubmittedPhotos,
        SubmittedFacts { place, measured, problem_goes }: SubmittedFacts,
    ) -> Result<QueuedCleaning, HttpError> {
        let contact_s = place.contact_ms.map(|ms| u32::try_from(ms / 1_000).unwrap_or(u32::MAX));
        Ok(QueuedCleaning {
            tag,
            protocol: self.protocol.map(|shown| ProtocolRef { id: shown.id, version: shown.version }),
            steps: self.steps.clone(),
            agent: self.agent.clone(),
            lot: self.lot.clone(),
            lot_expires: self.lot_expires,
            trigger: self.find_trigger()?,
            class: self.class,
            who: self.cleaner(proven),
            note: self.note.clone(),
            photos: photos.stored.clone(),
            waited_ms: place.age_ms,
            phone_ms: self.times.press.0,
            contact_s,
            measured,
            unsure: place.unsure,
            took_ms: place.took_ms.and_then(|ms| u32::try_from(ms).ok()),
            problem: self.to_problem(),
            problem_goes,
        })
    }
}

impl SubmissionJson {
    pub(crate) fn to_refused(
        &self,
        why: SubmissionFault,
        proven: Option<StaffId>,
        photos: &[Hash],
        place: &TimePlace,
        now: &Now,
    ) -> RefusedSubmission {
        RefusedSubmission {
            id: self.id.clone(),
            refused_ms: now.wall_ms,
            at: Some(now.entry_time()),
            why,
            tag: self.tag.clone(),
            name: self.who.name.clone(),
            staff: proven.or(self.who.staff.filter(|_| self.who.method == ProofMethod::List)),
            is_proven: proven.is_some(),
            trigger: self.find_trigger().ok().flatten(),
            class: self.class,
            note: self.note.clone(),
            agent: self.agent.clone(),
            lot: self.lot.clone(),
            lot_expires: self.lot_expires,
            steps: self.steps.clone(),
            protocol: self.protocol.map(|shown| ProtocolRef { id: shown.id, version: shown.version }),
            performed_ms: now.wall_ms.saturating_sub_unsigned(place.age_ms),
            phone_ms: self.times.press.0,
            contact_s: place.contact_ms.map(|ms| u32::try_from(ms / 1_000).unwrap_or(u32::MAX)),
            is_unsure: place.unsure,
            sender: SubmissionSender::default(),
            photos: photos.to_vec(),
            problem: self.to_problem().map(|QueuedProblem { what, text }| RefusedProblem { what, text }),
            is_report: self.is_report(),
            is_closed: false,
        }
    }
}

impl SubmittedCleaner {
    /// Without a badge that is somebody's, a proof that a phone stored is void: whatever else it says is a name.
    fn claim(&self) -> QueuedCleaner {
        match (&self.method, self.staff) {
            (ProofMethod::None, _) => QueuedCleaner::Nobody,
            _ if self.name.trim().is_empty() => QueuedCleaner::Nobody,
            (ProofMethod::List, Some(staff)) => QueuedCleaner::Listed { staff, name: self.name.clone() },
            _ => QueuedCleaner::Entered(self.name.clone()),
        }
    }
}

fn unfit_document(field: Option<&str>, reason: &str) -> HttpError {
    RequestFault::Json { field: field.map(str::to_owned), reason: reason.to_owned() }.into()
}

#[derive(Default)]
pub(crate) struct SubmittedPhotos {
    pub(crate) stored: Vec<Hash>,
    pub(crate) following: Vec<FollowingPhoto>,
}

impl SubmittedPhotos {
    /// Whether none came that is of use.
    pub(crate) fn is_empty(&self) -> bool {
        self.stored.is_empty() && self.following.is_empty()
    }
}

impl SubmittedPhotos {
    /// Waits for all of them, except unusable ones.
    ///
    /// # Errors
    /// The decoder had no capacity for one: the phone still has it.
    pub(crate) async fn wait_for_all(self, state: &AppState, id: &str) -> Result<Vec<Hash>, HttpError> {
        let mut all = self.stored;
        for photo in self.following {
            match await_photo(PhotoOutcome::Follows(photo)).await {
                Ok(stored) => all.extend(stored),
                Err(refusal) if comes_again(state, id, refusal) => return Err(photo_later(refusal)),
                Err(_) => {}
            }
        }
        Ok(all)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct SubmittedFacts {
    pub(crate) place: TimePlace,
    /// How long the surface was wet by a contact time that was started at the box.
    pub(crate) measured: Option<MeasuredContact>,
    pub(crate) problem_goes: ReportPlacement,
}

pub(crate) struct PhoneSubmission {
    /// When the whole document had arrived: what the phone said of its clocks was so then, not when its last photo came.
    pub(crate) came: Now,
    pub(crate) document: SubmissionJson,
    pub(crate) photos: SubmittedPhotos,
    pub(crate) proven: Option<StaffId>,
    pub(crate) problem_goes: ReportPlacement,
    pub(crate) network: ClientNetwork,
}

impl PhoneSubmission {
    /// Restores the form in which it was recorded before: which of its texts are badges may have changed since.
    /// False: it was not, or says something else.
    pub(crate) async fn recall(&mut self, state: &AppState) -> bool {
        let Some((_, recorded)) = by_key(state, self.document.id()).await else { return false };
        let variant = self.document.screened_variants().find(|variant| variant.key().is_of(recorded));
        let is_recorded = variant.is_some();
        if let Some(document) = variant {
            self.document = document;
        }
        is_recorded
    }

    /// When it was done, where the phone itself sends it.
    pub(crate) fn place(&self, now: &Now) -> TimePlace {
        let later_ms = now.up_ms.saturating_sub(self.came.up_ms);
        place_in_time(&self.document.times, &self.came).after(later_ms)
    }
}

impl FromRequest<AppState> for PhoneSubmission {
    type Rejection = HttpError;
    async fn from_request(request: Request, state: &AppState) -> Result<Self, HttpError> {
        let (head, mut body) = request.into_parts();
        require_media(&head.headers, MEDIA)?;
        let (mut parser, mut pieces) = (new_parser(&head.headers)?, Vec::new());
        let peer = find_peer(&head.extensions);
        let network = ClientNetwork::of(peer.remote);
        let mut reader = SubmissionReader::new(state, peer);
        while let Some(chunk) = next_chunk(&mut body).await? {
            parser.feed(&chunk, &mut pieces).map_err(multipart_error)?;
            for piece in pieces.drain(..) {
                reader.take(piece).await?;
            }
        }
        parser.end().map_err(multipart_error)?;
        let SubmissionReader { document, photos, .. } = reader;
        let (document, came) =
            document.ok_or_else(|| unfit_document(Some(DOCUMENT), "the first part is not the document"))?;
        Ok(Self { came, document, photos, proven: None, problem_goes: ReportPlacement::Entry, network })
    }
}

impl Argument for PhoneSubmission {
    fn describe(operation: &mut Operation<'_>) {
        let document = operation.read_schema::<SubmissionJson>();
        let photo = json!({ "type": "array", "items": { "type": "string", "format": "binary" } });
        let parts = json!({ "type": "object", "properties": { DOCUMENT: document, "photo": photo }, "required": [DOCUMENT] });
        operation.set_body(MEDIA, &parts);
        operation.add_refusals(&[
            StatusCode::BAD_REQUEST,
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            StatusCode::UNPROCESSABLE_ENTITY,
            StatusCode::SERVICE_UNAVAILABLE,
        ]);
    }
}

struct SubmissionReader<'s> {
    state: &'s AppState,
    from: PeerAddress,
    document: Option<(SubmissionJson, Now)>,
    /// It was recorded before with what it has of photos, so nobody needs these.
    has_photos: bool,
    photos: SubmittedPhotos,
    present: SubmissionPart,
}

enum SubmissionPart {
    Nothing,
    Document(Vec<u8>),
    Photo { upload: Result<PhotoUpload, PhotoTrouble>, bytes: usize },
}

fn length_error(field: &str) -> HttpError {
    RequestFault::TooLong { field: field.to_owned() }.into()
}

impl<'s> SubmissionReader<'s> {
    fn new(state: &'s AppState, from: PeerAddress) -> Self {
        let (photos, present) = (SubmittedPhotos::default(), SubmissionPart::Nothing);
        Self { state, from, document: None, has_photos: false, photos, present }
    }

    async fn take(&mut self, piece: BodyPiece) -> Result<(), HttpError> {
        match piece {
            BodyPiece::Part(part) => self.begin(&part).await,
            BodyPiece::Data(data) => self.take_data(&data).await,
            BodyPiece::PartEnd => self.end().await,
        }
    }

    async fn begin(&mut self, part: &FormPart) -> Result<(), HttpError> {
        let photos = self.photos.stored.len() + self.photos.following.len();
        self.present = match (part.name.as_str(), &self.document) {
            (DOCUMENT, None) => SubmissionPart::Document(Vec::new()),
            (_, None) => return Err(unfit_document(Some(DOCUMENT), "the first part is not the document")),
            ("photo", Some(_)) if !self.has_photos && photos < PHOTOS_MAX => {
                SubmissionPart::Photo { upload: self.state.photos.incoming(self.from.remote).await, bytes: 0 }
            }
            _ => SubmissionPart::Nothing,
        };
        Ok(())
    }

    async fn take_data(&mut self, data: &[u8]) -> Result<(), HttpError> {
        match &mut self.present {
            SubmissionPart::Nothing => {}
            SubmissionPart::Document(value) => {
                if value.len() + data.len() > DOCUMENT_BYTES_MAX {
                    return Err(length_error(DOCUMENT));
                }
                value.extend_from_slice(data);
            }
            SubmissionPart::Photo { upload, bytes } => {
                *bytes += data.len();
                if *bytes > PHOTO_BYTES_MAX {
                    return Err(length_error("photo"));
                }
                if let Ok(file) = upload
                    && let Err(trouble) = file.write(data).await
                {
                    *upload = Err(trouble);
                }
            }
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<(), HttpError> {
        match std::mem::replace(&mut self.present, SubmissionPart::Nothing) {
            SubmissionPart::Nothing => {}
            SubmissionPart::Document(bytes) => {
                let (came, document) = (self.state.clock.now(), SubmissionJson::parse(&bytes)?);
                if let Some((line, _)) = by_key(self.state, document.id()).await {
                    self.has_photos = !lacks_photos(self.state, line.of).await;
                }
                self.document = Some((document, came));
            }
            SubmissionPart::Photo { upload, .. } => match self.take_photo(upload).await {
                PhotoOutcome::Stored(hash) => self.photos.stored.push(hash),
                PhotoOutcome::Follows(photo) => self.photos.following.push(photo),
                PhotoOutcome::Refused(refusal) if self.comes_again(refusal) => {
                    return Err(photo_later(refusal));
                }
                // An unusable photo is left out of the record, which then lacks one where one is required.
                PhotoOutcome::None | PhotoOutcome::NoRoom | PhotoOutcome::Refused(_) => {}
            },
        }
        Ok(())
    }
}

impl SubmissionReader<'_> {
    fn comes_again(&self, refusal: PhotoRefusal) -> bool {
        self.document.as_ref().is_some_and(|(document, _)| comes_again(self.state, document.id(), refusal))
    }

    /// No later entry can attach a photo to a report, so it is awaited.
    async fn take_photo(&self, upload: Result<PhotoUpload, PhotoTrouble>) -> PhotoOutcome {
        let taken = take_photo(self.state, Some(upload)).await;
        if self.document.as_ref().is_none_or(|(document, _)| !document.is_report()) {
            return taken;
        }
        match await_photo(taken).await {
            Ok(stored) => stored.map_or(PhotoOutcome::None, PhotoOutcome::Stored),
            Err(refusal) => PhotoOutcome::Refused(refusal),
        }
    }
}

/// Whether a record waits for its photo: the decoder had no capacity, or the box could not store it for the moment.
pub(crate) fn comes_again(state: &AppState, id: &str, refusal: PhotoRefusal) -> bool {
    refusal.status == StatusCode::SERVICE_UNAVAILABLE
        || (refusal.fault == PhotoFault::NotStored && state.stored::<PhotoTries>().take(id))
}

pub(crate) fn photo_later(refusal: PhotoRefusal) -> HttpError {
    new_error(StatusCode::SERVICE_UNAVAILABLE, "photo", refusal.title())
        .field("photo")
        .next(worded(ErrorWords::error_press_again))
        .header(RETRY_AFTER, PHOTO_AGAIN_S.into())
}

#[cfg(test)]
mod tests;
