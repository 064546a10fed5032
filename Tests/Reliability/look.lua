-- For wrk: looks at secrets in turn.
--
--   wrk -s look.lua ADDRESS -- FILE      a line a secret, as claim.lua has it

local requests = {}
local at = 0

init = function(arguments)
  for line in io.lines(arguments[1]) do
    local id, link = line:match("^%d+ (%S+) (%S+)")
    requests[#requests + 1] = "GET /api/v1/secrets/" .. id .. " HTTP/1.1\r\nHost: " .. wrk.host
      .. "\r\nAuthorization: Bearer " .. link .. "\r\n\r\n"
  end
end

request = function()
  at = at % #requests + 1
  return requests[at]
end
