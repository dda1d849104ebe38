#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stencil.h"

struct options opt = {
    .mode = PAIR,
    .mode_name = "pair",
    .host = "127.0.0.1",
    .port = 1883,
    .version = 4,
    .clients = 10,
    .messages = 10000,
    .payload = 16,
    .window = 100,
    .gather_us = 100,
    .parallel = 64,
    .settle = 1,
    .subscriptions = 100000,
    .batch = 100,
    .churn = 10000,
    .churners = 1,
    .readers = 64,
    .limit = 120,
    .patience = 10,
};

static const char *const modes[] = {"pair",  "twin",  "mesh", "fanout", "fanin",
                                    "churn", "stall", "idle", "connects", "subs", "topics"};

static const char usage[] =
    "load: puts load on an MQTT broker, checks every delivery and prints one JSON object\n"
    "\n"
    "  --mode NAME       pair    every client publishes to a topic of its own and receives it (default)\n"
    "                    twin    --clients publishers, and as many subscribers of one each\n"
    "                    mesh    --clients publishers, and as many subscribers of them all\n"
    "                    fanout  one publisher, --clients subscribers of one topic\n"
    "                    fanin   --clients publishers, one subscriber of them all\n"
    "                    churn   pair beside --churn subscribes and unsubscribes a second\n"
    "                    stall   pair beside --readers subscribers that never read\n"
    "                    idle    --clients connections with one subscription each, and no traffic\n"
    "                    connects  --clients at a time connect and leave, --messages times each\n"
    "                    subs    --subscriptions over --clients connections, then publishes that match one\n"
    "                    topics  --messages distinct topics, which nobody subscribed to\n"
    "  --host ADDRESS    IPv4 address of the broker (127.0.0.1)     --port PORT (1883)\n"
    "  --tls 0|1         1: TLS 1.3 (0)                             --websocket 0|1 (0), also over TLS\n"
    "  --version 4|5     MQTT 3.1.1 or 5.0 (4)                      --qos 0|1|2 (0)\n"
    "  --clients N       (10)                                       --messages N per publisher (10000)\n"
    "  --payload BYTES   at least 16 (16)                           --window N unacknowledged (100)\n"
    "  --ahead N         QoS 0: publishes not delivered yet per publisher (0: no bound)\n"
    "  --gather US       flat out: pause when much is on its way but little arrived, 0 = never (100)\n"
    "  --rate N          publishes a second over all publishers, one at a time (0: flat out)\n"
    "  --seconds S       publish for S seconds instead of --messages\n"
    "  --warmup N        publishes per publisher before the measured ones (0)\n"
    "  --persistent 0|1  1: subscribers ask for a session that outlives the connection (0)\n"
    "  --first N         number in the first topic, for two loads at the same time (0)\n"
    "  --beside N        idle connections that stay open beside the traffic (0)\n"
    "  --pid PID         process of the broker, for its CPU time and memory\n"
    "  --parallel N      connections being opened at the same time (64)\n"
    "  --settle S        wait before the broker's memory is read (1)\n"
    "  --hold S          idle: keep the connections open for S seconds (0)\n"
    "  --subscriptions N (100000)                                   --batch N filters per SUBSCRIBE (100)\n"
    "  --churn N         operations a second (10000)                --churners N connections (1)\n"
    "  --readers N       (64)                                       --reader-filter own|all (own)\n"
    "  --pin 0|1         1: keep this program and the broker's main thread on a processor each (0)\n"
    "  --limit S         for the whole run (120)                    --patience S without progress (10)\n"
    "\n"
    "Exit codes: 0 all delivered in order, 1 a failed check or a limit, 2 a wrong command line\n";

static _Noreturn void refuse(const char *problem, const char *value) {
  fprintf(stderr, "%s: %s\nTry --help\n", problem, value);
  exit(2);
}

static void choose_mode(const char *name) {
  for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++) {
    if (strcmp(name, modes[i]) == 0) {
      opt.mode = (enum mode)i;
      opt.mode_name = modes[i];
      return;
    }
  }
  refuse("Unknown mode", name);
}

