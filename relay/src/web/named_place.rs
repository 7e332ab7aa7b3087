//! The facility that a request's path names.

use record::ids::FacilityId;

use crate::db::facility::facilities;
use crate::db::{DbError, ReadScope};
use crate::web::WebContext;

/// Nobody is informed of a place that they do not see, or that is none: an id that somebody made up makes no row of its own.
pub(crate) async fn known_facility(
    web: &WebContext,
    reads: ReadScope,
    facility: Option<FacilityId>,
) -> Result<Option<FacilityId>, DbError> {
    let Some(facility) = facility else { return Ok(None) };
    let mut conn = web.db.read(reads).await?;
    Ok(facilities::get(&mut conn, facility).await?.map(|_| facility))
}

/// The facility in a request's path, which may be anybody's or none: whoever sees only some facilities sees nothing of others.
pub(crate) fn find_facility(route: &str, path: &str) -> Option<FacilityId> {
    let place = route.split('/').position(|part| part == "{facility}")?;
    path.split('/').nth(place)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_facility() {
        let facility = FacilityId::new(1, [2; 10]);
        let found = find_facility("/app/f/{facility}/labels", &format!("/app/f/{facility}/labels"));
        assert_eq!(found, Some(facility));
        for (route, path) in [("/app/f/{facility}", "/app/f/x"), ("/app/people", "/app/people"), ("", "/x")] {
            assert_eq!(find_facility(route, path), None, "{path}");
        }
    }
}
