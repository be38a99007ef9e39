-- ARGV: 1 id, 2 version, 3 data, 4 token, 5 longest life (empty: it stays), 6 idle time, 7 label.
local id = ARGV[1]
local session = live(id)
if not session then
  return { 'none' }
end
if session.version ~= ARGV[2] then
  return { 'conflict', all(id) }
end
local absolute, idle = session.absolute, session.idle
if ARGV[5] ~= '' then
  absolute = after(ARGV[5])
  idle = ARGV[6] ~= '' and tonumber(ARGV[6])
end
local at, version = ending(absolute, idle), text(tonumber(session.version) + 1)
redis.call('HSET', name('s', id), 'd', ARGV[3], 'v', version, 'w', ARGV[4], 'l', text(math.max(now, session.seen)),
  'e', text(at), 'x', text(absolute))
if idle then
  redis.call('HSET', name('s', id), 'i', text(idle))
else
  redis.call('HDEL', name('s', id), 'i')
end
if ARGV[7] ~= '' then
  redis.call('HSET', name('s', id), 'n', ARGV[7]:sub(2))
end
expire(id, session, at)
return { 'done', version, text(at) }
