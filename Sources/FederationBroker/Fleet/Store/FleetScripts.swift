/// The steps of a `ValkeyFleetStore`, in Lua: each runs whole or not at all, by the server's clock.
///
/// `KEYS[1]` is always the order of calls, `T:q`: the theoretical arrival time of the next call (GCRA), milliseconds. The
/// other keys are entries, `T:e:NAME`: hashes with
///
/// - `v`: the ciphertext, `x`: the end of its life by this server's clock, `a`: its expiry by AWS's;
/// - `g`: the generation, which a drop changes;
/// - `o`, `l`: who is calling, and when that is given up;
/// - `n`: before when background calls shall not be made;
/// - `z`: when the server forgets the hash. A step may put it off, and never brings it forward.
enum FleetScripts {
  /// The server's time, and what keeps a hash for so long.
  private static let prelude = """
    local t = redis.call('TIME')
    local now = t[1] * 1000 + math.floor(t[2] / 1000)
    local function keep(key, till)
      local z = tonumber(redis.call('HGET', key, 'z') or '0')
      if till > z then
        redis.call('HSET', key, 'z', string.format('%.0f', till))
        z = till
      end
      redis.call('PEXPIREAT', key, string.format('%.0f', z))
    end

    """

  /// Gives out the next place in the order of calls, which none has further away than ten minutes.
  ///
  /// The order that the server holds counts up to the place after that one: a value that nobody reserved stalls nobody for
  /// longer, and who comes when all places within ten minutes are taken gets none of them twice.
  private static let slot = """
    local function slot(key, interval, tolerance, longest)
      local q = math.min(tonumber(redis.call('GET', key) or '0') or 0, now + 600000 + tolerance + interval)
      local tat = math.max(q, now) + interval
      local wait = math.max(0, math.ceil(tat - interval - tolerance - now))
      if wait > longest then return nil, wait end
      redis.call('SET', key, string.format('%.3f', tat), 'PX', string.format('%.0f', tat - now + 60000))
      return wait, wait
    end

    """

  /// `ARGV`: interval, tolerance, longest wait, owner, call time, known expiry, a new generation, whether urgent (1).
  static let take = FleetScript(
    prelude + slot + """
      for i = 2, #KEYS do
        local e = redis.call('HMGET', KEYS[i], 'v', 'x', 'a', 'g')
        if e[1] and e[4] and tonumber(e[2]) - now >= 5000 and tonumber(e[3]) > tonumber(ARGV[6]) then
          return {'present', e[1], string.format('%.0f', tonumber(e[2]) - now), e[3], e[4], i - 2}
        end
      end
      for i = 2, #KEYS do
        local e = redis.call('HMGET', KEYS[i], 'o', 'l', 'n')
        if e[1] and e[1] ~= ARGV[4] and tonumber(e[2]) > now then return {'leased', tonumber(e[2]) - now} end
        if e[3] and ARGV[8] ~= '1' and tonumber(e[3]) > now then return {'leased', tonumber(e[3]) - now} end
      end
      local mine, wait = slot(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]))
      if not mine then return {'queue', wait} end
      if #KEYS < 2 then return {'yours', wait, ''} end
      local g = redis.call('HGET', KEYS[2], 'g') or ARGV[7]
      local till = now + wait + tonumber(ARGV[5])
      redis.call('HSET', KEYS[2], 'g', g, 'o', ARGV[4], 'l', string.format('%.0f', till))
      keep(KEYS[2], till + 60000)
      return {'yours', wait, g}
      """)

  /// `ARGV`: owner, generation, ciphertext, milliseconds left, expiry, channel, name.
  static let put = FleetScript(
    prelude + """
      local e = redis.call('HMGET', KEYS[2], 'g', 'o', 'x', 'v')
      if e[1] ~= ARGV[2] then return {'dropped'} end
      if e[2] == ARGV[1] then redis.call('HDEL', KEYS[2], 'o', 'l', 'n') end
      local till = now + tonumber(ARGV[4])
      local result = 'superseded'
      if not e[4] or not e[3] or tonumber(e[3]) <= till then
        redis.call('HSET', KEYS[2], 'v', ARGV[3], 'x', string.format('%.0f', till), 'a', ARGV[5])
        keep(KEYS[2], till)
        result = 'stored'
      end
      redis.call('PUBLISH', ARGV[6], ARGV[7] .. ' put')
      return {result}
      """)

  /// `ARGV`: owner, by how much the order moves on, how long the background pauses, channel, name.
  static let fail = FleetScript(
    prelude + """
      local penalty = tonumber(ARGV[2])
      if penalty > 0 then
        local q = tonumber(redis.call('GET', KEYS[1]) or '0') or 0
        if q < now + 600000 then
          local tat = math.min(math.max(q, now) + penalty, now + 600000)
          redis.call('SET', KEYS[1], string.format('%.3f', tat), 'PX', string.format('%.0f', tat - now + 60000))
        end
      end
      if #KEYS < 2 or redis.call('HGET', KEYS[2], 'o') ~= ARGV[1] then return {'ok'} end
      redis.call('HDEL', KEYS[2], 'o', 'l')
      local pause = tonumber(ARGV[3])
      if pause > 0 then
        redis.call('HSET', KEYS[2], 'n', string.format('%.0f', now + pause))
        keep(KEYS[2], now + pause)
      end
      redis.call('PUBLISH', ARGV[4], ARGV[5] .. ' fail')
      return {'ok'}
      """)

  /// `ARGV`: a new generation, the generation to drop or nothing, channel, then the name of each entry.
  static let drop = FleetScript(
    prelude + """
      local dropped = {'dropped'}
      for i = 2, #KEYS do
        local g = redis.call('HGET', KEYS[i], 'g')
        if ARGV[2] == '' or g == ARGV[2] then
          redis.call('DEL', KEYS[i])
          redis.call('HSET', KEYS[i], 'g', ARGV[1])
          keep(KEYS[i], now + 43200000)
          if g then dropped[#dropped + 1] = g end
          redis.call('PUBLISH', ARGV[3], ARGV[i + 2] .. ' drop ' .. (g or ''))
        else
          -- A write, without which WAIT would not say that a replica has what was dropped before.
          if not g then redis.call('HSET', KEYS[i], 'g', ARGV[1]) end
          keep(KEYS[i], g and now or now + 43200000)
        end
      end
      return dropped
      """)
}