// The options that are numbers, and what they may be. One of the three pointers says where the value goes.
static const struct setting {
  const char *name;
  double least, most;
  uint32_t *number;
  uint64_t *count;
  double *real;
} settings[] = {
    {"port", 1, 65535, .number = &opt.port},
    {"tls", 0, 1, .number = &opt.tls},
    {"websocket", 0, 1, .number = &opt.websocket},
    {"version", 4, 5, .number = &opt.version},
    {"qos", 0, 2, .number = &opt.qos},
    {"pid", 1, 4194304, .number = &opt.broker_pid},
    {"clients", 1, 60000, .number = &opt.clients},
    {"messages", 1, 4e9, .count = &opt.messages},
    {"payload", STAMP_SIZE, MAX_PAYLOAD, .number = &opt.payload},
    {"window", 1, 60000, .number = &opt.window},
    {"ahead", 0, 4e9, .number = &opt.ahead},
    {"gather", 0, 10000, .number = &opt.gather_us},
    {"rate", 0, 1e6, .real = &opt.rate},
    {"seconds", 0, 86400, .real = &opt.seconds},
    {"warmup", 0, 4e9, .count = &opt.warmup},
    {"persistent", 0, 1, .number = &opt.persistent},
    {"first", 0, 90000, .number = &opt.first},
    {"beside", 0, 60000, .number = &opt.beside},
    {"parallel", 1, 60000, .number = &opt.parallel},
    {"settle", 0, 600, .real = &opt.settle},
    {"hold", 0, 86400, .real = &opt.hold},
    {"subscriptions", 1, 9999999, .number = &opt.subscriptions},
    {"batch", 1, 10000, .number = &opt.batch},
    {"churn", 1, 1e6, .real = &opt.churn},
    {"churners", 1, 60000, .number = &opt.churners},
    {"readers", 0, 60000, .number = &opt.readers},
    {"pin", 0, 1, .number = &opt.pin},
    {"limit", 1, 86400, .real = &opt.limit},
    {"patience", 1, 86400, .real = &opt.patience},
};

static void store(const struct setting *setting, const char *text) {
  char *end;
  double value = strtod(text, &end);
  bool fits = end != text && !*end && value >= setting->least && value <= setting->most;
  if (!fits || (!setting->real && value != (double)(uint64_t)value)) {
    fprintf(stderr, "--%s takes a number from %.0f to %.0f, not: %s\n", setting->name, setting->least,
            setting->most, text);
    exit(2);
  }
  if (setting->number) *setting->number = (uint32_t)value;
  if (setting->count) *setting->count = (uint64_t)value;
  if (setting->real) *setting->real = value;
}

static void set(const char *name, const char *text) {
  if (!strcmp(name, "mode")) {
    choose_mode(text);
    return;
  }
  if (!strcmp(name, "host")) {
    opt.host = text;
    return;
  }
  if (!strcmp(name, "reader-filter") && (!strcmp(text, "own") || !strcmp(text, "all"))) {
    opt.readers_of_all = !strcmp(text, "all");
    return;
  }
  for (unsigned i = 0; i < sizeof settings / sizeof *settings; i++) {
    if (!strcmp(name, settings[i].name)) {
      store(&settings[i], text);
      return;
    }
  }
  refuse("Unknown option or value", name);
}

void parse_options(int argc, char **argv) {
  for (int i = 1; i < argc; i += 2) {
    if (!strcmp(argv[i], "--help")) {
      fputs(usage, stdout);
      exit(0);
    }
    if (strncmp(argv[i], "--", 2)) refuse("Unknown argument", argv[i]);
    if (i + 1 == argc) refuse("Missing value", argv[i]);
    set(argv[i] + 2, argv[i + 1]);
  }
  if (opt.qos && (opt.mode == SUBS || opt.mode == TOPICS)) {
    refuse("This mode takes only QoS 0", opt.mode_name);
  }
  if (opt.persistent && opt.mode >= CHURN) refuse("This mode has no persistent sessions", opt.mode_name);
}
