//! What a public site keeps: the index over its log, the private state, mail.
