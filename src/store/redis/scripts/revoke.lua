-- ARGV: 1 user, 2 id that stays, 3 tombstone, 4 how long it is remembered. What frees memory comes first: then a server without
-- any takes the rest.
local count = 0
for _, entry in ipairs(sessions(ARGV[1])) do
  if entry.id ~= ARGV[2] then
    erase(entry.id, entry.session)
    bury(entry.id, ARGV[3])
    if not entry.session.pending then
      count = count + 1
    end
  end
end
local key, at, remembered = name('r', ARGV[1]), now, after(ARGV[4])
local old = redis.call('GET', key)
if old then
  local before_that, until_then = old:match('^(%d+) (%d+)$')
  at = math.max(at, tonumber(before_that))
  remembered = math.max(remembered, tonumber(until_then))
end
redis.call('SET', key, text(at) .. ' ' .. text(remembered), 'PXAT', text(remembered))
tell('user ' .. ARGV[1] .. (ARGV[2] ~= '' and ' ' .. ARGV[2] or ''))
return { 'done', text(count) }
