-- The old session of a regeneration across tags. ARGV: 1 id, 2 version, 3 tombstone.
local session = live(ARGV[1])
if not session then
  return { 'none' }
end
if session.version ~= ARGV[2] then
  return { 'conflict', all(ARGV[1]) }
end
erase(ARGV[1], session)
bury(ARGV[1], ARGV[3])
tell('session ' .. ARGV[1])
return { 'done' }
