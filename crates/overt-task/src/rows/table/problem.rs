//! What can be wrong with a Parquet file.

/// Why a Parquet file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableProblem {
    /// It does not begin and end as one.
    #[error("it is not a Parquet file")]
    NotParquet,
    /// It begins as one and does not end as one.
    #[error("it is cut: the end of a Parquet file is missing")]
    Cut,
    /// It contradicts itself.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// It asks for more memory than a dataset may.
    #[error("it is not read, for {what} would take {bytes} bytes and at most {limit} are given to it")]
    TooLarge {
        /// What is too large.
        what: String,
        /// What it would take.
        bytes: u64,
        /// What it may take.
        limit: u64,
    },
    /// It has more columns, or columns deeper within each other, than a dataset needs.
    #[error("it has more than {limit} {what}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// It is compressed in a way that is not read.
    #[error("its column `{column}` is compressed with {codec}")]
    Codec {
        /// The column.
        column: String,
        /// The compression.
        codec: String,
    },
    /// It is encoded in a way that cannot be read within bounds.
    #[error(
        "its column `{column}` is encoded as {encoding}, for which a damaged file could claim all memory"
    )]
    Encoding {
        /// The column.
        column: String,
        /// The encoding.
        encoding: &'static str,
    },
    /// A column is of a kind that has no counterpart in JSON.
    #[error("its column `{column}` is of the type {found}, which has no counterpart in JSON")]
    Type {
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// Two columns have the same name.
    #[error("it has two columns `{0}`")]
    Twice(String),
}

impl TableProblem {
    pub(crate) fn next(&self) -> &'static str {
        match self {
            Self::NotParquet => "say dataset.format if the file is of another format",
            Self::Cut | Self::Damaged(_) => "fetch or write the file again",
            Self::TooLarge { .. } => {
                "write the file again with smaller pages or groups of rows, or as JSON Lines"
            }
            Self::TooMany { .. } => "write a file with only the columns that the task uses",
            Self::Codec { .. } => "write the file again, compressed with zstd or snappy",
            Self::Encoding { .. } => "write the file again with dictionary or plain encoding",
            Self::Type { .. } => "write a file without this column, or with it as text",
            Self::Twice(_) => "give each column a name of its own",
        }
    }
}
