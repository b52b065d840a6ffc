//! Cuts transfers off when the memory for large bodies is used up: those of one body at a time, the one that has used it
//! longest. Otherwise clients of many networks, each reading or sending as slowly as it may, could keep the others from it
//! for minutes.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Context;
use std::time::Duration;

use futures_util::task::AtomicWaker;

use crate::base::clock::Clock;

/// How long each transfer may take, however little memory is left.
const GRACE: Duration = Duration::from_secs(5);

/// What keeps a body in memory besides its transfers, such as an entry of a cache. While it exists, nothing is gained by
/// cutting them off.
pub type Keeper = Weak<dyn Any + Send + Sync>;

/// The transfers of large bodies: responses that are sent, and request bodies that are received. Cheap to clone; clones
/// share them.
#[derive(Debug, Clone)]
pub struct Transfers {
    clock: Clock,
    begun: Arc<Mutex<Begun>>,
}

/// In the order of their beginning.
#[derive(Debug, Default)]
struct Begun {
    next: u64,
    ongoing: BTreeMap<u64, Arc<Ongoing>>,
}

/// What the connection of a transfer looks at: whether it is to be cut off.
#[derive(Debug)]
pub struct Ongoing {
    begun_at: Duration,
    /// Transfers with the same keeper are of one body.
    keeper: Keeper,
    is_cut_off: AtomicBool,
    task: AtomicWaker,
}

/// A transfer is under way until this is dropped: after its body, so that it counts until the memory is free.
#[derive(Debug)]
pub struct Transfer {
    of: Transfers,
    number: u64,
    /// What its connection looks at.
    pub ongoing: Arc<Ongoing>,
}

impl Transfers {
    /// Knows of no transfers yet.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), begun: Arc::default() }
    }

    /// Adds the only transfer of a body.
    #[must_use]
    pub fn begin(&self) -> Transfer {
        let nobody = Arc::downgrade(&Arc::new(()));
        self.begin_of(nobody)
    }

    /// Adds a transfer of a body that stays in memory as long as `keeper`, and may have other transfers.
    #[must_use]
    pub fn begin_of(&self, keeper: Keeper) -> Transfer {
        let mut begun = self.begun();
        let number = begun.next;
        begun.next += 1;
        let ongoing = Arc::new(Ongoing {
            begun_at: self.clock.ticks(),
            keeper,
            is_cut_off: AtomicBool::new(false),
            task: AtomicWaker::new(),
        });
        begun.ongoing.insert(number, ongoing.clone());
        Transfer { of: self.clone(), number, ongoing }
    }

    /// Cuts off the body that has been transferred longest, unless another is cut off whose memory is not free yet. Spares
    /// transfers that have begun a moment ago, and bodies that stay in memory anyway.
    pub fn cut_off_longest(&self) {
        let (now, begun) = (self.clock.ticks(), self.begun());
        if begun.ongoing.values().any(|transfer| transfer.is_cut_off.load(Ordering::SeqCst)) {
            return;
        }
        let mut late = begun.ongoing.values().filter(|one| now.saturating_sub(one.begun_at) >= GRACE);
        let of_same_body = late.clone();
        let Some(longest) = late.find(|one| one.keeper.strong_count() == 0) else { return };
        for transfer in of_same_body.filter(|one| one.keeper.ptr_eq(&longest.keeper)) {
            transfer.is_cut_off.store(true, Ordering::SeqCst);
            transfer.task.wake();
        }
    }

    fn begun(&self) -> MutexGuard<'_, Begun> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ongoing {
    /// Whether it is to be cut off; if not yet, the task is woken when it is.
    #[must_use]
    pub fn is_cut_off(&self, cx: &Context<'_>) -> bool {
        self.task.register(cx.waker());
        self.is_cut_off.load(Ordering::SeqCst)
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.of.begun().ongoing.remove(&self.number);
    }
}
