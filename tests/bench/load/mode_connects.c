// Connections that are made and ended all the time: what a connect costs the broker, with all handshakes.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "conn.h"
#include "histogram.h"
#include "modes.h"
#include "mqtt.h"
#include "options.h"
#include "patience.h"
#include "process.h"
#include "report.h"

struct visitor {
  struct conn conn; // first
  uint64_t since;   // it began to connect
  uint64_t left;    // of its connects
  bool let_in, leaving;
};

static struct visitor *visitors;
static uint64_t connects;
static struct histogram until_let_in;

static void on_answer(struct conn *c, uint8_t head, const uint8_t *body, uint32_t length) {
  struct visitor *v = (struct visitor *)c;
  if (head >> 4 != CONNACK || v->let_in) fail("Packet type %u arrived at client %u", head >> 4, c->index);
  check_connack(body, length);
  v->let_in = true;
  histogram_add(&until_let_in, loop_time > v->since ? loop_time - v->since : 0);
}

static void visit(struct visitor *v) {
  static uint32_t number;
  char id[32];
  snprintf(id, sizeof id, "load-%d-%u", (int)getpid(), ++number);
  v->let_in = v->leaving = false;
  v->left--;
  v->since = now_ns();
  add_connect(&v->conn.out, id, false);
  conn_open(&v->conn, 0);
}

static void on_turn(struct conn *c) {
  struct visitor *v = (struct visitor *)c;
  if (v->let_in && !v->leaving) {
    add_disconnect(&c->out);
    v->leaving = true;
  }
  conn_flush(c);
  if (!v->leaving || c->out.length || c->wire.length) return;
  conn_close(c);
  connects++;
  if (v->left) visit(v);
}

static void connect_all(uint64_t each) {
  struct patience patience = {0};
  uint64_t goal = connects + each * opt.clients;
  for (uint32_t i = 0; i < opt.clients; i++) {
    visitors[i].left = each;
    visit(&visitors[i]);
  }
  while (connects < goal) {
    loop_turn(100);
    if (patience_over(&patience, connects, loop_time)) {
      fail("No progress for %g s: %llu of %llu connects are missing", opt.patience,
           (unsigned long long)(goal - connects), (unsigned long long)goal);
    }
  }
}

void run_connects(void) {
  visitors = calloc(opt.clients, sizeof *visitors);
  if (!visitors) fail("Out of memory");
  for (uint32_t i = 0; i < opt.clients; i++) {
    visitors[i].conn.index = i;
    visitors[i].conn.on_packet = on_answer;
    visitors[i].conn.on_turn = on_turn;
  }
  if (opt.warmup) connect_all(opt.warmup);
  until_let_in = (struct histogram){0};
  struct usage from = usage_now();
  connect_all(opt.messages);
  struct usage to = usage_now();
  double seconds = seconds_between(from.time, to.time), count = (double)opt.messages * opt.clients;
  loop_for(0.1); // the broker has to take leave of the last ones
  report_count("connects", opt.messages * opt.clients);
  report_number("seconds", seconds);
  report_number("connects_per_second", count / seconds);
  report_number("load_cpu", (to.own - from.own) / seconds);
  if (opt.broker_pid) report_number("broker_cpu_us_per_connect", (broker_cpu() - from.broker) * 1e6 / count);
  report_others(&from, &to);
  histogram_report(&until_let_in);
}
