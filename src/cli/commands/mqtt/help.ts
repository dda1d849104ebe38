/** The texts of `comqtt pub --help` and `comqtt sub --help`: a screen each, 80 by 40. */

const connection = `\
 -h, --host HOST  -p, --port PORT    default localhost and 1883, with TLS 8883
 -L, --url URL    mqtt://, mqtts://, ws://, wss://[USER[:PW]@]HOST[:PORT]/TOPIC
                  (with -t, what follows HOST of ws:// is the WebSocket's path)
 --unix PATH  --ws  -A, --bind ADDRESS  --nodelay      other ways to the broker
 -u, --username NAME   -P, --pw PASSWORD, --password-file FILE, COMQTT_PASSWORD
 -i, --id ID  -I, --id-prefix PREFIX  -k, --keepalive SECONDS
 -c, --disable-clean-session          the session stays; needs -i
 -x, --session-expiry-interval SECONDS                  how long it stays
 -V, --protocol-version VERSION       3.1, 3.1.1 (default) or 5
 -D, --property COMMAND NAME VALUE    a property of MQTT 5 (means -V 5)
 --will-topic TOPIC  --will-payload TEXT  --will-qos QOS  --will-retain
TLS: --cafile FILE  --capath DIR  --cert FILE  --key FILE  --insecure
 --tls-version VERSION  --tls-alpn NAME  --tls-use-os-certs  --ciphers LIST
Besides: -d, --debug (every packet)   --quiet   --help
`;

export const pubHelp: string = `\
comqtt pub: publishes at any broker, with the options of mosquitto_pub

Usage: comqtt pub [OPTION]... -t TOPIC {-m TEXT | -f FILE | -l | -s | -n}

What:
 -t, --topic TOPIC       where it is published
 -m, --message TEXT      what is published
 -f, --file FILE         the bytes of FILE, as they are
 -l, --stdin-line        each line of standard input is a message
 -s, --stdin-file        all of standard input is one message
 -n, --null-message      nothing; with -r what is retained goes away
 -q, --qos QOS           0 (default), 1 or 2        -r, --retain
 --repeat COUNT  --repeat-delay SECONDS   the same again
 -M, --max-inflight COUNT   messages that wait for the broker, default 20
Where, and who:
${connection}
Ends with 0, a refusal's code of MQTT (5 not authorized; in MQTT 5 128 and on),
7 when the connection is lost, and 1 for all else.

Examples:
  comqtt pub -t home/lamp -m on -q 1 -r
  journalctl -f | comqtt pub -L mqtts://anna@broker.example/log -l
`;

export const subHelp: string = `\
comqtt sub: prints messages of any broker, with the options of mosquitto_sub

Usage: comqtt sub [OPTION]... -t FILTER [-t FILTER]...

Which:
 -t, --topic FILTER  -q, --qos QOS    may be repeated; QoS 0 (default), 1 or 2
 -T, --filter-out FILTER   not those  -U, --unsubscribe FILTER
 -C COUNT  -W SECONDS                 ends after so many, or so long (with 27)
 -E                                   ends as soon as it has subscribed
 -R  --retained-only                  none, or only those, that were retained
 --remove-retained                    and what was retained goes away
How they are printed:
 -v, --verbose  -N                    with topics; without line ends
 --json  --pretty  --random-filter PERCENT
 -F FORMAT     %t topic %p payload %x in hex %q QoS %r retained %l length %m id
               %j JSON %J payload is JSON %I time %U Unix time @H and so on %C
               %D %E %F %P %R %S %A properties; widths: %10t %-10t %.10t
Where, and who:
${connection}
Ends as pub does. A connection that is lost is made again every second.
Examples:
  comqtt sub -t 'home/#' -v
  comqtt sub -L wss://broker.example/mqtt -t '#' -F '%I %t %p' -C 10
`;
