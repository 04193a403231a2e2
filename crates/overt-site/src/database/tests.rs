use super::*;

const SCHEMA: Schema = Schema {
    application: 7,
    versions: &["CREATE TABLE n(n INTEGER PRIMARY KEY) STRICT"],
    durability: Durability::Full,
};

fn open(directory: &tempfile::TempDir) -> Database {
    Database::open(&directory.path().join("test.sqlite"), &SCHEMA).unwrap()
}

fn insert(number: i64) -> impl FnOnce(&Connection) -> Result<(), DatabaseError> + Send + 'static {
    move |connection| Ok(connection.execute("INSERT INTO n VALUES (?)", [number]).map(drop)?)
}

fn numbers(database: &Database) -> Vec<i64> {
    let read = |connection: &Connection| -> Result<Vec<i64>, DatabaseError> {
        let mut select = connection.prepare("SELECT n FROM n ORDER BY n")?;
        Ok(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    };
    database.read(read).unwrap()
}

#[tokio::test]
async fn many_writers_are_answered_and_one_that_fails_spoils_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let database = open(&directory);
    let tasks: Vec<_> = (0..500_i64)
        .map(|number| {
            let database = database.clone();
            // Every tenth number comes twice: the second one fails.
            tokio::spawn(async move { database.write(insert(number - number % 10 / 9)).await.is_ok() })
        })
        .collect();
    let mut written = 0;
    for task in tasks {
        written += usize::from(task.await.unwrap());
    }
    assert_eq!(written, 450);
    assert_eq!(numbers(&database).len(), 450);
}

#[tokio::test]
async fn a_step_that_fails_or_panics_half_way_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let database = open(&directory);
    let fails = database.write(|connection| {
        insert(1)(connection)?;
        Err::<(), _>(DatabaseError::Busy)
    });
    assert!(matches!(fails.await, Err(DatabaseError::Busy)));
    let panics = database.write(|connection| {
        insert(2)(connection)?;
        let nothing: Option<()> = None;
        nothing.ok_or(()).map_err(|()| panic!("on purpose")).unwrap_or(());
        Ok::<(), DatabaseError>(())
    });
    assert!(matches!(panics.await, Err(DatabaseError::Ended)));
    database.write(insert(3)).await.unwrap();
    assert_eq!(numbers(&database), [3]);
}

#[tokio::test]
async fn what_was_answered_is_in_a_copy_taken_at_that_moment() {
    let directory = tempfile::tempdir().unwrap();
    let database = open(&directory);
    for number in 0..20 {
        database.write(insert(number)).await.unwrap();
        // What the file system has now is what a process that is killed now leaves.
        let copy = tempfile::tempdir().unwrap();
        for name in ["test.sqlite", "test.sqlite-wal"] {
            std::fs::copy(directory.path().join(name), copy.path().join(name)).unwrap();
        }
        assert_eq!(numbers(&open(&copy)), (0..=number).collect::<Vec<_>>());
    }
}

#[test]
fn what_was_begun_and_not_committed_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(&directory));
    let path = directory.path().join("test.sqlite");
    let connection = open_for_writing(&path, &SCHEMA).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE; INSERT INTO n VALUES (1)").unwrap();
    drop(connection);
    assert_eq!(numbers(&open(&directory)), [0_i64; 0]);
}

#[test]
fn another_programs_database_and_a_later_one_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.sqlite");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs(x)").unwrap();
    assert!(matches!(Database::open(&path, &SCHEMA), Err(DatabaseError::Foreign(_))));
    let path = directory.path().join("later.sqlite");
    drop(Database::open(&path, &SCHEMA).unwrap());
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version=9").unwrap();
    assert!(matches!(Database::open(&path, &SCHEMA), Err(DatabaseError::Later(_))));
    std::fs::write(directory.path().join("noise.sqlite"), vec![b'x'; 5000]).unwrap();
    assert!(matches!(
        Database::open(&directory.path().join("noise.sqlite"), &SCHEMA),
        Err(DatabaseError::Sql { .. })
    ));
}

#[test]
fn readers_cannot_write() {
    let directory = tempfile::tempdir().unwrap();
    let database = open(&directory);
    let wrote = database.read(|connection| insert(1)(connection));
    assert!(matches!(wrote, Err(DatabaseError::Step(_))));
}

#[test]
fn what_is_derived_in_another_form_says_so_and_is_left_to_be_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("derived.sqlite");
    let derived = |versions| Schema { application: 7, versions, durability: Durability::Derived };
    let one: Schema = derived(&["CREATE TABLE n(n INTEGER PRIMARY KEY) STRICT"]);
    let other: Schema = derived(&["CREATE TABLE n(n INTEGER PRIMARY KEY, m TEXT) STRICT"]);
    for _ in 0..2 {
        Database::open(&path, &one).unwrap();
    }
    assert!(matches!(Database::open(&path, &other), Err(DatabaseError::OtherForm(_))));
    Database::open(&path, &one).unwrap();
}

#[tokio::test]
async fn every_commit_is_another_generation_also_one_of_another_process() {
    const COMMITS_TO: &str = "OVERT_TEST_COMMITS_TO";
    if let Some(path) = std::env::var_os(COMMITS_TO) {
        insert(2)(&Connection::open(path).unwrap()).unwrap();
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let database = open(&directory);
    let mut seen = vec![database.generation().unwrap()];
    let mut changed = |database: &Database, change: &str| {
        let now = database.generation().unwrap();
        assert!(!seen.contains(&now), "{change}: {now} in {seen:?}");
        assert_eq!(numbers(database).len(), seen.len());
        assert_eq!(database.generation().unwrap(), now, "reading changes nothing");
        seen.push(now);
    };
    database.write(insert(1)).await.unwrap();
    changed(&database, "its own");
    let test = std::thread::current().name().unwrap().to_owned();
    let other = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &test])
        .env(COMMITS_TO, directory.path().join("test.sqlite"))
        .output()
        .unwrap();
    assert!(other.status.success(), "{other:?}");
    changed(&database, "another process's");
}

#[test]
fn a_statement_is_prepared_once_whatever_is_bound_to_it() {
    let prepared_anew = |connection: &Connection| {
        let mut select = connection.prepare("SELECT 1 FROM t WHERE a = ? AND b = ?").unwrap();
        for b in 0..5 {
            select.exists(rusqlite::params!["x", b]).unwrap();
        }
        select.get_status(rusqlite::StatementStatus::RePrepare)
    };
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE t(a, b); CREATE INDEX few ON t(b) WHERE a = 'x'").unwrap();
    assert!(prepared_anew(&connection) > 0, "SQLite looks at what is bound");
    keep_plans(&connection).unwrap();
    assert_eq!(prepared_anew(&connection), 0);
    let directory = tempfile::tempdir().unwrap();
    let reader = open(&directory).shared.open_for_reading().unwrap();
    assert!(reader.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG).unwrap());
}
