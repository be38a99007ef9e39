-- An import on the slot of its tag. ARGV: 1 import, 2 how long, 3 'begin' or 'end'.
local state, kept = import(ARGV[1])
local at = math.max(after(ARGV[2]), kept or 0)
if ARGV[3] == 'end' then
  state = 'done'
end
state = state or 'open'
mark(ARGV[1], state, at)
return { state }
