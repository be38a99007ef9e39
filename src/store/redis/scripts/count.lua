-- ARGV: 1 user.
local count = 0
for _, entry in ipairs(sessions(ARGV[1])) do
  if not entry.session.pending then
    count = count + 1
  end
end
return { 'done', text(count) }
