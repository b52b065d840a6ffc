//! Builds full-text conditions and writes them in FTS5 or `tsquery` syntax. They contain only folded words and the
//! index's own keys, so nothing needs escaping.

use super::query::{Term, Terms};

/// Where a word occurs. Encoded as the first letter of each token in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In the article's title, at the place of the article itself.
    Title,
    /// In the section's heading.
    Heading,
    /// Anywhere in the place, including its title or heading.
    Own,
    /// In the title of the section's article.
    Inherited,
    /// Not a word but a key for filters, such as a topic's.
    Key,
}

/// A condition on the tokens of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// These tokens, one directly after the other.
    Tokens(Vec<String>),
    /// All of these. Must not be empty.
    All(Vec<Expression>),
    /// At least one of these. Must not be empty.
    Any(Vec<Expression>),
    /// The first but not the second.
    Without(Box<Expression>, Box<Expression>),
}

/// The conditions of one search: for the whole result, and for each tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Every place that matches.
    pub all: Expression,
    /// Articles with every term in their title.
    pub titles: Expression,
    /// Sections with every term in their heading.
    pub headings: Expression,
    /// All other places that match.
    pub others: Expression,
}

impl Kind {
    /// What its tokens begin with.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Title => 't',
            Self::Heading => 'h',
            Self::Own => 'o',
            Self::Inherited => 'i',
            Self::Key => 'k',
        }
    }

    /// The token of a word.
    #[must_use]
    pub fn token(self, word: &str) -> String {
        format!("{}{word}", self.letter())
    }
}

impl Question {
    /// Searches for `terms` in places that have all `keys`. `endings` are the completions of the open term.
    ///
    /// A place matches if each term occurs in it or in its article's title, and at least one in the place itself.
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

/// A term as tokens of this kind. An open term matches with any of its completions.
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
    /// Writes the condition in the syntax of SQLite's FTS5.
    #[must_use]
    pub fn fts5(&self) -> String {
        match self {
            Self::Tokens(tokens) => format!("\"{}\"", tokens.join(" ")),
            Self::All(parts) => joined(parts, " AND ", Self::fts5),
            Self::Any(parts) => joined(parts, " OR ", Self::fts5),
            Self::Without(these, those) => format!("({} NOT {})", these.fts5(), those.fts5()),
        }
    }

    /// Writes the condition as a PostgreSQL `tsquery`.
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
