-- For wrk: creates secrets, each under verifiers of its own.
--
--   wrk -s create.lua ADDRESS -- OCTETS
--
-- wrk takes its share of the cores, so that as little as possible is done while it runs: requests are joined beforehand, of
-- pieces of text; only when all of those are sent, each as it is needed.

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
local ends = "AEIMQUYcgkosw048" -- of 32 octets the 43rd character holds four bits
local triples = {} -- every three characters: four of them begin a verifier, so that no two verifiers begin alike
local rests = {} -- 31 characters: the rest of one
local head, tail
local beforehand = 150000
local requests, last = {}, 0

local function pick(text)
  local at = math.random(#text)
  return text:sub(at, at)
end

local function triple()
  return triples[math.random(#triples)]
end

local function verifier()
  return triple() .. triple() .. triple() .. triple() .. rests[math.random(#rests)]
end

local function fill()
  for a = 1, #alphabet do
    for b = 1, #alphabet do
      local two = alphabet:sub(a, a) .. alphabet:sub(b, b)
      for c = 1, #alphabet do
        triples[#triples + 1] = two .. alphabet:sub(c, c)
      end
    end
  end
  for i = 1, 1024 do
    local characters = {}
    for j = 1, 30 do
      characters[j] = pick(alphabet)
    end
    rests[i] = table.concat(characters) .. pick(ends)
  end
end

-- The octets end differently as well: Lua keeps one copy of each string, and tells them apart by their ends first.
local function join()
  return head .. verifier() .. "\r\nKeylink-Access-Verifier: " .. verifier()
    .. "\r\nKeylink-Receipt-Verifier: " .. verifier() .. tail .. triple()
end

init = function(arguments)
  local size = tonumber(arguments[1])
  local file = assert(io.open("/dev/urandom", "rb"))
  local a, b, c, d = file:read(4):byte(1, 4)
  file:close()
  math.randomseed(((a * 256 + b) * 256 + c) * 256 + d)
  fill()
  head = "POST /api/v1/secrets?ttl=86400&views=1 HTTP/1.1\r\nHost: " .. wrk.host
    .. "\r\nContent-Type: application/octet-stream\r\nContent-Length: " .. size
    .. "\r\nKeylink-Link-Verifier: "
  tail = "\r\n\r\nKLNK" .. ("\0"):rep(size - 7)
  for i = 1, beforehand do
    requests[i] = join()
  end
end

request = function()
  last = last + 1
  return requests[last] or join()
end
