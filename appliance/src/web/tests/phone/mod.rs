//! Phones: scan pages, the installed page, queues and photos.

pub(in crate::web::tests) mod about;
pub(in crate::web::tests) mod app_cards;
pub(in crate::web::tests) mod app_page;
pub(in crate::web::tests) mod contact_times;
pub(in crate::web::tests) mod device;
pub(in crate::web::tests) mod late_entries;
pub(in crate::web::tests) mod page_records;
pub(in crate::web::tests) mod phone_browser;
pub(in crate::web::tests) mod photos;
pub(in crate::web::tests) mod presses;
pub(in crate::web::tests) mod refused_records;
pub(in crate::web::tests) mod shared_tablets;
pub(in crate::web::tests) mod submissions;
pub(in crate::web::tests) mod technician;
pub(in crate::web::tests) mod trust;
pub(in crate::web::tests) mod waiting_phones;
