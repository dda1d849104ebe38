#include "stream.h"

#include "clock.h"
#include "crowd.h"
#include "options.h"
#include "report.h"

static uint32_t send_batch(struct stream *s, uint32_t count) {
  struct stamp first = {.time = now_ns(), .sequence = (uint32_t)s->sent};
  stencil_fill(&s->stencil, first, count);
  for (uint32_t i = 0; i < count; i++) s->put_topic(stencil_topic(&s->stencil, i), s->sent + i);
  uint32_t taken = conn_send_units(&s->conn, s->stencil.packets, s->stencil.size, count);
  s->sent += taken;
  return taken;
}

static void pump(struct conn *c) {
  struct stream *s = (struct stream *)c;
  uint64_t left = s->limit - s->sent;
  if (left) send_batch(s, left < s->stencil.capacity ? (uint32_t)left : s->stencil.capacity);
  if (s->sent < s->limit) conn_watch(c, true);
  else conn_flush(c);
}

static void on_packet(struct conn *c, uint8_t head, const uint8_t *body, uint32_t length) {
  (void)c, (void)body, (void)length;
  fail("Packet type %u arrived at the publisher", head >> 4);
}

void stream_open(struct stream *s, uint32_t topic_length, void (*put_topic)(uint8_t *at, uint64_t sequence)) {
  *s = (struct stream){.put_topic = put_topic};
  s->conn.when_ready = on_packet;
  s->conn.on_turn = pump;
  stencil_make(&s->stencil, topic_length, opt.payload, 0);
  struct crowd crowd = {.members = s, .size = sizeof *s, .count = 1};
  crowd_open(&crowd);
}

void stream_allow(struct stream *s, uint64_t limit) {
  s->limit = limit;
  pump(&s->conn);
}

void stream_one(struct stream *s) {
  s->limit = s->sent + 1;
  if (!send_batch(s, 1)) {
    bytes_append(&s->conn.out, s->stencil.packets, s->stencil.size);
    s->sent++;
  }
  conn_flush(&s->conn);
}
