use lede::base::clock::Timestamp;
use lede::base::codes::row_meaning;
use lede::subscribers::Status;
use lede::subscribers::import::person::{Person, Refusal};
use serde_json::{Value, json};

use super::{read, statuses};

#[test]
fn a_person_of_mailchimp_brings_names_tags_notes_and_evidence() {
    let text = "Email Address,First Name,Last Name,Boat,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LAST_CHANGED,LEID,EUID,NOTES,TAGS\r\n\
        Ada@Reader.example,Ada,Lovelace,Kelpie,4,2021-03-01 08:00:00,192.0.2.1,2021-03-01 08:05:00,nowhere,52.1,2024-01-01 00:00:00,1,e1,\"Met at sea,\nwrote back\",\"\"\"vip\"\",\"\"long time, no see\"\"\"\r\n";
    let person = read(text).remove(0).unwrap();
    assert_eq!((person.email.as_str(), person.status), ("Ada@reader.example", Status::Confirmed));
    assert_eq!(person.name.unwrap().as_str(), "Ada Lovelace");
    assert_eq!(person.labels, ["vip", "long time, no see"]);
    assert_eq!(Value::from(person.custom), json!({"Boat": "Kelpie", "NOTES": "Met at sea,\nwrote back"}));
    assert_eq!(person.created_at, Timestamp::parse("2021-03-01T08:00:00Z"));
    assert_eq!(person.confirmed_at, Timestamp::parse("2021-03-01T08:05:00Z"));
    let details = json!({
        "signed_up_at": "2021-03-01 08:00:00", "signed_up_from": "192.0.2.1", "confirmed_at": "2021-03-01 08:05:00"
    });
    assert_eq!(Value::from(person.details), details);
}

#[test]
fn every_format_states_in_its_own_way_who_wants_mail() {
    let of = |header: &str, rows: &[&str]| statuses(&format!("{header}\n{}\n", rows.join("\n")));
    let ghost = "email,subscribed_to_emails,complimentary_plan,deleted_at";
    assert_eq!(
        of(
            ghost,
            &["a@b.example,true,,", "a@b.example,false,,", "a@b.example,,,", "a@b.example,true,,2024-01-01"]
        ),
        ["confirmed", "unsubscribed", "status-unknown", "unsubscribed"]
    );
    for (last, wanted) in
        [("LAST_CHANGED", "confirmed"), ("UNSUB_TIME", "unsubscribed"), ("CLEAN_TIME", "bounced")]
    {
        let header = format!("Email Address,MEMBER_RATING,OPTIN_TIME,{last},LEID,EUID");
        assert_eq!(of(&header, &["a@b.example,2,,,1,e"]), [wanted]);
    }
    let substack = "email,active_subscription,expiry,plan,email_disabled,created_at";
    assert_eq!(
        of(substack, &["a@b.example,false,,,false,2024-01-01", "a@b.example,true,,,true,2024-01-01"]),
        ["confirmed", "unsubscribed"]
    );
    let buttondown = "email_address,type,creation_date";
    assert_eq!(
        of(buttondown, &["a@b.example,regular,", "a@b.example,unactivated,", "a@b.example,undeliverable,"]),
        ["confirmed", "not-confirmed", "bounced"]
    );
    let beehiiv = "email,status,subscription_tier";
    assert_eq!(
        of(
            beehiiv,
            &["a@b.example,active,", "a@b.example,inactive,", "a@b.example,pending,", "a@b.example,,"]
        ),
        ["confirmed", "unsubscribed", "not-confirmed", "status-unknown"]
    );
    let listmonk = "uuid,email,name,attributes,status";
    assert_eq!(
        of(listmonk, &["1,a@b.example,,{},enabled", "1,a@b.example,,{},blocklisted"]),
        ["confirmed", "unsubscribed"]
    );
    assert_eq!(
        of("email,unsubscribed_at", &["a@b.example,", "a@b.example,2024-01-01"]),
        ["confirmed", "unsubscribed"]
    );
}

#[test]
fn a_refused_row_states_why() {
    let text =
        "email,name\n,Ada\na@b.example\na@b.example,x,y\nada,Ada\njörg@b.example,Jörg\na@b.example,\0\n";
    let codes = [
        "email-missing",
        "cells-mismatched",
        "cells-mismatched",
        "email-malformed",
        "email-not-ascii",
        "row-contains-nul",
    ];
    assert_eq!(statuses(text), codes);
    assert!(codes.iter().all(|code| !row_meaning(code).is_empty()), "every code is explained");
}

