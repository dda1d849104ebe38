// A client of the traffic modes: it publishes, or receives and checks, or both.
#pragma once
#include "conn.h"
#include "histogram.h"

enum { TOPIC_LENGTH = 13 }; // bench/00042/t

struct client {
  struct conn conn; // first: a pointer to it is a pointer to the client
  bool publishes;
  char topic[TOPIC_LENGTH + 1]; // of its publishes
  uint64_t limit;               // publishes it may send in all
  uint64_t sent;
  uint64_t acknowledged; // PUBACK or PUBCOMP
  uint64_t received;
  uint64_t released; // PUBREL received, one for each QoS 2 delivery
  uint32_t *next;    // per publisher: the sequence number that must arrive next
};

// What all clients together saw. A run is good when the second half stays 0.
struct totals {
  uint64_t sent, acknowledged, received, released;
  uint64_t gaps;       // sequence numbers that were jumped over
  uint64_t reordered;  // of these, arrived later
  uint64_t duplicates; // arrived again
};

extern struct totals totals;
extern struct histogram latency;
extern uint32_t publisher_count;
extern struct client *clients; // the publishers come first
extern uint32_t client_count;

// The subscriber that is this publisher's twin, in that mode.
static inline struct client *twin_of(const struct client *publisher) {
  return &clients[publisher_count + publisher->conn.index];
}

// Sends as many publishes as the limit, the window and the socket allow.
void client_pump(struct conn *c);

// Sends one publish now, in the paced mode. False when the window is full.
bool client_publish_one(struct client *c);

// Handles a packet that arrives at a client.
void client_packet(struct conn *c, uint8_t head, const uint8_t *body, uint32_t length);

void client_prepare(void);
