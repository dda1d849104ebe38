// Opens many connections, a bounded number at a time, each with an optional subscription.
#pragma once
#include "conn.h"

// Where the i-th of many structures has its connection (its first member).
struct crowd {
  void *members;
  uint32_t size; // of one structure
  uint32_t count;
  int receive_buffer; // of the sockets; 0 leaves it to the kernel
};

static inline struct conn *crowd_member(const struct crowd *crowd, uint32_t i) {
  return (struct conn *)((char *)crowd->members + (size_t)i * crowd->size);
}

// Returns when all of them are connected and subscribed (at the QoS of the options).
void crowd_open(struct crowd *crowd);

// Ends the sessions of these connections that are persistent, and closes all of them: the next run on this broker
// is not to publish to them.
void crowd_end(struct crowd *crowd);

// `count` connections that only subscribe, each to a filter of its own, and then do nothing.
struct crowd crowd_idle(uint32_t count);

// How many unacknowledged publishes the broker takes from each of them: its Receive Maximum.
extern uint32_t crowd_receive_maximum;
