//! What is done to a box on its page: a name, quarantine and release with a reason, its end.

use ::web::answer::{FormRecall, FormReply, SeeOther};
use ::web::argument::Path;
use ::web::error::HttpError;
use axum::extract::State;
use record::ids::BoxId;

use crate::accounts::{AccountUser, visible_name};
use crate::fleet::{BoxAct, REASON_CHARS_MAX, read_reason};
use crate::web::WebContext;
use crate::web::access::{ManageBoxes, MemberCaller};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::parameter_error;
use crate::web::pages::fleet::box_page::draw_box;
use crate::web::pages::forms::confirm::ConfirmedForm;
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::proof::require_seen_box;
use crate::web::words::{ErrorWords, FleetWords, open_words};

pub(crate) async fn rename_box(
    visitor: MemberCaller<ManageBoxes>,
    State(web): State<WebContext>,
    Path(box_id): Path<BoxId>,
    form: RelayForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    require_seen(&visitor, &web, box_id).await?;
    let filled = form.fields.text("name").trim();
    let name = visible_name(filled);
    if name.is_none() && !filled.is_empty() {
        let words = open_words::<FleetWords>().fleet_name_bad();
        return refuse_act(&visitor, &web, box_id, SignInProblem { field: "name", words }).await;
    }
    web.fleet.rename(act_of(&visitor, box_id), name.as_deref()).await?;
    SeeOther::to(&format!("/app/boxes/{box_id}")).map(FormReply::Done)
}

/// `POST /app/boxes/{box_id}`: it is quarantined, trusted again, or taken out of use.
pub(crate) async fn change_box(
    visitor: MemberCaller<ManageBoxes>,
    State(web): State<WebContext>,
    Path(box_id): Path<BoxId>,
    form: ConfirmedForm,
) -> Result<FormReply, HttpError> {
    require_own_form(&visitor, &form)?;
    require_seen(&visitor, &web, box_id).await?;
    let (word, act) = (form.fields.text("act"), act_of(&visitor, box_id));
    if word == "retire" {
        web.fleet.revoke(act).await?;
        return SeeOther::to(&format!("/app/boxes/{box_id}")).map(FormReply::Done);
    }
    if !["quarantine", "release"].contains(&word) {
        return Err(parameter_error("act", ErrorWords::parameter_box_act));
    }
    let Some(reason) = read_reason(form.fields.text("reason")) else {
        let words = open_words::<FleetWords>().fleet_reason_bad(REASON_CHARS_MAX);
        return refuse_act(&visitor, &web, box_id, SignInProblem { field: "reason", words }).await;
    };
    let act = BoxAct { reason: Some(&reason), ..act };
    // Pressed twice, or by somebody else meanwhile, it has that state already.
    match word {
        "quarantine" => web.fleet.quarantine(act).await?,
        _ => web.fleet.release(act).await?,
    };
    SeeOther::to(&format!("/app/boxes/{box_id}")).map(FormReply::Done)
}

fn act_of(visitor: &AccountUser, box_id: BoxId) -> BoxAct<'_> {
    BoxAct { scope: visitor.scope, box_id, by: &visitor.email, reason: None }
}

/// A box of a facility that they do not see is one that does not exist.
async fn require_seen(visitor: &AccountUser, web: &WebContext, box_id: BoxId) -> Result<(), HttpError> {
    require_seen_box(&mut web.db.read(visitor.reads).await?, box_id).await
}

async fn refuse_act(
    visitor: &AccountUser,
    web: &WebContext,
    box_id: BoxId,
    problem: SignInProblem,
) -> Result<FormReply, HttpError> {
    let page = draw_box(visitor, web, box_id, Some(problem)).await?;
    Ok(FormReply::Again(FormRecall::Invalid, page))
}
