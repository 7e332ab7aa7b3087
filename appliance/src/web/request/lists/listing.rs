//! Which part of a list is requested.

use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use web::error::HttpError;

use crate::web::http_error::invalid_parameter;

/// Rows of a part of a list: the default and the maximum.
const LIMIT: usize = 100;
const LIMIT_MAX: usize = 1_000;

/// A part of a list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ListParams {
    /// Items, 1 to 1,000; 100 where it is absent.
    #[schemars(with = "Option<u64>")]
    limit: Option<String>,
    /// The `next` of the part before, with the same query.
    pub(crate) cursor: Option<String>,
    /// Only of this item, by any of its tags; not every list is narrowed by it.
    tag: Option<String>,
}

impl ListParams {
    pub(crate) fn limit(&self) -> Result<usize, HttpError> {
        match self.limit.as_deref().map(str::parse::<usize>) {
            None => Ok(LIMIT),
            Some(Ok(limit)) if limit > 0 => Ok(limit.min(LIMIT_MAX)),
            Some(_) => Err(invalid_parameter("limit", "A limit is a number from 1 to 1,000.")),
        }
    }

    pub(crate) fn tag(&self) -> Result<Option<Tag>, HttpError> {
        let read = self.tag.as_deref().map(Tag::read).transpose();
        read.map_err(|e| invalid_parameter("tag", format!("{e}.")))
    }
}
