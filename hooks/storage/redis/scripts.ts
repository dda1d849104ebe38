/**
 * What Redis is asked to do in one go. A script runs as a whole while nothing else runs, and reaches the append-only file as
 * one transaction; whatever can refuse it does so before its first change.
 *
 * Every one of them has the prefix as its key and begins with the server's mark.
 */

import { createHash } from "node:crypto";
import { CHANGES } from "./script_changes.ts";

export interface Script {
  readonly text: string;
  /** How Redis names it. */
  readonly sha: string;
}

function script(text: string): Script {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

const NAMES = `
local p, me, call = KEYS[1], ARGV[1], redis.call
local OWNER, META, SESSIONS, MESSAGES = p .. 'owner', p .. 'meta', p .. 'sessions', p .. 'messages'
local HOLDERS, RETAINED, COUNTERS = p .. 'holders', p .. 'retained', p .. 'counters'
`;

/**
 * Nobody else has written, and what we wrote is all there: the number of the last commit is at least that of the last one
 * we know of (ARGV 2), and below ARGV 3. A lock that ran out while nobody came is ours again, for ARGV 4 milliseconds.
 */
const GUARD = `${NAMES}
local owner = call('GET', OWNER)
if owner and owner ~= me then return {'taken', owner} end
local meta = call('HMGET', META, 'writer', 'commits')
local commits = tonumber(meta[2] or '-1')
local kept = meta[1] == me and commits >= tonumber(ARGV[2]) and commits < tonumber(ARGV[3])
`;
const KEPT = `${GUARD}
if not kept then return {'moved', meta[1] or '', meta[2] or ''} end
if not owner then call('SET', OWNER, me, 'PX', ARGV[4]) end
`;

/**
 * ARGV 2: milliseconds, 3: the version of the format. Answers ok, the number of the last commit, what is to be cleared.
 *
 * Redis counts a lock's time by its machine's clock. When that was put back the lock of a server that died would stay for
 * as long as that, so it is given no more than it had when it was renewed.
 */
export const ACQUIRE: Script = script(`${NAMES}
local owner = call('GET', OWNER)
local meta = call('HMGET', META, 'format', 'clearing', 'lockTime')
if owner and owner ~= me then
  local left, most = call('PTTL', OWNER), tonumber(meta[3] or '')
  if most and left > most then
    call('PEXPIRE', OWNER, most)
    left = most
  end
  return {'taken', owner, left}
end
if meta[1] and meta[1] ~= ARGV[3] then return {'format', meta[1]} end
call('SET', OWNER, me, 'PX', ARGV[2])
call('HSET', META, 'format', ARGV[3], 'writer', me, 'lockTime', ARGV[2])
return {'ok', tostring(call('HINCRBY', META, 'commits', 1)), meta[2] or ''}
`);

/** Arguments as in GUARD. */
export const RENEW: Script = script(`${KEPT}
call('PEXPIRE', OWNER, ARGV[4])
return {'ok'}
`);

/**
 * A command that only reads, from ARGV 5 on, and its answer. Arguments as in GUARD. What Redis has of an earlier moment, or
 * what is to be cleared away, is no answer.
 */
export const READ: Script = script(`${GUARD}
if not kept or call('HEXISTS', META, 'clearing') == 1 then return {'moved', meta[1] or '', meta[2] or ''} end
return {'ok', call(unpack(ARGV, 5))}
`);

export const RELEASE: Script = script(`${NAMES}
if call('GET', OWNER) == me then call('DEL', OWNER) end
return {'ok'}
`);

/**
 * Arguments as in GUARD, ARGV 3 the number of this commit; 5: 1 when it only removes, which Redis is to do
 * even when it is full (a script that has begun to write may go on); 6: 1 when the lock is to be renewed; from 7
 * the changes.
 */
export const COMMIT: Script = script(`${KEPT}
if ARGV[5] == '1' then call('DEL', p .. 'nothing') end
if ARGV[6] == '1' then call('PEXPIRE', OWNER, ARGV[4]) end
call('HSET', META, 'commits', ARGV[3])
${CHANGES}
return {'ok'}
`);

/** What is there is not what we wrote: it is ours to clear away. Arguments as in GUARD; 5: the version of the format. */
export const ADOPT: Script = script(`${GUARD}
if kept then return {'kept'} end
if commits >= tonumber(ARGV[2]) then return {'moved', meta[1] or '', meta[2] or ''} end
call('SET', OWNER, me, 'PX', ARGV[4])
call('HSET', META, 'format', ARGV[5], 'writer', me, 'commits', ARGV[3], 'clearing', ARGV[3])
return {'ok'}
`);

/** A step of it. ARGV 2: what is cleared away, as ADOPT said; 3: where the last step ended; 4: milliseconds. */
export const CLEAR: Script = script(`${NAMES}
if call('GET', OWNER) ~= me or call('HGET', META, 'clearing') ~= ARGV[2] then return {'gone'} end
call('PEXPIRE', OWNER, ARGV[4])
local page = call('HSCAN', SESSIONS, ARGV[3], 'COUNT', 200)
for i = 1, #page[2], 2 do
  call('UNLINK', p .. 'session:' .. page[2][i], p .. 'queue:' .. page[2][i])
  call('HDEL', SESSIONS, page[2][i])
end
if page[1] ~= '0' or call('HLEN', SESSIONS) > 0 then return {'more', page[1]} end
call('UNLINK', SESSIONS, MESSAGES, HOLDERS, RETAINED, COUNTERS)
call('HDEL', META, 'clearing')
return {'ok'}
`);

/**
 * What belongs to the sessions from ARGV 4 on, of their queues at most ARGV 2 (-1: all); it stops after ARGV 3 bytes. For each
 * session: its hash, the beginning of its queue, how many wait, the last one's sequence.
 */
export const LOAD: Script = script(`${NAMES}
local found, size = {}, 0
for i = 4, #ARGV do
  local session, queue = p .. 'session:' .. ARGV[i], p .. 'queue:' .. ARGV[i]
  local fields, first, count, last = call('HGETALL', session), {}, call('ZCARD', queue), '0'
  if count > 0 then
    first = call('ZRANGEBYSCORE', queue, '-inf', '+inf', 'LIMIT', 0, ARGV[2])
    last = string.match(call('ZRANGE', queue, -1, -1)[1], '^%d+') or '0'
  end
  for _, text in ipairs(fields) do size = size + #text end
  for _, text in ipairs(first) do size = size + #text end
  found[#found + 1] = {fields, first, count, last}
  if size > tonumber(ARGV[3]) then break end
end
return found
`);
