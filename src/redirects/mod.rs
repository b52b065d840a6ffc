//! Old addresses on the website, and where they lead now.
