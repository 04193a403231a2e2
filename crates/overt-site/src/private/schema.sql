-- What must not be public. Times are milliseconds since 1970. A column that holds an address, a contact or a form is sealed:
-- encrypted for its row with the site's secret (see secret.rs).

-- Tells whether secret.key is the one that the sealed columns were sealed with.
CREATE TABLE key_check(one INTEGER PRIMARY KEY CHECK (one = 1), tag BLOB NOT NULL) STRICT;

-- The salt of a statement's address commitments.
CREATE TABLE statement_salt(statement BLOB PRIMARY KEY, salt BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- Links that were sent, to sign or to withdraw.
CREATE TABLE link(
    id BLOB PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,    -- of the link's secret
    act TEXT NOT NULL CHECK (act IN ('sign', 'withdraw')),
    statement BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'used')),
    form BLOB,                      -- sealed address and form, while it is open
    address BLOB NOT NULL,          -- a tag that only this site can compute, to limit mails to one address
    network TEXT,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    issue INTEGER                   -- what came of it
) STRICT, WITHOUT ROWID;
CREATE INDEX link_address ON link(address, created);
CREATE INDEX link_expires ON link(expires);

-- Who has signed by mail, without address and name.
CREATE TABLE signatory(
    id INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    mailbox BLOB NOT NULL,          -- commitment to the address
    person BLOB NOT NULL,           -- commitment to address and name
    mailbox_is TEXT NOT NULL CHECK (mailbox_is IN ('own', 'shared')),
    record BLOB NOT NULL,           -- the endorsement that stands
    UNIQUE (statement, mailbox, person)
) STRICT;
CREATE UNIQUE INDEX signatory_owner ON signatory(statement, mailbox) WHERE mailbox_is = 'own';
CREATE INDEX signatory_record ON signatory(record);

-- When and from where people signed, to notice a crowd.
CREATE TABLE signed_from(
    id INTEGER PRIMARY KEY,
    statement BLOB NOT NULL,
    at INTEGER NOT NULL,            -- seconds
    domain TEXT,                    -- absent if anybody gets an address there
    network TEXT                    -- deleted after a day
) STRICT;
CREATE INDEX signed_from_time ON signed_from(statement, at);
CREATE INDEX signed_from_domain ON signed_from(statement, domain, at);
CREATE INDEX signed_from_network ON signed_from(statement, network, at);

-- Names of those who sign without, kept until they were verified and then deleted.
CREATE TABLE withheld_name(
    record BLOB PRIMARY KEY,
    name BLOB NOT NULL,             -- sealed
    delete_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Records of the site's own on their way into the log.
CREATE TABLE issue(
    id INTEGER PRIMARY KEY,
    record BLOB NOT NULL UNIQUE,    -- record digest
    submission BLOB,                -- salt and signed record, until they are logged
    state TEXT NOT NULL CHECK (state IN ('signed', 'logged', 'done')),
    idx INTEGER,                    -- where it is in the log
    erases BLOB,                    -- the record whose body goes when this one is logged
    erases_idx INTEGER,             -- where that one is, if this site did not issue it
    trouble TEXT,                   -- why it did not get further the last time
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX issue_open ON issue(id) WHERE state != 'done';

CREATE TABLE outbox(
    id BLOB PRIMARY KEY,
    mail BLOB NOT NULL,             -- sealed
    attempts INTEGER NOT NULL,
    due INTEGER NOT NULL,
    gives_up INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox(due);

-- What waits for a moderator, and what was decided.
CREATE TABLE held(
    id INTEGER PRIMARY KEY,
    what TEXT NOT NULL CHECK (what IN ('signature', 'content')),
    subject BLOB NOT NULL,          -- statement or record
    reasons TEXT NOT NULL,          -- JSON
    content BLOB,                   -- sealed, until it is decided
    created INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'approved', 'refused')),
    decided INTEGER,
    decided_by TEXT,
    decision TEXT
) STRICT;
CREATE INDEX held_waiting ON held(what, id) WHERE state = 'waiting';

CREATE TABLE token(
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    holder TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('moderator', 'administrator')),
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER
) STRICT;

CREATE TABLE session(
    digest BLOB PRIMARY KEY,
    token INTEGER NOT NULL REFERENCES token(id) ON DELETE CASCADE,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Privileged acts. Each line has the hash of the one before.
CREATE TABLE audit(
    number INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    who TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'the audit trail is append-only'); END;

-- Reports of incidents and flaws before they are published.
CREATE TABLE report(
    id INTEGER PRIMARY KEY,
    row BLOB NOT NULL UNIQUE,       -- what its columns are sealed for
    link BLOB NOT NULL UNIQUE,      -- digest of the secret by which the reporter confirms, and sees how it stands
    draft BLOB,                     -- sealed, until it is closed
    contact BLOB,                   -- sealed, until some time after it is closed
    embargo INTEGER,                -- not to be published before; seconds
    state TEXT NOT NULL CHECK (state IN ('unconfirmed', 'waiting', 'published', 'refused', 'withdrawn')),
    reason TEXT,                    -- why it was refused, for the reporter
    issue INTEGER,                  -- the record that it became
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
CREATE INDEX report_state ON report(state, id);
