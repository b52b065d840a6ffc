//! Enums that are kept and sent as text, declared once with the text of each variant.

/// Declares an enum whose variants are written as the given texts in JSON, in the database and in the OpenAPI document.
/// It gets `ALL`, in the order of declaration, `as_str` and `parse`.
#[macro_export]
macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident as $schema:ident { $($(#[$of:meta])* $variant:ident = $text:tt,)* }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
            utoipa::ToSchema, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        #[schema(as = $schema)]
        pub enum $name {
            $($(#[$of])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every variant.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The text of the variant.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The variant with that text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }

            /// The texts of all variants.
            pub fn texts() -> impl Iterator<Item = &'static str> {
                Self::ALL.iter().map(|one| one.as_str())
            }
        }

        $crate::text_column!($name, |text| {
            $name::parse(&text).ok_or_else(|| format!("{text} is no {}", stringify!($name)).into())
        });
    };
}
