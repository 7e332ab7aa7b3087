//! Facilities and regions: their names, places and states.

pub mod closing;
pub mod facilities;
pub mod facility_now;
pub mod facility_pages;
pub mod facility_places;
pub mod listed_facilities;
pub mod regions;
pub mod spark;
