#include "churn.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "crowd.h"
#include "mqtt.h"
#include "options.h"
#include "report.h"

// A filter lives until its connection subscribed to this many others.
enum { ALIVE = 100, UNANSWERED_AT_MOST = 1000 };

struct churner {
  struct conn conn; // first
  uint64_t asked, answered;
};

static struct churner *churners;
static uint64_t started_at, asked, answered;

// Every filter is a new one. None matches the traffic, but half of them are its neighbours in the tree of
// topics.
static void filter_of(const struct churner *c, uint64_t i, char filter[FILTER_SIZE]) {
  snprintf(filter, FILTER_SIZE, "%s/%05u/%llu/+", i % 2 ? "churn" : "bench", c->conn.index,
           (unsigned long long)i);
}

static void ask(struct churner *c) {
  char filter[FILTER_SIZE];
  uint64_t number = c->asked++;
  uint16_t packet_id = (uint16_t)(1 + number % 65535);
  if (number < ALIVE) {
    filter_of(c, number, filter);
    add_subscribe(&c->conn.out, packet_id, filter, 1, 0);
  } else if ((number - ALIVE) % 2) {
    filter_of(c, ALIVE + (number - ALIVE) / 2, filter);
    add_subscribe(&c->conn.out, packet_id, filter, 1, 0);
  } else {
    filter_of(c, (number - ALIVE) / 2, filter);
    add_unsubscribe(&c->conn.out, packet_id, filter, 1);
  }
}

static void on_answer(struct conn *conn, uint8_t head, const uint8_t *body, uint32_t length) {
  struct churner *c = (struct churner *)conn;
  uint8_t type = head >> 4;
  if (type == SUBACK) check_suback(body, length, 1, 0);
  else if (type != UNSUBACK) fail("Packet type %u arrived at a subscribing connection", type);
  c->answered++;
  answered++;
}

void churn_open(void) {
  churners = calloc(opt.churners, sizeof *churners);
  if (!churners) fail("Out of memory");
  for (uint32_t i = 0; i < opt.churners; i++) churners[i].conn.when_ready = on_answer;
  struct crowd crowd = {.members = churners, .size = sizeof *churners, .count = opt.churners};
  crowd_open(&crowd);
}

void churn_start(void) {
  started_at = now_ns();
  asked = answered = 0;
}

void churn_due(void) {
  static uint32_t turn;
  uint64_t due = (uint64_t)(seconds_between(started_at, loop_time) * opt.churn);
  uint32_t full = 0; // connections in a row that wait for answers: the broker is behind
  while (asked < due && full < opt.churners) {
    struct churner *c = &churners[turn];
    turn = (turn + 1) % opt.churners;
    if (c->asked - c->answered >= UNANSWERED_AT_MOST) {
      full++;
      continue;
    }
    full = 0;
    ask(c);
    asked++;
  }
  for (uint32_t i = 0; i < opt.churners; i++) {
    if (churners[i].conn.out.length) conn_flush(&churners[i].conn);
  }
}

uint64_t churn_done(void) { return answered; }
