//! Whose photo is opened next: one at a time, and the networks that wait in turns, so that none waits for all photos of another.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use service::attempts::ClientNetwork;
use tokio::sync::oneshot;

/// Who waits; absent: the box itself, for photos that it has already.
type TurnOwner = Option<ClientNetwork>;

#[derive(Debug, Default)]
struct TurnTable {
    is_taken: bool,
    waiting: VecDeque<(TurnOwner, VecDeque<oneshot::Sender<ChildTurn>>)>,
}

#[derive(Debug, Default)]
pub(super) struct ChildTurns {
    table: Mutex<TurnTable>,
}

#[derive(Debug)]
pub(super) struct ChildTurn {
    /// Absent: it is somebody else's already.
    turns: Option<Arc<ChildTurns>>,
}

impl Drop for ChildTurn {
    fn drop(&mut self) {
        if let Some(turns) = self.turns.take() {
            turns.pass_on();
        }
    }
}

impl ChildTurns {
    fn table(&self) -> MutexGuard<'_, TurnTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn take(self: &Arc<Self>, owner: TurnOwner) -> ChildTurn {
        let granted = {
            let mut table = self.table();
            if table.is_taken {
                let (grant, granted) = oneshot::channel();
                match table.waiting.iter_mut().find(|(of, _)| *of == owner) {
                    Some((_, queue)) => queue.push_back(grant),
                    None => table.waiting.push_back((owner, VecDeque::from([grant]))),
                }
                Some(granted)
            } else {
                table.is_taken = true;
                None
            }
        };
        match granted {
            // The holder of the turn passes it on, whatever becomes of it.
            Some(granted) => granted.await.unwrap_or_else(|_| self.turn()),
            None => self.turn(),
        }
    }

    fn turn(self: &Arc<Self>) -> ChildTurn {
        ChildTurn { turns: Some(self.clone()) }
    }

    /// Gives the turn to the network that waited longest since its last one.
    fn pass_on(self: Arc<Self>) {
        loop {
            let next = {
                let mut table = self.table();
                match table.waiting.pop_front() {
                    None => {
                        table.is_taken = false;
                        return;
                    }
                    Some((owner, mut queue)) => {
                        // Those who left take no turn of their network's.
                        queue.retain(|grant| !grant.is_closed());
                        let next = queue.pop_front();
                        if !queue.is_empty() {
                            table.waiting.push_back((owner, queue));
                        }
                        next
                    }
                }
            };
            let Some(grant) = next else { continue };
            match grant.send(self.turn()) {
                Ok(()) => return,
                // They wait no more: it goes to the next.
                Err(mut turn) => turn.turns = None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(n: u8) -> TurnOwner {
        Some(ClientNetwork::of(std::net::Ipv4Addr::new(10, 0, 0, n).into()))
    }

    #[tokio::test]
    async fn nobody_waits_for_all_photos_of_another() {
        let turns = Arc::new(ChildTurns::default());
        let first = turns.take(network(1)).await;
        let (done, mut order) = tokio::sync::mpsc::channel(7);
        let mut tasks = Vec::new();
        for (n, of) in [1, 1, 1, 1, 2, 3, 3].into_iter().enumerate() {
            let (turns, done) = (turns.clone(), done.clone());
            tasks.push(tokio::spawn(async move {
                let turn = turns.take(network(of)).await;
                done.try_send((n, of)).unwrap();
                drop(turn);
            }));
            tokio::task::yield_now().await;
        }
        // One that no longer waits delays no other.
        tasks.remove(1).abort();
        tokio::task::yield_now().await;
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        drop(done);
        let mut seen = Vec::new();
        while let Some((_, of)) = order.recv().await {
            seen.push(of);
        }
        assert_eq!(seen, [1, 2, 3, 1, 3, 1]);
        assert!(!turns.table().is_taken);
    }

    #[tokio::test]
    async fn a_turn_that_comes_to_somebody_who_left_goes_on() {
        let turns = Arc::new(ChildTurns::default());
        let first = turns.take(None).await;
        let mut left = Box::pin(turns.take(network(1)));
        assert!(futures_util::poll!(&mut left).is_pending());
        drop(first);
        drop(left);
        drop(turns.take(network(2)).await);
        assert!(!turns.table().is_taken);
    }
}
