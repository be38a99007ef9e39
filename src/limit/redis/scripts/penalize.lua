-- ARGV: 1 the key; 2, 3 the time that an empty bucket takes to fill; 4 for how long, in microseconds. A longer penalty stays.
local _, micros, part, blocked = read(ARGV[1])
micros, part, blocked = settle(micros, part, blocked, tonumber(ARGV[2]), tonumber(ARGV[3]))
write(ARGV[1], micros, part, math.max(blocked, now + tonumber(ARGV[4])))
return '1'
