// The sending half of a client.
#include "client.h"
#include "clock.h"
#include "crowd.h"
#include "options.h"
#include "stencil.h"

static struct stencil stencil;

void client_prepare(void) { stencil_make(&stencil, TOPIC_LENGTH, opt.payload, opt.qos); }

// Publishes of this client that are known to have arrived at a subscriber.
static uint64_t delivered(const struct client *c) {
  if (opt.mode == FANOUT) return totals.received / opt.clients;
  if (opt.mode == FANIN) return clients[client_count - 1].next[c->conn.index];
  if (opt.mode == TWIN) return twin_of(c)->received;
  if (opt.mode == MESH) return totals.received / opt.clients / opt.clients; // about
  return c->received;
}

// How many publishes may be on their way at once; 0 is no bound.
static uint64_t window_size(void) {
  if (opt.qos == 0) return opt.ahead;
  return opt.window < crowd_receive_maximum ? opt.window : crowd_receive_maximum;
}

static uint64_t room(const struct client *c) {
  uint64_t left = c->limit - c->sent, window = window_size();
  if (!window || !left) return left;
  uint64_t open = c->sent - (opt.qos == 0 ? delivered(c) : c->acknowledged);
  return open >= window ? 0 : left < window - open ? left : window - open;
}

static void fill(const struct client *c, uint64_t time, uint32_t count) {
  struct stamp first = {.time = time, .sequence = (uint32_t)c->sent, .publisher = c->conn.index};
  stencil_fill(&stencil, first, count);
  for (uint32_t i = 0; i < count; i++) memcpy(stencil_topic(&stencil, i), c->topic, TOPIC_LENGTH);
}

static uint32_t send_batch(struct client *c, uint64_t time, uint32_t count) {
  fill(c, time, count);
  uint32_t taken = conn_send_units(&c->conn, stencil.packets, stencil.size, count);
  c->sent += taken;
  totals.sent += taken;
  return taken;
}

void client_pump(struct conn *conn) {
  struct client *c = (struct client *)conn;
  uint64_t allowed = c->publishes && opt.rate == 0 ? room(c) : 0;
  if (!allowed) {
    conn_flush(conn);
    return;
  }
  // One batch, then the others get their turn: what waits in sockets should still be in the CPU's cache.
  uint32_t count = allowed < stencil.capacity ? (uint32_t)allowed : stencil.capacity;
  send_batch(c, now_ns(), count);
  if (room(c)) conn_watch(conn, true);
  else conn_flush(conn);
}

bool client_publish_one(struct client *c) {
  if (room(c) == 0) return false;
  // When the socket takes nothing at all, the publish waits behind what c->conn.out holds already.
  if (send_batch(c, now_ns(), 1) == 0) {
    bytes_append(&c->conn.out, stencil.packets, stencil.size);
    c->sent++;
    totals.sent++;
  }
  conn_flush(&c->conn);
  return true;
}
