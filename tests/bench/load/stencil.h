// PUBLISH packets prepared side by side. Before a batch leaves, only what differs is written into them:
// topic, packet id and stamp. All have the same length, so a batch is one piece of memory for one system
// call.
#pragma once
#include <stdint.h>
#include <string.h>

enum { STAMP_SIZE = 16, MAX_PAYLOAD = 1 << 20, CHECKED_PAYLOAD = 24 };

// The first bytes of every payload. A payload of at least CHECKED_PAYLOAD bytes ends with stamp_check().
struct stamp {
  uint64_t time;     // when it was sent
  uint32_t sequence; // counts the publisher's messages
  uint32_t publisher;
};

struct stencil {
  uint8_t *packets;
  uint32_t size;                        // of one packet
  uint32_t payload;                     // bytes of it
  uint32_t capacity;                    // packets in a batch
  uint32_t topic_at, id_at, payload_at; // within a packet; id_at is 0 for QoS 0
};

void stencil_make(struct stencil *s, uint32_t topic_length, uint32_t payload, uint32_t qos);

// Prepares the next `count` messages of a publisher, all but the topic.
void stencil_fill(struct stencil *s, struct stamp first, uint32_t count);

static inline uint8_t *stencil_topic(const struct stencil *s, uint32_t i) {
  return s->packets + (size_t)i * s->size + s->topic_at;
}

static inline uint64_t stamp_check(const struct stamp *stamp) {
  return (stamp->time ^ ((uint64_t)stamp->sequence << 32 | stamp->publisher)) * 0x9e3779b97f4a7c15u;
}

// The packet id of a message with QoS 1 or 2.
static inline uint32_t packet_id_for(uint64_t sequence) { return (uint32_t)(sequence % 65535) + 1; }

// Reads the stamp of a delivered payload; fails when the payload is not what was sent.
struct stamp stamp_read(const uint8_t *payload, uint32_t length);

// Writes a number with leading zeroes.
static inline void put_digits(uint8_t *at, unsigned width, uint64_t value) {
  while (width--) {
    at[width] = (uint8_t)('0' + value % 10);
    value /= 10;
  }
}

static inline uint64_t read_digits(const uint8_t *at, unsigned width) {
  uint64_t value = 0;
  while (width--) value = value * 10 + (uint64_t)(*at++ - '0');
  return value;
}
