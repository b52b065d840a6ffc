//! The backups that servers make by themselves.

use std::time::Duration;

use lede::base::clock::Clock;
use lede::base::config::Config;
use lede::base::db::leases::Lease;
use lede::base::db::quiet;
use lede::server::backups::BackUp;

use super::{Shelf, open};
use crate::given::{hours, minutes, seconds};
use crate::server::Server;

impl Shelf {
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("a folder");
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect()
    }

    /// Lets servers make backups in this folder.
    fn set(&self) -> impl FnOnce(&mut Config) {
        let path = self.path("");
        move |config: &mut Config| config.backup.dir = Some(path)
    }
}

/// Makes a backup due and runs what is due. Returns how many jobs wait for later after that.
async fn back_up(server: &Server) -> i64 {
    server.enqueue(BackUp).await;
    server.run_jobs().await;
    server.database().count("jobs WHERE kind = 'back-up' AND claimed_until IS NULL AND dead_at IS NULL")
}

/// The lease of backups, held by another server.
async fn leased(server: &Server, time: Duration) -> Lease {
    let lease = Lease::new("backups", server.app.random.id(server.clock.now()).expect("an id"), time);
    assert!(lease.hold(&server.app.db, server.clock.now()).await.expect("a lease"));
    lease
}

#[tokio::test]
async fn of_several_servers_one_at_a_time_makes_a_backup() {
    let shelf = Shelf::new();
    let server = Server::start_with(shelf.set()).await;
    let other = leased(&server, minutes(1)).await;
    assert_eq!((back_up(&server).await, shelf.names().len()), (1, 0), "it looks again later");
    other.release(&server.app.db).await.expect("released");
    server.clock.advance(seconds(10));
    server.run_jobs().await;
    assert_eq!(shelf.names().len(), 1);
    // The second server finds that of the first, and its lease.
    let second = Server::start_on(server.database(), server.clock.clone(), shelf.set()).await;
    assert_eq!((back_up(&second).await, shelf.names().len()), (1, 1));
    server.clock.advance(hours(24));
    second.run_jobs().await;
    assert_eq!(shelf.names().len(), 2);
    shelf.names().iter().for_each(|name| drop(open(&shelf.path(name))));
}

#[tokio::test]
async fn the_lease_of_a_server_that_died_keeps_a_backup_that_is_due_waiting_for_half_a_minute() {
    let shelf = Shelf::new();
    let server = Server::start_with(shelf.set()).await;
    let _dead = leased(&server, seconds(30)).await;
    server.clock.advance(seconds(29));
    assert_eq!((back_up(&server).await, shelf.names().len()), (1, 0));
    server.clock.advance(seconds(10));
    server.run_jobs().await;
    assert_eq!(shelf.names().len(), 1);
}

#[tokio::test]
async fn a_quiet_copy_makes_no_backup_until_it_is_resumed() {
    let shelf = Shelf::new();
    let server = Server::start_with(shelf.set()).await;
    let generation = server.app.db.generation();
    server.app.db.write(quiet::begin).await.expect("a write");
    while !generation.is_quiet() {}
    assert_eq!((back_up(&server).await, shelf.names().len()), (1, 0), "it looks again later");
    server.app.db.write(quiet::end).await.expect("a write");
    while generation.is_quiet() {}
    server.clock.advance(minutes(5));
    server.run_jobs().await;
    assert_eq!(shelf.names().len(), 1);
}

#[test]
fn a_backup_deletes_what_a_killed_process_left_of_the_same_archive_and_nothing_else() {
    let (shelf, database) = (Shelf::new(), crate::test_database::TestDatabase::fresh());
    let [dead, alive] =
        ["a.zip.0123456789abcdef.part", "a.zip.fedcba9876543210.part"].map(|name| shelf.path(name));
    let kept = ["a.zip.mine.part", "b.zip.0123456789abcdef.part", "a.zip.0123456789abcdef"];
    for name in kept {
        std::fs::write(shelf.path(name), "").expect("a file");
    }
    std::fs::write(&dead, "").expect("a file");
    let file = std::fs::File::create(&alive).expect("a file");
    file.try_lock().expect("a lock");
    shelf.back_up(&database, "a.zip");
    assert!(!dead.exists());
    assert!(alive.exists(), "a process that is at work has it");
    assert!(kept.iter().all(|name| shelf.path(name).exists()));
    assert_eq!(shelf.names().len(), 2 + kept.len());
    drop(file);
    // One that runs has a lock on its own.
    let mut told = super::snapshot::Told(|| {
        let name = shelf.names().into_iter().find(|name| name.starts_with("c.zip.")).expect("a draft");
        assert!(std::fs::File::open(shelf.path(&name)).expect("a file").try_lock().is_err(), "{name}");
    });
    lede::archive::write(&database.url, &shelf.path("c.zip"), &Clock::System, &mut told).expect("an archive");
}
