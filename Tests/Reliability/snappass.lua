-- For wrk: SnapPass, the peer.
--
--   wrk -s snappass.lua ADDRESS -- create FILE      creates secrets of 1 KB and writes their paths into FILE
--   wrk -s snappass.lua ADDRESS -- open FILE        opens them, which burns them
--
-- Its own form, and of its answers the short one (JSON rather than a page) where it has one.

local mode, file
local paths, at = {}, 0
local creation

init = function(arguments)
  mode = arguments[1]
  file = assert(io.open(arguments[2], mode == "create" and "a" or "r"))
  if mode == "open" then
    for path in file:lines() do
      paths[#paths + 1] = path
    end
  end
  creation = wrk.format("POST", "/", {
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["Accept"] = "application/json",
  }, "ttl=day&password=" .. ("k"):rep(1024))
end

request = function()
  if mode == "create" then
    return creation
  end
  at = at + 1
  -- Where all are used up, SnapPass says so with a 404, which ends the measurement.
  return wrk.format("POST", paths[at] or paths[1])
end

response = function(_, _, body)
  local path = mode == "create" and body:match('"link":"https?://[^/]+(/[^"]+)"')
  if path then
    file:write(path, "\n")
  end
end
