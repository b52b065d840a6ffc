//! The catalogue of codes and the code: neither has one that the other lacks. Reads the sources as text.

use std::collections::BTreeSet;
use std::path::Path;

use lede::base::codes::{self, CodeKind};
use lede::subscribers::consent::Reason;

/// How the sources name a code: the call, which of its arguments it is, what it is of, and the endings that the call
/// adds to it; an empty one for a code that stands there as it is.
type Form = (&'static str, usize, CodeKind, &'static [&'static str]);

const FORMS: &[Form] = &[
    ("Error::conflict", 0, CodeKind::Problem, &[""]),
    ("Error::stale", 0, CodeKind::Problem, &[""]),
    ("details.conflict", 0, CodeKind::Problem, &[""]),
    (".stale", 0, CodeKind::Problem, &[""]),
    (".conflict", 0, CodeKind::Problem, &[""]),
    ("Error::invalid", 1, CodeKind::Error, &[""]),
    ("Error::malformed", 1, CodeKind::Error, &[""]),
    ("Error::parameter", 1, CodeKind::Error, &[""]),
    ("Invalid::new", 0, CodeKind::Error, &[""]),
    ("Warning::new", 0, CodeKind::Warning, &[""]),
    ("self.warn", 0, CodeKind::Warning, &[""]),
    ("self.raw.warn", 0, CodeKind::Warning, &[""]),
    ("validate::count", 0, CodeKind::Error, &["-too-many"]),
    ("validate::filled_text", 0, CodeKind::Error, &["-empty", "-too-long"]),
    ("validate::line", 0, CodeKind::Error, &["-empty", "-malformed", "-too-long"]),
    ("validate::malformed", 0, CodeKind::Error, &["-malformed"]),
    ("validate::missing", 0, CodeKind::Error, &["-missing"]),
    ("validate::number", 0, CodeKind::Error, &["-out-of-bounds"]),
    ("validate::optional_text", 0, CodeKind::Error, &["-too-long"]),
    ("validate::path", 0, CodeKind::Error, &["-malformed", "-too-long"]),
    ("validate::text", 0, CodeKind::Error, &["-too-long"]),
    ("validate::unknown", 0, CodeKind::Error, &["-unknown"]),
    ("validate::url", 0, CodeKind::Error, &["-malformed", "-too-long"]),
    ("validate::url_or_path", 0, CodeKind::Error, &["-malformed", "-too-long"]),
];

/// Helpers that pass a code or noun on to those above. Others of the same name take what is no literal.
const HELPERS: &[Form] = &[
    ("refusal", 0, CodeKind::Error, &[""]),
    ("check_named", 1, CodeKind::Error, &["-too-many"]),
    ("check_size", 0, CodeKind::Error, &["-out-of-bounds"]),
    ("check_text", 0, CodeKind::Error, &["-too-long"]),
    ("line", 0, CodeKind::Error, &["-empty", "-malformed", "-too-long"]),
    ("Line::parse", 0, CodeKind::Error, &["-empty", "-malformed", "-too-long"]),
    ("text", 0, CodeKind::Error, &["-too-long"]),
    ("too_long", 0, CodeKind::Error, &["-too-long"]),
    ("url", 0, CodeKind::Error, &["-malformed", "-too-long"]),
];

/// Arguments that are no literal: a code or noun that one of the forms above has named already.
const PASSED_ON: &[&str] = &["code", "noun", "invalid.code", "I::UNKNOWN", "AuthorId::UNKNOWN"];

#[test]
fn every_code_that_can_be_sent_is_in_the_catalogue_and_no_other() {
    let mut sent = BTreeSet::new();
    for (file, code) in sources() {
        for (name, argument, kind, endings) in FORMS.iter().chain(HELPERS) {
            for given in calls(&code, name).filter_map(|arguments| arguments.get(*argument).cloned()) {
                let Some(literal) = given.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
                    let is_passed_on = HELPERS.iter().any(|(helper, ..)| helper == name)
                        || PASSED_ON.contains(&given.as_str())
                        || given.starts_with("format!(\"{noun}-");
                    assert!(is_passed_on, "{file}: {name}({given}): which codes are these?");
                    continue;
                };
                sent.extend(endings.iter().map(|ending| (*kind, format!("{literal}{ending}"))));
            }
        }
        // A refusal of JSON, and a resource's own code for an unknown one.
        for (before, kind) in
            [("code: ", CodeKind::Error), ("const UNKNOWN: &'static str = ", CodeKind::Error)]
        {
            sent.extend(literals(&code, before).map(|code| (kind, code)));
        }
        if file == "base/error.rs" {
            // The failures have other names in metrics.
            let bodies =
                code.split("fn code(self)").skip(1).filter_map(|rest| rest.split("\n    }\n").next());
            let codes = bodies.flat_map(|body| literals(body, "=> ").collect::<Vec<_>>());
            sent.extend(codes.map(|code| (CodeKind::Problem, code)));
        }
        // Tables of codes, as tuples.
        for (table, kind) in [
            ("base/http/problem.rs", CodeKind::Problem),
            ("server/unparsed.rs", CodeKind::Problem),
            ("base/http/json.rs", CodeKind::Error),
        ] {
            if file == table {
                for before in [" (", "return (", "=> (\n            "] {
                    sent.extend(literals(&code, before).map(|code| (kind, code)));
                }
            }
        }
    }
    let known: BTreeSet<(CodeKind, String)> = codes::all()
        .into_iter()
        .filter(|code| code.kind != CodeKind::Row)
        .map(|code| (code.kind, code.code))
        .collect();
    let unknown: Vec<_> = sent.difference(&known).collect();
    let stale: Vec<_> = known.difference(&sent).collect();
    assert!(unknown.is_empty(), "sent and not in src/base/codes.rs: {unknown:?}");
    assert!(stale.is_empty(), "in src/base/codes.rs and never sent: {stale:?}");
}

#[test]
fn every_code_of_a_row_is_in_the_catalogue_and_no_other() {
    // A row has a code of its own, or the reason for which its address is suppressed.
    let mut given: BTreeSet<String> = Reason::texts().map(str::to_owned).collect();
    for (_, code) in sources().iter().filter(|(file, _)| file.starts_with("subscribers/import/")) {
        for before in ["Err(", "Some(", "then_some(", "ok_or(", "|_| ", "=> "] {
            // What has no hyphen is no code, but for example what an import has failed with.
            given.extend(literals(code, before).filter(|literal| literal.contains('-')));
        }
    }
    let known: BTreeSet<String> =
        codes::all().into_iter().filter(|code| code.kind == CodeKind::Row).map(|code| code.code).collect();
    let unknown: Vec<_> = given.difference(&known).collect();
    let stale: Vec<_> = known.difference(&given).collect();
    assert!(unknown.is_empty(), "rows have these, and src/base/codes.rs does not: {unknown:?}");
    assert!(stale.is_empty(), "in src/base/codes.rs, and no row has it: {stale:?}");
    assert_eq!(codes::row_meaning("email-missing"), "The row has no address.");
}

#[test]
fn each_code_is_there_once_and_says_what_to_do() {
    let all = codes::all();
    for pair in all.windows(2) {
        assert_ne!((pair[0].kind, &pair[0].code), (pair[1].kind, &pair[1].code));
    }
    for code in all {
        let is_kebab = code.code.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
        assert!(is_kebab, "{code:?}");
        for text in [code.meaning, code.remedy] {
            assert!(text.len() > 5 && text.ends_with('.'), "{code:?}");
        }
        let has_status = matches!(code.kind, CodeKind::Problem | CodeKind::Error);
        assert_eq!(code.statuses.is_empty(), !has_status, "{code:?}");
    }
}

/// Every source but the catalogue, without comments: its path below `src/` and its text.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut files, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("base/codes.rs")
            {
                let name = path.strip_prefix(&root).expect("below src").to_string_lossy().into_owned();
                let text = std::fs::read_to_string(&path).expect("a text");
                let is_comment = |line: &&str| line.trim_start().starts_with("//");
                files.push((
                    name,
                    text.lines().filter(|line| !is_comment(line)).collect::<Vec<_>>().join("\n"),
                ));
            }
        }
    }
    assert!(files.len() > 100, "{}", files.len());
    files
}

