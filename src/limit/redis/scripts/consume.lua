for _, limit in ipairs(limits) do
  if are_all and limit.after then
    write(limit.key, limit.after, limit.after_part, limit.blocked)
  elseif limit.is_changed then
    write(limit.key, limit.micros, limit.part, limit.blocked)
  end
end
return answer
