//! Who may come: a box in service, by its client certificate.

use ::web::error::HttpError;
use ::web::route::{Access, Caller};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use record::ids::BoxId;

use super::BoxApi;
use super::errors::BoxFault;
use crate::db::PlatformReason;
use crate::db::fleet::boxes;
use crate::db::fleet::boxes::BoxOwner;
use crate::mqtt::PeerCertificate;

/// A box whose certificate this relay issued and did not revoke.
#[derive(Debug)]
pub(crate) struct CertifiedBox {
    home: BoxOwner,
    box_id: BoxId,
}

impl CertifiedBox {
    pub(super) fn home(&self) -> BoxOwner {
        self.home
    }

    pub(super) fn id(&self) -> BoxId {
        self.box_id
    }
}

impl Caller for CertifiedBox {
    const ACCESS: Access = Access::Certificate;
}

impl FromRequestParts<BoxApi> for CertifiedBox {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, api: &BoxApi) -> Result<Self, HttpError> {
        let peer = parts.extensions.get::<PeerCertificate>().cloned();
        let peer = peer.ok_or(BoxFault::NoCertificate)?;
        Ok(find_box(api, &peer).await?)
    }
}

async fn find_box(api: &BoxApi, peer: &PeerCertificate) -> Result<CertifiedBox, BoxFault> {
    let mut conn = api.db.platform_read(PlatformReason::Box).await?;
    let home = boxes::platform_home(&mut conn, peer.box_id).await?.filter(|home| !home.revoked);
    let home = home.ok_or(BoxFault::NotInService)?;
    let mut conn = conn.enter(home.scope).await?;
    match boxes::find_certificate(&mut conn, peer.box_id, &peer.serial).await? {
        Some(true) => Ok(CertifiedBox { home, box_id: peer.box_id }),
        Some(false) => {
            drop(conn);
            api.ingest.note_return(home.scope, peer).await?;
            Err(BoxFault::Replaced)
        }
        _ => Err(BoxFault::NotInService),
    }
}
