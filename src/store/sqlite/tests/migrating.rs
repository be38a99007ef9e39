//! Files of earlier versions.

#![forbid(unsafe_code)]

use rusqlite::params;

use super::folder::{Folder, HOUR, change, key, make, now, wait};
use crate::store::SessionStore;
use crate::store::record::{Loaded, Saved};
use crate::store::sqlite::schema::{APPLICATION_ID, MIGRATIONS, VERSION};
use crate::store::sqlite::times::{Millis, after, millis};

/// A file as version 1 left it, with a session for each of these ends.
fn of_version_1(folder: &Folder, ends: &[Millis]) {
    let old = folder.connection();
    old.pragma_update(None, "auto_vacuum", "INCREMENTAL").unwrap();
    old.execute_batch(MIGRATIONS[0]).unwrap();
    old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    for (n, end) in (0..).zip(ends) {
        old.execute(
            "INSERT INTO sessions (key, version, write_token, created_at, last_seen_at, expires_at,
                absolute_expires_at, data) VALUES (?1, 1, ?2, ?3, ?3, ?4, ?4, ?5)",
            params![key(n).0, [1_u8; 16], millis(now()), end, b"old"],
        )
        .unwrap();
    }
}

#[test]
fn sessions_of_version_1_are_read_written_and_swept() {
    let folder = Folder::new();
    let start = millis(now());
    of_version_1(&folder, &[after(start, HOUR), after(start, 2 * HOUR), after(start, 3 * HOUR)]);
    let store = folder.store();
    let Loaded::Found(record) = wait(store.load(now(), key(0))).unwrap() else { panic!("It is not there") };
    assert_eq!(record.data, b"old");
    assert!(matches!(wait(store.save(now(), key(1), 1, change(b"new"))).unwrap(), Saved::Done { version: 2, .. }));
    make(&store, 3);
    assert_eq!(wait(store.delete_expired(now().plus(HOUR), 10)).unwrap(), 2, "one of each version");
    assert_eq!(wait(store.delete_expired(now().plus(2 * HOUR), 10)).unwrap(), 1);
    assert!(matches!(wait(store.load(now().plus(2 * HOUR), key(2))).unwrap(), Loaded::Found(_)));
    wait(store.close()).unwrap();

    let file = folder.connection();
    let version: i64 = file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, VERSION);
    let indexes = "SELECT group_concat(name, ' ') FROM
        (SELECT name FROM sqlite_schema WHERE tbl_name = 'sessions' AND type = 'index' AND sql NOT NULL ORDER BY name)";
    let indexes: String = file.query_row(indexes, [], |row| row.get(0)).unwrap();
    assert_eq!(indexes, "sessions_by_due sessions_by_user");
}

/// A process that was started before goes on until it opens the file again.
#[test]
fn what_version_1_still_writes_is_swept_when_it_ends() {
    let folder = Folder::new();
    let start = millis(now());
    of_version_1(&folder, &[]);
    folder.used();
    folder
        .connection()
        .execute(
            "INSERT INTO sessions (key, version, write_token, created_at, last_seen_at, expires_at,
                absolute_expires_at, data) VALUES (?1, 1, ?2, ?3, ?3, ?4, ?4, x'00')",
            params![key(9).0, [1_u8; 16], start, after(start, 2 * HOUR)],
        )
        .unwrap();
    let store = folder.store();
    assert_eq!(wait(store.delete_expired(now().plus(HOUR), 10)).unwrap(), 1, "that of the new version");
    assert_eq!(wait(store.delete_expired(now().plus(2 * HOUR), 10)).unwrap(), 1);
    wait(store.close()).unwrap();
}
