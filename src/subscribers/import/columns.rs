//! What each column means. The exports of other services are recognised by columns that only they have. Names are compared
//! without case, accents, blanks and punctuation, and those that depend on an audience's language are known in eight
//! languages. Unknown columns are kept under their header, unless they are about payments or internals of the service.
//!
//! Where the names come from:
//! - **Ghost**: `id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,
//!   labels,tiers` and lately `gift_id` (`products` before there were tiers): the tests of TryGhost/Ghost for
//!   `members-csv` and its export. `subscribed_to_emails` is false for who receives no newsletter.
//! - **Mailchimp**: three files in one archive, `subscribed_`, `unsubscribed_` and `cleaned_…_export_….csv`. The merge
//!   fields come first, under the names that the audience gave them (`Email Address`, `First Name`, …); then
//!   `MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION`;
//!   then `LAST_CHANGED`, or `UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER`, or
//!   `CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID`; then `LEID,EUID,NOTES,TAGS`: files as several public programs
//!   read them. There is no status: the last group tells which of the three it is. An `UNSUB_TIME` before
//!   `MEMBER_RATING` is a merge field of an audience that was imported once.
//! - **Substack**: `email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at`
//!   (`email_list.….csv`), as TryGhost/migrate and others read it. `active_subscription` is about paying;
//!   `email_disabled` is true for who receives no mail.
//! - **Buttondown**: `email_address,type,creation_date,tags,metadata,notes,source,…` (`email` and `subscriber_type` in
//!   earlier ones), with the types of its OpenAPI document.
//! - **beehiiv**: `email,status,created_at,subscription_tier,…,utm_source,…,acquisition_source`; the statuses are those of
//!   its API.
//! - **listmonk**: `uuid,email,name,attributes,status,created_at,updated_at`: `cmd/subscribers.go` of knadh/listmonk. Its
//!   file does not mention lists: who left one is still `enabled`.

use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use utoipa::ToSchema;

use crate::base::error::Invalid;

/// The service that exported a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SubscriberImportFormat)]
pub enum Format {
    /// This server.
    Lede,
    /// Ghost's members.
    Ghost,
    /// One of the three files of a Mailchimp audience.
    Mailchimp,
    /// Substack's list of addresses.
    Substack,
    /// Buttondown's subscribers.
    Buttondown,
    /// beehiiv's subscribers.
    Beehiiv,
    /// listmonk's subscribers.
    Listmonk,
    /// Another file with a column of addresses.
    Plain,
}

/// What a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = SubscriberImportMeaning)]
pub enum Meaning {
    /// The address.
    Email,
    /// The name.
    Name,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The status, as a word.
    Status,
    /// Whether the person receives mail: yes or no.
    Subscribed,
    /// Whether the person receives no mail: yes or no.
    Unsubscribed,
    /// When the address was first given.
    CreatedAt,
    /// When the person signed up.
    SignedUpAt,
    /// The IP address of the sign-up.
    SignedUpFrom,
    /// When the person confirmed.
    ConfirmedAt,
    /// The IP address of the confirmation.
    ConfirmedFrom,
    /// When the person unsubscribed.
    UnsubscribedAt,
    /// Why the person unsubscribed.
    UnsubscribedReason,
    /// When mail to the address bounced.
    BouncedAt,
    /// Labels.
    Labels,
    /// The topics that the person follows.
    Topics,
    /// The language.
    Locale,
    /// Where the person signed up.
    Source,
    /// A JSON object of further members.
    Object,
    /// Kept as a custom member under its header.
    Custom,
    /// Not imported.
    Ignored,
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SubscriberImportColumn)]
pub struct Column {
    /// Its name in the file.
    #[schema(max_length = 100)]
    pub header: String,
    /// What it means.
    pub meaning: Meaning,
}

/// The columns of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The service that exported the file.
    pub format: Format,
    /// In the order of the file.
    pub all: Vec<Column>,
}

/// The longest header that is stored, in characters.
const MAX_HEADER_CHARS: usize = 100;

