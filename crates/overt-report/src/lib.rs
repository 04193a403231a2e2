//! Reports of flaws and incidents: the form as data, what applies, deadlines, exports.
