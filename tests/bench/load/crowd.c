#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mqtt.h"
#include "options.h"
#include "patience.h"
#include "report.h"

uint32_t crowd_receive_maximum = 65535;

static uint32_t opened_ever;
static uint32_t ready;

static void become_ready(struct conn *c) {
  c->on_packet = c->when_ready;
  ready++;
}

static void handshake(struct conn *c, uint8_t head, const uint8_t *body, uint32_t length) {
  if (head >> 4 == CONNACK) {
    uint32_t receive_maximum = check_connack(body, length);
    if (receive_maximum < crowd_receive_maximum) crowd_receive_maximum = receive_maximum;
    if (!c->filter) become_ready(c);
    else add_subscribe(&c->out, 1, c->filter, 1 + c->more_filters, opt.qos);
  } else if (head >> 4 == SUBACK) {
    check_suback(body, length, 1 + c->more_filters, opt.qos);
    become_ready(c);
  } else {
    fail("Packet type %u arrived during the handshake", head >> 4);
  }
}

static void start(struct conn *c, int receive_buffer) {
  char id[32];
  if (c->number == 0) c->number = ++opened_ever;
  snprintf(id, sizeof id, "load-%d-%u", (int)getpid(), c->number);
  add_connect(&c->out, id, c->persistent);
  c->on_packet = handshake;
  if (!c->on_turn) c->on_turn = conn_flush;
  conn_open(c, receive_buffer);
}

void crowd_open(struct crowd *crowd) {
  uint32_t opened = 0;
  struct patience patience = {0};
  ready = 0;
  while (ready < crowd->count) {
    for (; opened < crowd->count && opened - ready < opt.parallel; opened++) {
      crowd_member(crowd, opened)->index = opened;
      start(crowd_member(crowd, opened), crowd->receive_buffer);
    }
    loop_turn(100);
    if (patience_over(&patience, ready, loop_time)) {
      fail("Only %u of %u connections became ready", ready, crowd->count);
    }
  }
}

void crowd_end(struct crowd *crowd) {
  bool persistent = false;
  for (uint32_t i = 0; i < crowd->count; i++) {
    struct conn *c = crowd_member(crowd, i);
    conn_close(c);
    persistent |= c->persistent;
    // What comes next is a connection that asks for a new session, subscribes to nothing, and keeps nothing.
    c->in.length = c->out.length = 0;
    c->persistent = false;
    c->filter = NULL;
    c->on_turn = NULL;
  }
  if (persistent) crowd_open(crowd);
}

static void unexpected(struct conn *c, uint8_t head, const uint8_t *body, uint32_t length) {
  (void)body, (void)length;
  fail("Packet type %u arrived at the idle connection %u", head >> 4, c->index);
}

struct crowd crowd_idle(uint32_t count) {
  struct crowd crowd = {.size = sizeof(struct conn), .count = count};
  struct conn *all = calloc(count ? count : 1, sizeof *all);
  char *filters = calloc(count ? count : 1, FILTER_SIZE);
  if (!all || !filters) fail("Out of memory");
  for (uint32_t i = 0; i < count; i++) {
    char *filter = filters + (size_t)i * FILTER_SIZE;
    snprintf(filter, FILTER_SIZE, "idle/%05u/state", i);
    all[i].filter = filter;
    all[i].when_ready = unexpected;
  }
  crowd.members = all;
  return crowd;
}
