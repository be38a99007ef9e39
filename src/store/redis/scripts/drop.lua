-- Removes a pending session. ARGV: 1 id, 2 token.
local session = found(ARGV[1])
if session and session.pending and session.token == ARGV[2] then
  erase(ARGV[1], session)
end
return {}
