//! Which device speaks which language.

use super::device::Device;
use super::{Language, Options, brother_ql, dymo, escpos, tspl, zpl};

pub(super) fn device(options: &Options) -> Box<dyn Device> {
    match options.language {
        Language::EscPos => Box::new(escpos::EscPos::new(options.clone_of_it)),
        Language::Zpl => Box::new(zpl::Zpl::new(options.clone_of_it, options.no_counter)),
        Language::Tspl => Box::new(tspl::Tspl::new(options.dpi, options.clone_of_it)),
        Language::BrotherQl => Box::new(brother_ql::BrotherQl::default()),
        Language::Dymo => Box::new(dymo::Dymo::default()),
    }
}
