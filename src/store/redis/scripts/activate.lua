-- ARGV: 1 id, 2 token, 3 cap (with eviction), 4 tombstone of the evicted.
local id = ARGV[1]
local session = found(id)
if not session or session.token ~= ARGV[2] then
  -- Ended in between, which is as good as ended right after.
  if buried(id) then
    return { 'done', text(now), {} }
  end
  return { 'lost' }
end
if not session.pending then
  return { 'done', text(session.ending), {} }
end
local at = ending(session.absolute, session.idle)
-- First what a server without memory does not refuse: then it takes the rest. The old session has ended by now.
redis.call('HDEL', name('s', id), 'p')
redis.call('HSET', name('s', id), 'e', text(at), 'l', text(now))
expire(id, session, at)
local ids = {}
if session.user and ARGV[3] ~= '' then
  ids = evict(over(session.user, ARGV[3], id, nil), ARGV[4])
end
return { 'done', text(at), ids }
