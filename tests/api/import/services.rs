//! What the file of each service becomes.

use lede::auth::Role;
use serde_json::json;

use super::{ADA, count_consents, counts, everybody, imported, lines, told};
use crate::given::minutes;
use crate::server::Server;

/// A file of each service, with people of our own invention: its format, and what it becomes.
pub const FILES: &[(&str, &str, &[&str])] = &[
    (
        "ghost",
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\r\n\
         65f0,ada@reader.example,Ada Marsh,Wrote a letter,true,false,cus_1,2023-04-01T08:00:00.000Z,,\"VIP,Early, bird\",Gold\r\n\
         65f1,bo@reader.example,,,false,false,,2023-04-02T08:00:00.000Z,,,\r\n",
        &["ada confirmed Ada Marsh [Early,VIP,bird]", "bo unsubscribed - []"],
    ),
    (
        "mailchimp",
        "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS\n\
         ada@reader.example,Ada,Marsh,4,\"2021-03-01 08:00:00\",192.0.2.1,\"2021-03-01 08:05:00\",192.0.2.2,,,,,,,,\"2024-01-01 00:00:00\",1,e1,,\"\"\"patron\"\",\"\"long, long ago\"\"\"\n",
        &["ada confirmed Ada Marsh [long, long ago,patron]"],
    ),
    (
        "mailchimp",
        "E-Mail-Adresse,Vorname,Nachname,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS\n\
         bo@reader.example,Bo,Kai,2,2020-01-01 08:00:00,,2020-01-01 09:00:00,,2022-02-02 10:00:00,Winter,c1,NORMAL,,2,e2,,\n",
        &["bo unsubscribed Bo Kai []"],
    ),
    (
        "mailchimp",
        "Adresse e-mail,Prénom,Nom,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID,NOTES,TAGS\n\
         cy@reader.example,Cy,Île,1,2020-01-01 08:00:00,,2020-01-01 09:00:00,,2022-02-02 10:00:00,Winter,c1,3,e3,,\n",
        &["cy bounced Cy Île []"],
    ),
    (
        "substack",
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n\
         ada@reader.example,true,2027-01-01T00:00:00.000Z,yearly,false,2024-01-15T10:00:00.000Z,2024-01-15T10:00:00.000Z\n\
         bo@reader.example,false,,other,true,2024-01-16T10:00:00.000Z,\n",
        &["ada confirmed - []", "bo unsubscribed - []"],
    ),
    (
        "buttondown",
        "id,email_address,type,creation_date,tags,metadata,notes,source\n\
         1,ada@reader.example,regular,2024-01-15T10:00:00Z,\"news, sea\",\"{\"\"boat\"\": \"\"Kelpie\"\"}\",,organic\n\
         2,bo@reader.example,unsubscribed,2024-01-16T10:00:00Z,,{},,import\n\
         3,cy@reader.example,unactivated,2024-01-17T10:00:00Z,,{},,organic\n\
         4,dee@reader.example,complained,2024-01-18T10:00:00Z,,{},,organic\n",
        &["ada confirmed - [news,sea]", "bo unsubscribed - []", "dee complained - []"],
    ),
    (
        "beehiiv",
        "Email,Status,Created At,Subscription Tier,UTM Source,Acquisition Source,Tags\n\
         ada@reader.example,active,2025-10-10 10:10:10,free,harbour,website,sea\n\
         bo@reader.example,inactive,2025-10-11 10:10:10,free,,website,\n\
         cy@reader.example,pending,2025-10-12 10:10:10,free,,website,\n",
        &["ada confirmed - [sea]", "bo unsubscribed - []"],
    ),
    (
        "listmonk",
        "uuid,email,name,attributes,status,created_at,updated_at\n\
         u1,ada@reader.example,Ada,\"{\"\"city\"\":\"\"Kiel\"\"}\",enabled,2024-01-15 10:00:00.123456 +0000 UTC,2024-01-16 10:00:00 +0000 UTC\n\
         u2,bo@reader.example,Bo,{},blocklisted,2024-01-15 10:00:00 +0000 UTC,2024-01-16 10:00:00 +0000 UTC\n",
        &["ada confirmed Ada []", "bo unsubscribed Bo []"],
    ),
    (
        "plain",
        "\u{feff}Naam;E-mailadres;Stad\r\nAda;ada@reader.example;Kiel\r\n\"Bo;b\";bo@reader.example;\r\n",
        &["ada confirmed Ada []", "bo confirmed Bo;b []"],
    ),
];

#[tokio::test]
async fn every_services_file_is_taken_as_it_is() {
    for (format, file, wanted) in FILES {
        let server = Server::start().await;
        let import = imported(&server, file).await;
        assert_eq!(import["format"], *format, "{file}");
        assert_eq!(lines(&server).await, *wanted, "{file}");
        // What left or bounced there is suppressed here.
        let ended = wanted.iter().filter(|line| !line.contains(" confirmed ")).count();
        let admin = server.login(Role::Admin).await;
        let suppressed = admin.get("/v1/suppressions?include_total=true").await.expect(200);
        assert_eq!(suppressed["total"], ended, "{file}");
        // The same file again.
        let before = (everybody(&server).await, told(&server).await, count_consents(&server).await);
        server.clock.advance(minutes(1));
        let [created, updated, ..] = counts(&imported(&server, file).await);
        assert_eq!((created, updated), (0, 0), "{file}");
        let mut after = (everybody(&server).await, told(&server).await, count_consents(&server).await);
        *after.1.get_mut("subscribers.imported").expect("an event") -= 1;
        assert_eq!(after, before, "{file}");
    }
}

#[tokio::test]
async fn what_a_file_knows_of_a_person_is_kept_and_what_it_knows_of_money_is_not() {
    let server = Server::start().await;
    imported(&server, FILES[0].1).await;
    let ada = everybody(&server).await.remove(ADA).expect("Ada");
    assert_eq!(ada["custom"], json!({"note": "Wrote a letter"}));
    for (member, value) in [
        ("created_at", "2023-04-01T08:00:00.000000Z"),
        ("confirmed_at", "2023-04-01T08:00:00.000000Z"),
        ("source", "The old letter"),
        ("locale", "en"),
    ] {
        assert_eq!(ada[member], value, "{member}");
    }
    let server = Server::start().await;
    imported(&server, FILES[5].1).await;
    let ada = everybody(&server).await.remove(ADA).expect("Ada");
    assert_eq!((&ada["custom"], &ada["source"]), (&json!({"boat": "Kelpie"}), &json!("organic")));
}
