#include "subscriber.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "crowd.h"
#include "mqtt.h"
#include "options.h"
#include "patience.h"
#include "report.h"
#include "stream.h"

// Subscription i is for the topic site/RRRR/IIIIIII/state, where R is i / 1000 and I is i.
enum { LENGTH = 23, REGION_AT = 5, NUMBER_AT = 10 };

struct subscriber {
  struct conn conn;      // first
  uint32_t taken, asked; // of `share` subscriptions
  int64_t last;          // sequence number of the last delivery
};

struct histogram subscriber_latency;

static struct subscriber *subscribers;
static struct stream stream;
static uint32_t share;      // subscriptions of each connection
static uint32_t taken_each; // of these, made by every connection so far
static uint32_t added;
static uint64_t received;

uint32_t subscribers_total(void) { return share * opt.clients; }

// Half of the filters are plain topics, the others have a wildcard at the end or in the middle.
static void put_filter(char filter[FILTER_SIZE], uint32_t i) {
  uint32_t kind = i % 10;
  const char *last = kind == 1 || kind == 7 ? "+" : kind == 3 || kind == 9 ? "#" : "state";
  if (kind == 5) snprintf(filter, FILTER_SIZE, "site/+/%07u/state", i);
  else snprintf(filter, FILTER_SIZE, "site/%04u/%07u/%s", i / 1000, i, last);
}

// Scatters the messages over all subscriptions made so far.
static void put_topic(uint8_t *at, uint64_t sequence) {
  uint64_t pick = sequence * 2654435761u;
  uint32_t i = (uint32_t)(pick % opt.clients * share + pick / opt.clients % taken_each);
  memcpy(at, "site/0000/0000000/state", LENGTH);
  put_digits(at + REGION_AT, 4, i / 1000);
  put_digits(at + NUMBER_AT, 7, i);
}

static void subscribe_more(struct subscriber *s, uint32_t until) {
  char filters[opt.batch][FILTER_SIZE];
  uint32_t count = until - s->taken < opt.batch ? until - s->taken : opt.batch;
  for (uint32_t k = 0; k < count; k++) put_filter(filters[k], s->conn.index * share + s->taken + k);
  add_subscribe(&s->conn.out, (uint16_t)(1 + s->taken % 65535), filters[0], count, 0);
  s->asked = count;
}

static void on_delivery(struct subscriber *s, uint8_t head, const uint8_t *body, uint32_t length) {
  struct delivery d = read_publish(head, body, length);
  struct stamp stamp = stamp_read(d.payload, d.payload_length);
  if (d.topic_length != LENGTH) fail("A delivery arrived on the topic %.*s", (int)d.topic_length, d.topic);
  uint64_t i = read_digits(d.topic + NUMBER_AT, 7);
  if (i / share != s->conn.index) {
    fail("A message for subscription %u arrived at connection %u", (unsigned)i, s->conn.index);
  }
  if ((int64_t)stamp.sequence <= s->last) {
    fail("Connection %u received a message twice or out of order", s->conn.index);
  }
  s->last = stamp.sequence;
  received++;
  histogram_add(&subscriber_latency, loop_time > stamp.time ? loop_time - stamp.time : 0);
}

static void on_packet(struct conn *c, uint8_t head, const uint8_t *body, uint32_t length) {
  struct subscriber *s = (struct subscriber *)c;
  if (head >> 4 == PUBLISH) {
    on_delivery(s, head, body, length);
    return;
  }
  if (head >> 4 != SUBACK) fail("Packet type %u arrived at subscriber %u", head >> 4, c->index);
  check_suback(body, length, s->asked, 0);
  s->taken += s->asked;
  added += s->asked;
  if (s->taken < taken_each) subscribe_more(s, taken_each);
}

void subscribers_open(void) {
  share = (opt.subscriptions + opt.clients - 1) / opt.clients;
  subscribers = calloc(opt.clients, sizeof *subscribers);
  if (!subscribers) fail("Out of memory");
  for (uint32_t i = 0; i < opt.clients; i++) {
    subscribers[i].conn.when_ready = on_packet;
    subscribers[i].last = -1;
  }
  struct crowd crowd = {.members = subscribers, .size = sizeof *subscribers, .count = opt.clients};
  crowd_open(&crowd);
  stream_open(&stream, LENGTH, put_topic);
}

uint32_t subscribers_take(uint32_t each) {
  struct patience patience = {0};
  taken_each = each < share ? each : share;
  added = 0;
  uint32_t goal = 0;
  for (uint32_t i = 0; i < opt.clients; i++) {
    struct subscriber *s = &subscribers[i];
    if (s->taken == taken_each) continue;
    goal += taken_each - s->taken;
    subscribe_more(s, taken_each);
    conn_flush(&s->conn);
  }
  while (added < goal) {
    loop_turn(100);
    if (patience_over(&patience, added, loop_time)) {
      fail("No progress for %g s: %u of %u subscriptions were made", opt.patience, added, goal);
    }
  }
  return added;
}

void subscribers_publish(uint64_t count, double rate) {
  struct patience patience = {0};
  uint64_t start = now_ns(), first = stream.sent, goal = received + count;
  subscriber_latency = (struct histogram){0};
  loop_tick(rate);
  if (rate == 0) stream_allow(&stream, first + count);
  while (received < goal) {
    loop_turn(100);
    while (rate > 0 && stream.sent < first + count &&
           (double)(stream.sent - first) < seconds_between(start, now_ns()) * rate) {
      stream_one(&stream);
    }
    if (patience_over(&patience, received + stream.sent, loop_time)) {
      fail("No progress for %g s: %llu deliveries are missing", opt.patience,
           (unsigned long long)(goal - received));
    }
  }
  loop_tick(0);
}
