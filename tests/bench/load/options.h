// What the command line asks for. Parsed once, read everywhere.
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum mode { PAIR, TWIN, MESH, FANOUT, FANIN, CHURN, STALL, IDLE, CONNECTS, SUBS, TOPICS };

struct options {
  enum mode mode;
  const char *mode_name;
  const char *host;
  uint32_t port;
  uint32_t tls;       // TLS 1.3
  uint32_t websocket; // MQTT over WebSocket
  uint32_t version;   // 4 = MQTT 3.1.1, 5 = MQTT 5.0
  uint32_t qos;
  uint32_t broker_pid; // 0: the broker's CPU and memory are not sampled
  uint32_t clients;
  uint64_t messages;      // per publisher; distinct topics in "topics"; connects of each client in "connects"
  uint32_t payload;       // bytes
  uint32_t window;        // unacknowledged QoS 1 and 2 publishes per publisher
  uint32_t ahead;         // QoS 0: publishes not delivered yet per publisher, 0 = as many as the sockets take
  uint32_t gather_us;     // flat out: sleep this long when much is on its way but little arrived at once
  double rate;            // publishes per second over all publishers, 0 = flat out
  double seconds;         // publish for this long instead of a number of messages
  uint64_t warmup;        // publishes per publisher before the measured ones
  uint32_t persistent;    // the sessions of subscribers outlive their connections
  uint32_t first;         // number in the first topic: two loads at the same time have different ones
  uint32_t beside;        // idle connections that stay open beside the traffic
  uint32_t parallel;      // connections being opened at the same time
  double settle;          // seconds to wait before the broker's memory is read
  double hold;            // seconds the idle connections stay open
  uint32_t subscriptions; // in all, in the mode "subs"
  uint32_t batch;         // filters per SUBSCRIBE, in the mode "subs"
  double churn;           // subscribes and unsubscribes per second
  uint32_t churners;      // connections which do that
  uint32_t readers;       // stalled readers
  bool readers_of_all;    // each stalled reader subscribes to every busy topic instead of to one
  uint32_t pin;           // this program on one processor, the broker's main thread on another
  double limit;           // seconds for the whole run
  double patience;        // seconds without any progress
};

extern struct options opt;

void parse_options(int argc, char **argv);
