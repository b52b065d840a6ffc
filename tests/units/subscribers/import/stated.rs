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
        ("Email address confirmed", "no", "not-confirmed"),
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
        // Who unsubscribed was a subscriber, and this may say who did it.
        ("Unsubscribed", "subscriber"),
        ("Opt-out", "Active subscriber"),
        ("Désinscrit", "abonnée"),
        // A link or token that not everybody has.
        ("Unsubscribed", "https://letters.example/campaigns/7"),
        ("Unsubscribed in campaign", "5f1c9a7e0b1d4c1a9a535d4a9b1f0c11"),
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
        ("Newsletter frequency", "weekly"),
        ("Newsletter opens", "0"),
        ("Marketing channel", "no"),
        ("Email client", "no"),
        ("Emails received", "0"),
        ("Mailing address", "1 Quay Street"),
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

#[test]
fn a_question_about_mail_may_be_put_in_any_words() {
    let long = format!(
        "{} Would you like to receive our emails?",
        "We would never pass on your address.".repeat(60)
    );
    for header in [
        "Receive newsletter",
        "Newsletter subscription",
        "Would you like to receive our emails?",
        "May we write to you by e-mail (questions to privacy@shop.example)?",
        "Marketing emails",
        "email_marketing",
        "Marketing",
        "allow_marketing",
        "Stripe marketing consent",
        "E-Mail-Werbung",
        "Möchten Sie unseren Rundbrief erhalten?",
        "Recevoir nos courriels",
        "Desea recibir correo",
        "Desidero ricevere email",
        "Nieuwsbrief ontvangen",
        "I consent to receive the text of the newsletter by mail",
        long.as_str(),
    ] {
        let header = format!("\"{header}\"");
        let rows = ["no", "Nein, danke", "declined", "", "yes"];
        let wanted = ["unsubscribed", "unsubscribed", "unsubscribed", "status-unknown", "confirmed"];
        assert_eq!(
            of(&header, &rows.map(|row| format!("\"{row}\"")).each_ref().map(String::as_str)),
            wanted,
            "{header}"
        );
    }
    // Put the other way round.
    for header in [
        "Does not want emails",
        "Refused marketing emails",
        "No longer wants newsletter",
        "Please don't mail me",
    ] {
        assert_eq!(of(header, &["yes", "no", ""]), ["unsubscribed", "confirmed", "confirmed"], "{header}");
    }
    // A clear no to something about mail.
    for header in ["Newsletter frequency", "Newsletter list", "Consent (website form)"] {
        assert_eq!(
            of(header, &["never", "no", ""]),
            ["status-unknown", "status-unknown", "confirmed"],
            "{header}"
        );
    }
}

#[test]
fn no_is_no_in_any_case_and_language() {
    for word in [
        "No",
        "NON",
        "nein",
        "Não",
        "NÃO",
        "nao",
        "Nej",
        "нет",
        "いいえ",
        "아니요",
        "Hayır",
        "✗",
        "0",
        "FALSE",
        "Never",
    ] {
        assert_eq!(of("newsletter", &[word]), ["unsubscribed"], "{word}");
        assert_eq!(of("unsubscribed", &[word]), ["confirmed"], "{word}");
    }
}

#[test]
fn a_column_of_the_unconfirmed_confirms_nobody() {
    for header in [
        "Unconfirmed",
        "Not confirmed",
        "is_unverified",
        "Email unverified",
        "Pending",
        "Confirmation pending",
    ] {
        let rows = ["yes", "1", "2024-03-01", "no", "", "pending", "perhaps", "active"];
        let wanted = [
            "not-confirmed",
            "not-confirmed",
            "not-confirmed",
            "confirmed",
            "confirmed",
            "not-confirmed",
            "status-unknown",
            "status-unknown",
        ];
        assert_eq!(of(header, &rows), wanted, "{header}");
    }
    assert_eq!(of("Unconfirmed orders", &["3"]), ["confirmed"]);
}

/// A cell of this text.
fn cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[test]
fn an_object_in_a_cell_says_what_its_members_say() {
    for (header, object, wanted) in [
        ("newsletter", r#"{"newsletter": false}"#, "unsubscribed"),
        ("consent", r#"{"accepts_marketing": "no"}"#, "unsubscribed"),
        ("consent", r#"{"email": false, "sms": true}"#, "unsubscribed"),
        ("consent", r#"{"email": true, "sms": false, "source": "form", "text": "By mail"}"#, "confirmed"),
        ("consent", r#"{"email": {"status": "granted"}}"#, "status-unknown"),
        ("consent", r#"{"sms": true}"#, "status-unknown"),
        ("consent", "{}", "status-unknown"),
        ("consent", "[]", "status-unknown"),
        ("consent", r#"["yes", "no"]"#, "unsubscribed"),
        ("status", r#"{"email": "unsubscribed", "app": "active"}"#, "unsubscribed"),
        ("confirmed", r#"{"date": "2023-01-02"}"#, "confirmed"),
        ("unsubscribed", r#"{"newsletter": true}"#, "unsubscribed"),
        ("unsubscribed", r#"{"newsletter": false, "at": null}"#, "confirmed"),
        // Columns of any name.
        ("preferences", r#"{"newsletter": false}"#, "unsubscribed"),
        ("preferences", r#"{"marketing": {"email": "no"}}"#, "unsubscribed"),
        ("preferences", r#"{"marketing": false}"#, "unsubscribed"),
        ("profile", r#"[{"lists": [{"email_opt_out": 1}]}]"#, "unsubscribed"),
        ("profile", r#"{"subscribed": "false"}"#, "unsubscribed"),
        ("profile", r#"{"status": "unsubscribed"}"#, "unsubscribed"),
        ("profile", r#"{"email_unconfirmed": true}"#, "not-confirmed"),
        ("profile", r#"{"newsletter": "rather not"}"#, "status-unknown"),
        ("profile", "{'newsletter': False}", "status-unknown"),
        ("profile", r#"{"newsletter": true, "newsletter": false}"#, "status-unknown"),
        // What is not about mail.
        ("profile", r#"{"sms": {"consent": "no", "unsubscribed": true}}"#, "confirmed"),
        ("profile", r#"{"status": "gold", "active": false, "deleted": true}"#, "confirmed"),
        ("orders", r#"[{"status": "cancelled", "archived": true}]"#, "confirmed"),
        ("profile", "{'boat': 'Kelpie'}", "confirmed"),
    ] {
        assert_eq!(of(header, &[cell(object).as_str()]), [wanted], "{header}: {object}");
    }
    let listmonk = |attributes: &str| {
        statuses(&format!("uuid,email,name,attributes,status\n1,a@b.example,,{},enabled\n", cell(attributes)))
    };
    assert_eq!(listmonk(r#"{"accepts_marketing": "no"}"#), ["unsubscribed"]);
    assert_eq!(listmonk(r#"{"city": "Kiel", "newsletter": null}"#), ["confirmed"]);
}
