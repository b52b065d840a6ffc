use csv::ByteRecord;
use lede::subscribers::import::reader::{MOST_ROW_BYTES, Place, open, read};

const START: Place = Place { byte: 0, line: 1, midline: false };

/// Reads a whole text in pieces of `size` bytes and `most` rows: line and cells.
fn all(text: &[u8], size: usize, most: usize) -> Vec<(u64, Option<Vec<String>>)> {
    let (mut place, mut rows) = (START, Vec::new());
    loop {
        let at = usize::try_from(place.byte).unwrap();
        let end = (at + size).min(text.len());
        let slice = read(&text[at..end], place, end == text.len(), b',', most);
        assert!(slice.next.byte > place.byte || slice.rows.is_empty(), "stuck at {place:?}");
        let cells = |record: ByteRecord| {
            record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
        };
        rows.extend(slice.rows.into_iter().map(|row| (row.line, row.cells.map(cells))));
        if slice.next == place {
            return rows;
        }
        place = slice.next;
    }
}

#[test]
fn a_file_reads_the_same_in_pieces_of_any_size() {
    let text = "a,b\r\n\r\n\"two\r\nlines\",c\n,\n d ,\"e \"\"f\"\"\"\rlast,\r\n";
    let whole = all(text.as_bytes(), 1000, 1000);
    let cells: Vec<String> = whole.iter().map(|(line, row)| format!("{line} {row:?}")).collect();
    assert_eq!(
        cells,
        [
            r#"1 Some(["a", "b"])"#,
            r#"3 Some(["two\r\nlines", "c"])"#,
            r#"6 Some([" d ", "e \"f\""])"#,
            r#"7 Some(["last", ""])"#,
        ]
    );
    // A piece has to hold the longest row of this one.
    for size in 20..text.len() {
        for most in [1, 2, 100] {
            assert_eq!(all(text.as_bytes(), size, most), whole, "{size} {most}");
        }
    }
}

#[test]
fn a_row_that_is_too_long_costs_itself_alone() {
    let long = "x".repeat(MOST_ROW_BYTES * 3);
    let text = format!("a,b\n{long},c\nd,e\n");
    for size in [MOST_ROW_BYTES + 100, MOST_ROW_BYTES * 2, 1_000_000] {
        let rows = all(text.as_bytes(), size, 100);
        let found: Vec<_> = rows.iter().map(|(line, row)| (*line, row.is_some())).collect();
        assert_eq!(found, [(1, true), (2, false), (3, true)], "{size}");
    }
}

#[test]
fn a_quote_that_is_never_closed_costs_its_line() {
    let text = format!("a,b\nc,\"d\n{}", "e,f\n".repeat(40_000));
    let rows = all(text.as_bytes(), 200_000, 1000);
    assert_eq!(rows.len(), 1 + 1 + 40_000);
    assert_eq!((rows[1].0, rows[1].1.is_none(), rows[2].0), (2, true, 3));
}

#[test]
fn the_first_bytes_tell_what_separates_and_where_rows_begin() {
    for (text, delimiter, byte, line) in [
        ("email,name\na", b',', 11, 2),
        ("\u{feff}email;name\r\na", b';', 15, 2),
        ("email\tname\n", b'\t', 11, 2),
        ("email\na", b',', 6, 2),
        ("\"email,\";name\n", b';', 14, 2),
        ("sep=;\r\nemail;a,b,c\r\n", b';', 20, 3),
        ("\n\nemail,name\n", b',', 13, 4),
    ] {
        let opening = open(text.as_bytes()).unwrap();
        assert_eq!(
            (opening.delimiter, opening.first.byte, opening.first.line),
            (delimiter, byte, line),
            "{text}"
        );
    }
    assert_eq!(open(b"\xef\xbb\xbf Email , \"Na me\"\n").unwrap().header, ["Email", "\"Na me\""]);
}

#[test]
fn what_is_no_csv_in_utf_8_is_refused_by_name() {
    let wide = "a,b".repeat(200);
    for (bytes, code) in [
        (b"\xff\xfee\0m\0".as_slice(), "file-not-utf-8"),
        (b"\xfe\xff\0e\0m", "file-not-utf-8"),
        (b"PK\x03\x04....", "file-not-csv"),
        (b"", "file-empty"),
        (b"\r\n\r\n", "file-empty"),
        (wide.as_bytes(), "columns-too-many"),
    ] {
        assert_eq!(open(bytes).unwrap_err().code, code);
    }
}
