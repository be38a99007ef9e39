/** The operations of a store by number, as the engine knows them. */
export const OPERATIONS = {
  create: 0,
  load: 1,
  save: 2,
  touch: 3,
  delete: 4,
  regenerate: 5,
  list: 6,
  count: 7,
  revoke: 8,
  beginImport: 9,
  endImport: 10,
  deleteExpired: 11,
  loadMany: 12,
  deleteMany: 13,
  close: 14,
} as const;

/** The outcomes of a call by number, as the engine knows them. */
export const OUTCOMES = {
  error: 0,
  done: 1,
  found: 2,
  absent: 3,
  ended: 4,
  exists: 5,
  full: 6,
  revoked: 7,
  conflict: 8,
  notFound: 9,
  open: 10,
} as const;
