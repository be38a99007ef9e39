-- Within a tag. ARGV after those of a new session: 14 old id, 15 its version, 16 tombstone.
local from = ARGV[14]
local old = live(from)
if not old then
  return { 'none' }
end
if old.version ~= ARGV[15] then
  return { 'conflict', all(from) }
end
local result = add(from, nil)
if result[1] == 'done' then
  erase(from, old)
  bury(from, ARGV[16])
  tell('session ' .. from)
end
return result
