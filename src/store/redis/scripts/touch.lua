-- ARGV: 1 id.
local id = ARGV[1]
local session = live(id)
if not session then
  return { 'none' }
end
local at = math.max(ending(session.absolute, session.idle), session.ending)
redis.call('HSET', name('s', id), 'l', text(math.max(now, session.seen)), 'e', text(at))
expire(id, session, at)
return { 'done', text(at) }
