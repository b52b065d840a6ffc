//! Translations in front matter, in files of any order.

use diesel::prelude::*;
use lede::base::db::schema::{articles, translations};
use lede::base::ids::TranslationGroupId;
use lede::base::text::Locale;

use super::{PASSWORD, summary, write};
use crate::executable::{add_user, lede_on, run};
use crate::test_database::TestDatabase;

#[test]
fn translations_come_in_before_and_after_what_they_are_translations_of() {
    let (database, folder) = (TestDatabase::fresh(), tempfile::tempdir().expect("a folder"));
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    write(folder.path(), "b-tides.md", "---\ntitle: Tides\nslug: tides\n---\n\nTwice a day.\n");
    for (file, locale) in [("a-gezeiten.md", "de"), ("c-marees.md", "fr")] {
        write(folder.path(), file, &format!("---\ntitle: T\nlang: {locale}\ntranslation_of: tides\n---\n"));
    }
    let import = || run(lede_on(&database).args(["import", "--publish"]).arg(folder.path()), "");
    let members = || {
        let rows =
            translations::table.inner_join(articles::table.on(articles::id.eq(translations::article_id)));
        let rows = rows.order(articles::locale).select((articles::locale, translations::group_id));
        let rows: Vec<(Locale, TranslationGroupId)> = rows.load(&mut database.connect()).expect("rows");
        assert!(rows.iter().all(|(_, group)| *group == rows[0].1));
        rows.iter().map(|(locale, _)| locale.to_string()).collect::<Vec<_>>().join(" ")
    };
    let first = import();
    assert_eq!(summary(&first), "3 created, 0 updated, 0 unchanged, 0 failed", "{first:?}");
    assert_eq!(members(), "de en fr");
    assert_eq!(summary(&import()), "0 created, 0 updated, 3 unchanged, 0 failed");
    // What a file does not say stays as it is, and what it says otherwise changes.
    write(folder.path(), "c-marees.md", "---\ntitle: T\nlang: fr\n---\n");
    assert_eq!(summary(&import()), "0 created, 0 updated, 3 unchanged, 0 failed");
    assert_eq!(members(), "de en fr");
    write(folder.path(), "c-marees.md", "---\ntitle: T\nlang: fr\ntranslation_of: null\n---\n");
    assert_eq!(summary(&import()), "0 created, 1 updated, 2 unchanged, 0 failed");
    assert_eq!(members(), "de en");
    write(folder.path(), "d-ebbe.md", "---\ntitle: Ebbe\nlang: de\ntranslation_of: tides\n---\n");
    write(folder.path(), "e-lost.md", "---\ntitle: Lost\nlang: it\ntranslation_of: nothing\n---\n");
    let last = import();
    assert_eq!(
        (last.status.code(), summary(&last)),
        (Some(1), "0 created, 0 updated, 3 unchanged, 2 failed")
    );
    let said = String::from_utf8(last.stderr).expect("UTF-8");
    assert!(said.contains("d-ebbe.md") && said.contains("another article in de"), "{said}");
    assert!(said.contains("e-lost.md") && said.contains("no other article"), "{said}");
    assert_eq!(members(), "de en");
}
