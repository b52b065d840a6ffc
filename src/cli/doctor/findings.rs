//! What answers of DNS mean for mail: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489), as far as a sender has to get
//! them right. Nothing here asks anybody.

/// How many domains are looked at for a policy, the first included, as RFC 7489's successor has it.
const MAX_DOMAINS: usize = 8;

/// What came of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// All is well: what was found.
    Fine(String),
    /// What is wrong, and what to do: mostly a record to add.
    Lacks { what: String, remedy: String },
    /// Why DNS did not say.
    Unasked(String),
    /// What would have to be known first.
    Open(String),
}

impl Finding {
    fn lacks(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Lacks { what: what.into(), remedy: remedy.into() }
    }

    /// Whether there is nothing to do.
    pub fn is_well(&self) -> bool {
        matches!(self, Self::Fine(_) | Self::Open(_))
    }

    /// One or two lines.
    pub fn told(&self, name: &str) -> String {
        match self {
            Self::Fine(what) => format!("{name}: fine, {what}"),
            Self::Lacks { what, remedy } => {
                format!("{name}: lacks. {what}\n{:indent$}{remedy}", "", indent = name.chars().count() + 2)
            }
            Self::Unasked(why) => format!("{name}: could not be asked. {why}"),
            Self::Open(what) => format!("{name}: not asked. {what}"),
        }
    }
}

/// What an answer means, if there is one.
pub(super) fn answered<T>(answer: Result<T, String>, assess: impl FnOnce(T) -> Finding) -> Finding {
    answer.map_or_else(Finding::Unasked, assess)
}

/// The domain as DNS spells it, if it is one that others may know.
pub(super) fn public_name(domain: &str) -> Option<String> {
    idna::domain_to_ascii_strict(domain).ok().filter(|name| name.contains('.'))
}

pub(super) fn no_domain(domain: &str) -> Finding {
    Finding::lacks(
        format!("Mail comes from {domain}, which no other machine knows."),
        "set LEDE_MAIL_FROM to an address at a domain of yours",
    )
}

/// The domain and those above it, without the last, which belongs to nobody.
pub(super) fn domains_above(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |name| {
        name.split_once('.').map(|(_, above)| above).filter(|above| above.contains('.'))
    })
    .take(MAX_DOMAINS)
}

/// The hosts that take mail for the domain, of which there is at least one.
pub(super) fn exchanges(domain: &str, found: &[String]) -> Finding {
    // RFC 7505: a lone dot says that there is none.
    if found.iter().all(|exchange| exchange.ends_with(" .")) {
        return Finding::lacks(
            format!("{domain} says that it takes no mail: answers and reports of failures are lost."),
            format!("add, in place of the present one:  {domain}. MX 10 <the host that takes its mail>."),
        );
    }
    Finding::Fine(found.join(", "))
}

/// The addresses of a domain that names no hosts for its mail: mail goes there.
pub(super) fn address(domain: &str, found: &[String]) -> Finding {
    match found.first() {
        Some(address) => {
            Finding::Fine(format!("there is none, and mail goes to the domain's own address, {address}"))
        }
        None => Finding::lacks(
            format!(
                "{domain} has neither MX nor an address: it takes no mail, and many refuse what comes from it."
            ),
            format!("add:  {domain}. MX 10 <the host that takes its mail>."),
        ),
    }
}

/// Which machines send for the domain.
pub(super) fn spf(domain: &str, texts: &[String]) -> Finding {
    let records: Vec<&String> = texts.iter().filter(|text| is_version(text, "v=spf1", ' ')).collect();
    let record = match records.as_slice() {
        [] => {
            return Finding::lacks(
                format!("Nothing says which machines send for {domain}."),
                format!(
                    "add:  {domain}. TXT \"v=spf1 mx ~all\"  (in place of mx, what the mail service names, as in \
                     include:spf.service.example)"
                ),
            );
        }
        [record] => record.as_str(),
        several => {
            return Finding::lacks(
                format!("There are {} records, and receivers then take none.", several.len()),
                format!("make them one:  {domain}. TXT \"v=spf1 <what all of them name> ~all\""),
            );
        }
    };
    let is_all = |term: &&str| term.trim_start_matches(['+', '-', '~', '?']).eq_ignore_ascii_case("all");
    let terms = || record.split_ascii_whitespace();
    // What stands behind the first `all` counts for nothing, and neither does a redirection beside it.
    let what = match terms().find(is_all) {
        Some(all) if all.starts_with(['-', '~']) => return Finding::Fine(record.to_owned()),
        Some(all) if all.starts_with('?') => format!("{all} says nothing of who may not send."),
        Some(all) => format!("{all} lets everybody send."),
        None if terms().any(is_redirect) => return Finding::Fine(record.to_owned()),
        None => "It does not end in ~all or -all, and says nothing of who may not send.".to_owned(),
    };
    let kept: Vec<&str> = terms().filter(|term| !is_all(term)).collect();
    let remedy = format!("add, in place of the present one:  {domain}. TXT \"{} ~all\"", kept.join(" "));
    Finding::lacks(format!("{record}: {what}"), remedy)
}

