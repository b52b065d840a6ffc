//! Writes XML that is well-formed for any text: escapes markup and drops characters that XML 1.0 forbids.

use std::borrow::Cow;
use std::io;

use actix_web::web::Bytes;
use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::base::error::{Error, Result};

/// Names and values of attributes.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

/// A document under construction.
pub(super) struct Xml(Writer<Vec<u8>>);

impl Xml {
    /// Writes a whole document. `write` adds the content of the root element.
    pub(super) fn document(
        root: &str,
        attributes: Attributes<'_>,
        write: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> Result<Bytes> {
        let mut xml = Self(Writer::new(Vec::new()));
        let declaration = Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None));
        let written = xml.0.write_event(declaration).and_then(|()| xml.element(root, attributes, write));
        written.map_err(|e| Error::internal(format!("a document: {e}")))?;
        Ok(xml.0.into_inner().into())
    }

    /// Writes an element. `write` adds its content.
    pub(super) fn element(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        write: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.0.write_event(Event::Start(start(name, attributes)))?;
        write(self)?;
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    /// Writes an element without content.
    pub(super) fn empty(&mut self, name: &str, attributes: Attributes<'_>) -> io::Result<()> {
        self.0.write_event(Event::Empty(start(name, attributes)))
    }

    /// Writes an element that contains text.
    pub(super) fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.element(name, &[], |xml| xml.characters(text))
    }

    /// Writes text into the current element.
    pub(super) fn characters(&mut self, text: &str) -> io::Result<()> {
        self.0.write_event(Event::Text(BytesText::new(&allowed(text))))
    }

    /// Writes an element that contains HTML in a CDATA section, where markup stays readable.
    pub(super) fn html(&mut self, name: &str, attributes: Attributes<'_>, html: &str) -> io::Result<()> {
        self.element(name, attributes, |xml| {
            BytesCData::escaped(&allowed(html)).try_for_each(|part| xml.0.write_event(Event::CData(part)))
        })
    }
}

fn start<'a>(name: &'a str, attributes: Attributes<'_>) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, allowed(value).as_ref()));
    }
    start
}

/// Drops the characters that XML 1.0 forbids even as character references.
fn allowed(text: &str) -> Cow<'_, str> {
    let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if text.chars().all(is_allowed) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|c| is_allowed(*c)).collect())
    }
}