/// The arguments of every call of `name`.
fn calls(code: &str, name: &str) -> impl Iterator<Item = Vec<String>> {
    let opening = format!("{name}(");
    code.match_indices(&opening)
        .filter_map(|(at, _)| {
            let before = code[..at].chars().next_back();
            let is_whole = before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | ':' | '.'));
            (is_whole && !code[..at].ends_with("fn ")).then(|| arguments(&code[at + opening.len()..]))
        })
        .collect::<Vec<_>>()
        .into_iter()
}

/// The arguments before the bracket that closes a call.
fn arguments(code: &str) -> Vec<String> {
    let (mut all, mut current, mut depth, mut quoted, mut last) =
        (Vec::new(), String::new(), 0_u32, false, ' ');
    for c in code.chars() {
        match c {
            '"' if last != '\\' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted && depth == 0 => break,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                all.push(std::mem::take(&mut current).trim().to_owned());
                last = c;
                continue;
            }
            _ => {}
        }
        current.push(c);
        last = if last == '\\' { ' ' } else { c };
    }
    all.push(current.trim().to_owned());
    all
}

/// The literals that stand right behind `before`.
fn literals(code: &str, before: &str) -> impl Iterator<Item = String> {
    let opening = format!("{before}\"");
    code.match_indices(&opening)
        .filter_map(|(at, _)| code[at + opening.len()..].split('"').next())
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}