/// Names that mean the same in any file, folded by [`fold`].
const NAMES: &[(Meaning, &[&str])] = &[
    (
        Meaning::Email,
        &[
            // English.
            "email",
            "emailaddress",
            "emails",
            "mail",
            "mailaddress",
            "subscriberemail",
            "contactemail",
            "primaryemail",
            "emailid",
            "useremail",
            "useremailaddress",
            "addressemail",
            // German.
            "emailadresse",
            "mailadresse",
            // French.
            "adresseemail",
            "adressemail",
            "adresseelectronique",
            "adressedecourriel",
            "adressecourriel",
            "courriel",
            // Spanish.
            "correo",
            "correoelectronico",
            "direcciondecorreoelectronico",
            "direccioncorreoelectronico",
            "direcciondecorreo",
            "direcciondeemail",
            "direccionemail",
            // Italian.
            "indirizzoemail",
            "indirizzodiemail",
            "indirizzomail",
            "indirizzodipostaelettronica",
            "postaelettronica",
            // Dutch.
            "emailadres",
            "mailadres",
            // Portuguese.
            "enderecodeemail",
            "enderecoemail",
            "enderecodecorreioeletronico",
            "enderecodecorreioeletronico",
            "enderecodecorreioelectronico",
            "correioeletronico",
            "correioelectronico",
            // Polish.
            "adresemail",
            "adresmail",
            "adrespocztyelektronicznej",
            "pocztaelektroniczna",
        ],
    ),
    (
        Meaning::FirstName,
        &[
            "firstname",
            "fname",
            "givenname",
            "forename",
            "vorname",
            "prenom",
            "nombredepila",
            "primernombre",
            "nomedibattesimo",
            "voornaam",
            "primeironome",
            "nomeproprio",
            "imie",
        ],
    ),
    (
        Meaning::LastName,
        &[
            "lastname",
            "lname",
            "surname",
            "familyname",
            "nachname",
            "familienname",
            "nomdefamille",
            "apellido",
            "apellidos",
            "cognome",
            "achternaam",
            "familienaam",
            "sobrenome",
            "apelido",
            "ultimonome",
            "nazwisko",
        ],
    ),
    (
        Meaning::Name,
        &[
            "name",
            "fullname",
            "displayname",
            "subscribername",
            "username",
            "vollername",
            "nomcomplet",
            "nombrecompleto",
            "nomecompleto",
            "nomeecognome",
            "naam",
            "volledigenaam",
            "imieinazwisko",
        ],
    ),
    (
        Meaning::Status,
        &["status", "subscriptionstatus", "subscriberstatus", "emailstatus", "contactstatus", "state"],
    ),
    (
        Meaning::Subscribed,
        &[
            "subscribed",
            "issubscribed",
            "subscribedtoemails",
            "optin",
            "optedin",
            "emailoptin",
            "acceptsmarketing",
            "acceptsemailmarketing",
            "marketingconsent",
            "newsletter",
        ],
    ),
    (
        Meaning::Unsubscribed,
        &["unsubscribed", "isunsubscribed", "emaildisabled", "optout", "optedout", "emailoptout"],
    ),
    (
        Meaning::CreatedAt,
        &[
            "createdat",
            "creationdate",
            "created",
            "createdon",
            "createdate",
            "datecreated",
            "dateadded",
            "addedat",
            "joinedat",
        ],
    ),
    (
        Meaning::SignedUpAt,
        &[
            "optintime",
            "optinat",
            "optindate",
            "subscribedat",
            "subscribedon",
            "subscriptiondate",
            "datesubscribed",
            "signupdate",
            "signedupat",
            "subscriptioncreatedat",
            "signuptime",
        ],
    ),
    (Meaning::SignedUpFrom, &["optinip", "signupip", "ipaddress", "ip", "signupipaddress"]),
    (
        Meaning::ConfirmedAt,
        &["confirmtime", "confirmedat", "confirmationdate", "confirmationtime", "confirmedon"],
    ),
    (Meaning::ConfirmedFrom, &["confirmip", "confirmationip", "confirmedip"]),
    (
        Meaning::UnsubscribedAt,
        &[
            "unsubtime",
            "unsubscribedat",
            "unsubscribedon",
            "unsubscriptiondate",
            "unsubscribedate",
            "optouttime",
            "optoutdate",
            "deletedat",
        ],
    ),
    (Meaning::UnsubscribedReason, &["unsubreason", "unsubscribereason", "unsubscriptionreason"]),
    (Meaning::BouncedAt, &["cleantime", "bouncedat", "undeliverabilitydate", "undeliverableat"]),
    (Meaning::Labels, &["labels", "tags", "label", "tag"]),
    (Meaning::Topics, &["topics"]),
    (
        Meaning::Locale,
        &[
            "locale",
            "language",
            "lang",
            "sprache",
            "langue",
            "idioma",
            "lingua",
            "taal",
            "jezyk",
            "preferredlanguage",
        ],
    ),
    (Meaning::Source, &["source", "signupsource", "acquisitionsource"]),
    (
        Meaning::Ignored,
        &[
            // Internal ids and ratings.
            "id",
            "uuid",
            "leid",
            "euid",
            "memberrating",
            "lastchanged",
            "updatedat",
            "avatarimage",
            "giftid",
            // Locations derived from the network.
            "latitude",
            "longitude",
            "gmtoff",
            "dstoff",
            "timezone",
            "cc",
            "region",
            // The campaign that led to an unsubscription or a bounce.
            "unsubcampaigntitle",
            "unsubcampaignid",
            "unsubreasonother",
            "cleancampaigntitle",
            "cleancampaignid",
            // Payments.
            "complimentaryplan",
            "tiers",
            "products",
            "activesubscription",
            "expiry",
            "plan",
            "firstpaymentat",
            "subscriptiontier",
        ],
    ),
];

/// What marks a header as about payments, wherever it occurs in the name.
const PAYMENT_MARKERS: &[&str] =
    &["stripe", "paypal", "creditcard", "iban", "revenue", "lifetimevalue", "totalspent", "totalspend"];

