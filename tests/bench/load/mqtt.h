// The packets this program writes and reads, as far as a load needs them.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

enum packet_type {
  CONNECT = 1,
  CONNACK,
  PUBLISH,
  PUBACK,
  PUBREC,
  PUBREL,
  PUBCOMP,
  SUBSCRIBE,
  SUBACK,
  UNSUBSCRIBE,
  UNSUBACK,
  PINGREQ,
  PINGRESP,
  DISCONNECT
};

enum { FILTER_SIZE = 48 };

uint32_t put_varint(uint8_t *at, uint32_t value);

// `persistent`: the session goes on, or begins, and outlives the connection.
void add_connect(struct bytes *out, const char *client_id, bool persistent);

// `filters` are `count` texts, each in FILTER_SIZE bytes.
void add_subscribe(struct bytes *out, uint16_t packet_id, const char *filters, uint32_t count, uint32_t qos);
void add_unsubscribe(struct bytes *out, uint16_t packet_id, const char *filters, uint32_t count);

static inline void add_acknowledgement(struct bytes *out, uint8_t head, const uint8_t packet_id[2]) {
  uint8_t *at = bytes_reserve(out, 4);
  at[0] = head;
  at[1] = 2;
  at[2] = packet_id[0];
  at[3] = packet_id[1];
  out->length += 4;
}

void add_disconnect(struct bytes *out);

// Fails on a refusal; returns how many unacknowledged publishes the broker takes.
uint32_t check_connack(const uint8_t *body, uint32_t length);

// Fails unless this many filters were granted at least at this QoS.
void check_suback(const uint8_t *body, uint32_t length, uint32_t filters, uint32_t qos);

struct delivery {
  const uint8_t *topic, *packet_id, *payload;
  uint32_t topic_length, payload_length;
  uint32_t qos;
};

// Fails on a malformed PUBLISH.
struct delivery read_publish(uint8_t head, const uint8_t *body, uint32_t length);

// The reason code of an acknowledgement; 0 where there is none.
static inline uint8_t reason_of(const uint8_t *body, uint32_t length) { return length > 2 ? body[2] : 0; }

static inline uint32_t packet_id_of(const uint8_t *body) { return (uint32_t)body[0] << 8 | body[1]; }
