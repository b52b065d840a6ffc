//! The memory for request and response bodies of more than a slice. All of them together have a budget, because clients
//! may take as long as they like to send or read one, and each network has a share of it.

use std::sync::Arc;
use std::task::Context;

use actix_web::HttpRequest;
use actix_web::web::Bytes;
use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::client_ip;
use super::cut_off::{Transfer, Transfers};
use super::network_shares::{NetworkShare, NetworkShares};
use crate::base::clock::Clock;
use crate::base::error::{Error, Result};

/// The size of a slice, in bytes, and of what actix buffers of a response before it waits for the client. Bodies up to
/// this size leave in one piece and are not counted: they are in that buffer at once.
pub const SLICE: usize = 16 * 1024;
/// How many bytes of a request body are counted at a time.
const STEP: usize = 64 * 1024;
/// The unit of the budget, in bytes.
const UNIT: usize = 1024;
/// One network can hold this part of the budget.
const PART: usize = 4;

/// The budget. Cheap to clone; clones share it.
#[derive(Debug, Clone)]
pub struct Memory {
    left: Arc<Semaphore>,
    networks: NetworkShares,
    /// The responses and request bodies that it is used for.
    pub transfers: Transfers,
    trusted: Arc<[IpNet]>,
}

/// A part of the memory, until it is dropped.
#[derive(Debug)]
pub struct Share {
    _of_all: OwnedSemaphorePermit,
}

/// A body that is counted until its last copy is gone.
struct Held {
    body: Bytes,
    _share: Share,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

/// The memory of a request body that is being received.
#[derive(Debug)]
pub struct Arriving {
    /// `None` where a request has no connection, as in tests of parts.
    memory: Option<Memory>,
    req: HttpRequest,
    counted: usize,
    shares: Vec<(NetworkShare, Share)>,
    /// Since it uses the budget.
    transfer: Option<Transfer>,
}

impl Arriving {
    /// Counts nothing yet.
    #[must_use]
    pub fn new(req: &HttpRequest) -> Self {
        let memory = req.conn_data::<Memory>().cloned();
        Self { memory, req: req.clone(), counted: SLICE, shares: Vec::new(), transfer: None }
    }

    /// Counts what has arrived, in steps, so that a client occupies only what it has sent.
    ///
    /// # Errors
    /// As [`Memory::take_for`].
    pub fn grow(&mut self, bytes: usize) -> Result<()> {
        let Some(memory) = &self.memory else { return Ok(()) };
        while bytes > self.counted {
            self.shares.push(memory.take_for(&self.req, STEP)?);
            self.counted += STEP;
            self.transfer.get_or_insert_with(|| memory.transfers.begin());
        }
        Ok(())
    }

    /// Whether it shall arrive no further, because others need its memory; if not yet, the task is woken when it is.
    #[must_use]
    pub fn is_cut_off(&self, cx: &Context<'_>) -> bool {
        self.transfer.as_ref().is_some_and(|transfer| transfer.ongoing.is_cut_off(cx))
    }
}

impl Memory {
    /// Creates a budget of that many bytes. Behind trusted proxies, clients are told apart by the addresses that these
    /// forward.
    #[must_use]
    pub fn new(bytes: usize, trusted: &[IpNet], clock: &Clock) -> Self {
        Self {
            left: Arc::new(Semaphore::new(bytes / UNIT)),
            networks: NetworkShares::new(bytes / PART),
            transfers: Transfers::new(clock),
            trusted: trusted.into(),
        }
    }

    /// Counts that many bytes.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the budget is used up. Then the body that has used it longest is cut off, so that its
    /// memory is free soon.
    pub fn take(&self, bytes: usize) -> Result<Share> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        if let Ok(permit) = self.left.clone().try_acquire_many_owned(units) {
            Ok(Share { _of_all: permit })
        } else {
            self.transfers.cut_off_longest();
            Err(Error::unavailable("the memory for large bodies is used up"))
        }
    }

    /// Counts bytes that are sent to or received from a request's client: on its network first, so that one that has used up
    /// its share takes nothing of the budget, and nobody is cut off for it.
    ///
    /// # Errors
    /// As [`Memory::charge`] and [`Memory::take`].
    pub fn take_for(&self, req: &HttpRequest, bytes: usize) -> Result<(NetworkShare, Share)> {
        let share = self.charge(req, bytes, None)?;
        Ok((share, self.take(bytes)?))
    }

    /// Counts a body, if it is larger than a slice, for as long as any copy of it exists.
    ///
    /// # Errors
    /// As [`Memory::take`].
    pub fn hold(&self, body: Bytes) -> Result<Bytes> {
        if body.len() <= SLICE {
            return Ok(body);
        }
        let share = self.take(body.len())?;
        Ok(Bytes::from_owner(Held { body, _share: share }))
    }

    /// Counts bytes that are sent to or received from the network of a request's client; those of `body` once, however
    /// often it is sent there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the network's share is used up.
    pub fn charge(&self, req: &HttpRequest, bytes: usize, body: Option<&Bytes>) -> Result<NetworkShare> {
        let network = client_ip::customer(client_ip::of(req.head(), &self.trusted));
        let share = self.networks.take(network, bytes, body);
        share.ok_or_else(|| Error::unavailable("a network's share of the memory for large bodies is used up"))
    }
}
