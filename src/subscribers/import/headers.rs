//! What the words in a header say about consent. [`super::names`] knows whole names; these words are looked for anywhere in a
//! name, because a question about mail can be put in many ways, and to miss one would be to mail somebody who said no.

use super::endings;
use super::fold::{Words, fold};
use super::meaning::Meaning;
use crate::subscribers::consent::Status;

/// Names of consent, and of mail that people subscribe to.
static CONSENT: Words = Words::new(
    "optin optedin subscribedto consent consenso samtyck samtykk permission acceptsmarketing acceptsemail einwilligung \
     zustimmung toestemming zgoda подписан 订阅 購読 newsletter infolettre boletín boletim rundbrief nieuwsbrief \
     nyhetsbrev nyhedsbrev mailinglist рассылк メルマガ 뉴스레터",
);

/// Words for wanting or allowing something.
static WISHES: Words = Words::new(
    "receive wants wantto wishto wouldlike accept agree allow maywe canwe sendme sendyou keepme signmeup erhalten \
     empfang bekomm möchte wünsch erlaub akzept zusend zuschick recevoir recevez souhait recib desea quier acept ricev \
     desider accett ontvang wenst receb aceit deseja otrzym motta получ 希望 受信 接收 수신",
);

/// Words for advertising.
static ADVERTISING: Words = Words::new("marketing promotional werbung");

/// Words for refusing something.
static REFUSALS: Words = Words::new(
    "refus declin disagree reject ablehn abgelehn verweiger rechaz recusad recusou rifiut weiger odmow отказ",
);

/// Nouns by which a short name is one of facts, such as a text or a number, and no question.
static FACTS: Words = Words::new(
    "text texte texto testo source url urls link method version statement note notes campaign page referrer referer host \
     form frequency frequenz häufigkeit fréquence frecuencia count number opens opened opening clicks clicked \
     newslettersent newsletterssent received last name title format type language segment score list lists",
);

/// The most words of such a name.
const MAX_FACT_WORDS: usize = 4;

/// Words for links, and for tokens in them.
static LINKS: Words = Words::new("url urls uri link links href token hash key guid uuid");

/// Words for having confirmed an address.
static CONFIRMED: Words = Words::new(
    "confirmed verified validated bestätigt confirmé vérifié confirmad verificad confermat verificat bevestigd \
     geverifieerd potwierdzon bekräftad bekreftet подтвержден",
);

/// Words for not having done so.
static UNCONFIRMED: Words = Words::new(
    "unconfirmed unverified unvalidated notconfirmed notverified notvalidated notyetconfirmed notyetverified \
     awaitingconfirm pendingconfirm confirmationpending pendingverification verificationpending unactivated notactivated \
     unbestätigt nichtbestätigt nonconfirm nonvérifi noconfirmad noverificad nonconfermat nonverificat nietbevestigd \
     onbevestigd nãoconfirmad nãoverificad niepotwierdz неподтвержд 未確認 未确认 미확인",
);

/// Words for a status, and for what may have one that is not about mail.
static STATUS: Words = Words::new("status statut статус 状态 狀態 ステータス");
static OTHER_MATTERS: Words = Words::new(
    "marital familien family civil order payment billing shipping employ ticket lead deal loyalty login http purchas",
);

/// Words for the reason for something, which is text.
static REASONS: Words = Words::new("reason grund raison motiv motif reden powod comment feedback");

/// Words that are about mail whatever stands around them, and those that are at the end of a name.
static SUBSCRIPTIONS: Words = Words::new(
    "unsub optout optedout donotemail donotmail donotcontact bounced complained abgemeldet abbestell désabonn désinscri \
     desuscri disiscri uitgeschr afgemeld descadastr wypisan отписа отписк 退订 配信停止 수신거부",
);
static SUBSCRIBED: Words = Words::new("subscribed marketing");

/// The name of a column, as it is written and folded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'a> {
    pub written: &'a str,
    pub folded: &'a str,
}

impl Header<'_> {
    /// Whether it asks whether mail is wanted, or is about the answer.
    pub(super) fn asks_for_mail(self) -> bool {
        let name = self.folded;
        // One of these alone is in many names: `Email client`, `Marketing channel`, `Accepts cards`.
        let signs = [endings::is_of_mail(name), ADVERTISING.occur_in(name), WISHES.occur_in(name)];
        let is_question = || signs.iter().filter(|sign| **sign).count() > 1;
        !endings::is_of_another_channel(name) && (CONSENT.occur_in(name) || is_question())
    }

    /// Whether it is about mail, even as the name of a member in some object: there, a `status` may be of anything.
    pub(super) fn is_of_mail_alone(self) -> bool {
        let name = self.folded;
        let is_of_mail = || endings::is_of_mail(name) && self.meaning().is_some();
        SUBSCRIPTIONS.occur_in(name) || SUBSCRIBED.end(name) || self.asks_for_mail() || is_of_mail()
    }

    /// Whether links or tokens stand under it, which everybody in the file has.
    pub(super) fn has_links(self) -> bool {
        LINKS.end(self.folded) || self.words().any(|word| LINKS.has(&word))
    }

    /// Whether it is a name of facts. A question may hold such a noun, too, but is longer.
    pub(super) fn is_fact(self) -> bool {
        let is_short = self.words().count() <= MAX_FACT_WORDS;
        FACTS.end(self.folded) || (is_short && self.words().any(|word| FACTS.has(&word)))
    }

    fn words(&self) -> impl Iterator<Item = String> {
        self.written.split(|c: char| !c.is_alphanumeric()).map(fold).filter(|word| !word.is_empty())
    }

    /// What it means, if it is about consent.
    pub(super) fn meaning(self) -> Option<Meaning> {
        let name = self.folded;
        if endings::is_of_another_channel(name) {
            return None;
        }
        let asks_for_mail = self.asks_for_mail();
        let refused = || (asks_for_mail && REFUSALS.occur_in(name)).then_some(Status::Unsubscribed);
        if let Some(status) = endings::find(name).or_else(refused) {
            return Some(match status {
                Status::Complained => Meaning::Complained,
                Status::Bounced => Meaning::Bounced,
                _ if REASONS.occur_in(name) => Meaning::UnsubscribedReason,
                _ => Meaning::Unsubscribed,
            });
        }
        let is_of_other_matter = OTHER_MATTERS.occur_in(name);
        if UNCONFIRMED.occur_in(name) && !is_of_other_matter && !self.has_links() {
            return Some(Meaning::Unconfirmed);
        }
        if STATUS.occur_in(name) && !is_of_other_matter {
            return Some(Meaning::Status);
        }
        let is_of_address = endings::is_of_mail(name) || CONSENT.occur_in(name);
        let is_fact = self.is_fact() || self.has_links();
        if is_fact {
            None
        } else if is_of_address && CONFIRMED.occur_in(name) {
            Some(Meaning::Confirmed)
        } else {
            asks_for_mail.then_some(Meaning::Subscribed)
        }
    }
}
