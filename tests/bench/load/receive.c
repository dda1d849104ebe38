// The receiving half of a client: checks every delivery and acknowledges it.
#include "client.h"
#include "mqtt.h"
#include "options.h"
#include "report.h"
#include "stencil.h"

struct totals totals;
struct histogram latency;

// A sequence number other than the expected one.
static void note_disorder(uint32_t *expected, uint32_t sequence) {
  if (sequence > *expected) {
    totals.gaps += sequence - *expected;
    *expected = sequence + 1;
  } else if (totals.gaps > totals.reordered) {
    totals.reordered++;
  } else {
    totals.duplicates++;
  }
}

static void receive(struct client *c, uint8_t head, const uint8_t *body, uint32_t length) {
  struct delivery d = read_publish(head, body, length);
  struct stamp stamp = stamp_read(d.payload, d.payload_length);
  if (stamp.publisher >= publisher_count) fail("A delivery names publisher %u", stamp.publisher);
  const struct client *from = &clients[stamp.publisher];
  if (d.topic_length != TOPIC_LENGTH || memcmp(d.topic, from->topic, TOPIC_LENGTH)) {
    fail("Client %u received a message of %s on the topic %.*s", c->conn.index, from->topic,
         (int)d.topic_length, (const char *)d.topic);
  }
  bool shared = opt.mode == FANOUT || opt.mode == FANIN || opt.mode == MESH;
  if (!shared && (opt.mode == TWIN ? twin_of(from) : from) != c) {
    fail("Client %u received a message of client %u", c->conn.index, stamp.publisher);
  }
  if (d.qos != opt.qos) fail("A message of QoS %u was delivered with QoS %u", opt.qos, d.qos);

  uint32_t *expected = &c->next[opt.mode == FANIN || opt.mode == MESH ? stamp.publisher : 0];
  if (stamp.sequence == *expected) ++*expected;
  else note_disorder(expected, stamp.sequence);
  histogram_add(&latency, loop_time > stamp.time ? loop_time - stamp.time : 0);
  c->received++;
  totals.received++;
  if (d.qos == 1) add_acknowledgement(&c->conn.out, PUBACK << 4, d.packet_id);
  if (d.qos == 2) add_acknowledgement(&c->conn.out, PUBREC << 4, d.packet_id);
}

static void check_acknowledgement(const struct client *c, uint8_t type, const uint8_t *body,
                                  uint32_t length) {
  if (length < 2) fail("Malformed acknowledgement");
  if (reason_of(body, length) >= 0x80) {
    fail("The broker answered a publish of client %u with code 0x%02x", c->conn.index,
         reason_of(body, length));
  }
  bool ends = type == PUBACK || type == PUBCOMP;
  if (ends && packet_id_of(body) != packet_id_for(c->acknowledged)) {
    fail("Acknowledgement of packet id %u, expected %u", packet_id_of(body), packet_id_for(c->acknowledged));
  }
}

void client_packet(struct conn *conn, uint8_t head, const uint8_t *body, uint32_t length) {
  struct client *c = (struct client *)conn;
  uint8_t type = head >> 4;
  if (type == PUBLISH) {
    receive(c, head, body, length);
    return;
  }
  if (type == DISCONNECT) {
    fail("The broker disconnected client %u with code %u", conn->index, length ? body[0] : 0);
  }
  if (type < PUBACK || type > PUBCOMP) fail("Packet type %u arrived at client %u", type, conn->index);
  check_acknowledgement(c, type, body, length);
  if (type == PUBREC) {
    add_acknowledgement(&conn->out, PUBREL << 4 | 2, body);
  } else if (type == PUBREL) {
    add_acknowledgement(&conn->out, PUBCOMP << 4, body);
    c->released++;
    totals.released++;
  } else {
    c->acknowledged++;
    totals.acknowledged++;
  }
}
