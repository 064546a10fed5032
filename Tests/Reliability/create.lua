-- For wrk: creates secrets of 1 KB, each under verifiers of its own.

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
local last = "AEIMQUYcgkosw048" -- of 32 octets the 43rd character holds four bits
local body = "KLNK" .. string.rep("\0", 1020)
local count = 0

math.randomseed(os.time())

local function verifier()
  local characters = {}
  for i = 1, 42 do
    local at = math.random(64)
    characters[i] = alphabet:sub(at, at)
  end
  local at = math.random(16)
  return table.concat(characters) .. last:sub(at, at)
end

request = function()
  return wrk.format("POST", "/api/v1/secrets?ttl=3600&views=1", {
    ["Content-Type"] = "application/octet-stream",
    ["Keylink-Link-Verifier"] = verifier(),
    ["Keylink-Access-Verifier"] = verifier(),
    ["Keylink-Receipt-Verifier"] = verifier(),
  }, body)
end
