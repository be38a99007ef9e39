-- ARGV: 1 id, 2 tombstone. Also what is pending ends. What frees memory comes first: then a server without any takes the rest.
-- As in save.lua without the tables of the others.
local id = ARGV[1]
local key = name('s', id)
local f = redis.call('HMGET', key, 'e', 'k', 'p')
local is_there = f[1] and tonumber(f[1]) > now
if is_there then
  redis.call('DEL', key)
  if f[2] then
    redis.call('ZREM', name('u', f[2]), id)
  end
end
bury(id, ARGV[2])
tell('session ' .. id)
if is_there and not f[3] then
  return 'done'
end
return 'none'
