//! What DNS records mean for a sender of mail: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489). Pure functions:
//! the lookups are made elsewhere.

/// How many domains are searched for a DMARC policy, the first included. The bound is that of RFC 7489's successor.
const MAX_DOMAINS: usize = 8;

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Nothing is wrong. Says what was found.
    Ok(String),
    /// Something is missing or wrong, and what to do: mostly a record to add.
    Problem {
        /// What is wrong.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// The lookup failed, and why.
    Failed(String),
    /// The check needs something first.
    Skipped(String),
}

impl Finding {
    fn problem(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Problem { what: what.into(), remedy: remedy.into() }
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        matches!(self, Self::Ok(_) | Self::Skipped(_))
    }

    /// The finding in one or two lines.
    #[must_use]
    pub fn report(&self, name: &str) -> String {
        match self {
            Self::Ok(what) => format!("{name}: ok, {what}"),
            Self::Problem { what, remedy } => {
                format!("{name}: problem. {what}\n{:indent$}{remedy}", "", indent = name.chars().count() + 2)
            }
            Self::Failed(why) => format!("{name}: lookup failed. {why}"),
            Self::Skipped(what) => format!("{name}: not checked. {what}"),
        }
    }
}

/// The finding of a lookup: what `assess` says of its records, or that it failed.
pub fn answered<T>(answer: Result<T, String>, assess: impl FnOnce(T) -> Finding) -> Finding {
    answer.map_or_else(Finding::Failed, assess)
}

/// The domain in ASCII, if it can be a public one.
#[must_use]
pub fn public_name(domain: &str) -> Option<String> {
    idna::domain_to_ascii_strict(domain).ok().filter(|name| name.contains('.'))
}

/// The finding for a domain that cannot have public records.
#[must_use]
pub fn no_domain(domain: &str) -> Finding {
    Finding::problem(
        format!("Mail is sent from {domain}, which is not a public domain."),
        "set LEDE_MAIL_FROM to an address at your own domain",
    )
}

/// The domain and its parents, without the top-level domain.
pub fn domains_above(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |name| {
        name.split_once('.').map(|(_, above)| above).filter(|above| above.contains('.'))
    })
    .take(MAX_DOMAINS)
}

/// The MX records of the domain, of which there is at least one.
#[must_use]
pub fn exchanges(domain: &str, found: &[String]) -> Finding {
    // RFC 7505: a lone dot means that the domain accepts no mail.
    if found.iter().all(|exchange| exchange.ends_with(" .")) {
        return Finding::problem(
            format!("{domain} declares that it accepts no mail, so replies and bounces are lost."),
            format!("replace it by:  {domain}. MX 10 <the host that receives its mail>."),
        );
    }
    Finding::Ok(found.join(", "))
}

/// The addresses of a domain without MX records: mail is delivered there.
#[must_use]
pub fn address(domain: &str, found: &[String]) -> Finding {
    match found.first() {
        Some(address) => Finding::Ok(format!(
            "there is no MX record; mail is delivered to the domain's own address, {address}"
        )),
        None => Finding::problem(
            format!(
                "{domain} has neither an MX record nor an address: it accepts no mail, and many receivers refuse mail from it."
            ),
            format!("add:  {domain}. MX 10 <the host that receives its mail>."),
        ),
    }
}

/// The SPF record of the domain: which hosts may send for it.
pub fn spf(domain: &str, texts: &[String]) -> Finding {
    let records: Vec<&String> = texts.iter().filter(|text| is_version(text, "v=spf1", ' ')).collect();
    let record = match records.as_slice() {
        [] => {
            return Finding::problem(
                format!("No record says which hosts may send for {domain}."),
                format!(
                    "add:  {domain}. TXT \"v=spf1 mx ~all\"  (instead of mx, what the mail service tells, such as \
                     include:spf.service.example)"
                ),
            );
        }
        [record] => record.as_str(),
        several => {
            return Finding::problem(
                format!("There are {} records, and receivers then ignore them all.", several.len()),
                format!("merge them into one:  {domain}. TXT \"v=spf1 <the terms of all of them> ~all\""),
            );
        }
    };
    let is_all = |term: &&str| term.trim_start_matches(['+', '-', '~', '?']).eq_ignore_ascii_case("all");
    let terms = || record.split_ascii_whitespace();
    // Terms after the first `all` are ignored, and so is a redirect beside it.
    let what = match terms().find(is_all) {
        Some(all) if all.starts_with(['-', '~']) => return Finding::Ok(record.to_owned()),
        Some(all) if all.starts_with('?') => format!("{all} does not say who may not send."),
        Some(all) => format!("{all} allows everybody to send."),
        None if terms().any(is_redirect) => return Finding::Ok(record.to_owned()),
        None => "It does not end in ~all or -all, so it does not say who may not send.".to_owned(),
    };
    let kept: Vec<&str> = terms().filter(|term| !is_all(term)).collect();
    let remedy = format!("replace it by:  {domain}. TXT \"{} ~all\"", kept.join(" "));
    Finding::problem(format!("{record}: {what}"), remedy)
}

