/**
 * The part of a commit that applies its changes. Each of them may be there already, or have nothing to change: a commit
 * may be sent again when nobody knows what became of it.
 *
 * A delivery is a text: sequence, packet id (0: it waits), released, bytes, shared message or "-", then JSON, a line
 * feed and the payload. Those that wait are in the sorted set of the session's queue, the others in its hash.
 */
export const CHANGES: string = `
local A = ARGV
local session, queue, bytes, skip = '', '', 0, true
local fresh, unheld = {}, {}

local function parts(record)
  return string.match(record, '^(%d+) (%d+) ([01]) (%d+) (%S+) ()')
end
local function hold(message)
  if message ~= '-' then call('HINCRBY', HOLDERS, message, 1) end
end
local function release(message)
  if message ~= nil and message ~= '-' and call('HINCRBY', HOLDERS, message, -1) <= 0 then
    unheld[message] = true
  end
end
local function place(sequence, packet, size, record)
  if packet == '0' then
    call('ZADD', queue, sequence, record)
    bytes = bytes + tonumber(size)
  else
    call('HSET', session, 'delivery ' .. sequence, record)
  end
end
local function queued(sequence)
  local found = call('ZRANGEBYSCORE', queue, sequence, sequence)[1]
  if not found then return nil end
  call('ZREMRANGEBYSCORE', queue, sequence, sequence)
  local _, _, _, size = parts(found)
  bytes = bytes - tonumber(size or 0)
  return found
end
local function sent(sequence)
  local field = 'delivery ' .. sequence
  local found = call('HGET', session, field)
  if not found then return nil end
  call('HDEL', session, field)
  return found
end
local function account()
  if bytes ~= 0 then call('HINCRBY', session, 'bytes', bytes) end
  bytes = 0
end
local function wipe(id)
  local all = call('HGETALL', session)
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 9) == 'delivery ' then
      local _, _, _, _, message = parts(all[i + 1])
      release(message)
    end
  end
  local from, page = 0, nil
  repeat
    page = call('ZRANGE', queue, from, from + 499)
    for _, record in ipairs(page) do
      local _, _, _, _, message = parts(record)
      release(message)
    end
    from = from + 500
  until #page < 500
  call('UNLINK', session, queue)
  call('HDEL', SESSIONS, id)
end

local i, n = 7, #A
while i <= n do
  local op = A[i]
  if op == 'new' then -- sequence, packet id, bytes, message, record: it is certainly not there
    if not skip then
      hold(A[i + 4])
      place(A[i + 1], A[i + 2], A[i + 3], A[i + 5])
    end
    i = i + 6
  elseif op == 'put' then -- the same, in the place of what is there
    if not skip then
      local old = queued(A[i + 1]) or sent(A[i + 1])
      hold(A[i + 4])
      place(A[i + 1], A[i + 2], A[i + 3], A[i + 5])
      if old then
        local _, _, _, _, message = parts(old)
        release(message)
      end
    end
    i = i + 6
  elseif op == 'done' then -- sequence
    if not skip then
      local old = sent(A[i + 1]) or queued(A[i + 1])
      if old then
        local _, _, _, _, message = parts(old)
        release(message)
      end
    end
    i = i + 2
  elseif op == 'change' then -- sequence, packet id, released; "-": as it was
    if not skip then
      local old = queued(A[i + 1]) or sent(A[i + 1])
      if old then
        local sequence, packet, released, size, message, rest = parts(old)
        if sequence then
          if A[i + 2] ~= '-' then packet = A[i + 2] end
          if A[i + 3] ~= '-' then released = A[i + 3] end
          local head = sequence .. ' ' .. packet .. ' ' .. released .. ' ' .. size .. ' ' .. message .. ' '
          place(sequence, packet, size, head .. string.sub(old, rest))
        end
      end
    end
    i = i + 4
  elseif op == 'session' then -- id, 1: what was there of it goes, record or empty; what follows belongs to it
    account()
    session, queue = p .. 'session:' .. A[i + 1], p .. 'queue:' .. A[i + 1]
    if A[i + 2] == '1' then wipe(A[i + 1]) end
    skip = A[i + 3] == '' and (A[i + 2] == '1' or call('HEXISTS', SESSIONS, A[i + 1]) == 0)
    if A[i + 3] ~= '' then call('HSET', SESSIONS, A[i + 1], A[i + 3]) end
    i = i + 4
  elseif op == 'field' then -- name, value
    if not skip then call('HSET', session, A[i + 1], A[i + 2]) end
    i = i + 3
  elseif op == 'unset' then -- name
    if not skip then call('HDEL', session, A[i + 1]) end
    i = i + 2
  elseif op == 'message' then -- id, message
    call('HSET', MESSAGES, A[i + 1], A[i + 2])
    fresh[A[i + 1]] = true
    i = i + 3
  elseif op == 'retain' then -- topic, message
    call('HSET', RETAINED, A[i + 1], A[i + 2])
    i = i + 3
  elseif op == 'forget' then -- topic
    call('HDEL', RETAINED, A[i + 1])
    i = i + 2
  elseif op == 'counters' then -- JSON
    call('SET', COUNTERS, A[i + 1])
    i = i + 2
  else
    return redis.error_reply('ERR an unknown change')
  end
end
account()
for message in pairs(fresh) do
  if call('HEXISTS', HOLDERS, message) == 0 then unheld[message] = true end
end
for message in pairs(unheld) do
  if tonumber(call('HGET', HOLDERS, message) or '0') <= 0 then
    call('HDEL', HOLDERS, message)
    call('HDEL', MESSAGES, message)
  end
end
`;
