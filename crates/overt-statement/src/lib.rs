//! Public texts and the signatures under them: import, safe markup, the list of signatories.
