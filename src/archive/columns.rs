//! The columns of a table, read from its declaration in `base/db/schema/`: an archive cannot forget one that is added there.

use diesel::Table;
use diesel::expression::Expression;
use diesel::query_source::Column as DieselColumn;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, SqlType, Text};
use serde::{Deserialize, Serialize};

use crate::base::db::types::{Id, Instant, JsonText};

/// What a column holds, and how an archive writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A string.
    Text,
    /// JSON as it is stored, as a string.
    Json,
    /// An integer.
    Integer,
    /// True or false.
    Boolean,
    /// A string in base64.
    Bytes,
    /// A string in the usual form.
    Uuid,
    /// Microseconds since 1970, an integer.
    Time,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// An SQL type that archives know.
pub trait HasKind: SqlType {
    /// What it holds.
    const KIND: Kind;
}

macro_rules! kinds {
    ($($sql:ident: $kind:ident),*) => {$(
        impl HasKind for $sql {
            const KIND: Kind = Kind::$kind;
        }
        impl HasKind for Nullable<$sql> {
            const KIND: Kind = Kind::$kind;
        }
    )*};
}
kinds!(Text: Text, JsonText: Json, BigInt: Integer, Bool: Boolean, Binary: Bytes, Id: Uuid, Instant: Time);

/// All columns of a table, which diesel lists as a tuple.
pub trait Columns {
    /// Them, in the order of the declaration.
    fn list() -> Vec<Column>;
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        impl<$first: DieselColumn, $($rest: DieselColumn),*> Columns for ($first, $($rest,)*)
        where
            <$first as Expression>::SqlType: HasKind,
            $(<$rest as Expression>::SqlType: HasKind,)*
        {
            fn list() -> Vec<Column> {
                vec![
                    Column { name: $first::NAME.to_owned(), kind: <$first as Expression>::SqlType::KIND },
                    $(Column { name: $rest::NAME.to_owned(), kind: <$rest as Expression>::SqlType::KIND },)*
                ]
            }
        }
        tuples!($($rest)*);
    };
    () => {};
}
tuples!(A B C D E F G H I J K L M N O P);

/// The columns of a table.
pub fn of<T: Table>() -> Vec<Column>
where
    T::AllColumns: Columns,
{
    T::AllColumns::list()
}
