-- ARGV: 1 id, 2 version, 3 data, 4 token, 5 longest life (empty: it stays), 6 idle time, 7 label.
local id = ARGV[1]
local session = live(id)
if not session then
  return { 'none' }
end
if session.version ~= ARGV[2] then
  return { 'conflict', all(id) }
end
local version = text(tonumber(session.version) + 1)
local fields = { 'd', ARGV[3], 'v', version, 'w', ARGV[4], 'l', text(math.max(now, session.seen)) }
local absolute, idle = session.absolute, session.idle
if ARGV[5] ~= '' then
  absolute = after(ARGV[5])
  idle = ARGV[6] ~= '' and tonumber(ARGV[6])
  put(fields, 'x', text(absolute))
  if idle then
    put(fields, 'i', text(idle))
  end
end
if ARGV[7] ~= '' then
  put(fields, 'n', ARGV[7]:sub(2))
end
local at = ending(absolute, idle)
put(fields, 'e', text(at))
redis.call('HSET', name('s', id), unpack(fields))
if session.idle and not idle then
  redis.call('HDEL', name('s', id), 'i')
end
expire(id, session, at)
return { 'done', version, text(at) }
