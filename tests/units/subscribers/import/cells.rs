use lede::subscribers::import::cells::{escape, items, join, unescape, write_row};

#[test]
fn what_a_spreadsheet_would_run_is_escaped_and_unescaped() {
    for (text, cell) in [
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-x", "'-x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("'=x", "''=x"),
        ("''-", "'''-"),
        ("Ada", "Ada"),
        ("'Ada", "'Ada"),
        ("a=b", "a=b"),
        ("", ""),
        ("'", "'"),
    ] {
        assert_eq!(escape(text), cell);
        assert_eq!(unescape(cell), text, "{cell:?}");
    }
}

#[test]
fn a_row_is_quoted_where_it_has_to_be() {
    let mut row = Vec::new();
    write_row(&mut row, ["a", "b,c", "say \"x\"", "two\nlines", "", " x"]);
    assert_eq!(String::from_utf8(row).unwrap(), "a,\"b,c\",\"say \"\"x\"\"\",\"two\nlines\",,\" x\"\r\n");
}

#[test]
fn a_list_is_written_to_one_cell_and_read_back() {
    for list in [vec![], vec!["vip"], vec!["a", "b, c", "d \"e\""], vec!["x y", "z"]] {
        assert_eq!(items(&join(list.iter().copied())), list);
    }
    // As Mailchimp and Ghost write tags.
    assert_eq!(items("\"Long time\",\"a, b\""), ["Long time", "a, b"]);
    assert_eq!(items("news, vip ,"), ["news", "vip"]);
}
