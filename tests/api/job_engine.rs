//! The engine of background jobs, with jobs of its own: what runs at the same time, what is retried, and what is given up.

use std::sync::Mutex;
use std::time::Duration;

use diesel::prelude::*;
use lede::app::App;
use lede::auth::Role;
use lede::base::db::schema::jobs as kept;
use lede::base::db::types::Json;
use lede::base::error::{Error, Result};
use lede::base::ids::{IsId as _, JobId};
use lede::base::jobs::{self, Job, Kind, Outcome, Queue, Worker};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{Barrier, watch};

use crate::given::{minutes, seconds};
use crate::server::Server;

/// What the jobs below run in.
struct Env {
    server: Server,
    /// Where jobs and a test meet.
    meeting: Barrier,
    /// The jobs that ran, in order.
    ran: Mutex<Vec<u32>>,
}

const KINDS: &[Kind<Env>] = &[
    Kind::of::<Meet>(),
    Kind::of::<MeetByMail>(),
    Kind::of::<Note>(),
    Kind::of::<Fail>(),
    Kind::of::<Hang>(),
    Kind::of::<GiveUp>(),
    Kind::of::<Panic>(),
    Kind::of::<Outlive>(),
];

/// Comes to the meeting twice.
#[derive(Serialize, Deserialize)]
struct Meet;
impl Job<Env> for Meet {
    const KIND: &'static str = "meet";
    async fn run(self, env: &Env) -> Result<Outcome> {
        env.meeting.wait().await;
        env.meeting.wait().await;
        Ok(Outcome::Done)
    }
}

/// The same from another queue.
#[derive(Serialize, Deserialize)]
struct MeetByMail;
impl Job<Env> for MeetByMail {
    const KIND: &'static str = "meet-by-mail";
    const QUEUE: Queue = Queue::Mail;
    async fn run(self, env: &Env) -> Result<Outcome> {
        Meet.run(env).await
    }
}

/// Notes its number.
#[derive(Serialize, Deserialize)]
struct Note {
    number: u32,
}
impl Job<Env> for Note {
    const KIND: &'static str = "note";
    async fn run(self, env: &Env) -> Result<Outcome> {
        env.ran.lock().unwrap().push(self.number);
        Ok(Outcome::Done)
    }
}

#[derive(Serialize, Deserialize)]
struct Fail;
impl Job<Env> for Fail {
    const KIND: &'static str = "fail";
    const RETRIES: u32 = 2;
    async fn run(self, _: &Env) -> Result<Outcome> {
        Err(Error::unavailable("the tide is out"))
    }
}

/// Never ends by itself.
#[derive(Serialize, Deserialize)]
struct Hang;
impl Job<Env> for Hang {
    const KIND: &'static str = "hang";
    const TIMEOUT: Duration = Duration::from_millis(5);
    async fn run(self, _: &Env) -> Result<Outcome> {
        std::future::pending().await
    }
}

#[derive(Serialize, Deserialize)]
struct GiveUp;
impl Job<Env> for GiveUp {
    const KIND: &'static str = "give-up";
    async fn run(self, _: &Env) -> Result<Outcome> {
        Ok(Outcome::GiveUp("the boat has sunk".to_owned()))
    }
}

#[derive(Serialize, Deserialize)]
struct Panic;
impl Job<Env> for Panic {
    const KIND: &'static str = "panic";
    async fn run(self, _: &Env) -> Result<Outcome> {
        panic!("all at once")
    }
}

/// Outlives its own claim, so that another worker takes the job, and fails.
#[derive(Serialize, Deserialize)]
struct Outlive;
impl Job<Env> for Outlive {
    const KIND: &'static str = "outlive";
    async fn run(self, env: &Env) -> Result<Outcome> {
        let is_first = {
            let mut ran = env.ran.lock().unwrap();
            ran.push(0);
            ran.len() == 1
        };
        if !is_first {
            return Err(Error::unavailable("the second one fails"));
        }
        env.server.clock.advance(minutes(10));
        assert_eq!(Box::pin(env.run_due()).await, 1, "the claim has ended");
        Ok(Outcome::Done)
    }
}

