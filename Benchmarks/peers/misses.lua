-- Asks for another instance each time, in turn in several regions, since each has a rate limit of its own.
local regions = {
  "us-east-1", "us-west-2", "eu-west-2", "eu-central-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
  "ca-central-1",
}
local count = 0

request = function()
  count = count + 1
  local region = regions[count % #regions + 1]
  local instance = "arn%3Aaws%3Aconnect%3A" .. region .. "%3A123456789012%3Ainstance%2F" .. count
  return wrk.format("GET", "/v1/instances/" .. instance .. "/token")
end
