-- ARGV: 1 id. As in save.lua without the tables and functions of the others.
local id = ARGV[1]
local key = name('s', id)
local f = redis.call('HMGET', key, 'l', 'e', 'x', 'i', 'k', 'p')
if not f[2] or f[6] or tonumber(f[2]) <= now then
  return 'none'
end
local absolute = tonumber(f[3])
local ends = math.max(f[4] and math.min(after(f[4]), absolute) or absolute, tonumber(f[2]))
local at = text(ends)
redis.call('HSET', key, 'l', text(math.max(now, tonumber(f[1]))), 'e', at)
redis.call('PEXPIREAT', key, at)
if f[5] then
  index(f[5], id, ends)
end
return 'done ' .. at