/// A header as it is compared: lower case, without accents, blanks and punctuation.
#[must_use]
pub fn fold(header: &str) -> String {
    let plain = header.nfd().filter(|c| !is_combining_mark(*c) && c.is_alphanumeric());
    plain.flat_map(char::to_lowercase).collect()
}

impl Columns {
    /// Recognises the columns of a header. Refused with `email-column-missing` if none holds addresses.
    pub fn recognise(header: &[String]) -> Result<Self, Invalid> {
        let folded: Vec<String> = header.iter().map(|name| fold(name)).collect();
        let format = Format::of(&folded);
        let mut all: Vec<Column> = Vec::with_capacity(header.len());
        for (at, name) in header.iter().enumerate() {
            let meaning = meaning(format, &folded, at);
            // Of other meanings, the first column counts.
            let is_taken = all.iter().any(|column: &Column| column.meaning == meaning);
            let may_repeat = matches!(meaning, Meaning::Custom | Meaning::Ignored | Meaning::Labels);
            let meaning = if is_taken && !may_repeat { Meaning::Ignored } else { meaning };
            all.push(Column { header: shown(name, at), meaning });
        }
        let columns = Self { format, all };
        if columns.find(Meaning::Email).is_none() {
            let detail = "No column contains email addresses. One must be named `email` in the first line.";
            return Err(Invalid::new("email-column-missing", detail));
        }
        Ok(columns)
    }

    /// The index of the column with that meaning.
    #[must_use]
    pub fn find(&self, meaning: Meaning) -> Option<usize> {
        self.all.iter().position(|column| column.meaning == meaning)
    }
}

/// A header as it may be stored. A name with an `@` is replaced: the file has no header, and its first line holds a person's
/// address.
#[must_use]
pub fn storable(header: &[String]) -> Vec<String> {
    let name = |(at, name): (usize, &String)| match name {
        name if name.contains('@') => format!("column {}", at + 1),
        name => name.chars().filter(|c| !c.is_control()).take(MAX_HEADER_CHARS).collect(),
    };
    header.iter().enumerate().map(name).collect()
}

fn shown(name: &str, at: usize) -> String {
    if name.is_empty() { format!("column {}", at + 1) } else { name.to_owned() }
}

impl Format {
    /// The format of a file with these columns.
    fn of(folded: &[String]) -> Self {
        let has = |name: &str| folded.iter().any(|known| known == name);
        let all = |names: &[&str]| names.iter().all(|name| has(name));
        let any = |names: &[&str]| names.iter().any(|name| has(name));
        if all(&["email", "status", "locale", "confirmedat", "unsubscribedat", "custom"]) {
            Self::Lede
        } else if has("subscribedtoemails") && any(&["complimentaryplan", "stripecustomerid"]) {
            Self::Ghost
        } else if all(&["leid", "euid"]) || (has("memberrating") && any(&["optintime", "confirmtime"])) {
            Self::Mailchimp
        } else if all(&["email", "activesubscription"]) {
            Self::Substack
        } else if has("creationdate") && any(&["type", "subscribertype"]) {
            Self::Buttondown
        } else if all(&["uuid", "email", "attributes", "status"]) {
            Self::Listmonk
        } else if has("status")
            && any(&["subscriptiontier", "acquisitionsource", "utmsource", "referralcode"])
        {
            Self::Beehiiv
        } else {
            Self::Plain
        }
    }
}

fn meaning(format: Format, folded: &[String], at: usize) -> Meaning {
    let name = folded.get(at).map_or("", String::as_str);
    let has = |meaning| {
        let names = NAMES.iter().filter(|(known, _)| *known == meaning).flat_map(|(_, names)| *names);
        names.into_iter().any(|known| folded.iter().any(|name| name == known))
    };
    let rating = folded.iter().position(|name| name == "memberrating");
    match (format, name) {
        (_, "") => return Meaning::Ignored,
        (Format::Buttondown, "type" | "subscribertype") => return Meaning::Status,
        (Format::Buttondown, "metadata") | (Format::Listmonk, "attributes") | (Format::Lede, "custom") => {
            return Meaning::Object;
        }
        // Merge fields with the names of Mailchimp's own columns.
        (Format::Mailchimp, "unsubtime" | "cleantime" | "unsubreason")
            if rating.is_some_and(|own| at < own) =>
        {
            return Meaning::Custom;
        }
        // Merge fields, not the status that Mailchimp keeps.
        (Format::Mailchimp, "status" | "state" | "subscribed" | "unsubscribed" | "newsletter" | "region")
            if rating.is_none_or(|own| at < own) =>
        {
            return Meaning::Custom;
        }
        // The first name if there is a column for the last name, otherwise the whole name.
        (_, "nom") if has(Meaning::FirstName) => return Meaning::LastName,
        (_, "nombre" | "nome") if has(Meaning::LastName) => return Meaning::FirstName,
        (_, "nom" | "nombre" | "nome") => return Meaning::Name,
        _ => {}
    }
    if let Some((meaning, _)) = NAMES.iter().find(|(_, names)| names.contains(&name)) {
        return *meaning;
    }
    if PAYMENT_MARKERS.iter().any(|word| name.contains(word)) { Meaning::Ignored } else { Meaning::Custom }
}
