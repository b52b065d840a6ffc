use csv::ByteRecord;
use lede::subscribers::import::reader::{MAX_ROW_BYTES, Position, read, read_header};

const START: Position = Position { byte: 0, line: 1, skips_line: false };

/// Reads a whole text in chunks of `size` bytes and `max` rows: line and cells.
fn all(text: &[u8], size: usize, max: usize) -> Vec<(u64, Option<Vec<String>>)> {
    let (mut position, mut rows) = (START, Vec::new());
    loop {
        let at = usize::try_from(position.byte).unwrap();
        let end = (at + size).min(text.len());
        let slice = read(&text[at..end], position, end == text.len(), b',', max);
        assert!(slice.next.byte > position.byte || slice.rows.is_empty(), "stuck at {position:?}");
        let cells = |record: ByteRecord| {
            record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
        };
        rows.extend(slice.rows.into_iter().map(|row| (row.line, row.cells.map(cells))));
        if slice.next == position {
            return rows;
        }
        position = slice.next;
    }
}

#[test]
fn a_file_reads_the_same_in_chunks_of_any_size() {
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
    // A chunk has to hold the longest row of this one.
    for size in 20..text.len() {
        for max in [1, 2, 100] {
            assert_eq!(all(text.as_bytes(), size, max), whole, "{size} {max}");
        }
    }
}

#[test]
fn a_row_that_is_too_long_is_skipped_alone() {
    let long = "x".repeat(MAX_ROW_BYTES * 3);
    let text = format!("a,b\n{long},c\nd,e\n");
    for size in [MAX_ROW_BYTES + 100, MAX_ROW_BYTES * 2, 1_000_000] {
        let rows = all(text.as_bytes(), size, 100);
        let found: Vec<_> = rows.iter().map(|(line, row)| (*line, row.is_some())).collect();
        assert_eq!(found, [(1, true), (2, false), (3, true)], "{size}");
    }
}

#[test]
fn a_quote_that_is_not_closed_skips_its_line() {
    let text = format!("a,b\nc,\"d\n{}", "e,f\n".repeat(40_000));
    let rows = all(text.as_bytes(), 200_000, 1000);
    assert_eq!(rows.len(), 1 + 1 + 40_000);
    assert_eq!((rows[1].0, rows[1].1.is_none(), rows[2].0), (2, true, 3));
}

#[test]
fn the_delimiter_and_the_first_row_are_detected() {
    for (text, delimiter, byte, line) in [
        ("email,name\na", b',', 11, 2),
        ("\u{feff}email;name\r\na", b';', 15, 2),
        ("email\tname\n", b'\t', 11, 2),
        ("email\na", b',', 6, 2),
        ("\"email,\";name\n", b';', 14, 2),
        ("sep=;\r\nemail;a,b,c\r\n", b';', 20, 3),
        ("\n\nemail,name\n", b',', 13, 4),
    ] {
        let header = read_header(text.as_bytes()).unwrap();
        assert_eq!(
            (header.delimiter, header.first.byte, header.first.line),
            (delimiter, byte, line),
            "{text}"
        );
    }
    assert_eq!(read_header(b"\xef\xbb\xbf Email , \"Na me\"\n").unwrap().columns, ["Email", "\"Na me\""]);
}

#[test]
fn other_formats_are_refused_by_name() {
    let wide = "a,b".repeat(200);
    for (bytes, code) in [
        (b"\xff\xfee\0m\0".as_slice(), "file-not-utf-8"),
        (b"\xfe\xff\0e\0m", "file-not-utf-8"),
        (b"PK\x03\x04....", "file-not-csv"),
        (b"", "file-empty"),
        (b"\r\n\r\n", "file-empty"),
        (wide.as_bytes(), "columns-too-many"),
    ] {
        assert_eq!(read_header(bytes).unwrap_err().code, code);
    }
}

#[test]
fn quotes_that_are_never_closed_are_read_again_few_times() {
    // Wherever reading starts, the rest of the file is one cell.
    let file = "a\",\"\n".repeat(100_000);
    let rows = all(file.as_bytes(), file.len(), 1_000);
    assert!(rows.len() < 30 && rows.iter().all(|(_, cells)| cells.is_none()), "{}", rows.len());
}
