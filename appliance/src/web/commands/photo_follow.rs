//! Photos that come after their records: attached when they are opened, after a restart of the box if necessary.

use std::path::PathBuf;

use record::entry::EntryAuthor;
use record::kinds::EntryRef;
use record::tree::Hash;
use web::error::HttpError;

use crate::intake::Command;
use crate::photo::{PhotoPromise, PhotoTrouble};
use crate::store::ReadLane;
use crate::web::commands::run::{CommandFailure, CommandOutcome, run_command};
use crate::web::context::{AppState, run_blocking};

pub(crate) struct FollowingPhoto {
    pub(crate) work: PhotoWork,
    pub(crate) upload: PathBuf,
}

pub(crate) type PhotoWork = tokio::task::JoinHandle<Result<Hash, PhotoTrouble>>;

/// Lets a photo that is not ready come after its record.
pub(crate) fn attach_late_photo(state: &AppState, done: CommandOutcome, photo: FollowingPhoto) {
    let promise = state.photos.promise(&photo.upload, done.line.of);
    let state = state.clone();
    tokio::spawn(async move {
        let opened = match photo.work.await {
            Ok(Err(PhotoTrouble::Box(cause))) => {
                tracing::warn!(%cause, seq = promise.entry().seq, "a photo that is to follow is tried once more");
                state.photos.keep_promised(&promise).await
            }
            Ok(opened) => opened,
            Err(error) => Err(PhotoTrouble::Box(std::io::Error::other(error))),
        };
        attach_photo(&state, promise, opened).await;
    });
}

/// Processes and attaches, one by one, the photos that were pending when the box stopped.
pub fn attach_left_photos(state: &AppState) {
    let left = match state.photos.left_promises() {
        Ok(left) => left,
        Err(error) => {
            return tracing::error!(%error, "it is not known whether photos were to follow");
        }
    };
    if left.is_empty() {
        return;
    }
    tracing::info!(photos = left.len(), "photos that were to follow are opened now");
    let state = state.clone();
    tokio::spawn(async move {
        for promise in left {
            let opened = state.photos.keep_promised(&promise).await;
            attach_photo(&state, promise, opened).await;
        }
    });
}

/// Attaches a photo that took longer than its record. Failures of the box itself are retried at its next start.
async fn attach_photo(state: &AppState, promise: PhotoPromise, opened: Result<Hash, PhotoTrouble>) {
    let of = promise.entry();
    let photo = match opened {
        Ok(photo) => photo,
        Err(PhotoTrouble::Box(cause)) => {
            return tracing::error!(%cause, seq = of.seq, "a photo that was to follow was not kept");
        }
        Err(trouble) => {
            tracing::warn!(%trouble, seq = of.seq, "a photo that was to follow is of no use");
            return promise.end();
        }
    };
    match attach_promised_photo(state, of, photo).await {
        Ok(_) => promise.end(),
        Err(CommandFailure::Refused(refusal)) => {
            tracing::error!(?refusal, seq = of.seq, "a photo that was kept could not be attached");
            promise.end();
        }
        Err(CommandFailure::Box(problem)) => {
            tracing::error!(?problem, seq = of.seq, "a photo that was kept is not attached yet");
        }
    }
}

/// Attaches a photo, once: the box may stop between the entry and the removal of the pending mark. Nobody else knows
/// the hash before, so nobody can have used the key for anything else.
async fn attach_promised_photo(
    state: &AppState,
    of: EntryRef,
    photo: Hash,
) -> Result<CommandOutcome, CommandFailure> {
    let key = format!("photo {photo} follows {}.{}", of.epoch, of.seq);
    run_command(state, EntryAuthor::BOX, Some(key), Command::AttachPhoto { of, photo }).await
}

/// Attaches photos that were sent again with a record that exists and lacks them.
///
/// # Errors
/// One was not attached: the phone still has it.
pub(crate) async fn attach_again(
    state: &AppState,
    of: EntryRef,
    photos: &[Hash],
) -> Result<(), CommandFailure> {
    for photo in photos {
        match attach_promised_photo(state, of, *photo).await {
            Ok(_) => {}
            Err(CommandFailure::Refused(refusal)) => {
                tracing::error!(?refusal, seq = of.seq, "a photo that was kept could not be attached");
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

/// Whether a cleaning is recorded without a photo, and none is to follow: where photos came with it, the box stopped in between.
pub(crate) async fn lacks_photos(state: &AppState, of: EntryRef) -> bool {
    let recorded = state.store.read(ReadLane::Quick, move |reader| reader.cleaning(of)).await;
    let lacks = matches!(recorded, Ok(Ok(Some(cleaning))) if cleaning.photos.is_empty());
    if !lacks {
        return false;
    }
    let promised = run_blocking(state, move |state| {
        state.photos.is_promised(of).map_err(|error| HttpError::internal(&error))
    });
    promised.await.is_ok_and(|is_promised| !is_promised)
}
