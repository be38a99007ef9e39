-- ARGV: 1 the key; 2, 3 what a decision wrote; 4, 5 what was there before.
local _, micros, part, blocked = read(ARGV[1])
if micros == tonumber(ARGV[2]) and part == tonumber(ARGV[3]) then
  write(ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[5]), blocked)
  return '1'
end
return '0'
