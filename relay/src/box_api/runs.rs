//! `/box/v1/runs/…`: which runs a box adopts and has not sent, and the runs themselves, in both directions by name.

use std::convert::Infallible;

use ::web::answer::{Json, NoContent};
use ::web::argument::Path;
use ::web::error::HttpError;
use ::web::route::{Answer, AnswerBody, Argument, Operation};
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use record::checkpoint::LogOrigin;
use record::ids::BoxId;
use record::limits::{RUN_FILE_BYTES_MAX, RUN_NAMES_MAX};
use record::messages::{LackingRuns, NamedRun, VERSION};
use record::redact::TextLine;
use record::run::{RunName, RunWriter};
use serde_json::{Map, Value};

use super::BoxApi;
use super::access::CertifiedBox;
use super::errors::BoxFault;
use super::log::ZSTD;
use super::run_intake::{CheckedRun, RunHome};
use super::run_limits::RunExcess;
use crate::db::fleet::boxes;
use crate::db::fleet::boxes::BoxOwner;
use crate::db::log::{epochs, runs, texts};
use crate::db::projection::adoptions;
use crate::db::{Db, DbError};

/// Lines that are read at a time.
const PAGE: usize = 512;
const TEXTS_BESIDE: u64 = 4 << 20;
const PIECE_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct RunDownload(Body);

impl IntoResponse for RunDownload {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, ZSTD)], self.0).into_response()
    }
}

impl Answer for RunDownload {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_answer(StatusCode::OK, Some(ZSTD), AnswerBody::Bytes);
    }
}

/// The file of a run, of which nothing is read before it has a place.
#[derive(Debug)]
pub(crate) struct RunUpload {
    /// How many bytes it may bring: what it says that it has, or all that it may have.
    announced: u64,
    body: Body,
}

impl<S: Send + Sync> FromRequest<S> for RunUpload {
    type Rejection = Infallible;
    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        let most = RUN_FILE_BYTES_MAX as u64;
        Ok(Self { announced: length.unwrap_or(most).min(most), body: request.into_body() })
    }
}

impl Argument for RunUpload {
    fn describe(operation: &mut Operation<'_>) {
        operation.set_body(ZSTD, &Value::Object(Map::new()));
        operation.add_refusals(&[StatusCode::PAYLOAD_TOO_LARGE]);
    }
}

pub(crate) async fn list(
    caller: CertifiedBox,
    State(api): State<BoxApi>,
) -> Result<Json<LackingRuns>, HttpError> {
    Ok(Json(lacking_of(&caller, &api).await?))
}

async fn lacking_of(caller: &CertifiedBox, api: &BoxApi) -> Result<LackingRuns, BoxFault> {
    let mut conn = api.db.read(caller.home().scope).await?;
    let lacking = adoptions::lacking_runs(&mut conn, caller.id(), RUN_NAMES_MAX).await?;
    let lacking = lacking.into_iter().map(NamedRun).collect();
    Ok(LackingRuns { v: VERSION, lacking })
}

pub(crate) async fn download(
    caller: CertifiedBox,
    State(api): State<BoxApi>,
    Path(NamedRun(run)): Path<NamedRun>,
) -> Result<RunDownload, HttpError> {
    Ok(RunDownload(open_run(&caller, &api, run).await?))
}

async fn open_run(caller: &CertifiedBox, api: &BoxApi, run: RunName) -> Result<Body, BoxFault> {
    let (home, box_id) = (caller.home(), caller.id());
    let mut conn = api.db.read(home.scope).await?;
    let bytes = runs::run_bytes(&mut conn, box_id, run).await?.ok_or(BoxFault::NotFound)?;
    drop(conn);
    // Texts of its lines may have come with another run too: what goes beside them is bounded by what is reserved.
    let most = bytes.saturating_mul(2).saturating_add(TEXTS_BESIDE).min(api.limits.plain_bytes);
    let mut passage = api.places.pass(&api.places.fetching, box_id, most).await?;
    let file = {
        let _turn = api.places.turn().await?;
        file_of(&api.db, &home, (box_id, run), most).await?
    };
    // Packed it is a fraction of what was reserved.
    passage.shrink_to(file.len() as u64);
    let pieces = futures_util::stream::unfold((file, passage), |(mut left, passage)| async move {
        let piece = left.split_to(left.len().min(PIECE_BYTES));
        (!piece.is_empty()).then_some((Ok::<Bytes, Infallible>(piece), (left, passage)))
    });
    Ok(Body::from_stream(pieces))
}

