//! A log that contradicts itself: both checkpoints side by side, and the evidence as a file.

use ::web::answer::{FileDownload, media};
use ::web::argument::Path;
use ::web::error::HttpError;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use record::checkpoint::LogOrigin;
use record::ids::{BoxId, Epoch};
use serde::Serialize;
use words::{S0, SafeHtml, fill_slots};

use crate::accounts::AccountUser;
use crate::accounts::permission::Permission;
use crate::db::fleet::box_now::BoxRow;
use crate::db::fleet::evidence::EvidenceRow;
use crate::projections::box_state::BoxState;
use crate::web::WebContext;
use crate::web::access::{MemberCaller, ReadNames};
use crate::web::http_error::{internal_error, not_found};
use crate::web::proof::require_seen_box;
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::words::BoxesWords;

/// The kind of evidence that accuses this relay and no box.
pub(in crate::web::pages) const LOSS: &str = "data loss";

pub(in crate::web::pages) struct NoteView {
    pub(in crate::web::pages) title: String,
    pub(in crate::web::pages) before: String,
    pub(in crate::web::pages) root: String,
    pub(in crate::web::pages) after: String,
}

pub(in crate::web::pages) struct ForkView {
    pub(in crate::web::pages) box_id: String,
    pub(in crate::web::pages) title: String,
    pub(in crate::web::pages) state: StatusBadge,
    pub(in crate::web::pages) what: SafeHtml,
    pub(in crate::web::pages) safe: String,
    pub(in crate::web::pages) notes: Vec<NoteView>,
    /// The file, for whoever may see the names in it.
    pub(in crate::web::pages) evidence: Option<String>,
    pub(in crate::web::pages) replace: Option<String>,
}

pub(in crate::web::pages) fn fork_view(
    evidence: &EvidenceRow,
    state: BoxState,
    row: &BoxRow,
    visitor: &AccountUser,
    wall: &LocalTime,
) -> ForkView {
    let w: BoxesWords = wall.words();
    let safe = match evidence.seq {
        None => w.fork_safe_common(),
        Some(seq) => w.fork_safe_first(wall.entries(seq.unsigned_abs())),
    };
    let may_download = visitor.role.holds(Permission::ReadNames);
    let may_replace = visitor.role.holds(Permission::ManageBoxes) && state == BoxState::Quarantined;
    ForkView {
        box_id: evidence.box_id.clone(),
        title: w.fork_title(&row.facility_name),
        state: match state {
            BoxState::Quarantined => state.badge(w),
            _ => StatusBadge::new(BadgeTone::Plain, w.fork_looked_at()),
        },
        what: fill_slots(w.fork_what(S0), [wall.day_clock(evidence.at_ms)]),
        safe,
        notes: vec![
            note_view(w.fork_checkpoint_a(), &evidence.ours),
            note_view(w.fork_checkpoint_b(), &evidence.theirs),
        ],
        evidence: may_download
            .then(|| format!("/app/boxes/{}/evidence/{}", evidence.box_id, evidence.evidence_id)),
        replace: may_replace.then(|| format!("/app/boxes/{}/replace", evidence.box_id)),
    }
}

fn note_view(title: String, note: &str) -> NoteView {
    let mut lines = note.split_inclusive('\n');
    let before: String = lines.by_ref().take(2).collect();
    let root = lines.next().unwrap_or_default().trim_end().to_owned();
    let after: String = std::iter::once("\n").chain(lines).collect();
    NoteView { title, before, root, after: after.trim_end().to_owned() }
}

/// All that an auditor needs to see the contradiction without this relay.
#[derive(Serialize)]
struct EvidenceFile {
    v: u32,
    r#box: String,
    epoch: String,
    kind: String,
    at_ms: i64,
    first_difference: Option<i64>,
    key: Option<String>,
    checkpoint_a: String,
    checkpoint_b: String,
    entries_a: Vec<String>,
    batch_b_base64: String,
}

pub(crate) async fn evidence(
    visitor: MemberCaller<ReadNames>,
    State(web): State<WebContext>,
    Path((box_id, id)): Path<(BoxId, String)>,
) -> Result<FileDownload<media::JsonText>, HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    require_seen_box(&mut conn, box_id).await?;
    let found = crate::db::fleet::evidence::find_evidence(&mut conn, box_id, &id).await?;
    let (row, lines, payload) = found.ok_or_else(not_found)?;
    let epoch: Option<Epoch> = row.epoch.parse().ok();
    let mut key = None;
    if let Some(origin) = epoch.map(|epoch| LogOrigin { box_id, epoch }) {
        let held = crate::db::log::epochs::find_log(&mut conn, &origin).await?;
        key = held.and_then(|held| origin.verifier(&held.log_key).ok()).map(|v| v.to_string());
    }
    let entries = lines.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    let file = EvidenceFile {
        v: 1,
        r#box: row.box_id,
        epoch: row.epoch,
        kind: row.kind,
        at_ms: row.at_ms,
        first_difference: row.seq,
        key,
        checkpoint_a: row.ours,
        checkpoint_b: row.theirs,
        entries_a: entries.map(|line| String::from_utf8_lossy(line).into_owned()).collect(),
        batch_b_base64: STANDARD.encode(payload),
    };
    let bytes = serde_json::to_vec_pretty(&file).map_err(internal_error)?;
    FileDownload::new(&format!("cleantrack-evidence-{box_id}.json"), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_a_note_stands_apart() {
        let note = "cleantrack/box/01KC9V/1\n18204\nVZrq=\n\n— cleantrack/box/01KC9V/1 8f2c\n";
        let view = note_view("A".to_owned(), note);
        assert_eq!(
            (view.before.as_str(), view.root.as_str(), view.after.as_str()),
            ("cleantrack/box/01KC9V/1\n18204\n", "VZrq=", "\n\n— cleantrack/box/01KC9V/1 8f2c")
        );
    }
}
