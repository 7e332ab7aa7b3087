//! What an uplink shares, for tests of its parts.

use std::path::Path;
use std::sync::Arc;

use service::clock::FakeClock;
use service::random::{RandomSource, SeededRandom};

use super::relation::claim::ClaimStore;
use super::{UplinkContext, UplinkShared};
use crate::alarms::AlarmStore;
use crate::store::{Store, configure_test_store};

/// Of a box that has just begun its log, in `data` of this folder; its photos lie beside that.
pub(super) fn make_shared(dir: &Path, clock: &Arc<FakeClock>) -> Arc<UplinkShared> {
    let random: Arc<dyn RandomSource> = Arc::new(SeededRandom::new(3));
    let config = configure_test_store(dir.join("data"));
    let store = Store::open(config, clock.clone(), random.clone()).unwrap().0;
    let (files, folder) = (ClaimStore::new(&dir.join("data/keys")), dir.to_owned());
    let alarms = Arc::new(AlarmStore::open(store.disk(), clock.clone()));
    let parts = UplinkContext {
        store,
        files,
        photo_path: Arc::new(move |photo| folder.join(photo.to_string())),
        printers: Arc::new(Vec::new),
        data: dir.join("data"),
        addresses: Vec::new(),
        model: String::new(),
        transports: super::transport::config::TransportConfig::default(),
        alarms,
        alarm_words: |alarm| alarm.id.clone(),
        clock: clock.clone(),
        random,
        restart: Arc::new(|_| ()),
    };
    Arc::new(UplinkShared::new(parts))
}
