//! A page of a list: where it begins, and how many it has.

use record::tag::Tag;
use serde::Deserialize;

use crate::web::http_error::{Problem, bad};

/// What a list gives when nobody asks for a number, and at most.
pub(crate) const LIMIT: usize = 100;

pub(crate) const LIMIT_MAX: usize = 1_000;

/// `?limit=&cursor=` of every list, and what some lists narrow by.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Listing {
    pub(crate) limit: Option<String>,
    pub(crate) cursor: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) days: Option<String>,
}

impl Listing {
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        match self.limit.as_deref().map(str::parse::<usize>) {
            None => Ok(LIMIT),
            Some(Ok(limit)) if limit > 0 => Ok(limit.min(LIMIT_MAX)),
            Some(_) => Err(bad("limit", "A limit is a number from 1 to 1,000.")),
        }
    }

    pub(crate) fn tag(&self) -> Result<Option<Tag>, Problem> {
        let read = self.tag.as_deref().map(Tag::read).transpose();
        read.map_err(|e| bad("tag", &format!("{e}.")))
    }
}
