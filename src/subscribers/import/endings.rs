//! The stems of words that say that somebody gets no mail any more, in the languages of the services' exports. They are
//! looked for in the names of columns (`Date de désinscription`) and in the words of a status (`Désinscrit`): there are too
//! many of both to list, and to miss one would be to mail somebody who does not want it.

use super::fold::Words;
use crate::subscribers::consent::Status;

/// The stems by the status they mean. The first that is found counts.
static STEMS: [(Status, Words); 3] = [
    (
        Status::Complained,
        Words::new(
            "complain spam abuse junk plainte reclamation reclamacion reclamação reclamo queja denunci beschwerde klacht \
             skarg жалоб спам 投诉 投訴 垃圾邮件 迷惑メール 스팸",
        ),
    ),
    (
        Status::Bounced,
        Words::new(
            "bounce undeliver nondeliver unreachable invalid cleaned unzustellbar ungültig nichtzustellbar rebond rebot \
             rimbalz onbestelbaar ongeldig devolvid devuelt odrzucon nieprawidłow недостав недейств 退信 不達 配信不能 반송",
        ),
    ),
    (
        Status::Unsubscribed,
        Words::new(
            "unsub notsubscri nonsubscri desub optout optedout optsout optingout notopted donotemail donotmail \
             donotcontact donotsend donotmarket donotdisturb dontemail dontmail dontcontact dontsend nomail noemail nocontact nonewsletter nomarketing \
             blocklist blacklist blocked denylist suppress disabled deactiv inactive deleted removed archived banned \
             withdrawn revoked nolongersub nolongerwant nolongerreceive notwant notwish notreceive notaccept notagree \
             notconsent dontwant dontwish dontreceive dontaccept dontagree dontconsent doesntwant doesntwish \
             doesntreceive doesntaccept doesntagree doesntconsent \
             abgemeld abmeld abbestell ausgetragen austragung gesperrt sperrliste gelöscht blockiert deaktiv inaktiv widerruf \
             widerspr gekündigt keineemail keinemail keinnewsletter \
             désabon désinscri désactiv bloqué supprim inactif listenoire nepascontacter nepasenvoyer \
             desuscri dessuscri dadodebaja dadadebaja fechadebaja datosdebaja bloquead eliminad inactiv borrad desactivad \
             listanegra nocontactar noenviar \
             disiscri disdett cancellat bloccat eliminat disattiv inattiv listanera noncontattare \
             uitgeschr uitschrijv afgemeld afmeld geblokkeerd verwijderd inactief opgezegd gedeactiveerd \
             descadastr descinscri removid excluíd inativ desativ nãocontatar nãoenviar \
             wypisan wypisał zablokowan usunię nieaktywn rezygn czarnalista \
             avregistr avanmäl avslutad avmeld afmeldt frameld blokeret slettet blockerad raderad \
             отписа отписк відписа заблокир удален неактив черныйсписок \
             退订 退訂 取消订阅 取消訂閱 黑名单 黑名單 拉黑 配信停止 配信拒否 購読解除 購読停止 登録解除 退会 \
             수신거부 구독취소 구독해지 차단",
        ),
    ),
];

/// What somebody would write only of a subscription, whatever column it stands in.
static UNMISTAKABLE: Words = Words::new(
    "unsubscribed unsubscribe unsub optedout optout bounced hardbounced hardbounce complained \
     spamcomplaint markedasspam spamreport blocklisted blacklisted suppressed donotemail donotmail donotcontact abgemeldet \
     désabonné désabonnée désinscrit désinscrite desuscrito dadodebaja disiscritto uitgeschreven afgemeld descadastrado \
     descadastrada wypisany wypisana отписан отписалась отписался 退订 已退订 配信停止",
);

/// What says that a name is about mail, too.
static MAIL: Words = Words::new(
    "mail newsletter courriel infolettre correo boletin boletim rundbrief nieuwsbrief nyhetsbrev nyhedsbrev рассылк",
);

/// Other ways of reaching people than mail.
static OTHER_CHANNELS: Words =
    Words::new("sms phone telefon telephone whatsapp push postal fax viber telegram");

/// The status that a folded name or word speaks of, if mail has ended with it.
pub(super) fn find(folded: &str) -> Option<Status> {
    STEMS.iter().find(|(_, stems)| stems.occur_in(folded)).map(|(status, _)| *status)
}

/// The same for a cell of any column, if its whole text can mean nothing else.
pub(super) fn find_unmistakable(folded: &str) -> Option<Status> {
    UNMISTAKABLE.has(folded).then(|| find(folded)).flatten()
}

/// Whether a folded name is about mail, perhaps among other things.
pub(super) fn is_of_mail(folded: &str) -> bool {
    MAIL.occur_in(folded)
}

/// Whether a folded name is about another way of reaching people.
pub(super) fn is_of_another_channel(folded: &str) -> bool {
    OTHER_CHANNELS.occur_in(folded) && !is_of_mail(folded)
}
