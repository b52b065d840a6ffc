//! Leases: who may do what only one process at a time should do. A holder renews its lease while it works; if it dies,
//! another takes over when the lease ends.

use std::time::Duration;

use diesel::prelude::*;
use tokio::sync::watch;

use super::schema::leases;
use super::{Connection, Database, Tx};
use crate::base::clock::{Clock, Timestamp};
use crate::base::error::Result;
use crate::base::ids::LeaseHolderId;

/// A named lease, held by this process or not.
#[derive(Debug)]
pub struct Lease {
    name: &'static str,
    holder: LeaseHolderId,
    duration: Duration,
    /// Until when it is held.
    until: watch::Sender<Timestamp>,
}

impl Lease {
    /// A lease that is not held yet. It will end `duration` after it was taken or renewed last.
    #[must_use]
    pub fn new(name: &'static str, holder: LeaseHolderId, duration: Duration) -> Self {
        Self { name, holder, duration, until: watch::Sender::new(Timestamp::MIN) }
    }

    /// Until when it is held.
    #[must_use]
    pub fn until(&self) -> watch::Receiver<Timestamp> {
        self.until.subscribe()
    }

    /// Whether it is held. Takes it if nobody has it, and renews it when a third of its time is over.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn hold(&self, db: &Database, now: Timestamp) -> Result<bool> {
        if *self.until.borrow() > now.plus(self.duration * 2 / 3) {
            return Ok(true);
        }
        let (name, holder, duration) = (self.name, self.holder, self.duration);
        // Those that wait for it do not write all the time.
        let has = !db.read_inline(move |conn| is_of_another(conn, name, holder, now)).await?
            && db.write(move |tx| take(tx, name, holder, duration)).await?;
        self.until.send_replace(if has { now.plus(duration) } else { Timestamp::MIN });
        Ok(has)
    }

    /// Does `work`, and renews the lease meanwhile. If that fails, or another has taken the lease, it is logged, and the work
    /// goes on.
    pub async fn keep<T>(&self, db: &Database, clock: &Clock, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = clock.sleep(self.duration / 3) => {
                    match self.hold(db, clock.now()).await {
                        Ok(true) => {}
                        Ok(false) => log::warn!("the lease {} is another server's", self.name),
                        Err(error) => log::warn!("the lease {} is not renewed: {error}", self.name),
                    }
                }
            }
        }
    }

    /// Checks the lease inside a write.
    #[must_use]
    pub fn proof(&self) -> Proof {
        Proof { name: self.name, holder: self.holder }
    }

    /// Gives it back, if it is held.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn release(&self, db: &Database) -> Result<()> {
        let (name, holder) = (self.name, self.holder);
        if *self.until.borrow() > Timestamp::MIN {
            db.write(move |tx| release(tx, name, holder)).await?;
            self.until.send_replace(Timestamp::MIN);
        }
        Ok(())
    }
}

/// Tells whether a lease is still held, within a unit of work.
#[derive(Debug, Clone, Copy)]
pub struct Proof {
    name: &'static str,
    holder: LeaseHolderId,
}

impl Proof {
    /// Whether nobody else has taken the lease since. On PostgreSQL nobody can before this unit of work ends.
    ///
    /// # Errors
    /// Those of the database.
    pub fn holds(self, tx: &mut Tx<'_>) -> Result<bool> {
        let own = leases::table.filter(leases::name.eq(self.name)).filter(leases::holder.eq(self.holder));
        let own = own.select(leases::name);
        let found: Option<String> = match &mut **tx {
            Connection::Sqlite(conn) => own.get_result(conn).optional()?,
            Connection::Postgres(conn) => own.for_update().get_result(conn).optional()?,
        };
        Ok(found.is_some())
    }
}

fn is_of_another(conn: &mut Connection, name: &str, holder: LeaseHolderId, now: Timestamp) -> Result<bool> {
    let others = leases::table.filter(leases::name.eq(name)).filter(leases::holder.ne(holder));
    Ok(diesel::select(diesel::dsl::exists(others.filter(leases::expires_at.gt(now)))).get_result(conn)?)
}

/// Takes or renews a lease. Returns whether `holder` has it.
fn take(tx: &mut Tx<'_>, name: &str, holder: LeaseHolderId, duration: Duration) -> Result<bool> {
    let (now, until) = (tx.now(), tx.now().plus(duration));
    let free = leases::holder.eq(holder).or(leases::expires_at.le(now));
    let taken = diesel::update(leases::table.filter(leases::name.eq(name)).filter(free))
        .set((leases::holder.eq(holder), leases::expires_at.eq(until)))
        .execute(&mut **tx)?;
    if taken == 1 {
        return Ok(true);
    }
    let row = (leases::name.eq(name), leases::holder.eq(holder), leases::expires_at.eq(until));
    let insert = || diesel::insert_into(leases::table).values(row).on_conflict_do_nothing();
    Ok(crate::on_each!(&mut **tx, conn => insert().execute(conn))? == 1)
}

fn release(tx: &mut Tx<'_>, name: &str, holder: LeaseHolderId) -> Result<()> {
    let own = leases::table.filter(leases::name.eq(name)).filter(leases::holder.eq(holder));
    diesel::delete(own).execute(&mut **tx)?;
    Ok(())
}
