import type { NewRecord, RecordChange, StoredRecord } from "../store/types.js";

/** A new session's record. */
export function newRecord(now: number, given: NewRecord): StoredRecord {
  const { data, writeToken, userId, age, lifetime, label } = given;
  const proof = userId === undefined ? given.authenticated : (given.authenticated ?? 0);
  const absoluteExpiresAt = now + lifetime.maxAge;
  return {
    data,
    version: 1,
    writeToken,
    userId,
    createdAt: now - age,
    lastSeenAt: now,
    authenticatedAt: proof === undefined ? undefined : now - proof,
    expiresAt: endOf(now, absoluteExpiresAt, lifetime.idle),
    absoluteExpiresAt,
    idle: lifetime.idle,
    label,
  };
}

/** A record after `save`. */
export function savedRecord(now: number, record: StoredRecord, change: RecordChange): StoredRecord {
  const { data, writeToken, lifetime, label = record.label } = change;
  const end = lifetime && { absoluteExpiresAt: now + lifetime.maxAge, idle: lifetime.idle };
  return seenRecord(now, { ...record, ...end, data, writeToken, label, version: record.version + 1 });
}

/** A record after `touch`. A clock that went back takes nothing away. */
export function seenRecord(now: number, record: StoredRecord): StoredRecord {
  const lastSeenAt = Math.max(record.lastSeenAt, now);
  return { ...record, lastSeenAt, expiresAt: endOf(lastSeenAt, record.absoluteExpiresAt, record.idle) };
}

function endOf(seen: number, absolute: number, idle: number | undefined): number {
  return idle === undefined ? absolute : Math.min(absolute, seen + idle);
}
