-- ARGV: for each limit its key, its rate, the time that an empty bucket takes to fill and the parts of it, the number of costs, and for
-- each cost the time that it is worth and the parts of it. Of several costs the first that is there is taken.
-- Or those of `plain.lua`.
-- Answers one text of numbers, which takes a server half the time of a list of them: the time, and for each limit its bucket as it was,
-- and which of its costs is there; 0 for none.

local asked = #ARGV == 3 and { ARGV[1], '1', ARGV[2], '0', '1', ARGV[3], '0' } or ARGV
local limits, are_all, answer, at = {}, true, told, 1
while asked[at] do
  local key, rate = asked[at], tonumber(asked[at + 1])
  local fill, fill_part, costs = tonumber(asked[at + 2]), tonumber(asked[at + 3]), tonumber(asked[at + 4])
  local value, was, was_part, was_blocked = read(key)
  local micros, part, blocked = settle(was, was_part, was_blocked, fill, fill_part)
  local from, from_part = micros, part
  if from < now then
    from, from_part = now, 0
  end
  local chosen, after, after_part = 0, nil, nil
  for n = 1, costs do
    local worth, worth_part = tonumber(asked[at + 3 + 2 * n]), tonumber(asked[at + 4 + 2 * n])
    local sum, sum_part = from + worth, from_part + worth_part
    if sum_part >= rate then
      sum, sum_part = sum + 1, sum_part - rate
    end
    if blocked == 0 and not is_later(sum, sum_part, now + fill, fill_part) then
      chosen = n
      if worth > 0 or worth_part > 0 then
        after, after_part = sum, sum_part
      end
      break
    end
  end
  are_all = are_all and chosen > 0
  limits[#limits + 1] = {
    key = key,
    micros = micros,
    part = part,
    blocked = blocked,
    is_changed = micros ~= was or part ~= was_part or blocked ~= was_blocked,
    after = after,
    after_part = after_part,
  }
  answer = answer .. ' ' .. value .. ' ' .. chosen
  at = at + 5 + 2 * costs
end
