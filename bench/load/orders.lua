-- Orders of one to three lines over the products of bench/catalogue.py, from any of its users.
local function id(letter, number)
  return string.format("01900000-0000-7000-8000-0000000%s%04x", letter, number)
end

local users, products, headers = 0, 0, { ["Content-Type"] = "application/json" }

function init(arguments)
  users, products = tonumber(arguments[1]), tonumber(arguments[2])
  math.randomseed(tonumber(arguments[3]))
end

function request()
  local lines = {}
  for line = 1, math.random(1, 3) do
    lines[line] = string.format('{"productId":"%s","quantity":1}', id("b", math.random(0, products - 1)))
  end
  local body = string.format('{"userId":"%s","orderItems":[%s]}', id("a", math.random(0, users - 1)), table.concat(lines, ","))
  return wrk.format("POST", "/orders", headers, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"refused":%d,"broken":%d,"p50_ms":%.3f,"p99_ms":%.3f}\n',
    summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
