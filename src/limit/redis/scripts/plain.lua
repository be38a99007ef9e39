-- What nearly all calls are: one limit of whole microseconds, of which one cost is taken, without a penalty. It is decided here as the
-- scripts behind this would decide it, in two thirds of their time, since a server makes every function and table of a script anew
-- whenever it runs. What is left, penalties and the traces of a clock set back, goes on to them.
-- ARGV: 1 the key, 2 the time that an empty bucket takes to fill, 3 that which the cost is worth, which is not 0.

if #ARGV == 3 then
  local key, fill = ARGV[1], now + ARGV[2]
  local value, full_at = redis.call('GET', key), 0
  if value then
    full_at = string.find(value, '^%d+$') and tonumber(value)
  end
  if full_at and full_at <= fill then
    local after = (full_at > now and full_at or now) + ARGV[3]
    local answer = told .. ' ' .. (value or '0')
    if after > fill then
      return answer .. ' 0 0 0'
    end
    local life = string.format('%.0f', math.ceil((after - now) / 1000) + SPARE)
    redis.call('SET', key, string.format('%.0f', after), 'PX', life)
    return answer .. ' 0 0 1'
  end
end
