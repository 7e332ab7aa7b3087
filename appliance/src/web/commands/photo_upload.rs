//! A photo that comes with a form: read, decoded in a separate process, and stored, or refused with a reason.

use std::time::Duration;

use axum::extract::State;
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use record::tree::Hash;
use web::answer::{MediaBytes, WithHeaders, media};
use web::argument::Path;
use web::error::{ErrorText, HttpError};
use web::route::AnyCaller;

use crate::intake::CleaningForm;
use crate::photo::{PhotoTrouble, PhotoUpload};
use crate::web::commands::photo_follow::FollowingPhoto;
use crate::web::context::AppState;
use crate::web::http_error::{new_error, not_found, worded};
use crate::web::words::ErrorWords;

/// How long a submission waits for its photo; then it is recorded and the photo is attached later.
pub(crate) const PHOTO_WITHIN: Duration = Duration::from_secs(8);

/// After how many seconds a photo that found the decoder busy may be retried.
pub(crate) const PHOTO_AGAIN_S: u64 = 30;

pub(crate) enum PhotoOutcome {
    None,
    Stored(Hash),
    Follows(FollowingPhoto),
    Refused(PhotoRefusal),
    /// The disk is nearly full: the record is made without the photo, and says so.
    NoRoom,
}

impl PhotoOutcome {
    pub(crate) fn name(&self, form: &mut CleaningForm) {
        match self {
            Self::Stored(hash) => form.photos = vec![*hash],
            Self::Follows(_) => form.photo_follows = true,
            Self::NoRoom => form.photo_unkept = true,
            Self::None | Self::Refused(_) => {}
        }
    }
}

/// Cleans the photo that came with a form, for as long as a person may be made to wait.
pub(crate) async fn take_photo(
    state: &AppState,
    upload: Option<Result<PhotoUpload, PhotoTrouble>>,
) -> PhotoOutcome {
    let upload = match upload {
        None => return PhotoOutcome::None,
        Some(Err(trouble)) => return refused_photo(&trouble),
        Some(Ok(upload)) => upload,
    };
    let (photos, path) = (state.photos.clone(), upload.path().to_owned());
    let mut work = tokio::spawn(async move { photos.keep(upload).await });
    match tokio::time::timeout(PHOTO_WITHIN, &mut work).await {
        Err(_) => PhotoOutcome::Follows(FollowingPhoto { work, upload: path }),
        Ok(Ok(Ok(hash))) => PhotoOutcome::Stored(hash),
        Ok(Ok(Err(trouble))) => refused_photo(&trouble),
        Ok(Err(error)) => refused_photo(&PhotoTrouble::Box(std::io::Error::other(error))),
    }
}

/// The photo of a record to which no later entry can attach one: it is awaited, however long that takes.
pub(crate) async fn await_photo(outcome: PhotoOutcome) -> Result<Option<Hash>, PhotoRefusal> {
    let opened = match outcome {
        PhotoOutcome::None | PhotoOutcome::NoRoom => return Ok(None),
        PhotoOutcome::Stored(hash) => return Ok(Some(hash)),
        PhotoOutcome::Refused(refusal) => return Err(refusal),
        PhotoOutcome::Follows(photo) => photo.work.await,
    };
    let trouble = match opened {
        Ok(Ok(hash)) => return Ok(Some(hash)),
        Ok(Err(trouble)) => trouble,
        Err(error) => PhotoTrouble::Box(std::io::Error::other(error)),
    };
    match refused_photo(&trouble) {
        PhotoOutcome::Refused(refusal) => Err(refusal),
        _ => Ok(None),
    }
}

pub(crate) fn refused_photo(trouble: &PhotoTrouble) -> PhotoOutcome {
    match trouble {
        PhotoTrouble::Full => return PhotoOutcome::NoRoom,
        PhotoTrouble::Box(cause) => tracing::error!(%cause, "a photo could not be kept"),
        _ => {}
    }
    let status = match trouble {
        PhotoTrouble::Busy | PhotoTrouble::Slow => StatusCode::SERVICE_UNAVAILABLE,
        PhotoTrouble::TooManyBytes => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    PhotoOutcome::Refused(PhotoRefusal { status, fault: PhotoFault::of(trouble) })
}

impl PhotoRefusal {
    /// The answer to a program, which has no page to come back to.
    pub(crate) fn error(&self) -> HttpError {
        let error = new_error(self.status, "photo", self.title()).field("photo");
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            return error
                .detail(worded(ErrorWords::photo_of_program_later))
                .next(worded(ErrorWords::photo_of_program_later_next))
                .header(RETRY_AFTER, HeaderValue::from(PHOTO_AGAIN_S));
        }
        error
            .detail(worded(ErrorWords::photo_of_program_useless))
            .next(worded(ErrorWords::photo_of_program_useless_next))
    }

    pub(crate) fn title(&self) -> ErrorText {
        let fault = self.fault;
        worded(move |words| fault.word(words))
    }
}

