//! The kinds of background jobs: their names, and the form of their rows, which outlive releases.

use lede::accounts::resets::SendPasswordReset;
use lede::accounts::{ForgetNames, HandOver};
use lede::app::App;
use lede::base::ids::{ArticleId, EmailId, ImportId, IsId, SubscriberId, UserId};
use lede::base::jobs::Job;
use lede::editions::purge::PurgeArticle;
use lede::outbox::{DeleteTraces, SendEmail};
use lede::render_context::RerenderArticles;
use lede::search::forget_words::ForgetWords;
use lede::server::backups::BackUp;
use lede::server::housekeeping::Housekeeping;
use lede::server::jobs::JOBS;
use lede::server::purging::ForgetPurged;
use lede::subscribers::RequestConfirmation;
use lede::subscribers::import::ImportSubscribers;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::given::{hours, minutes, moment, seconds};

/// A job's name, when its payload is written and read in this form. Rows outlive releases: the form stays readable.
fn form<J: Job<App> + DeserializeOwned>(job: &J, payload: &Value) -> &'static str {
    assert_eq!(serde_json::to_value(job).expect("JSON"), *payload, "{}", J::KIND);
    let read: J = serde_json::from_value(payload.clone()).expect("a job");
    assert_eq!(serde_json::to_value(&read).expect("JSON"), *payload, "{}", J::KIND);
    J::KIND
}

#[test]
fn every_kind_of_job_has_its_own_name_and_a_form_that_can_be_read_back() {
    fn id<T: IsId>() -> T {
        T::from_uuid(uuid::Uuid::from_u128(7))
    }
    let text = "00000000-0000-0000-0000-000000000007";
    let known = [
        form(&RerenderArticles { after: Some(id::<ArticleId>()) }, &json!({"after": text})),
        form(&RequestConfirmation { subscriber: id::<SubscriberId>() }, &json!({"subscriber": text})),
        form(
            &SendPasswordReset { user: Some(id::<UserId>()), asked_at: moment(), from_known_network: true },
            &json!({"user": text, "asked_at": moment(), "from_known_network": true}),
        ),
        form(&SendEmail { email: id::<EmailId>() }, &json!({"email": text})),
        form(&ImportSubscribers { import: id::<ImportId>() }, &json!({"import": text})),
        form(&DeleteTraces, &Value::Null),
        form(&HandOver { user: id::<UserId>() }, &json!({"user": text})),
        form(&ForgetNames { user: id::<UserId>() }, &json!({"user": text})),
        form(&PurgeArticle { article: id::<ArticleId>() }, &json!({"article": text})),
        form(&ForgetPurged, &Value::Null),
        form(&ForgetWords, &Value::Null),
        form(&BackUp, &Value::Null),
        form(&Housekeeping, &Value::Null),
    ];
    let names: Vec<&str> = JOBS.iter().map(|kind| kind.name).collect();
    assert_eq!(names, known);
    for (at, name) in names.iter().enumerate() {
        assert!(!names[..at].contains(name), "{name} twice");
        assert!(name.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase())));
    }
    // A kind may not run on after its claim: its margin is a minute.
    let longest = |name: &str| if name == <BackUp as Job<App>>::KIND { hours(2) } else { minutes(10) };
    assert!(JOBS.iter().all(|kind| kind.timeout >= seconds(1) && kind.timeout <= longest(kind.name)));
}
