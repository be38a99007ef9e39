-- ARGV: 1 user.
local result = { 'done' }
for _, entry in ipairs(sessions(ARGV[1])) do
  if not entry.session.pending then
    local fields = redis.call('HMGET', name('s', entry.id), 'c', 'l', 'e', 'a', 'n')
    result[#result + 1] = { entry.id, fields[1], fields[2], fields[3], fields[4], fields[5] }
  end
end
return result
