//! Adoption in the lives: what has no place in the log becomes runs, and entries make their lines count again.

use super::*;

fn pieces(epoch: Epoch, lines: &Lines) -> Vec<(Run, Lines)> {
    let mut all: Vec<(Run, Lines)> = Vec::new();
    for (seq, row) in lines {
        let leaf = line(*seq, &row.body).leaf();
        match all.last_mut().filter(|(_, piece)| piece.contains_key(&seq.wrapping_sub(1))) {
            Some((run, piece)) => {
                run.leaves.push(leaf);
                piece.insert(*seq, row.clone());
            }
            None => {
                let run = Run { epoch, from: *seq, leaves: vec![leaf] };
                all.push((run, Lines::from([(*seq, row.clone())])));
            }
        }
    }
    all
}

impl World {
    /// What counts: the chain, and what the runs bring that its lines adopt, and so on. And which runs are adopted.
    pub(super) fn counted_lines(&self) -> (BTreeMap<LineName, LineContent>, BTreeSet<Run>) {
        let (mut all, mut named) = (BTreeMap::new(), BTreeSet::new());
        let mut todo: Vec<(Epoch, Lines)> = Vec::new();
        for Here { link, tree } in self.running.iter().flatten() {
            let lines = self.disk.log.get(&link.epoch).into_iter().flatten();
            let counts = lines.filter(|(seq, _)| **seq < tree.size());
            todo.push((link.epoch, counts.map(|(seq, row)| (*seq, row.clone())).collect()));
        }
        let mut taken = 0;
        while taken < todo.len() {
            let (epoch, lines) = todo[taken].clone();
            taken += 1;
            for (seq, row) in lines {
                if let LineContent::Adopted(run) = &row.body
                    && named.insert(run.clone())
                {
                    todo.extend(self.disk.runs.get(run).map(|lines| (run.epoch, lines.clone())));
                }
                all.insert((epoch, seq, line(seq, &row.body).leaf()), row.body);
            }
        }
        (all, named)
    }

    pub(super) fn counted(&self) -> BTreeSet<u32> {
        let acts = self.counted_lines().0.into_values().filter_map(|body| match body {
            LineContent::Act(act) => Some(act),
            LineContent::Started(..) | LineContent::Adopted(_) => None,
        });
        acts.collect()
    }

    /// What is kept beside the log and counts nowhere becomes runs, and each run that brings a line is adopted.
    pub(super) fn adopt(&mut self) -> Step {
        while let Some((epoch, mut lines)) = self.disk.displaced.first().cloned() {
            let counted = self.counted_lines().0;
            lines.retain(|seq, row| !counted.contains_key(&(epoch, *seq, line(*seq, &row.body).leaf())));
            for (run, lines) in pieces(epoch, &lines) {
                if !self.disk.runs.contains_key(&run) {
                    self.happened.insert("run written");
                    self.disk.runs.insert(run, lines);
                    self.step()?;
                }
            }
            self.disk.displaced.remove(0);
            self.step()?;
        }
        for run in self.disk.runs.keys().cloned().collect::<Vec<_>>() {
            let (counted, named) = self.counted_lines();
            if named.contains(&run) {
                continue;
            }
            let mut names = (run.from..).zip(&run.leaves).map(|(seq, leaf)| (run.epoch, seq, *leaf));
            if names.all(|name| counted.contains_key(&name)) {
                self.disk.runs.remove(&run);
                self.step()?;
            } else {
                self.happened.insert("adopted");
                self.append(LineContent::Adopted(run))?;
            }
        }
        Ok(())
    }
}
