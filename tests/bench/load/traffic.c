#include "traffic.h"

#include <stdlib.h>

#include "churn.h"
#include "client.h"
#include "clock.h"
#include "crowd.h"
#include "options.h"
#include "process.h"
#include "report.h"
#include "stall.h"
#include "stencil.h"

struct client *clients;
uint32_t client_count, publisher_count;

static struct crowd crowd;

static const char *filter_of(const struct client *c, uint32_t i) {
  if (opt.mode == FANOUT) return clients[0].topic;
  if (opt.mode == TWIN) return clients[i - publisher_count].topic;
  return opt.mode == FANIN || opt.mode == MESH ? "bench/+/t" : c->topic;
}

static void make_client(struct client *c, uint32_t i) {
  bool separate = publisher_count < client_count; // publishers are not subscribers as well
  bool subscribes = !separate || i >= publisher_count;
  c->publishes = i < publisher_count;
  c->next = calloc(opt.mode == FANIN || opt.mode == MESH ? client_count : 1, sizeof *c->next);
  if (!c->next) fail("Out of memory");
  memcpy(c->topic, "bench/00000/t", TOPIC_LENGTH);
  put_digits((uint8_t *)c->topic + 6, 5, opt.first + i);
  if (subscribes) {
    c->conn.filter = filter_of(c, i);
    c->conn.persistent = opt.persistent;
  }
  c->conn.when_ready = client_packet;
  c->conn.on_turn = client_pump;
}

static uint32_t subscribers_apart(void) {
  if (opt.mode == TWIN || opt.mode == MESH || opt.mode == FANOUT) return opt.clients;
  return opt.mode == FANIN ? 1 : 0;
}

static void open_clients(void) {
  publisher_count = opt.mode == FANOUT ? 1 : opt.clients;
  client_count = publisher_count + subscribers_apart();
  clients = calloc(client_count, sizeof *clients);
  if (!clients) fail("Out of memory");
  for (uint32_t i = 0; i < client_count; i++) make_client(&clients[i], i);
  crowd = (struct crowd){.members = clients, .size = sizeof *clients, .count = client_count};
  crowd_open(&crowd);
}

static void report_totals(const struct totals *before, const struct usage *from, const struct usage *to) {
  double received = (double)(totals.received - before->received),
         seconds = seconds_between(from->time, to->time);
  report_count("published", totals.sent - before->sent);
  report_count("received", totals.received - before->received);
  report_count("gaps", totals.gaps);
  report_count("reordered", totals.reordered);
  report_count("duplicates", totals.duplicates);
  report_number("seconds", seconds);
  report_number("publishes_per_second", (double)(totals.sent - before->sent) / seconds);
  report_number("messages_per_second", received / seconds);
  report_number("load_cpu_us_per_message", (to->own - from->own) * 1e6 / received);
  report_number("load_cpu", (to->own - from->own) / seconds); // near 1: the load was the bottleneck
  if (opt.broker_pid) {
    report_number("broker_cpu_seconds", to->broker - from->broker);
    report_number("broker_cpu_us_per_message", (to->broker - from->broker) * 1e6 / received);
  }
  report_others(from, to);
  histogram_report(&latency);
}

static void measure(void) {
  struct totals before = totals;
  struct memory memory = broker_memory();
  latency = (struct histogram){0};
  if (opt.mode == CHURN) churn_start();
  struct usage from = usage_now();
  traffic_phase(opt.messages, opt.seconds);
  struct usage to = usage_now();
  struct memory after = broker_memory();
  uint64_t churned = churn_done();
  loop_for(0.05); // time for what must not come: duplicates
  report_totals(&before, &from, &to);
  if (opt.mode == CHURN) {
    report_number("churn_per_second", (double)churned / seconds_between(from.time, to.time));
  }
  if (opt.broker_pid) {
    report_count("broker_rss_kb_before", memory.rss_kb);
    report_count("broker_rss_kb_after", after.rss_kb);
    report_count("broker_rss_kb_peak", after.peak_kb);
  }
}

void run_traffic(void) {
  struct crowd idle = crowd_idle(opt.beside);
  client_prepare();
  uint64_t start = now_ns();
  if (opt.beside) crowd_open(&idle);
  open_clients();
  report_number("connect_seconds", seconds_between(start, loop_time));
  if (opt.mode == CHURN) {
    churn_open();
    churn_start();
  }
  if (opt.mode == STALL) stall_open();
  if (opt.warmup) traffic_phase(opt.warmup, 0);
  measure();
  if (opt.mode == STALL) report_count("readers_closed_by_broker", stall_closed());
  if (totals.gaps || totals.duplicates) {
    fail("Order was broken: %llu gaps, %llu of them reordered, %llu duplicates",
         (unsigned long long)totals.gaps, (unsigned long long)totals.reordered,
         (unsigned long long)totals.duplicates);
  }
  if (opt.persistent) crowd_end(&crowd);
}
