//! What a member sees who is not given every facility: a condition that statements put beside the account.

/// Whether the viewer of a connection, bound as `viewer`, sees a row of `facilities`.
pub(in crate::db) fn seen_facilities(viewer: &str) -> String {
    format!(
        "({viewer} = 0 OR EXISTS (SELECT 1 FROM member_places s WHERE s.account = facilities.account \
         AND s.person = {viewer} AND s.place IN (facilities.facility, facilities.region)))"
    )
}

pub(in crate::db) fn seen_rows(table: &str, viewer: &str) -> String {
    format!(
        "({viewer} = 0 OR EXISTS (SELECT 1 FROM facilities z JOIN member_places s ON s.account = z.account \
         AND s.place IN (z.facility, z.region) WHERE z.account = {table}.account AND z.facility = {table}.facility \
         AND s.person = {viewer}))"
    )
}
