//! The names of columns that mean the same in any file, folded by [`super::fold`]. Those that depend on the language
//! of an audience are known in eight languages; what columns about consent are called is looked for in [`super::endings`],
//! too.

use super::meaning::Meaning;

/// Names, separated by blanks, by what they mean.
const NAMES: &[(Meaning, &str)] = &[
    (
        Meaning::Email,
        "email emailaddress emails mail mailaddress subscriberemail contactemail primaryemail emailid useremail \
         useremailaddress addressemail emailadresse mailadresse adresseemail adressemail adresseelectronique \
         adressedecourriel adressecourriel courriel correo correoelectronico direcciondecorreoelectronico \
         direccioncorreoelectronico direcciondecorreo direcciondeemail direccionemail indirizzoemail indirizzodiemail \
         indirizzomail indirizzodipostaelettronica postaelettronica emailadres mailadres enderecodeemail enderecoemail \
         enderecodecorreioeletronico enderecodecorreioelectronico correioeletronico correioelectronico adresemail \
         adresmail adrespocztyelektronicznej pocztaelektroniczna",
    ),
    (
        Meaning::FirstName,
        "firstname fname givenname forename vorname prenom nombredepila primernombre nomedibattesimo voornaam \
         primeironome nomeproprio imie",
    ),
    (
        Meaning::LastName,
        "lastname lname surname familyname nachname familienname nomdefamille apellido apellidos cognome achternaam \
         familienaam sobrenome apelido ultimonome nazwisko",
    ),
    (
        Meaning::Name,
        "name fullname displayname subscribername username vollername nomcomplet nombrecompleto nomecompleto \
         nomeecognome naam volledigenaam imieinazwisko",
    ),
    (
        Meaning::Status,
        "status subscriptionstatus subscriberstatus emailstatus contactstatus state subscriptionstate subscriberstate \
         contactstate memberstate estado stato situacao stan zustand etat tila",
    ),
    (
        Meaning::Subscribed,
        "subscribed issubscribed subscribedtoemails optin optedin emailoptin acceptsmarketing acceptsemailmarketing \
         marketingconsent marketing newsletter newsletters active isactive enabled isenabled abonniert abonne suscrito iscritto \
         ingeschreven inscrito wantsmail wantsemail receivesmail receivesemail receiveemails",
    ),
    (
        Meaning::Confirmed,
        "confirmed isconfirmed verified isverified emailverified emailconfirmed doubleoptin doi confirmedoptin \
         optinconfirmed bestatigt confirme confirmado confermato bevestigd potwierdzony",
    ),
    (
        Meaning::Unconfirmed,
        "unconfirmed isunconfirmed pending ispending unverified isunverified notconfirmed notverified awaitingconfirmation \
         unbestatigt nonconfirme noconfirmado nonconfermato nietbevestigd naoconfirmado niepotwierdzony",
    ),
    (
        Meaning::Unsubscribed,
        "unsubscribed isunsubscribed emaildisabled optout optedout emailoptout baja dnc cancelled canceled iscancelled \
         stopstatus",
    ),
    (
        Meaning::CreatedAt,
        "createdat creationdate created createdon createdate datecreated dateadded addedat addedtime joinedat registered \
         registeredat registrationdate userregistered added",
    ),
    (
        Meaning::SignedUpAt,
        "optintime optinat optindate subscribedat subscribedon subscriptiondate datesubscribed signupdate signedupat \
         subscriptioncreatedat signuptime dateofsubscription optintimestamp",
    ),
    (Meaning::SignedUpFrom, "optinip signupip ipaddress ip signupipaddress"),
    (
        Meaning::ConfirmedAt,
        "confirmtime confirmedat confirmationdate confirmationtime confirmedon doubleoptindate doubleoptintime \
         doubleoptinat doidate doitime verifiedat emailverifiedat dateconfirmed confirmdate",
    ),
    (Meaning::ConfirmedFrom, "confirmip confirmationip confirmedip"),
    (
        Meaning::UnsubscribedAt,
        "unsubtime unsubscribedat unsubscribedon unsubscriptiondate unsubscribedate optouttime optoutdate deletedat \
         fechadebaja cancelledat canceledat stoptime stopdate leftat dateunsubscribed unsubscribetime archivedat \
         removedat",
    ),
    (Meaning::UnsubscribedReason, "unsubreason unsubscribereason unsubscriptionreason"),
    (
        Meaning::BouncedAt,
        "cleantime bouncedat undeliverabilitydate undeliverableat bouncetime bouncedate cleanedat cleandate cleaneddate \
         datebounced",
    ),
    (Meaning::Labels, "labels tags label tag"),
    (Meaning::Topics, "topics"),
    (Meaning::Locale, "locale language lang sprache langue idioma lingua taal jezyk preferredlanguage"),
    (Meaning::Source, "source signupsource acquisitionsource"),
    (
        Meaning::Ignored,
        "id uuid leid euid memberrating lastchanged updatedat avatarimage giftid latitude longitude gmtoff dstoff \
         timezone cc region unsubcampaigntitle unsubcampaignid unsubreasonother cleancampaigntitle cleancampaignid \
         complimentaryplan tiers products activesubscription expiry plan firstpaymentat subscriptiontier",
    ),
];

/// What a column of that name means.
pub(super) fn find(folded: &str) -> Option<Meaning> {
    NAMES.iter().find(|(_, names)| names.split(' ').any(|name| name == folded)).map(|(meaning, _)| *meaning)
}
