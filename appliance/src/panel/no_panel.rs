//! No panel at all.

use crate::panel::{Panel, PanelError, PanelOutput};

#[derive(Debug, Clone, Copy)]
pub struct NoPanel;

impl Panel for NoPanel {
    fn show(&mut self, _: PanelOutput) -> Result<(), PanelError> {
        Ok(())
    }
}
