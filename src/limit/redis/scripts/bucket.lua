-- A bucket is a text of three whole numbers: the microsecond at which it is full again, the parts of 1/rate microseconds beyond that,
-- and the microsecond at which its penalty ends, or 0. Where the last two are 0 the first stands alone, which is read in half the time.
-- All numbers are written by '%.0f', and none is beyond 2^53.

local LONGEST_PENALTY = 366 * 86400 * 1000000
local format = string.format

-- The text of three numbers, and these.
local function read(key)
  local value = redis.call('GET', key)
  if not value then
    return '0 0 0', 0, 0, 0
  end
  if string.find(value, '^%d+$') then
    return value .. ' 0 0', tonumber(value), 0, 0
  end
  local micros, part, blocked = value:match('^(%d+) (%d+) (%d+)$')
  return value, tonumber(micros), tonumber(part), tonumber(blocked)
end

local function is_later(micros, part, other, other_part)
  return micros > other or (micros == other and part > other_part)
end

-- Brings back what a clock set back has left too far ahead: the bucket is empty then, its penalty of the longest.
local function settle(micros, part, blocked, fill, fill_part)
  if is_later(micros, part, now + fill, fill_part) then
    micros, part = now + fill, fill_part
  end
  if blocked <= now then
    return micros, part, 0
  end
  return micros, part, math.min(blocked, now + LONGEST_PENALTY)
end

-- A full bucket without a penalty is none.
local function write(key, micros, part, blocked)
  local last = math.max(part > 0 and micros + 1 or micros, blocked)
  if last > now then
    local value = format('%.0f', micros)
    if part > 0 or blocked > 0 then
      value = format('%s %.0f %.0f', value, part, blocked)
    end
    redis.call('SET', key, value, 'PX', format('%.0f', math.ceil((last - now) / 1000) + SPARE))
  else
    redis.call('DEL', key)
  end
end
