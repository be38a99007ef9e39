-- ARGV: 1 id, 2 version, 3 data, 4 token, 5 longest life (empty: it stays), 6 idle time, 7 label.
-- Most writes are this one: what found() and expire() do is done here without their tables and functions.
local id = ARGV[1]
local key = name('s', id)
local f = redis.call('HMGET', key, 'v', 'l', 'e', 'x', 'i', 'k', 'p')
if not f[1] or f[7] or tonumber(f[3]) <= now then
  return 'none'
end
if f[1] ~= ARGV[2] then
  return { 'conflict', all(id) }
end
local version, had_idle = text(f[1] + 1), f[5]
local fields = { 'd', ARGV[3], 'v', version, 'w', ARGV[4], 'l', text(math.max(now, tonumber(f[2]))) }
local absolute, idle = tonumber(f[4]), had_idle and tonumber(had_idle)
if ARGV[5] ~= '' then
  absolute = after(ARGV[5])
  idle = ARGV[6] ~= '' and tonumber(ARGV[6])
  fields[9], fields[10] = 'x', text(absolute)
  if idle then
    fields[11], fields[12] = 'i', text(idle)
  end
end
if ARGV[7] ~= '' then
  fields[#fields + 1] = 'n'
  fields[#fields + 1] = ARGV[7]:sub(2)
end
local ends = idle and math.min(after(idle), absolute) or absolute
local at = text(ends)
fields[#fields + 1] = 'e'
fields[#fields + 1] = at
redis.call('HSET', key, unpack(fields))
if had_idle and not idle then
  redis.call('HDEL', key, 'i')
end
redis.call('PEXPIREAT', key, at)
if f[6] then
  index(f[6], id, ends)
end
return 'done ' .. version .. ' ' .. at
