//! A simulated file's bytes.

use std::io::{self, ErrorKind};
use std::sync::Arc;

pub const PAGE: usize = 4096;

/// A file's bytes in shared pages, so that a copy of a whole disk costs little.
#[derive(Clone, Default)]
pub struct Content {
    pages: Vec<Option<Arc<[u8; PAGE]>>>,
    pub len: usize,
}

impl Content {
    pub fn write(&mut self, offset: usize, data: &[u8]) {
        self.len = self.len.max(offset + data.len());
        self.put(offset, data);
    }

    /// What is after the end is lost.
    pub fn put(&mut self, offset: usize, data: &[u8]) {
        let data = &data[..data.len().min(self.len.saturating_sub(offset))];
        let pages = self.len.div_ceil(PAGE);
        if self.pages.len() < pages {
            self.pages.resize(pages, None);
        }
        let mut done = 0;
        while done < data.len() {
            let at = offset + done;
            let part = (PAGE - at % PAGE).min(data.len() - done);
            let page = self.pages[at / PAGE].get_or_insert_with(|| Arc::new([0; PAGE]));
            Arc::make_mut(page)[at % PAGE..at % PAGE + part].copy_from_slice(&data[done..done + part]);
            done += part;
        }
    }

    pub fn set_len(&mut self, len: usize) {
        if len < self.len {
            self.pages.truncate(len.div_ceil(PAGE));
            if let Some(Some(last)) = self.pages.last_mut().filter(|_| !len.is_multiple_of(PAGE)) {
                Arc::make_mut(last)[len % PAGE..].fill(0);
            }
        }
        self.len = len;
    }

    pub fn read(&self, offset: usize, out: &mut [u8]) -> io::Result<()> {
        if offset + out.len() > self.len {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let mut done = 0;
        while done < out.len() {
            let at = offset + done;
            let part = (PAGE - at % PAGE).min(out.len() - done);
            match self.pages.get(at / PAGE).and_then(Option::as_ref) {
                Some(page) => {
                    out[done..done + part].copy_from_slice(&page[at % PAGE..at % PAGE + part]);
                }
                None => out[done..done + part].fill(0),
            }
            done += part;
        }
        Ok(())
    }
}
