-- The marker of an import, on a slot of its own: which tag it has, '-' if it ended before it had one.
-- ARGV: 1 import, 2 tag, 3 how long, 4 'keep' when the tag's slot is known to hold it for as long.
local key = name('m', ARGV[1])
local value, at = redis.call('GET', key), after(ARGV[3])
if value then
  local tag, kept = value:match('^(%S+) (%d+)$')
  kept = tonumber(kept)
  if kept > now then
    if at > kept and (ARGV[4] == 'keep' or tag == '-') then
      redis.call('SET', key, tag .. ' ' .. text(at), 'PXAT', text(at))
    end
    return { 'old', tag }
  end
end
if ARGV[4] ~= 'keep' then
  redis.call('SET', key, ARGV[2] .. ' ' .. text(at), 'PXAT', text(at))
end
return { 'new', ARGV[2] }
