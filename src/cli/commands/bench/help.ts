/** The text of `comqtt bench --help`. */

export const benchHelp: string = `\
comqtt bench: measures any broker from this process

Usage: comqtt bench [OPTION]... SCENARIO...

Scenarios, with the clients there are when nobody says:
  connections   1000 connections, made 50 at a time
  p2p             10 pairs: each publisher has a subscriber
  fan-out        100 subscribers of one publisher
  fan-in         100 publishers to one subscriber
  shared          10 publishers, and 10 in one shared subscription
  latency            one message at a time, from one client to another
How much:
 -n, --clients COUNT    -s, --seconds SECONDS (default 5)
 -b, --size BYTES       of a payload, default 16, at least 8
 -q, --qos QOS          -M, --max-inflight COUNT (default 20)
 -r, --rate COUNT       messages a second of all publishers together; default as
                        many as go, with at most 20,000 deliveries under way
 -t, --topic PREFIX     default bench/ and something random
 --json                 the results as JSON instead of a table
Where:
 -h, --host HOST  -p, --port PORT  -L, --url URL  --unix PATH  --ws
 -A, --bind ADDRESS  --nodelay  -k, --keepalive SECONDS
 -u, --username NAME  -P, --pw PASSWORD, --password-file FILE, COMQTT_PASSWORD
 -V, --protocol-version VERSION   3.1, 3.1.1 (default) or 5
 --cafile FILE  --capath DIR  --cert FILE  --key FILE  --insecure
 --tls-version VERSION  --tls-alpn NAME  --tls-use-os-certs  --ciphers LIST
 --help

Times are from publish to arrival; one process does both, and is busy, too.
Ends with 0, a refusal's code of MQTT, and 1 for all else.

Examples:
  comqtt bench p2p fan-out -q 1 -s 10
  comqtt bench connections -n 5000 -L mqtts://broker.example --json
`;
