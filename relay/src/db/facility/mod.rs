//! Facilities and regions: what they are called, where they are, how they stand.

pub mod closing;
pub mod facilities;
pub mod facility_now;
pub mod facility_pages;
pub mod facility_places;
pub mod listed_facilities;
pub mod regions;
pub mod spark;
