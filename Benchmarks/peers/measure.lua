-- wrk's part of a measurement: `depth` requests in one write, `kinds` different ones in turn, and a last line of figures
-- that a program can read.
init = function(args)
  local depth, kinds = tonumber(args[1]), tonumber(args[2])
  batches = {}
  for kind = 1, kinds do
    if kinds > 1 then wrk.headers["X-Request"] = tostring(kind) end
    local requests = {}
    for i = 1, depth do requests[i] = wrk.format() end
    batches[kind] = table.concat(requests)
  end
  last = 0
end

request = function()
  last = last % #batches + 1
  return batches[last]
end

done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("figures %f %d %d %d %d\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    errors.status))
end
