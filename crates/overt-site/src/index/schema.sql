-- What a site's pages ask of its log. Everything here follows from the log and the bodies beside it, and from nothing else;
-- `idx` is always the index of a log entry. Times are seconds since 1970, digests are blobs of 32 bytes.

-- How far the log was followed; one row.
CREATE TABLE position(
    one INTEGER PRIMARY KEY CHECK (one = 1),
    next INTEGER NOT NULL,
    unreadable INTEGER NOT NULL -- bodies that could not be read, those taken down not among them
) STRICT;
INSERT INTO position VALUES (1, 0, 0);

CREATE TABLE entry(
    idx INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,      -- when it was logged
    kind TEXT NOT NULL,
    key BLOB NOT NULL,          -- the id of the key that signed
    commitment BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('readable', 'unreadable', 'taken_down')),
    redaction INTEGER           -- the entry that says why it was taken down
) STRICT;
CREATE INDEX entry_commitment ON entry(commitment);
CREATE INDEX entry_kind ON entry(kind, idx);
CREATE INDEX entry_key ON entry(key, idx);
-- Few: what was taken down, by the later of the two entries that made it so.
CREATE INDEX entry_taken_down ON entry(max(idx, redaction)) WHERE state = 'taken_down';

-- The references of log entries, which stay when bodies go.
CREATE TABLE reference(
    target BLOB NOT NULL,
    idx INTEGER NOT NULL,
    PRIMARY KEY (target, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX reference_from ON reference(idx);

-- How many entries point to a record: under a statement a million may, and its page says so each time.
CREATE TABLE referred(target BLOB PRIMARY KEY, entries INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- How the log grew.
CREATE TABLE day(
    day INTEGER NOT NULL,       -- days since 1970
    kind TEXT NOT NULL,
    entries INTEGER NOT NULL,
    PRIMARY KEY (day, kind)
) STRICT, WITHOUT ROWID;

-- What is known of an entry whose body is readable. Rows of the tables below go with it.
CREATE TABLE record(
    idx INTEGER PRIMARY KEY REFERENCES entry(idx),
    digest BLOB NOT NULL,
    issuer TEXT NOT NULL,       -- the name that it gives itself
    issued INTEGER NOT NULL,
    title TEXT NOT NULL         -- a line for lists
) STRICT;
-- One record may be logged twice, with two salts; the first is shown.
CREATE INDEX record_digest ON record(digest, idx);

CREATE TABLE evaluation(
    idx INTEGER PRIMARY KEY REFERENCES record(idx) ON DELETE CASCADE,
    system BLOB NOT NULL,       -- which system, by a digest that stays the same over time
    name TEXT NOT NULL,
    model TEXT NOT NULL,
    reach TEXT NOT NULL,
    base_url TEXT,
    weights BLOB,
    run TEXT NOT NULL,
    created INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    suite TEXT,
    relationship TEXT NOT NULL,
    samples INTEGER NOT NULL,
    withheld INTEGER NOT NULL,
    plan BLOB,
    corrects BLOB
) STRICT;
CREATE INDEX evaluation_system ON evaluation(system, idx);

CREATE TABLE result(
    idx INTEGER NOT NULL REFERENCES evaluation(idx) ON DELETE CASCADE,
    place INTEGER NOT NULL,     -- order within the record
    task TEXT NOT NULL,
    task_title TEXT NOT NULL,
    task_version TEXT NOT NULL,
    task_sha256 BLOB NOT NULL,
    samples_sha256 BLOB NOT NULL,
    alike BLOB NOT NULL,        -- equal for results that measure the same on the same samples
    asked INTEGER NOT NULL,
    metric TEXT NOT NULL,
    metric_title TEXT NOT NULL,
    headline INTEGER NOT NULL,  -- 1 for a task's first metric
    direction TEXT NOT NULL,
    value TEXT,                 -- decimals as they were signed
    low TEXT,
    high TEXT,
    level TEXT,
    method TEXT,
    n INTEGER NOT NULL,
    missing INTEGER NOT NULL,
    PRIMARY KEY (idx, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX result_task ON result(task, idx, place);

CREATE TABLE plan(
    idx INTEGER PRIMARY KEY REFERENCES record(idx) ON DELETE CASCADE,
    systems INTEGER NOT NULL,
    tasks INTEGER NOT NULL,
    claims INTEGER NOT NULL,
    not_after INTEGER,
    replaces BLOB
) STRICT;

CREATE TABLE reproduction(
    idx INTEGER PRIMARY KEY REFERENCES record(idx) ON DELETE CASCADE,
    original BLOB NOT NULL,
    verdict TEXT NOT NULL,
    comparisons INTEGER NOT NULL
) STRICT;
CREATE INDEX reproduction_original ON reproduction(original, idx);

CREATE TABLE alarm(
    idx INTEGER PRIMARY KEY REFERENCES record(idx) ON DELETE CASCADE,
    watch TEXT NOT NULL,
    detector TEXT NOT NULL,
    quantity TEXT NOT NULL,
    summary TEXT NOT NULL
) STRICT;

CREATE TABLE incident(
    idx INTEGER PRIMARY KEY REFERENCES record(idx) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    status TEXT NOT NULL,
    language TEXT NOT NULL,
    systems TEXT NOT NULL,      -- their names, for lists
    occurred INTEGER,
    updates BLOB
) STRICT;
CREATE INDEX incident_updates ON incident(updates, idx);

CREATE TABLE incident_term(
    term TEXT NOT NULL,         -- 'harm:…', 'country:…' or 'system:…' (folded)
    idx INTEGER NOT NULL REFERENCES incident(idx) ON DELETE CASCADE,
    PRIMARY KEY (term, idx)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_term_of ON incident_term(idx);

CREATE TABLE statement(
    idx INTEGER PRIMARY KEY REFERENCES record(idx) ON DELETE CASCADE,
    language TEXT NOT NULL,
    version TEXT NOT NULL,
    media_type TEXT NOT NULL,
    text TEXT NOT NULL,
    replaces BLOB,
    translates BLOB
) STRICT;
CREATE INDEX statement_replaces ON statement(replaces) WHERE replaces IS NOT NULL;
CREATE INDEX statement_translates ON statement(translates) WHERE translates IS NOT NULL;

CREATE TABLE listing(
    idx INTEGER PRIMARY KEY REFERENCES record(idx) ON DELETE CASCADE,
    statement BLOB NOT NULL,
    source TEXT NOT NULL,
    source_sha256 BLOB NOT NULL,
    uri TEXT,
    stated_total INTEGER,
    names INTEGER NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('vouched', 'own'))
) STRICT;
CREATE INDEX listing_statement ON listing(statement, idx);

CREATE TABLE listed(
    idx INTEGER NOT NULL REFERENCES listing(idx) ON DELETE CASCADE,
    place INTEGER NOT NULL,     -- from 1, in the source's order
    name TEXT NOT NULL,
    affiliation TEXT,
    folded TEXT NOT NULL,
    PRIMARY KEY (idx, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE endorsement(
    idx INTEGER PRIMARY KEY REFERENCES record(idx) ON DELETE CASCADE,
    of BLOB NOT NULL,
    digest BLOB NOT NULL,
    number INTEGER NOT NULL,    -- from 1, in the order of signing; the number of one that was withdrawn is not given again
    name TEXT,
    role TEXT,
    affiliation TEXT,
    country TEXT,
    capacity TEXT NOT NULL,
    checked TEXT NOT NULL,      -- what was checked: the word of an issuer that this site believes, else 'nothing'
    domain TEXT,
    standing TEXT NOT NULL CHECK (standing IN ('vouched', 'own')), -- by an issuer that this site believes, or their own word
    key BLOB NOT NULL,
    time INTEGER NOT NULL,
    seat BLOB NOT NULL          -- equal for endorsements of one signatory; the last one stands
) STRICT;
CREATE UNIQUE INDEX endorsement_seat ON endorsement(of, seat);
CREATE UNIQUE INDEX endorsement_of ON endorsement(of, number);
CREATE INDEX endorsement_digest ON endorsement(digest);
-- The letter itself, which shows the first who were checked, whoever else was there before them.
CREATE INDEX endorsement_vouched ON endorsement(of, number) WHERE standing = 'vouched';
-- Those who signed with a key of their own and say that their domain publishes it.
CREATE INDEX endorsement_domain ON endorsement(domain, key, of, number) WHERE standing = 'own' AND domain IS NOT NULL;

-- Domains that were looked up, and when one last answered at both places. This table and the next are the only ones that
-- follow from elsewhere: from what the site looked up.
CREATE TABLE domain_lookup(domain TEXT PRIMARY KEY, tried INTEGER NOT NULL, answered INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Domains that were found to publish a key.
CREATE TABLE domain_holder(
    domain TEXT NOT NULL,
    key BLOB NOT NULL,
    PRIMARY KEY (domain, key)
) STRICT, WITHOUT ROWID;

-- How many of each kind stand under a record, and the last number that was given.
CREATE TABLE tally(
    of BLOB NOT NULL,
    capacity TEXT NOT NULL,
    checked TEXT NOT NULL,
    standing TEXT NOT NULL,
    signatures INTEGER NOT NULL,
    PRIMARY KEY (of, capacity, checked, standing)
) STRICT, WITHOUT ROWID;
CREATE TABLE last_number(of BLOB PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Words of names and affiliations, folded, of each the first twelve letters. Contentless: the words stand in no second place.
-- Beginnings of every length are indexed: those who have one are then read from the list's beginning on until a page is full.
-- Without, all who have it are put together first, and "university" takes half a second under a million names.
CREATE VIRTUAL TABLE signatory_word USING fts5(
    words, content='', contentless_delete=1, detail=none, tokenize='ascii', prefix='1 2 3 4 5 6 7 8 9 10 11 12'
);

CREATE TABLE redaction(
    idx INTEGER PRIMARY KEY REFERENCES record(idx) ON DELETE CASCADE,
    target BLOB NOT NULL,
    scope TEXT NOT NULL,
    reason TEXT NOT NULL,
    explanation TEXT,
    authority TEXT NOT NULL,
    corrected_by BLOB,
    key BLOB NOT NULL
) STRICT;
CREATE INDEX redaction_target ON redaction(target, idx);

CREATE TABLE key_change(
    idx INTEGER PRIMARY KEY REFERENCES record(idx) ON DELETE CASCADE,
    key BLOB NOT NULL,          -- the key that it is about
    issuer BLOB NOT NULL,
    change TEXT NOT NULL,
    holder TEXT,
    new_key BLOB,
    effective INTEGER NOT NULL
) STRICT;
CREATE INDEX key_change_key ON key_change(key, idx);