fn is_redirect(term: &str) -> bool {
    term.split_once('=').is_some_and(|(name, to)| name.eq_ignore_ascii_case("redirect") && !to.is_empty())
}

/// The policy at `_dmarc.` that domain; `None` if there is none, and the domain above it is to be asked.
pub(super) fn dmarc(domain: &str, texts: &[String]) -> Option<Finding> {
    let records: Vec<&String> = texts.iter().filter(|text| is_version(text, "v=DMARC1", ';')).collect();
    let add = |first: &str| format!("{first}:  _dmarc.{domain}. TXT \"v=DMARC1; p=none\"");
    let record = match records.as_slice() {
        [] => return None,
        [record] => record.as_str(),
        several => {
            let what = format!("There are {} records, and receivers then take none.", several.len());
            return Some(Finding::lacks(what, add("make them one, as in")));
        }
    };
    let policy = tag(record, "p").unwrap_or_default();
    let is_known = ["none", "quarantine", "reject"].iter().any(|known| policy.eq_ignore_ascii_case(known));
    Some(if is_known {
        Finding::Fine(format!("{record} at _dmarc.{domain}"))
    } else {
        let what = format!("{record}: p= is none, quarantine or reject.");
        Finding::lacks(what, add("add, in place of the present one"))
    })
}

pub(super) fn no_dmarc(domain: &str) -> Finding {
    Finding::lacks(
        format!("Nothing says what becomes of mail that others send in the name of {domain}."),
        format!("add:  _dmarc.{domain}. TXT \"v=DMARC1; p=none\"  (later p=quarantine or p=reject)"),
    )
}

/// The key at that name.
pub(super) fn dkim(name: &str, texts: &[String]) -> Finding {
    let add =
        format!("add:  {name}. TXT \"v=DKIM1; k=rsa; p=<the public key>\"  (as the mail service names it)");
    let keys: Vec<String> = texts
        .iter()
        .filter(|text| tag(text, "v").is_none_or(|version| version == "DKIM1"))
        .filter_map(|text| tag(text, "p"))
        .collect();
    if keys.iter().any(|key| !key.is_empty()) {
        Finding::Fine(format!("there is a key at {name}"))
    } else if keys.is_empty() {
        Finding::lacks(format!("There is no key at {name}."), add)
    } else {
        Finding::lacks(format!("The key at {name} is empty: it was withdrawn."), add)
    }
}

pub(super) fn no_selector() -> Finding {
    Finding::Open(
        "Name the selector with --dkim-selector: the mail service says it, and so does s= in the DKIM-Signature of a \
         mail that arrived."
            .to_owned(),
    )
}

/// Whether a record begins with that version, and nothing that only looks like it.
fn is_version(text: &str, version: &str, end: char) -> bool {
    let (first, rest) = text.split_at_checked(version.len()).unwrap_or_default();
    first.eq_ignore_ascii_case(version) && (rest.is_empty() || rest.starts_with([end, ' ']))
}

