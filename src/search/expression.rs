//! What a full-text index is asked, written for either database. Only folded words and the index's own keys come into it,
//! so there is nothing to escape and nothing that a database could misunderstand.

use super::query::{Term, Terms};

/// Where in a place a word stands: the first letter of a token of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In the title of an article, at the article's own place.
    Title,
    /// In the heading of a section.
    Heading,
    /// Anywhere in the place itself, its title or heading included.
    Own,
    /// In the title of the article that a section is part of.
    Inherited,
    /// No word, but what the article carries: filters are terms of the index, too.
    Key,
}

/// A condition on the tokens of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// These tokens, one behind the other.
    Tokens(Vec<String>),
    /// Every one of these, at least one.
    All(Vec<Expression>),
    /// At least one of these, of which there is at least one.
    Any(Vec<Expression>),
    /// The first, and not the second.
    Without(Box<Expression>, Box<Expression>),
}

/// What is asked of the index: everything at once, or by rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Every place that matches.
    pub all: Expression,
    /// Articles with every term in their title.
    pub titles: Expression,
    /// Sections with every term in their heading.
    pub headings: Expression,
    /// All others.
    pub others: Expression,
}

impl Kind {
    /// The token of a word.
    #[must_use]
    pub fn token(self, word: &str) -> String {
        let letter = match self {
            Self::Title => 't',
            Self::Heading => 'h',
            Self::Own => 'o',
            Self::Inherited => 'i',
            Self::Key => 'k',
        };
        format!("{letter}{word}")
    }
}

impl Question {
    /// Asks for `terms` in places that have `keys`. `endings` are the words that the open one may be.
    ///
    /// A place matches if it holds every term, itself or by its article's title, and at least one itself.
    #[must_use]
    pub fn new(terms: &Terms, endings: &[String], keys: &[Expression]) -> Self {
        let terms = terms.as_slice();
        let of = |kind| terms.iter().map(|term| find(kind, term, endings)).collect::<Vec<_>>();
        let own = of(Kind::Own);
        let all = if own.len() == 1 {
            own
        } else {
            let anywhere = own
                .iter()
                .zip(of(Kind::Inherited))
                .map(|(own, inherited)| Expression::Any(vec![own.clone(), inherited]));
            anywhere.chain([Expression::Any(own.clone())]).collect()
        };
        let (titles, headings) = (of(Kind::Title), of(Kind::Heading));
        let ranked =
            Expression::Any(vec![Expression::All(titles.clone()), Expression::All(headings.clone())]);
        let with_keys = |parts: Vec<Expression>| Expression::All([parts, keys.to_vec()].concat());
        Self {
            others: Expression::Without(Box::new(with_keys(all.clone())), Box::new(ranked)),
            all: with_keys(all),
            titles: with_keys(titles),
            headings: with_keys(headings),
        }
    }
}

/// A term in tokens of a kind: as it is, or with each of the words that its last one may be.
fn find(kind: Kind, term: &Term, endings: &[String]) -> Expression {
    let tokens: Vec<String> = term.words.iter().map(|word| kind.token(word)).collect();
    if !term.open || endings.is_empty() {
        return Expression::Tokens(tokens);
    }
    let complete = |ending: &String| {
        let mut tokens = tokens.clone();
        tokens.pop();
        tokens.push(kind.token(ending));
        Expression::Tokens(tokens)
    };
    Expression::Any(endings.iter().map(complete).collect())
}

impl Expression {
    /// As FTS5 of SQLite reads it.
    #[must_use]
    pub fn fts5(&self) -> String {
        match self {
            Self::Tokens(tokens) => format!("\"{}\"", tokens.join(" ")),
            Self::All(parts) => joined(parts, " AND ", Self::fts5),
            Self::Any(parts) => joined(parts, " OR ", Self::fts5),
            Self::Without(these, those) => format!("({} NOT {})", these.fts5(), those.fts5()),
        }
    }

    /// As `tsquery` of PostgreSQL reads it.
    #[must_use]
    pub fn tsquery(&self) -> String {
        match self {
            Self::Tokens(tokens) => joined(tokens, " <-> ", |token| format!("'{token}'")),
            Self::All(parts) => joined(parts, " & ", Self::tsquery),
            Self::Any(parts) => joined(parts, " | ", Self::tsquery),
            Self::Without(these, those) => format!("({} & !{})", these.tsquery(), those.tsquery()),
        }
    }
}

fn joined<T>(parts: &[T], with: &str, write: impl Fn(&T) -> String) -> String {
    match parts {
        [only] => write(only),
        _ => format!("({})", parts.iter().map(write).collect::<Vec<_>>().join(with)),
    }
}
