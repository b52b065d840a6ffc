//! Consent: whoever a file calls unsubscribed, bounced or complained, in whatever words and columns, is never confirmed.

use super::statuses;

/// The statuses of rows of `email` and these columns.
fn of(header: &str, rows: &[&str]) -> Vec<&'static str> {
    let rows: Vec<String> = rows.iter().map(|row| format!("a@b.example,{row}")).collect();
    statuses(&format!("email,{header}\n{}\n", rows.join("\n")))
}

#[test]
fn every_column_about_consent_counts_and_the_worst_of_them() {
    let rows =
        ["Yes,No,No,No", "No,Yes,No,No", "No,No,Yes,No", "No,No,No,Yes", "No,No,No,No", "Yes,Yes,No,Yes"];
    assert_eq!(
        of("EMAIL_BLOCKLISTED,Bounced,Do Not Email,Complained", &rows),
        ["unsubscribed", "bounced", "unsubscribed", "complained", "confirmed", "complained"]
    );
    assert_eq!(
        of("status,unsubscribed", &["active,1", "active,0", "bounced,yes", "maybe,yes", "maybe,no"]),
        ["unsubscribed", "confirmed", "bounced", "unsubscribed", "status-unknown"]
    );
}

#[test]
fn the_columns_of_many_services_are_understood() {
    for (header, row, wanted) in [
        // Campaign Monitor, MailerLite, Kit, Klaviyo, MailPoet, Mailster.
        ("State", "Unsubscribed", "unsubscribed"),
        ("Status", "Deleted", "unsubscribed"),
        ("Status", "Junk", "complained"),
        ("Subscriber state", "cancelled", "unsubscribed"),
        ("Email Marketing Consent", "NEVER_SUBSCRIBED", "not-confirmed"),
        ("Email Marketing Consent", "SUBSCRIBED", "confirmed"),
        ("List status", "hardbounced", "bounced"),
        ("status", "Inactive", "unsubscribed"),
        // Substack, Ghost, HubSpot, Zoho, Salesforce, AWeber, SendGrid.
        ("email_disabled", "TRUE", "unsubscribed"),
        ("Unsubscribed from all email", "true", "unsubscribed"),
        ("Email Opt Out", "1", "unsubscribed"),
        ("HasOptedOutOfEmail", "TRUE", "unsubscribed"),
        ("Stop Time", "2023-01-02 10:00:00", "unsubscribed"),
        ("Invalid email", "yes", "bounced"),
        ("Hard bounces", "2", "bounced"),
        ("Spam reports", "1.0", "complained"),
        ("Suppressed at", "02/03/2024", "unsubscribed"),
        ("Suppression reason", "asked by phone", "unsubscribed"),
        ("is_deleted", "t", "unsubscribed"),
        ("Blocked", "✓", "unsubscribed"),
        ("Active", "no", "unsubscribed"),
        ("Accepts Email Marketing", "no", "unsubscribed"),
        ("GDPR consent", "0", "unsubscribed"),
        ("Double opt-in", "no", "not-confirmed"),
        ("confirmed_at", "", "not-confirmed"),
        ("Tags", "vip; Unsubscribed", "unsubscribed"),
        ("List", "Do not contact", "unsubscribed"),
        ("Unsubscribed via link", "yes", "unsubscribed"),
        ("Unsubscribed during campaign", "yes", "unsubscribed"),
        ("Bounced since purified", "yes", "bounced"),
        ("Opt-out token", "2024-03-01", "unsubscribed"),
        ("Spam report link", "x", "complained"),
        ("Newsletter/SMS opt-out", "yes", "unsubscribed"),
        ("Consent information", "no", "unsubscribed"),
        ("Opt-out (newsletter + phone)", "yes", "unsubscribed"),
        ("Désabonné courriel et SMS", "oui", "unsubscribed"),
        ("Baja boletín y WhatsApp: dado de baja", "si", "unsubscribed"),
        ("Abgemeldet (Rundbrief + Fax)", "ja", "unsubscribed"),
        ("Not subscribed", "yes", "unsubscribed"),
    ] {
        assert_eq!(of(header, &[row]), [wanted], "{header}: {row}");
    }
}

