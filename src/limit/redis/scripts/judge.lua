-- ARGV: for each limit its key, its rate, the time that an empty bucket takes to fill and the parts of it, the number of costs, and for
-- each cost the time that it is worth and the parts of it. Of several costs the first that is there is taken.
-- Answers the time, and for each limit its bucket as it was, and which of its costs is there; 0 for none.

local at = 1

local function argument()
  at = at + 1
  return ARGV[at - 1]
end

local function number()
  return tonumber(argument())
end

local limits, are_all = {}, true
local answer = { text(now) }
while at <= #ARGV do
  local limit = { key = argument(), costs = 0 }
  local rate, fill, fill_part = number(), number(), number()
  local micros, part, blocked = read(limit.key)
  limit.micros, limit.part, limit.blocked = settle(micros, part, blocked, fill, fill_part)
  limit.is_changed = limit.micros ~= micros or limit.part ~= part or limit.blocked ~= blocked
  local from, from_part = limit.micros, limit.part
  if from < now then
    from, from_part = now, 0
  end
  local chosen = 0
  for n = 1, number() do
    local worth, worth_part = number(), number()
    local after, after_part = plus(from, from_part, worth, worth_part, rate)
    if chosen == 0 and limit.blocked == 0 and not is_later(after, after_part, now + fill, fill_part) then
      chosen = n
      if worth > 0 or worth_part > 0 then
        limit.after, limit.after_part = after, after_part
      end
    end
  end
  are_all = are_all and chosen > 0
  limits[#limits + 1] = limit
  for _, value in ipairs({ micros, part, blocked, chosen }) do
    answer[#answer + 1] = text(value)
  end
end
