-- ARGV: 1 id, 2 tombstone. Also what is pending ends. What frees memory comes first: then a server without any takes the rest.
local session = found(ARGV[1])
if session then
  erase(ARGV[1], session)
end
bury(ARGV[1], ARGV[2])
tell('session ' .. ARGV[1])
if session and not session.pending then
  return 'done'
end
return 'none'
