//! What Redis says, as errors that tell what is wrong and what to do.
//!
//! Only codes that are known here are repeated: what else a server or a URL says may hold a password or a user's data.

#![forbid(unsafe_code)]

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::error::Error;

/// What servers refuse with, and what to tell the caller. But for what a user may not do, which a script may meet in its middle,
/// nothing was done then.
const REFUSALS: &[(&str, &str)] = &[
    ("LOADING", "Redis is still loading its data (LOADING): try again in a second"),
    ("READONLY", "This Redis is a replica and takes no writes (READONLY): name the master in the url"),
    (
        "OOM",
        "Redis has no memory left, and nothing was written (OOM): raise its maxmemory, or let what is kept live shorter",
    ),
    ("WRONGPASS", WRONG_PASSWORD),
    ("NOAUTH", "Redis wants a password (NOAUTH): give it as password"),
    (
        "DENIED",
        "Redis is in protected mode, and serves its own machine alone (DENIED): give it a password, or bind it to an address",
    ),
    (MAX_CLIENTS, "Redis has as many clients as it takes: raise its maxclients, or close some"),
    (
        NO_PERMISSION,
        "The user of Redis lacks a permission (NOPERM): it needs the keys of the prefix, and \
         +@connection +@keyspace +@string +@hash +@sortedset +@scripting -@dangerous +time, on a Cluster +cluster|slots, and with wait +wait",
    ),
    (
        "MISCONF",
        "Redis cannot write to its disk, and so takes no writes (MISCONF): look at its log, and make room on the disk",
    ),
    ("BUSY", "Redis is busy with somebody's script (BUSY): end that with SCRIPT KILL"),
    ("MASTERDOWN", "This Redis is a replica that has lost its master (MASTERDOWN): name the master in the url"),
    ("MOVED", CLUSTER),
    ("ASK", CLUSTER),
    ("CLUSTERDOWN", CLUSTER),
    ("CROSSSLOT", CLUSTER),
    ("NOREPLICAS", "Redis has too few replicas to take writes (NOREPLICAS): bring them back"),
    ("UNKILLABLE", "Redis is busy with somebody's script: wait for it, or restart the server"),
];
const NO_PERMISSION: &str = "NOPERM";
/// What it says has no code.
const MAX_CLIENTS: &str = "max number of clients";
const WRONG_PASSWORD: &str = "Redis refuses the username or the password (WRONGPASS): correct them";
const CLUSTER: &str = "This Redis is a node of a Cluster: give its nodes as cluster, in the place of the url";

/// Whether the server has not seen the script yet, or not since it was restarted.
pub(super) fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// Whether the server is no master any more, and so did nothing.
pub(super) fn is_replica(error: &RedisError) -> bool {
    matches!(refusal(error), Some(("READONLY" | "MASTERDOWN", _)))
}

/// Whether the server does nothing for who has said no password, or for nobody on this connection.
pub(super) fn serves_nobody(error: &RedisError) -> bool {
    matches!(refusal(error), Some(("NOAUTH" | "DENIED" | MAX_CLIENTS, _)))
}

/// Whether the connection is of no use any more.
pub(super) fn ends_the_connection(error: &RedisError) -> bool {
    error.is_timeout()
        || error.is_io_error()
        || error.is_connection_dropped()
        || error.is_unrecoverable_error()
        // A server that was restarted with a password, or has become a replica and may have another in its place.
        || matches!(refusal(error), Some(("NOAUTH" | "READONLY" | "MASTERDOWN", _)))
}

/// What to tell the caller of an answer, or of its lack.
pub(super) fn explain(error: &RedisError) -> Error {
    match refusal(error) {
        Some((NO_PERMISSION, text)) => Error::StoreUnavailable(text.to_owned()),
        Some((_, text)) => Error::StoreRefused(text.to_owned()),
        None if error.is_timeout() => Error::StoreTimeout,
        None if error.is_io_error() => Error::StoreUnavailable(
            "The connection to Redis broke: the next call makes a new one. Whether a write was done is not known"
                .to_owned(),
        ),
        None => Error::StoreUnavailable(
            "Redis refused a call for a reason that Ironkeep does not know: look at its log, and at its version"
                .to_owned(),
        ),
    }
}

/// What to tell the caller when nothing was sent.
pub(super) fn not_sent(error: &RedisError) -> Error {
    let text = refusal(error).map_or_else(|| of_connecting(error), |(_, text)| text);
    Error::StoreUnreached(text.to_owned())
}

fn of_connecting(error: &RedisError) -> &'static str {
    match error.kind() {
        ErrorKind::AuthenticationFailed => WRONG_PASSWORD,
        ErrorKind::InvalidClientConfig => "Redis cannot be connected to with these options: correct the url",
        _ if error.is_connection_refusal() => {
            "Redis does not take connections: start it, or correct the host and the port of the url"
        }
        ErrorKind::Io => "Redis cannot be reached, or its certificate does not hold: look at the network and the url",
        _ => "Redis refused a connection for a reason that Ironkeep does not know: look at its log, and at its version",
    }
}

/// The code that the server refused with. Before version 7 that of a command within a script is part of a longer text, and what
/// a user may not do within a script has no code in any version.
fn refusal(error: &RedisError) -> Option<(&'static str, &'static str)> {
    let code = error.code()?;
    let known = |code: &str| REFUSALS.iter().find(|(known, _)| *known == code).copied();
    known(code).or_else(|| {
        let text = error.detail()?;
        if text.starts_with("The user executing the script can't") {
            return known("NOPERM");
        }
        if text.starts_with(MAX_CLIENTS) {
            return known(MAX_CLIENTS);
        }
        text.split_ascii_whitespace().filter_map(|word| word.strip_prefix('-')).find_map(known)
    })
}
