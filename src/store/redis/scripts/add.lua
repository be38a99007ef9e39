-- A new session, unless something is against it; then nothing is changed. ARGV: 1 id, 2 data, 3 token, 4 user, 5 user in keys,
-- 6 age of the proof, 7 age, 8 longest life, 9 idle time, 10 label, 11 cap, 12 tombstone of the evicted (none: refuse),
-- 13 import. What there is not is empty; a label has a '+' before it. `hold`: how long it stays pending.
local function add(from, hold)
  local id, token, user, authenticated = ARGV[1], ARGV[3], ARGV[5], nil
  local old, is_left = found(id)
  if old and not (old.pending and old.token == token) then
    return { 'exists', old.token }
  end
  local state, kept
  if ARGV[13] ~= '' then
    state, kept = import(ARGV[13])
  end
  if buried(id) or (ARGV[13] ~= '' and state ~= 'open') then
    return { 'ended' }
  end
  if ARGV[6] ~= '' then
    authenticated = before(ARGV[6])
  elseif user ~= '' then
    authenticated = now
  end
  local entries = {}
  if user ~= '' then
    local revoked = redis.call('GET', name('r', user))
    if revoked then
      local at, remembered = revoked:match('^(%d+) (%d+)$')
      if tonumber(remembered) > now and tonumber(at) > authenticated then
        return { 'revoked' }
      end
    end
    if ARGV[11] ~= '' then
      entries = over(user, ARGV[11], id, from)
      if ARGV[12] == '' and #entries > 0 then
        return { 'full' }
      end
    end
  end

  local key, absolute, idle = name('s', id), after(ARGV[8]), nil
  local fields = { 'd', ARGV[2], 'v', '1', 'w', token, 'c', text(before(ARGV[7])), 'l', text(now), 'x', text(absolute) }
  local function put(letter, value)
    fields[#fields + 1] = letter
    fields[#fields + 1] = value
  end
  if ARGV[9] ~= '' then
    idle = tonumber(ARGV[9])
    put('i', text(idle))
  end
  local at = ending(absolute, idle)
  if hold then
    at = after(hold)
    put('p', '1')
  end
  put('e', text(at))
  if authenticated then
    put('a', text(authenticated))
  end
  if user ~= '' then
    put('u', ARGV[4])
    put('k', user)
  end
  if ARGV[10] ~= '' then
    put('n', ARGV[10]:sub(2))
  end
  -- First, since a server without memory refuses only the first write of a script. What is in the way, pending or expired and not
  -- gone yet, leaves none of its fields behind.
  redis.call('HSET', key, unpack(fields))
  if old or is_left then
    local given, others = {}, {}
    for n = 1, #fields, 2 do
      given[fields[n]] = true
    end
    for _, letter in ipairs({ 'i', 'p', 'a', 'u', 'k', 'n' }) do
      if not given[letter] then
        others[#others + 1] = letter
      end
    end
    if #others > 0 then
      redis.call('HDEL', key, unpack(others))
    end
  end
  expire(id, { user = user ~= '' and user }, at)
  if ARGV[13] ~= '' then
    mark(ARGV[13], 'done', kept)
  end
  if hold then
    return { 'done', text(at), {} }
  end
  return { 'done', text(at), evict(entries, ARGV[12]) }
end