/// Texts that lines name and that came with other runs may be more than `plain_bytes_max`: the lines go without the rest.
async fn file_of(
    db: &Db,
    home: &BoxOwner,
    (box_id, run): (BoxId, RunName),
    plain_bytes_max: u64,
) -> Result<Bytes, BoxFault> {
    let mut conn = db.read(home.scope).await?;
    let notes = runs::load_notes(&mut conn, box_id, run).await?.ok_or(BoxFault::NotFound)?;
    let writer = RunWriter::begin(Vec::new(), box_id, run, &notes);
    let mut writer = writer.map_err(|e| BoxFault::Unavailable(e.to_string()))?;
    let origin = LogOrigin { box_id, epoch: run.epoch() };
    let (mut from, mut bytes) = (run.lines().start, 0);
    while from < run.lines().end {
        let lines = runs::load_lines(&mut conn, box_id, (run, from), PAGE).await?;
        if lines.is_empty() {
            return Err(BoxFault::Unavailable("lines of a run are missing".to_owned()));
        }
        for few in lines.chunks(texts::LINES_AT_ONCE) {
            let beside = match bytes < plain_bytes_max {
                true => texts::texts_beside(&mut conn, &origin, few).await?,
                false => vec![Vec::new(); few.len()],
            };
            for (line, texts) in few.iter().zip(&beside) {
                let texts = texts.iter().map(|text| TextLine::parse(text.as_bytes()));
                let texts = texts.collect::<Result<Vec<_>, _>>().map_err(|e| DbError::stored("text", e))?;
                writer.write_line(line, &texts).map_err(|e| BoxFault::Unavailable(e.to_string()))?;
                bytes += (line.len() + texts.iter().map(|text| text.text().len()).sum::<usize>()) as u64;
            }
        }
        from += lines.len() as u64;
    }
    Ok(writer.finish().map_err(|e| BoxFault::Unavailable(e.to_string()))?.into())
}

/// Takes a run that an entry which is here adopts. The same again is the same answer.
pub(crate) async fn upload(
    caller: CertifiedBox,
    State(api): State<BoxApi>,
    Path(NamedRun(run)): Path<NamedRun>,
    upload: RunUpload,
) -> Result<NoContent, HttpError> {
    take_run(&caller, api, run, upload).await?;
    Ok(NoContent)
}

async fn take_run(
    caller: &CertifiedBox,
    api: BoxApi,
    run: RunName,
    upload: RunUpload,
) -> Result<(), BoxFault> {
    let (home, box_id) = (caller.home(), caller.id());
    let mut conn = api.db.read(home.scope).await?;
    if runs::load_notes(&mut conn, box_id, run).await?.is_some() {
        return Ok(());
    }
    if home.quarantined {
        return Err(BoxFault::Quarantined);
    }
    if !adoptions::is_named(&mut conn, box_id, run).await? {
        return Err(BoxFault::NotNamed);
    }
    let held = boxes::run_totals(&mut conn, box_id).await?;
    let origin = LogOrigin { box_id, epoch: run.epoch() };
    let log = epochs::find_log(&mut conn, &origin).await?;
    drop(conn);
    let log = log.and_then(|held| held.own_key());
    let to = RunHome { home, box_id, run };
    let limits = api.limits;
    if !limits.fits(held, run, 0) {
        to.refuse(&api, RunExcess::AllRuns).await?;
        return Err(BoxFault::Excess(RunExcess::AllRuns));
    }
    let passage = api.places.pass(&api.places.uploading, box_id, upload.announced).await?;
    let body = to_bytes(upload.body, RUN_FILE_BYTES_MAX).await.map_err(|_| BoxFault::Cut)?;
    let turn = api.places.turn().await?;
    // In a task of its own: a box that disconnects now leaves nothing half done behind.
    let taken = tokio::spawn(async move {
        let _held = (passage, turn);
        let bytes = body.clone();
        let checked =
            tokio::task::spawn_blocking(move || CheckedRun::read(&bytes, to.box_id, run, limits.plain_bytes));
        let checked = checked.await;
        let stored = match checked.map_err(|e| BoxFault::Unavailable(e.to_string()))? {
            Ok(mut checked) => {
                checked.keep_signed(&origin, log.as_ref());
                if limits.fits(held, run, checked.bytes) {
                    to.keep(&api, checked, body).await
                } else {
                    Err(BoxFault::Excess(RunExcess::AllRuns))
                }
            }
            Err(fault) => Err(fault),
        };
        if let Err(BoxFault::Excess(excess)) = stored {
            to.refuse(&api, excess).await?;
        }
        stored
    });
    taken.await.map_err(|e| BoxFault::Unavailable(e.to_string()))?
}
