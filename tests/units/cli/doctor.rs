use lede::cli::doctor::findings::{
    Finding, address, answered, dkim, dmarc, domains_above, exchanges, no_selector, public_name, spf,
};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// The remedy, if there is one.
fn remedy(finding: &Finding) -> Option<&str> {
    match finding {
        Finding::Problem { remedy, .. } => Some(remedy),
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
        assert_eq!(spf("a.example", &found), Finding::Ok(record.to_owned()));
    }
    for (found, wanted) in [
        (&[][..], "add:  a.example. TXT \"v=spf1 mx ~all\""),
        (&["v=spf1"], "a.example. TXT \"v=spf1 ~all\""),
        (&["v=spf1 mx"], "a.example. TXT \"v=spf1 mx ~all\""),
        (&["v=spf1 mx +all"], "a.example. TXT \"v=spf1 mx ~all\""),
        (&["v=spf1 all -all"], "a.example. TXT \"v=spf1 ~all\""),
        (&["v=spf1 a:small.example ?all"], "a.example. TXT \"v=spf1 a:small.example ~all\""),
        (&["v=spf1 redirect="], "~all"),
        (&["v=spf1 -all", "v=spf1 mx -all"], "merge them into one"),
    ] {
        let finding = spf("a.example", &texts(found));
        assert!(remedy(&finding).is_some_and(|remedy| remedy.contains(wanted)), "{found:?}: {finding:?}");
    }
}

#[test]
fn a_policy_is_looked_for_upwards_and_has_to_say_what_it_is() {
    let above: Vec<&str> = domains_above("news.website.example").collect();
    assert_eq!(above, ["news.website.example", "website.example"]);
    assert_eq!(domains_above(&"a.".repeat(100)).count(), 8);
    assert_eq!(dmarc("a.example", &texts(&["v=DMARC10; p=none", "p=none"])), None);
    for record in ["v=DMARC1; p=none", "v=DMARC1;p=Reject; rua=mailto:a@a.example"] {
        assert!(matches!(dmarc("a.example", &texts(&[record])), Some(Finding::Ok(_))), "{record}");
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
        assert!(dkim("s._domainkey.a.example", &texts(&[record])).is_ok(), "{record}");
    }
    for found in [&[][..], &["v=DKIM1; p="], &["v=DKIM2; p=MIIB"], &["v=DKIM1"]] {
        let finding = dkim("s._domainkey.a.example", &texts(found));
        let wanted = "add:  s._domainkey.a.example. TXT \"v=DKIM1; ";
        assert!(remedy(&finding).is_some_and(|remedy| remedy.starts_with(wanted)), "{finding:?}");
    }
    assert!(no_selector().is_ok());
}

#[test]
fn a_domain_takes_mail_by_mx_or_at_its_own_address() {
    assert!(exchanges("a.example", &texts(&["10 mail.a.example."])).is_ok());
    assert!(address("a.example", &texts(&["192.0.2.1"])).is_ok());
    for finding in [exchanges("a.example", &texts(&["0 ."])), address("a.example", &[])] {
        assert!(remedy(&finding).is_some_and(|remedy| remedy.contains("a.example. MX 10 ")), "{finding:?}");
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
    assert_eq!(
        Finding::Problem { what: "No.".into(), remedy: "add: x".into() }.report("SPF"),
        "SPF: problem. No.\n     add: x"
    );
    assert_eq!(
        answered(Err("no answer".into()), |(): ()| no_selector()).report("MX"),
        "MX: lookup failed. no answer"
    );
}
