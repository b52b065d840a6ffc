use diesel::result::{DatabaseErrorKind, Error as DatabaseError};
use lede::base::db::{DatabaseUrl, connection};
use lede::base::error::Error;

#[test]
fn a_damaged_or_missing_database_is_unavailable_and_no_defect() {
    for text in [
        "disk I/O error",
        "database disk image is malformed",
        "file is not a database",
        "unable to open database file",
        "attempt to write a readonly database",
    ] {
        let error = DatabaseError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(text.to_owned()));
        assert!(matches!(Error::from(error), Error::Unavailable(_)), "{text}");
    }
    let error =
        DatabaseError::DatabaseError(DatabaseErrorKind::Unknown, Box::new("no such table".to_owned()));
    assert!(matches!(Error::from(error), Error::Internal(_)));
    let folder = tempfile::tempdir().unwrap();
    let url = |path: &std::path::Path| DatabaseUrl::Sqlite(path.display().to_string());
    let garbage = folder.path().join("garbage.db");
    std::fs::write(&garbage, "tide ".repeat(1000)).unwrap();
    for path in [garbage, folder.path().to_owned(), folder.path().join("none.db")] {
        let refused = connection::open(&url(&path)).err();
        assert!(matches!(refused, Some(Error::Unavailable(_))), "{}: {refused:?}", path.display());
    }
    assert!(!folder.path().join("none.db").exists());
}