impl Env {
    async fn start() -> Self {
        Self::on(Server::start().await, 1)
    }

    fn on(server: Server, meeting: usize) -> Self {
        Self { server, meeting: Barrier::new(meeting), ran: Mutex::default() }
    }

    fn app(&self) -> &App {
        &self.server.app
    }

    fn worker(&self) -> Worker<'_, Self> {
        Worker { db: &self.app().db, clock: &self.server.clock, kinds: KINDS, env: self }
    }

    async fn run_due(&self) -> usize {
        self.worker().run_due().await.expect("jobs")
    }

    async fn enqueue<J: Job<Self> + Send + 'static>(&self, job: J) {
        let enqueue = move |tx: &mut lede::base::db::Tx<'_>| {
            let now = tx.now();
            jobs::enqueue(tx, &job, now)
        };
        self.app().db.write(enqueue).await.expect("a job");
    }

    /// The only job: how often it was tried, its last error, whether it is dead, and in how many seconds it is due.
    fn only(&self) -> (i64, String, bool, i64) {
        let row: (i64, Option<String>, Option<Stamp>, Stamp, Option<Stamp>) = kept::table
            .select((kept::attempts, kept::last_error, kept::dead_at, kept::run_at, kept::claimed_until))
            .get_result(&mut self.server.database().connect())
            .expect("one job");
        let (attempts, error, dead_at, run_at, claimed_until) = row;
        assert_eq!(claimed_until, None);
        let due_in = run_at.as_seconds() - self.server.clock.now().as_seconds();
        (attempts, error.unwrap_or_default(), dead_at.is_some(), due_in)
    }

    fn count(&self) -> i64 {
        kept::table.count().get_result(&mut self.server.database().connect()).expect("a count")
    }
}

type Stamp = lede::base::clock::Timestamp;

#[tokio::test]
async fn a_queue_runs_jobs_at_the_same_time_up_to_its_bound_and_waits_for_no_other_queue() {
    let bound = Queue::Default.concurrency();
    // As many jobs as may run at once, one of another queue, and the test.
    let env = Env::on(Server::start().await, bound + 2);
    for _ in 0..=bound {
        env.enqueue(Meet).await;
    }
    env.enqueue(MeetByMail).await;
    let (stop, stopped) = watch::channel(false);
    let worker = env.worker();
    let test = async {
        env.meeting.wait().await;
        let claimed = kept::table.filter(kept::claimed_until.is_not_null()).count();
        let claimed: i64 = claimed.get_result(&mut env.server.database().connect()).expect("a count");
        assert_eq!(claimed, i64::try_from(bound + 1).expect("a number"), "one job waits for a slot");
        stop.send_replace(true);
        env.meeting.wait().await;
    };
    let both = futures_util::future::join(worker.run_until(stopped), test);
    tokio::time::timeout(seconds(60), both).await.expect("they meet");
    // What ran was finished; what had not begun waits for the next start.
    assert_eq!(env.only(), (0, String::new(), false, 0));
}

#[tokio::test]
async fn two_workers_run_each_job_once() {
    const JOBS: u32 = 60;
    let one = Env::start().await;
    let other = Server::start_on(one.server.database(), one.server.clock.clone(), |_| {}).await;
    let other = Env::on(other, 1);
    for number in 0..JOBS {
        one.enqueue(Note { number }).await;
    }
    let (by_one, by_other) = tokio::join!(one.run_due(), other.run_due());
    assert_eq!(by_one + by_other, JOBS as usize);
    let mut ran = one.ran.lock().unwrap().clone();
    ran.extend(other.ran.lock().unwrap().iter());
    ran.sort_unstable();
    assert_eq!(ran, (0..JOBS).collect::<Vec<_>>());
    assert_eq!(one.count(), 0);
}

#[tokio::test]
async fn a_failed_job_is_retried_after_growing_pauses_and_then_dead() {
    let env = Env::start().await;
    env.enqueue(Fail).await;
    for (attempts, is_dead, pause) in [(1, false, 10), (2, false, 20), (3, true, 40)] {
        assert_eq!(env.run_due().await, 1);
        assert_eq!(env.only(), (attempts, "the tide is out".to_owned(), is_dead, pause));
        env.server.clock.advance(seconds(pause.unsigned_abs()));
    }
    assert_eq!(env.run_due().await, 0);
}

