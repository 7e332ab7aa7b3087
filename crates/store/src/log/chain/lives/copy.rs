//! A copy of an epoch in the lives, as a source.

use super::*;

pub(super) struct Copy<'a> {
    pub(super) lines: Option<&'a Lines>,
    pub(super) name: &'static str,
    pub(super) loose: bool,
    pub(super) own: bool,
}

impl LineSource for Copy<'_> {
    fn name(&self) -> String {
        self.name.to_owned()
    }
    fn is_own(&self) -> bool {
        self.own
    }
    fn follow(&mut self, _: Epoch, after: &Frontier) -> io::Result<Option<LogPiece>> {
        let Some(lines) = self.lines.filter(|_| !self.loose) else { return Ok(None) };
        let (mut running, mut piece) = (after.clone(), LogPiece { first: after.size(), lines: Vec::new() });
        for (seq, row) in lines.range(after.size()..).take(3) {
            let own = line(*seq, &row.body);
            running.push(own.leaf());
            if *seq != piece.next() || running.root() != row.root {
                break;
            }
            piece.lines.push(own);
        }
        Ok(Some(piece).filter(|piece| !piece.lines.is_empty()))
    }
    fn page(&mut self, _: Epoch, from: u64) -> io::Result<Option<SourcePage>> {
        let first = self.lines.and_then(|lines| lines.range(from..).next());
        let piece = first.map(|(seq, row)| LogPiece { first: *seq, lines: vec![line(*seq, &row.body)] });
        Ok(piece.map(|piece| SourcePage { piece, loose: self.loose }))
    }
    fn goes_beyond(&mut self, epoch: Epoch, frontier: &Frontier) -> io::Result<bool> {
        if self.loose || !self.own {
            return Ok(false);
        }
        let last = frontier.size().checked_sub(1).and_then(|last| self.lines?.get(&last));
        let same = frontier.size() == 0 || last.is_none_or(|row| row.root == frontier.root());
        Ok(same && self.page(epoch, frontier.size())?.is_some())
    }
    fn claims(&mut self) -> io::Result<Vec<(Epoch, u64)>> {
        Ok(Vec::new())
    }
}
