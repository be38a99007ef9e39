-- ARGV: 1 the key.
redis.call('DEL', ARGV[1])
return '1'