fn is_redirect(term: &str) -> bool {
    term.split_once('=').is_some_and(|(name, to)| name.eq_ignore_ascii_case("redirect") && !to.is_empty())
}

/// The DMARC policy of the domain; `None` if it has none, and its parent is checked next.
#[must_use]
pub fn dmarc(domain: &str, texts: &[String]) -> Option<Finding> {
    let records: Vec<&String> = texts.iter().filter(|text| is_version(text, "v=DMARC1", ';')).collect();
    let add = |first: &str| format!("{first}:  _dmarc.{domain}. TXT \"v=DMARC1; p=none\"");
    let record = match records.as_slice() {
        [] => return None,
        [record] => record.as_str(),
        several => {
            let what = format!("There are {} records, and receivers then ignore them all.", several.len());
            return Some(Finding::problem(what, add("merge them into one, such as")));
        }
    };
    let policy = tag(record, "p").unwrap_or_default();
    let is_known = ["none", "quarantine", "reject"].iter().any(|known| policy.eq_ignore_ascii_case(known));
    Some(if is_known {
        Finding::Ok(format!("{record} at _dmarc.{domain}"))
    } else {
        let what = format!("{record}: p= must be none, quarantine or reject.");
        Finding::problem(what, add("replace it by"))
    })
}

/// The finding when neither the domain nor its parents have a DMARC policy.
#[must_use]
pub fn no_dmarc(domain: &str) -> Finding {
    Finding::problem(
        format!("No policy says what receivers do with mail that others send as {domain}."),
        format!("add:  _dmarc.{domain}. TXT \"v=DMARC1; p=none\"  (later p=quarantine or p=reject)"),
    )
}

/// The DKIM key at that name.
#[must_use]
pub fn dkim(name: &str, texts: &[String]) -> Finding {
    let add =
        format!("add:  {name}. TXT \"v=DKIM1; k=rsa; p=<the public key>\"  (as the mail service tells)");
    let keys: Vec<String> = texts
        .iter()
        .filter(|text| tag(text, "v").is_none_or(|version| version == "DKIM1"))
        .filter_map(|text| tag(text, "p"))
        .collect();
    if keys.iter().any(|key| !key.is_empty()) {
        Finding::Ok(format!("there is a key at {name}"))
    } else if keys.is_empty() {
        Finding::problem(format!("There is no key at {name}."), add)
    } else {
        Finding::problem(format!("The key at {name} is empty: it was revoked."), add)
    }
}

/// The finding when no DKIM selector was given.
#[must_use]
pub fn no_selector() -> Finding {
    Finding::Skipped(
        "Give the selector with --dkim-selector: the mail service tells it, and so does s= in the DKIM-Signature header of \
         a mail that arrived."
            .to_owned(),
    )
}

/// Whether a record begins with exactly that version.
fn is_version(text: &str, version: &str, end: char) -> bool {
    let (first, rest) = text.split_at_checked(version.len()).unwrap_or_default();
    first.eq_ignore_ascii_case(version) && (rest.is_empty() || rest.starts_with([end, ' ']))
}

/// The value of a tag, without white space, which may occur anywhere in it.
fn tag(record: &str, name: &str) -> Option<String> {
    let mut tags = record.split(';').filter_map(|tag| tag.split_once('='));
    let (_, value) = tags.find(|(tag, _)| tag.trim() == name)?;
    Some(value.split_whitespace().collect())
}
