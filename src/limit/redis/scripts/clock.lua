-- The server's time in microseconds. It stands still while a script runs.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
-- The same as answers begin with it: seconds, and microseconds beyond them. They come as texts, and stay that.
local told = time[1] .. ' ' .. time[2]
-- A key outlives what is in it by so many milliseconds: the time by which keys expire may be behind that.
local SPARE = 1000