/// `GET /photos/<sha256>.jpg`, and `.t.jpg` for its thumbnail: whoever has the hash of a photo has seen the page that names it.
pub(crate) async fn show_photo(
    _: AnyCaller,
    State(state): State<AppState>,
    Path(file): Path<String>,
) -> Result<WithHeaders<MediaBytes<media::Jpeg>>, HttpError> {
    let name = file.strip_suffix(".jpg").ok_or_else(not_found)?;
    let (name, small) = name.strip_suffix(".t").map_or((name, false), |name| (name, true));
    let hash: Hash = name.parse().map_err(|_| not_found())?;
    let jpeg = match small {
        false => state.photos.read(hash).await,
        true => state.photos.thumbnail(hash).await.map_err(|trouble| HttpError::internal(&trouble))?,
    };
    let jpeg = jpeg.ok_or_else(|| {
        not_found()
            .detail(worded(ErrorWords::error_photo_moved_detail))
            .safe(worded(ErrorWords::error_photo_moved_safe))
            .next(worded(ErrorWords::error_photo_moved_next))
    })?;
    let stored = (CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    Ok(WithHeaders([stored].into_iter().collect(), MediaBytes::new(jpeg)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PhotoRefusal {
    pub(crate) status: StatusCode,
    pub(crate) fault: PhotoFault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhotoFault {
    Empty,
    TooManyBytes,
    TooManyPixels,
    NotAPhoto,
    CutOff,
    Heic,
    Busy,
    Slow,
    NoRoom,
    NotStored,
    /// The page comes back for another reason, and the photo is still being decoded.
    NotReady,
}

impl PhotoFault {
    fn of(trouble: &PhotoTrouble) -> Self {
        match trouble {
            PhotoTrouble::Empty => Self::Empty,
            PhotoTrouble::TooManyBytes => Self::TooManyBytes,
            PhotoTrouble::TooManyPixels => Self::TooManyPixels,
            PhotoTrouble::NotAPhoto => Self::NotAPhoto,
            PhotoTrouble::CutOff => Self::CutOff,
            PhotoTrouble::Heic => Self::Heic,
            PhotoTrouble::Busy => Self::Busy,
            PhotoTrouble::Slow => Self::Slow,
            PhotoTrouble::Full => Self::NoRoom,
            PhotoTrouble::Box(_) => Self::NotStored,
        }
    }

    pub(crate) fn word(self, words: ErrorWords) -> String {
        match self {
            Self::Empty => words.photo_empty(),
            Self::TooManyBytes => words.photo_too_many_bytes(),
            Self::TooManyPixels => words.photo_too_many_pixels(),
            Self::NotAPhoto => words.photo_unreadable(),
            Self::CutOff => words.photo_cut_off(),
            Self::Heic => words.photo_heic(),
            Self::Busy => words.photo_busy(),
            Self::Slow => words.photo_slow(),
            Self::NoRoom => words.photo_no_room(),
            Self::NotStored => words.photo_not_kept(),
            Self::NotReady => words.photo_not_ready(),
        }
    }
}

#[cfg(test)]
mod tests {
    use words::{Locale, WordSet as _};

    use super::*;

    #[test]
    fn a_photo_is_refused_in_the_words_of_its_trouble() {
        let w = ErrorWords::in_locale(Locale::EnUs);
        let box_trouble = std::io::Error::other("the card");
        for (trouble, words) in [
            (PhotoTrouble::Empty, "is empty"),
            (PhotoTrouble::TooManyBytes, "larger than 30 MB"),
            (PhotoTrouble::TooManyPixels, "too many pixels"),
            (PhotoTrouble::NotAPhoto, "can’t be opened"),
            (PhotoTrouble::CutOff, "its end is missing"),
            (PhotoTrouble::Heic, "HEIC"),
            (PhotoTrouble::Busy, "Too many photos are coming in"),
            (PhotoTrouble::Slow, "too slowly"),
            (PhotoTrouble::Full, "storage is full"),
            (PhotoTrouble::Box(box_trouble), "could not save this photo"),
        ] {
            let shown = PhotoFault::of(&trouble).word(w);
            assert!(shown.contains(words), "{trouble}: {shown}");
        }
    }
}
