use lede::subscribers::Status;
use lede::subscribers::import::columns::{Columns, storable};
use lede::subscribers::import::format::Format;
use lede::subscribers::import::meaning::Meaning;

fn recognise(header: &str) -> Columns {
    let header: Vec<String> = header.split(',').map(str::to_owned).collect();
    Columns::recognise(&header).unwrap()
}

fn meanings(header: &str) -> Vec<Meaning> {
    recognise(header).all.into_iter().map(|column| column.meaning).collect()
}

#[test]
fn every_export_is_recognised_by_its_columns() {
    for (format, header) in [
        (
            Format::Lede,
            "id,email,name,status,locale,topics,labels,source,created_at,confirmed_at,unsubscribed_at,updated_at,custom",
        ),
        (
            Format::Ghost,
            "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers",
        ),
        (
            Format::Mailchimp,
            "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS",
        ),
        (Format::Mailchimp, "E-Mail-Adresse,Vorname,MEMBER_RATING,OPTIN_TIME"),
        (
            Format::Substack,
            "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at",
        ),
        (Format::Substack, "email,active_subscription,expiry,email_disabled,prefer_digests,created_at"),
        (Format::Buttondown, "email,subscriber_type,creation_date,tags"),
        (Format::Buttondown, "id,email_address,type,creation_date,tags,metadata,notes,source"),
        (Format::Beehiiv, "Email,Status,Created At,Subscription Tier"),
        (Format::Listmonk, "uuid,email,name,attributes,status,created_at,updated_at"),
        (Format::Plain, "Name,E-Mail"),
        (Format::Plain, "email,status,created_at"),
    ] {
        assert_eq!(recognise(header).format, format, "{header}");
    }
}

#[test]
fn addresses_and_names_are_known_in_eight_languages() {
    use Meaning::{Email, FirstName, LastName};
    for header in [
        "Email Address,First Name,Last Name",
        "E-Mail-Adresse,Vorname,Nachname",
        "Adresse e-mail,Prénom,Nom",
        "Dirección de correo electrónico,Nombre,Apellidos",
        "Indirizzo email,Nome,Cognome",
        "E-mailadres,Voornaam,Achternaam",
        "Endereço de e-mail,Nome,Sobrenome",
        "Adres e-mail,Imię,Nazwisko",
        " EMAIL , first_name,LAST-NAME",
    ] {
        assert_eq!(meanings(header), [Email, FirstName, LastName], "{header}");
    }
    for header in ["E-Mail,Name", "Courriel,Nom", "Correo,Nombre", "Adres e-mail,Imię i nazwisko"] {
        assert_eq!(meanings(header), [Email, Meaning::Name], "{header}");
    }
}

#[test]
fn money_and_machines_are_ignored_and_the_rest_is_kept() {
    use Meaning::{Custom, Email, Ignored};
    assert_eq!(
        meanings("email,stripe_customer_id,Stripe Plan,iban,LATITUDE,Favourite tide,email,"),
        [Email, Ignored, Ignored, Ignored, Ignored, Custom, Ignored, Ignored]
    );
}

#[test]
fn merge_fields_of_an_audience_are_not_taken_for_what_the_service_knows() {
    let columns = recognise("Email Address,UNSUB_TIME,State,MEMBER_RATING,OPTIN_TIME,LAST_CHANGED,LEID,EUID");
    assert_eq!(columns.status_of_all, Some(Status::Confirmed));
    assert_eq!(columns.all[2].meaning, Meaning::Custom);
    let columns = recognise("Email Address,MEMBER_RATING,OPTIN_TIME,UNSUB_TIME,UNSUB_REASON,LEID,EUID");
    assert_eq!(columns.status_of_all, Some(Status::Unsubscribed));
}

#[test]
fn without_addresses_there_is_no_import_and_a_missing_header_tells_nobody() {
    let names = ["Name".to_owned(), "ada@reader.example".to_owned()];
    assert_eq!(Columns::recognise(&names).unwrap_err().code, "email-column-missing");
    assert_eq!(storable(&names), ["Name", "column 2"]);
}

#[test]
fn a_long_header_is_compared_to_its_end_and_shown_to_a_hundred_characters() {
    let question = format!("{}newsletter", "x ".repeat(900));
    let columns = Columns::recognise(&storable(&["email".to_owned(), question])).unwrap();
    assert_eq!(columns.all[1].meaning, Meaning::Subscribed);
    assert_eq!(columns.all[1].header.len(), 100);
    // Only the word that may be an address is left out.
    let asks = storable(&["Newsletter? Ask us@shop.example".to_owned()]);
    assert_eq!(asks, ["Newsletter? Ask"]);
}

#[test]
fn money_is_ignored_unless_it_is_asked_whether_mail_is_wanted() {
    use Meaning::{Email, Ignored, Subscribed};
    let header = "email,Stripe status,PayPal email,Stripe newsletter opt-in,Caliban newsletter";
    assert_eq!(meanings(header), [Email, Ignored, Ignored, Subscribed, Subscribed]);
}
