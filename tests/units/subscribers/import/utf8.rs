use lede::subscribers::import::utf8::Utf8;

#[test]
fn a_character_may_be_cut_anywhere_but_at_the_end() {
    for size in 1..6 {
        let mut text = Utf8::default();
        assert!("Prénom, Łódź, 🦀".as_bytes().chunks(size).all(|chunk| text.goes_on(chunk)), "{size}");
        assert!(!text.is_cut());
    }
    assert!(!Utf8::default().goes_on(b"Pr\xe9nom"));
    let mut text = Utf8::default();
    assert!(text.goes_on(b"\xc5") && text.is_cut());
}
