-- Asks with the next of the prepared cookies. Arguments: the name of the cookie, a file with a value in each line, which is
-- the first to take. The requests are made beforehand, so that the load does not wait for its own preparation.
local requests = {}
local turn

function init(args)
  for value in io.lines(args[2]) do
    requests[#requests + 1] = wrk.format("GET", nil, { Cookie = args[1] .. "=" .. value, Host = wrk.headers["Host"] })
  end
  turn = tonumber(args[3])
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end
