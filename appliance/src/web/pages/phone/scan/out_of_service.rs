//! What a scan of an item shows that is out of service or retired.

use askama::Template;
use record::fold::{Out, Service};
use record::tag::Tag;
use web::answer::Page;
use web::error::HttpError;

use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::layout::Frame;
use crate::web::log_reads::{read_quick, text};
use crate::web::view_models::formats::Moment;
use crate::web::view_models::snapshot::{Snapshot, place_line};

#[derive(Template)]
#[template(path = "out_of_service.html")]
pub(crate) struct OutOfServicePage {
    frame: Frame,
    tag: Tag,
    retired: bool,
    name: String,
    place: String,
    since: Moment,
    why: String,
    contact: String,
}

/// What a scan of an item shows that is out of service or retired.
pub(crate) async fn out_page(state: &AppState, tag: Tag) -> Result<Page, HttpError> {
    let template = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
        let last: Option<&Out> = item.out.last();
        let retired = item.service == Service::Retired;
        let title = if retired {
            format!("{} was retired", item.name)
        } else {
            format!("{} is out of service", item.name)
        };
        Ok(OutOfServicePage {
            frame: Frame::new(state, &snapshot, title),
            tag,
            retired,
            name: item.name.clone(),
            place: place_line(&item.location, &item.asset_number),
            since: snapshot.local.day_time(last.map_or(item.added_ms, |out| out.from_ms)),
            why: last.and_then(|out| out.reason).map(|why| text(reader, why)).unwrap_or_default(),
            contact: snapshot.contact(),
        })
    });
    Page::draw(&template.await?)
}
