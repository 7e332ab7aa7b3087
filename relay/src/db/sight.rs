//! What a member sees who is not given every facility: a condition that statements put beside the account.

/// Whether the viewer of a connection, bound as `viewer`, sees a row of `facilities`.
pub(super) fn seen_facilities(viewer: &str) -> String {
    format!(
        "({viewer} = 0 OR EXISTS (SELECT 1 FROM member_places s WHERE s.account = facilities.account \
         AND s.person = {viewer} AND s.place IN (facilities.facility, facilities.region)))"
    )
}