#[tokio::test]
async fn a_job_that_gives_up_is_dead_at_once_and_listed_with_its_reason() {
    let env = Env::start().await;
    env.enqueue(GiveUp).await;
    assert_eq!(env.run_due().await, 1);
    let admin = env.server.login(Role::Admin).await;
    let dead = admin.get("/v1/jobs?status=dead&kind=give-up").await.expect(200);
    let job = &dead["items"][0];
    assert_eq!((&job["attempts"], &job["last_error"]), (&json!(1), &json!("the boat has sunk")));
    env.server.clock.advance(minutes(600));
    assert_eq!(env.run_due().await, 0);
}

#[tokio::test]
async fn a_job_that_runs_too_long_is_stopped_and_retried() {
    let env = Env::start().await;
    env.enqueue(Hang).await;
    for (attempts, pause) in [(1, 10), (2, 20)] {
        assert_eq!(env.run_due().await, 1);
        assert_eq!(env.only(), (attempts, "the job ran longer than 5ms".to_owned(), false, pause));
        env.server.clock.advance(seconds(pause.unsigned_abs()));
    }
}

#[tokio::test]
async fn a_job_that_panics_has_failed_and_keeps_no_other_from_running() {
    let env = Env::start().await;
    env.enqueue(Panic).await;
    env.enqueue(Note { number: 7 }).await;
    assert_eq!(env.run_due().await, 2);
    assert_eq!(env.only(), (1, "the job panicked".to_owned(), false, 10));
    assert_eq!(*env.ran.lock().unwrap(), [7]);
}

#[tokio::test]
async fn a_job_of_an_unknown_kind_or_form_is_retried_and_then_dead() {
    let tables = [
        ("of-tomorrow", json!({"to": "the moon"}), "unknown kind of-tomorrow"),
        ("note", json!({}), "number"),
    ];
    for (kind, payload, error) in tables {
        let env = Env::start().await;
        let now = env.server.clock.now();
        let id = JobId::from_uuid(uuid::Uuid::from_u128(1));
        diesel::insert_into(kept::table)
            .values((
                kept::id.eq(id),
                kept::kind.eq(kind),
                kept::queue.eq(Queue::Default.as_str()),
                kept::payload.eq(Json::Readable(payload)),
                kept::run_at.eq(now),
                kept::attempts.eq(0),
                kept::created_at.eq(now),
            ))
            .execute(&mut env.server.database().connect())
            .expect("a row");
        for attempts in 1..=10 {
            assert_eq!(env.run_due().await, 1);
            let (tried, why, is_dead, _) = env.only();
            assert_eq!((tried, is_dead), (attempts, attempts == 10));
            assert!(why.contains(error), "{why}");
            env.server.clock.advance(minutes(60));
        }
        assert_eq!(env.run_due().await, 0);
    }
}

#[tokio::test]
async fn whoever_outlives_a_claim_no_longer_decides_how_the_job_ended() {
    let env = Env::start().await;
    env.enqueue(Outlive).await;
    assert_eq!(env.run_due().await, 1);
    assert_eq!(env.ran.lock().unwrap().len(), 2);
    assert_eq!(env.only(), (2, "the second one fails".to_owned(), false, 20));
}

#[tokio::test]
async fn a_job_that_ends_its_process_each_time_is_dead_in_the_end() {
    let env = Env::start().await;
    env.enqueue(Fail).await;
    // Claimed as often as it may be tried, each time by a process that was gone before it recorded anything.
    diesel::update(kept::table)
        .set(kept::attempts.eq(3))
        .execute(&mut env.server.database().connect())
        .expect("claims");
    assert_eq!(env.run_due().await, 0);
    let (attempts, why, is_dead, _) = env.only();
    assert_eq!((attempts, why.as_str(), is_dead), (3, "the process ended while the job ran", true));
}
