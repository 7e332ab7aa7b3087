//! Statuses that routes may answer beyond those of their arguments, by what their handlers use.

use http::StatusCode;

/// The log is read: the box may be busy with that.
pub(crate) const READING: &[StatusCode] = &[StatusCode::SERVICE_UNAVAILABLE];

pub(crate) const FINDING: &[StatusCode] = &[StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE];

pub(crate) const FINDING_OPEN: &[StatusCode] =
    &[StatusCode::NOT_FOUND, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];

/// Something is removed from somebody, and the disk write may fail.
pub(crate) const REMOVING: &[StatusCode] =
    &[StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE, StatusCode::INSUFFICIENT_STORAGE];

/// A command runs, which may conflict with the state, and the disk write may fail.
pub(crate) const COMMANDING: &[StatusCode] = &[
    StatusCode::BAD_REQUEST,
    StatusCode::NOT_FOUND,
    StatusCode::CONFLICT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::INSUFFICIENT_STORAGE,
];

pub(crate) const PRINTING: &[StatusCode] = &[
    StatusCode::BAD_REQUEST,
    StatusCode::NOT_FOUND,
    StatusCode::CONFLICT,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::SERVICE_UNAVAILABLE,
];
