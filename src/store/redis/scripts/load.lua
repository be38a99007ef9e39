-- ARGV: 1 id.
local fields = all(ARGV[1])
local at, pending = 0, false
for n = 1, #fields, 2 do
  if fields[n] == 'e' then
    at = tonumber(fields[n + 1])
  elseif fields[n] == 'p' then
    pending = true
  end
end
if at > now and not pending then
  return { 'found', fields }
end
if buried(ARGV[1]) then
  return { 'ended' }
end
return { 'absent' }
