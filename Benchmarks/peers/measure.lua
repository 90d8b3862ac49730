-- wrk's part of a measurement: `depth` requests in one write, and a last line of figures that a program can read.
init = function(args)
  local depth = tonumber(args[1])
  local requests = {}
  for i = 1, depth do requests[i] = wrk.format() end
  batch = table.concat(requests)
end

request = function() return batch end

done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("figures %f %d %d %d %d\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    errors.status))
end
