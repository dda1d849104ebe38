#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stencil.h"

struct options opt = {
    .mode = PAIR, .mode_name = "pair", .host = "127.0.0.1", .port = 1883, .version = 4, .clients = 10,
    .messages = 10000, .payload = 16, .window = 100, .gather_us = 100, .parallel = 64, .settle = 1, .subscriptions = 100000,
    .batch = 100, .churn = 10000, .churners = 1, .readers = 64, .limit = 120, .patience = 10,
};

static const char *const modes[] = {"pair", "fanout", "fanin", "churn", "stall", "idle", "subs", "topics"};

static const char usage[] =
    "load: puts load on an MQTT broker, checks every delivery and prints one JSON object\n"
    "\n"
    "  --mode NAME       pair    every client publishes to a topic of its own and receives it (default)\n"
    "                    fanout  one publisher, --clients subscribers of one topic\n"
    "                    fanin   --clients publishers, one subscriber of them all\n"
    "                    churn   pair beside --churn subscribes and unsubscribes a second\n"
    "                    stall   pair beside --readers subscribers that never read\n"
    "                    idle    --clients connections with one subscription each, and no traffic\n"
    "                    subs    --subscriptions over --clients connections, then publishes that match one each\n"
    "                    topics  --messages distinct topics, which nobody subscribed to\n"
    "  --host ADDRESS    IPv4 address of the broker (127.0.0.1)     --port PORT (1883)\n"
    "  --version 4|5     MQTT 3.1.1 or 5.0 (4)                      --qos 0|1|2 (0)\n"
    "  --clients N       (10)                                       --messages N per publisher (10000)\n"
    "  --payload BYTES   at least 16 (16)                           --window N unacknowledged publishes (100)\n"
    "  --ahead N         QoS 0: publishes not delivered yet per publisher (0: no bound)\n"
    "  --gather US       flat out: pause when much is on its way but little arrived, 0 = never (100)\n"
    "  --rate N          publishes a second over all publishers, one at a time (0: flat out)\n"
    "  --seconds S       publish for S seconds instead of --messages\n"
    "  --warmup N        publishes per publisher before the measured ones (0)\n"
    "  --beside N        idle connections that stay open beside the traffic (0)\n"
    "  --pid PID         process of the broker, for its CPU time and memory\n"
    "  --parallel N      connections being opened at the same time (64)\n"
    "  --settle S        wait before the broker's memory is read (1)\n"
    "  --hold S          idle: keep the connections open for S seconds (0)\n"
    "  --subscriptions N (100000)                                   --batch N filters per SUBSCRIBE (100)\n"
    "  --churn N         operations a second (10000)                --churners N connections (1)\n"
    "  --readers N       (64)                                       --reader-filter own|all (own)\n"
    "  --pin 0|1         keep this program on processor 0 and the broker's main thread on processor 1 (0)\n"
    "  --limit S         for the whole run (120)                    --patience S without progress (10)\n"
    "\n"
    "Exit codes: 0 all delivered in order, 1 a failed check or a limit, 2 a wrong command line\n";

static _Noreturn void refuse(const char *problem, const char *value) {
  fprintf(stderr, "%s: %s\nTry --help\n", problem, value);
  exit(2);
}

static double number(const char *name, const char *text, double least, double most) {
  char *end;
  double value = strtod(text, &end);
  if (end == text || *end || !(value >= least && value <= most)) {
    fprintf(stderr, "--%s takes a number from %.0f to %.0f, not: %s\n", name, least, most, text);
    exit(2);
  }
  return value;
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

static void set(const char *name, const char *text) {
  if (!strcmp(name, "mode")) choose_mode(text);
  else if (!strcmp(name, "host")) opt.host = text;
  else if (!strcmp(name, "port")) opt.port = number(name, text, 1, 65535);
  else if (!strcmp(name, "version")) opt.version = number(name, text, 4, 5);
  else if (!strcmp(name, "qos")) opt.qos = number(name, text, 0, 2);
  else if (!strcmp(name, "clients")) opt.clients = number(name, text, 1, 60000);
  else if (!strcmp(name, "messages")) opt.messages = number(name, text, 1, 4e9);
  else if (!strcmp(name, "payload")) opt.payload = number(name, text, STAMP_SIZE, MAX_PAYLOAD);
  else if (!strcmp(name, "window")) opt.window = number(name, text, 1, 60000);
  else if (!strcmp(name, "ahead")) opt.ahead = number(name, text, 0, 4e9);
  else if (!strcmp(name, "gather")) opt.gather_us = number(name, text, 0, 10000);
  else if (!strcmp(name, "rate")) opt.rate = number(name, text, 0, 1e6);
  else if (!strcmp(name, "seconds")) opt.seconds = number(name, text, 0, 86400);
  else if (!strcmp(name, "warmup")) opt.warmup = number(name, text, 0, 4e9);
  else if (!strcmp(name, "beside")) opt.beside = number(name, text, 0, 60000);
  else if (!strcmp(name, "pid")) opt.broker_pid = number(name, text, 1, 4194304);
  else if (!strcmp(name, "parallel")) opt.parallel = number(name, text, 1, 60000);
  else if (!strcmp(name, "settle")) opt.settle = number(name, text, 0, 600);
  else if (!strcmp(name, "hold")) opt.hold = number(name, text, 0, 86400);
  else if (!strcmp(name, "subscriptions")) opt.subscriptions = number(name, text, 1, 9999999);
  else if (!strcmp(name, "batch")) opt.batch = number(name, text, 1, 10000);
  else if (!strcmp(name, "churn")) opt.churn = number(name, text, 1, 1e6);
  else if (!strcmp(name, "churners")) opt.churners = number(name, text, 1, 60000);
  else if (!strcmp(name, "readers")) opt.readers = number(name, text, 0, 60000);
  else if (!strcmp(name, "reader-filter") && !strcmp(text, "own")) opt.readers_of_all = false;
  else if (!strcmp(name, "reader-filter") && !strcmp(text, "all")) opt.readers_of_all = true;
  else if (!strcmp(name, "pin")) opt.pin = number(name, text, 0, 1);
  else if (!strcmp(name, "limit")) opt.limit = number(name, text, 1, 86400);
  else if (!strcmp(name, "patience")) opt.patience = number(name, text, 1, 86400);
  else refuse("Unknown option or value", name);
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
  if (opt.qos && (opt.mode == SUBS || opt.mode == TOPICS)) refuse("This mode takes only QoS 0", opt.mode_name);
}
