-- What the scripts share: each is given those of these functions that it uses, which a blank line parts. All keys of a session and of its user begin with KEYS[1], which holds their tag, and are on one slot:
--   :s:<id>    hash, a session     :t:<id>    tombstone: its end
--   :u:<user>  sorted set of the user's ids by the end of each     :r:<user>  the user was revoked: "<instant> <end>"
--   :m:<id>  the session went to another tag: token of the new one, for as long as that may be asked again
--   :i:<import>  an import with this tag: "open <end>" or "done <end>"
-- and so does the channel :ended, on which ends of sessions are told. PUBLISH: the command for that, or nil.
-- Fields: d data, v version, w write token, c created, l last seen, a authenticated, e end, x absolute end, i idle time, n label,
-- u user, k the user as the keys name it, p present while it is pending. No number is written but by text().
-- Answers are a word and what belongs to it: a list, or one text where nothing of it can hold a space.

local FAR = 2 ^ 53

local function text(number)
  return string.format('%.0f', number)
end

local function after(span)
  return math.min(now + tonumber(span), FAR)
end

local function before(span)
  return math.max(now - tonumber(span), -FAR)
end

local function name(kind, id)
  return KEYS[1] .. ':' .. kind .. ':' .. id
end

-- A session that has not expired, pending or not, without its data. The second value: one that has, and is not gone yet.
local function found(id)
  local f = redis.call('HMGET', name('s', id), 'v', 'w', 'c', 'l', 'e', 'x', 'i', 'k', 'p')
  if not f[1] or tonumber(f[5]) <= now then
    return nil, f[1]
  end
  return {
    version = f[1], token = f[2], created = tonumber(f[3]), seen = tonumber(f[4]), ending = tonumber(f[5]),
    absolute = tonumber(f[6]), idle = f[7] and tonumber(f[7]), user = f[8], pending = f[9],
  }
end

local function live(id)
  local session = found(id)
  if session and not session.pending then
    return session
  end
  return nil
end

-- All fields of a session.
local function all(id)
  return redis.call('HGETALL', name('s', id))
end

-- Where a session ends that is seen now.
local function ending(absolute, idle)
  if idle then
    return math.min(after(idle), absolute)
  end
  return absolute
end

-- Has the index know a session's end, whatever it knew before, and lets the index live as long as the last of them.
local function index(user, id, at)
  local key = name('u', user)
  redis.call('ZADD', key, text(at), id)
  local last = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')
  redis.call('PEXPIREAT', key, text(tonumber(last[2])))
end

-- What follows a write to a session.
local function expire(id, session, at)
  redis.call('PEXPIREAT', name('s', id), text(at))
  if session.user then
    index(session.user, id, at)
  end
end

-- Says that a session, or those of a user, ended. Only a hint: that nobody may be told stops nothing.
local function tell(what)
  if PUBLISH then
    redis.pcall(PUBLISH, KEYS[1] .. ':ended', what)
  end
end

local function buried(id)
  local at = redis.call('GET', name('t', id))
  return at and tonumber(at) > now
end

local function erase(id, session)
  redis.call('DEL', name('s', id))
  if session.user then
    redis.call('ZREM', name('u', session.user), id)
  end
end

-- Leaves a tombstone. One that stays for longer is left as it is, and yet written: replicas may be waited for.
local function bury(id, span)
  local key, at = name('t', id), after(span)
  if at > now then
    -- That a server without memory refuses this is no matter where one is there.
    local set = redis.pcall('SET', key, text(at), 'NX', 'PXAT', text(at))
    if set and set.ok then
      return
    end
  end
  local old = redis.call('GET', key)
  if old and tonumber(old) >= at then
    redis.call('PEXPIREAT', key, old)
  elseif at > now then
    redis.call('SET', key, text(at), 'PXAT', text(at))
  end
end

-- The sessions of a user as { id, session }, pending ones too. What the index has and the records have not leaves the index.
local function sessions(user)
  local key, result = name('u', user), {}
  redis.call('ZREMRANGEBYSCORE', key, '-inf', text(now))
  for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    local session = found(id)
    if session and session.user == user then
      result[#result + 1] = { id = id, session = session }
    else
      redis.call('ZREM', key, id)
    end
  end
  return result
end

-- The sessions that have to end for one more of this user: live ones first, and of these the oldest.
local function over(user, max, except, other)
  local others = {}
  for _, entry in ipairs(sessions(user)) do
    if entry.id ~= except and entry.id ~= other then
      others[#others + 1] = entry
    end
  end
  local surplus = #others - (tonumber(max) - 1)
  if surplus <= 0 then
    return {}
  end
  table.sort(others, function(one, two)
    if (not one.session.pending) ~= (not two.session.pending) then
      return not one.session.pending
    end
    if one.session.created ~= two.session.created then
      return one.session.created < two.session.created
    end
    return one.id < two.id
  end)
  local result = {}
  for n = 1, surplus do
    result[n] = others[n]
  end
  return result
end

local function evict(entries, span)
  local ids = {}
  for n, entry in ipairs(entries) do
    erase(entry.id, entry.session)
    bury(entry.id, span)
    tell('session ' .. entry.id)
    ids[n] = entry.id
  end
  return ids
end

-- "open" or "done", and until when.
local function import(id)
  local value = redis.call('GET', name('i', id))
  if not value then
    return nil
  end
  local state, at = value:match('^(%a+) (%d+)$')
  at = tonumber(at)
  if at <= now then
    return nil
  end
  return state, at
end

local function mark(id, state, at)
  redis.call('SET', name('i', id), state .. ' ' .. text(at), 'PXAT', text(at))
end
