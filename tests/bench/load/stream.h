// A publisher at QoS 0 whose messages go to ever different topics of the same length.
#pragma once
#include "conn.h"
#include "stencil.h"

struct stream {
  struct conn conn; // first
  struct stencil stencil;
  uint64_t sent, limit;
  void (*put_topic)(uint8_t *at, uint64_t sequence);
};

void stream_open(struct stream *s, uint32_t topic_length, void (*put_topic)(uint8_t *at, uint64_t sequence));

// Lets it send up to this many publishes in all, flat out.
void stream_allow(struct stream *s, uint64_t limit);

// Sends one publish now.
void stream_one(struct stream *s);
