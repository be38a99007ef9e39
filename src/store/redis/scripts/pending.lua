-- A session that counts, and cannot be loaded before it is activated. ARGV after those of a new session: 14 how long.
return add(nil, ARGV[14])