/// The value of a tag, without blanks, which may stand anywhere in it.
fn tag(record: &str, name: &str) -> Option<String> {
    let mut tags = record.split(';').filter_map(|tag| tag.split_once('='));
    let (_, value) = tags.find(|(tag, _)| tag.trim() == name)?;
    Some(value.split_whitespace().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    /// What is to be done, or nothing.
    fn remedy(finding: &Finding) -> Option<&str> {
        match finding {
            Finding::Lacks { remedy, .. } => Some(remedy),
            _ => None,
        }
    }

    #[test]
    fn spf_is_one_record_that_says_who_may_not_send() {
        for record in [
            "v=spf1 mx -all",
            "v=spf1 include:spf.service.example ~all",
            "V=SPF1 mx ~ALL exp=why.a.example",
            "v=spf1 redirect=_spf.service.example",
            "v=spf1 -all",
        ] {
            let found = texts(&["v=spf10 +all", "verification=1", record]);
            assert_eq!(spf("a.example", &found), Finding::Fine(record.to_owned()));
        }
        for (found, wanted) in [
            (&[][..], "add:  a.example. TXT \"v=spf1 mx ~all\""),
            (&["v=spf1"], "a.example. TXT \"v=spf1 ~all\""),
            (&["v=spf1 mx"], "a.example. TXT \"v=spf1 mx ~all\""),
            (&["v=spf1 mx +all"], "a.example. TXT \"v=spf1 mx ~all\""),
            (&["v=spf1 all -all"], "a.example. TXT \"v=spf1 ~all\""),
            (&["v=spf1 a:small.example ?all"], "a.example. TXT \"v=spf1 a:small.example ~all\""),
            (&["v=spf1 redirect="], "~all"),
            (&["v=spf1 -all", "v=spf1 mx -all"], "make them one"),
        ] {
            let finding = spf("a.example", &texts(found));
            assert!(remedy(&finding).is_some_and(|remedy| remedy.contains(wanted)), "{found:?}: {finding:?}");
        }
    }

    #[test]
    fn a_policy_is_looked_for_upwards_and_has_to_say_what_it_is() {
        let above: Vec<&str> = domains_above("news.website.example").collect();
        assert_eq!(above, ["news.website.example", "website.example"]);
        assert_eq!(domains_above(&"a.".repeat(100)).count(), MAX_DOMAINS);
        assert_eq!(dmarc("a.example", &texts(&["v=DMARC10; p=none", "p=none"])), None);
        for record in ["v=DMARC1; p=none", "v=DMARC1;p=Reject; rua=mailto:a@a.example"] {
            assert!(matches!(dmarc("a.example", &texts(&[record])), Some(Finding::Fine(_))), "{record}");
        }
        for found in [
            &["v=DMARC1"][..],
            &["v=DMARC1; p="],
            &["v=DMARC1; sp=none"],
            &["v=DMARC1; p=all"],
            &["v=DMARC1; p=none", "v=DMARC1; p=reject"],
        ] {
            let finding = dmarc("a.example", &texts(found)).unwrap();
            let wanted = "_dmarc.a.example. TXT \"v=DMARC1; p=none\"";
            assert!(remedy(&finding).is_some_and(|remedy| remedy.contains(wanted)), "{found:?}: {finding:?}");
        }
    }

    #[test]
    fn a_dkim_key_is_one_that_is_not_empty() {
        for record in ["v=DKIM1; k=rsa; p=MIIB IjAN", "p=MIIB", "k=ed25519; p = 11qY"] {
            assert!(dkim("s._domainkey.a.example", &texts(&[record])).is_well(), "{record}");
        }
        for found in [&[][..], &["v=DKIM1; p="], &["v=DKIM2; p=MIIB"], &["v=DKIM1"]] {
            let finding = dkim("s._domainkey.a.example", &texts(found));
            let wanted = "add:  s._domainkey.a.example. TXT \"v=DKIM1; ";
            assert!(remedy(&finding).is_some_and(|remedy| remedy.starts_with(wanted)), "{finding:?}");
        }
        assert!(no_selector().is_well());
    }

    #[test]
    fn a_domain_takes_mail_by_mx_or_at_its_own_address() {
        assert!(exchanges("a.example", &texts(&["10 mail.a.example."])).is_well());
        assert!(address("a.example", &texts(&["192.0.2.1"])).is_well());
        for finding in [exchanges("a.example", &texts(&["0 ."])), address("a.example", &[])] {
            assert!(
                remedy(&finding).is_some_and(|remedy| remedy.contains("a.example. MX 10 ")),
                "{finding:?}"
            );
        }
    }

    #[test]
    fn a_domain_that_nobody_knows_is_not_asked_for() {
        assert_eq!(public_name("Bücher.example").as_deref(), Some("xn--bcher-kva.example"));
        for domain in ["localhost", "[127.0.0.1]", ""] {
            assert_eq!(public_name(domain), None, "{domain}");
        }
    }

    #[test]
    fn findings_are_told_in_lines_of_their_own() {
        assert_eq!(Finding::lacks("No.", "add: x").told("SPF"), "SPF: lacks. No.\n     add: x");
        assert_eq!(
            answered(Err("no answer".into()), |(): ()| no_selector()).told("MX"),
            "MX: could not be asked. no answer"
        );
    }
}
