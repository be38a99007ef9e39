-- The old session of a regeneration across tags. May be repeated: the token stays beside the tombstone.
-- ARGV: 1 id, 2 version, 3 tombstone, 4 token of the new one, 5 how long it may be repeated.
local session = live(ARGV[1])
if not session then
  if redis.call('GET', name('m', ARGV[1])) == ARGV[4] then
    -- Written once more: replicas may be waited for.
    redis.call('PEXPIRE', name('m', ARGV[1]), ARGV[5])
    return { 'done' }
  end
  return { 'none' }
end
if session.version ~= ARGV[2] then
  return { 'conflict', all(ARGV[1]) }
end
erase(ARGV[1], session)
bury(ARGV[1], ARGV[3])
redis.call('SET', name('m', ARGV[1]), ARGV[4], 'PX', ARGV[5])
tell('session ' .. ARGV[1])
return { 'done' }
