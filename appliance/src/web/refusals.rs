//! What rows refuse beside what their arguments do, by what their handlers touch.

use http::StatusCode;

/// The log is read: the box may be busy with that.
pub(crate) const READING: &[StatusCode] = &[StatusCode::SERVICE_UNAVAILABLE];

pub(crate) const FINDING: &[StatusCode] = &[StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE];

pub(crate) const FINDING_OPEN: &[StatusCode] =
    &[StatusCode::NOT_FOUND, StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];

/// Something is taken off somebody, which the disk may not take.
pub(crate) const REMOVING: &[StatusCode] =
    &[StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE, StatusCode::INSUFFICIENT_STORAGE];

/// A command is given, which may not fit what there is, and which the disk may not take.
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
