-- For wrk: claims secrets in turn, and acknowledges each once its octets are here.
--
--   wrk -s claim.lua ADDRESS -- FILE      a line a secret: its row, ID, link token, both tokens together, claim key
--
-- A secret's octets hold its row as eight digits after the first 97. Every call is a request that wrk counts: half of
-- them claim, half acknowledge. Says at the end how many of either were answered as they should.

local rows = {}
local tails = {} -- by row: the request from the ID on
local waiting, first, last = {}, 1, 0 -- rows to be acknowledged, oldest first
local threads = {}
claimed, acknowledged, wrong, posted = 0, 0, 0, 0 -- global: `done` reads them from outside this thread

setup = function(thread)
  table.insert(threads, thread)
end

init = function(arguments)
  for line in io.lines(arguments[1]) do
    local row, id, tokens, key = line:match("^(%d+) (%S+) %S+ (%S+) (%S+)$")
    rows[#rows + 1] = tonumber(row)
    tails[tonumber(row)] = id .. "/claim HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nAuthorization: Bearer " .. tokens
      .. "\r\nIdempotency-Key: " .. key .. "\r\n\r\n"
  end
end

request = function()
  local row = waiting[first]
  if row then
    waiting[first] = nil
    first = first + 1
    return "DELETE /api/v1/secrets/" .. tails[row]
  end
  posted = posted + 1
  -- Where all are used up, the server says so with a refusal, which ends the measurement.
  return "POST /api/v1/secrets/" .. tails[rows[posted] or rows[1]]
end

response = function(status, _, body)
  local row = status == 200 and tonumber(body:sub(98, 105))
  if row then
    claimed = claimed + 1
    last = last + 1
    waiting[last] = row
  elseif status == 204 then
    acknowledged = acknowledged + 1
  else
    wrong = wrong + 1
  end
end

done = function()
  local sums = { claimed = 0, acknowledged = 0, wrong = 0, posted = 0 }
  for _, thread in ipairs(threads) do
    for name, sum in pairs(sums) do
      sums[name] = sum + thread:get(name)
    end
  end
  print(("claimed %d acknowledged %d wrong %d posted %d"):format(sums.claimed, sums.acknowledged, sums.wrong, sums.posted))
end