#[test]
fn consent_is_understood_in_many_languages() {
    for (header, row, wanted) in [
        ("Abgemeldet am", "03.02.2024", "unsubscribed"),
        ("Statut", "Désabonné", "unsubscribed"),
        ("Date de désinscription", "2024-02-03", "unsubscribed"),
        ("Fecha de baja", "2024-02-03", "unsubscribed"),
        ("Estado", "Rebotado", "bounced"),
        ("Stato", "Disiscritto", "unsubscribed"),
        ("Uitgeschreven", "ja", "unsubscribed"),
        ("Situação", "Descadastrado", "unsubscribed"),
        ("Stan", "Wypisany", "unsubscribed"),
        ("Avregistrerad", "ja", "unsubscribed"),
        ("Отписан", "да", "unsubscribed"),
        ("Статус", "Жалоба на спам", "complained"),
        ("配信停止", "はい", "unsubscribed"),
        ("状态", "已退订", "unsubscribed"),
        ("수신거부", "1", "unsubscribed"),
        ("Status", "Bestätigt", "confirmed"),
        ("Statut", "abonnée", "confirmed"),
        ("Статус", "Подписан", "confirmed"),
    ] {
        assert_eq!(of(header, &[row]), [wanted], "{header}: {row}");
    }
}

#[test]
fn what_is_not_understood_refuses_the_row() {
    for (header, row) in [
        ("Status", "purple"),
        ("Status", ""),
        ("Status", "3"),
        ("Status", "not blocked"),
        ("Unsubscribed", "Weekly letter"),
        ("Bounced", "soft"),
        ("Spam score", "0.4"),
        ("Subscribed", ""),
        ("Subscribed", "2"),
        ("Consent", "Express"),
        ("Confirmed", "perhaps"),
        ("Do not email", "?"),
        // A word of a status says yes to whatever the column is called.
        ("Opt-out", "enabled"),
        ("Opt-out", "active"),
        ("Opt-out", "confirmed"),
        ("Do not email", "active"),
        ("Suppressed", "verified"),
        ("Blocklist", "aktiv"),
        ("Blocked", "Active"),
        ("Unsubscribed at", "confirmed"),
        ("Abgemeldet", "bestätigt"),
        ("Bounced", "confirmed"),
        ("Spam report", "verified"),
        ("Unsubscribe token", "somebody"),
        ("country,state", "DE,lapsed"),
    ] {
        assert_eq!(of(header, &[row]), ["status-unknown"], "{header}: {row}");
    }
}

#[test]
fn what_says_nothing_about_consent_takes_none_away() {
    for (header, row) in [
        ("Unsubscribed", "No"),
        ("Unsubscribed", "-"),
        ("Unsubscribed at", "0000-00-00 00:00:00"),
        ("Unsubscribed at", "1970-01-01T00:00:00Z"),
        ("Unsubscribed at", "00/00/0000"),
        ("bounce_count", "0"),
        ("bounce_count", "0.0"),
        ("Bounced", "never"),
        ("Bounced", "Active"),
        ("Complaints", "null"),
        ("Unsubscribe URL", "https://letters.example/leave/1"),
        ("Unsubscribe link", "mailto:leave@letters.example"),
        ("Unsubscribe token", "5f1c9a7e-0b1d-4c1a-9a53-5d4a9b1f0c11"),
        ("Unsubscribe hash", "9e107d9d372bb6826bd81d3542a419d6"),
        ("Opt-out", "opted in"),
        ("Unsubscribed", "Subscribed"),
        ("Bounced", "subscribed"),
        ("SMS opt-out", "yes"),
        ("Order status", "cancelled"),
        ("Subscribed", "2023-01-02"),
        ("status,confirmed_at", "active,"),
        ("City,State", "Portland,OR"),
        ("Notes", "Asked whether she was unsubscribed"),
        ("Consent text", "I want the letter."),
    ] {
        assert_eq!(of(header, &[row]), ["confirmed"], "{header}: {row}");
    }
}

#[test]
fn a_file_of_mailchimp_says_by_its_columns_what_it_is_and_its_merge_fields_count() {
    let header = "Unsubscribed,State,UNSUB_TIME,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED,LEID,EUID";
    let rows = [
        "no,OR,,2,,2021-03-01 08:05:00,,1,e",
        "yes,OR,,2,,2021-03-01 08:05:00,,1,e",
        ",OR,2020-01-01 00:00:00,2,,2021-03-01 08:05:00,,1,e",
        ",OR,,2,,,,1,e",
    ];
    assert_eq!(of(header, &rows), ["confirmed", "unsubscribed", "unsubscribed", "not-confirmed"]);
}