#[test]
fn a_date_that_cannot_be_read_in_one_way_is_reported_and_never_replaced() {
    let dates = [
        "2023/02/10",
        "2023-02-10 9:05:00",
        "\"Fri, 10 Feb 2023 09:05:00 +0000\"",
        "1676040000000",
        "10 Feb 2023",
        "2/22/2023",
        "10.02.2023",
    ];
    for date in dates {
        let person = read(&format!("email,created_at\na@b.example,{date}\n")).remove(0).unwrap();
        let day = if date.contains("22") { "2023-02-22" } else { "2023-02-10" };
        assert_eq!(person.created_at.unwrap().date(), day, "{date}");
        assert_eq!(person.confirmed_at, person.created_at);
    }
    for date in ["02/10/2023", "yesterday", "2023-02", "2036-01-01", "2023-02-30"] {
        assert_eq!(
            statuses(&format!("email,created_at\na@b.example,{date}\n")),
            ["date-unreadable"],
            "{date}"
        );
    }
    // A date says yes in these columns, too, but not when.
    for column in ["confirmed", "Double opt-in", "subscribed", "newsletter", "confirmed_at"] {
        for date in ["02/03/2024", "2036-01-01", "2023-02-30"] {
            assert_eq!(
                statuses(&format!("email,{column}\na@b.example,{date}\n")),
                ["date-unreadable"],
                "{column}: {date}"
            );
        }
    }
    for column in ["unsubscribed", "bounced", "Spam report"] {
        let left = read(&format!("email,{column}\na@b.example,02/03/2024\n")).remove(0).unwrap();
        assert_eq!((left.unsubscribed_at, left.remark()), (None, Some("date-unreadable")), "{column}");
    }
    for flag in ["yes", "1", "subscribed"] {
        assert_eq!(statuses(&format!("email,confirmed\na@b.example,{flag}\n")), ["confirmed"], "{flag}");
    }
    // Whoever wants no mail is never refused for a date.
    let left = read("email,unsubscribed_at\na@b.example,02/10/2023\n").remove(0).unwrap();
    assert_eq!((left.status, left.unsubscribed_at), (Status::Unsubscribed, None));
    assert_eq!(left.remark(), Some("date-unreadable"));
    // None is not unreadable.
    for none in ["", "0000-00-00", "0", "null"] {
        assert_eq!(statuses(&format!("email,created_at\na@b.example,{none}\n")), ["confirmed"], "{none}");
    }
}

#[test]
fn custom_members_are_bounded_and_objects_are_merged_into_them() {
    let text = format!(
        "uuid,email,name,attributes,status,note\n1,a@b.example,,\"{{\"\"city\"\":\"\"Kiel\"\",\"\"x\"\":null}}\",enabled,{}\n",
        "x".repeat(9000)
    );
    let person = read(&text).remove(0).unwrap();
    assert_eq!(Value::from(person.custom), json!({"city": "Kiel"}));
}

#[test]
fn lists_come_as_csv_json_or_with_semicolons() {
    for text in ["a,b", "\"a\",\"b\"", "[\"a\",\"b\"]", "a;b", "a | b"] {
        let cell = format!("\"{}\"", text.replace('"', "\"\""));
        let person = read(&format!("email,tags\na@b.example,{cell}\n")).remove(0).unwrap();
        assert_eq!(person.labels, ["a", "b"], "{text}");
    }
}

#[test]
fn an_escaped_cell_is_unescaped() {
    let person = read("email,name,Phone\n'+ada@b.example,'=Ada,'+49 30\n").remove(0).unwrap();
    assert_eq!((person.email.as_str(), person.name.unwrap().as_str()), ("+ada@b.example", "=Ada"));
    assert_eq!(person.custom["Phone"], "+49 30");
}

#[test]
fn the_first_time_is_that_of_the_beginning_and_the_last_that_of_the_end() {
    let text = "email,Date added,created_at,Unsubscribed at,Opt-out date,bounced_at\n\
        a@b.example,,2021-03-01,,,\n\
        a@b.example,2022-01-01,2021-03-01,,,\n\
        a@b.example,02/03/2021,2021-03-01,,,\n\
        b@b.example,,2021-03-01,2023-05-06,2024-05-06,\n\
        c@b.example,,2021-03-01,2023-05-06,,2024-07-08\n\
        d@b.example,,2021-03-01,2023-05-06,02/03/2024,\n";
    let times = |row: Result<Person, Refusal>| {
        let person = row.unwrap();
        let day = |at: Option<Timestamp>| at.map_or("-".to_owned(), Timestamp::date);
        [day(person.created_at), day(person.unsubscribed_at), day(person.ended_at)].join(" ")
    };
    let wanted = [
        "2021-03-01 - -",
        "2021-03-01 - -",
        "2021-03-01 - -",
        "2021-03-01 2024-05-06 2024-05-06",
        "2021-03-01 2023-05-06 2024-07-08",
        // The one that cannot be read may be later.
        "2021-03-01 - -",
    ];
    assert_eq!(read(text).into_iter().map(times).collect::<Vec<_>>(), wanted);
}
