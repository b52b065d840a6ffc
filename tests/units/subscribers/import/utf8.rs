use lede::subscribers::import::utf8::Utf8;

#[test]
fn a_character_may_be_cut_anywhere_but_at_the_end() {
    for size in 1..6 {
        let mut text = Utf8::default();
        assert!("Prénom, Łódź, 🦀".as_bytes().chunks(size).all(|chunk| text.accepts(chunk)), "{size}");
        assert!(!text.is_cut());
    }
    assert!(!Utf8::default().accepts(b"Pr\xe9nom"));
    let mut text = Utf8::default();
    assert!(text.accepts(b"\xc5") && text.is_cut());
}
