// One connection to the broker, and the event loop that serves them all.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

struct conn;
struct ssl_st;
struct websocket;
typedef void (*packet_handler)(struct conn *c, uint8_t head, const uint8_t *body, uint32_t length);

struct conn {
  int fd;
  uint32_t index;
  uint32_t events;                 // what epoll watches for
  uint32_t number;                 // part of the client id, from 1; 0: it has none yet
  bool persistent;                 // its session outlives it
  bool stalled;                    // never reads; the broker may close it
  bool opening;                    // handshakes below MQTT are not over: nothing can be sent yet
  packet_handler on_packet;        // what happens with the next packet
  packet_handler when_ready;       // becomes on_packet when the handshake is over
  void (*on_turn)(struct conn *c); // after the packets of one read, and when the socket takes bytes again
  struct bytes in;                 // the incomplete packet at the end of the last read
  struct bytes out;                // bytes that were not taken yet
  struct bytes wire;               // bytes the socket did not take yet, encrypted or in frames
  struct ssl_st *tls;
  struct websocket *websocket;
  const char *filter;              // subscribed to during the handshake
  uint32_t more_filters;           // that follow in the memory behind it, FILTER_SIZE bytes apart
};

// The time when the loop last woke up or read from a socket.
extern uint64_t loop_time;

void loop_start(void);

// Waits for events at most this long and serves them; ends the program at the time limit.
void loop_turn(int milliseconds);

// Turns the loop for a while.
void loop_for(double seconds);

// Wakes loop_turn() this often; 0 stops it.
void loop_tick(double per_second);

void conn_open(struct conn *c, int receive_buffer);

// Handles bytes that arrived. In front of them there has to be room for the beginning of a packet that came
// earlier.
void conn_take(struct conn *c, uint8_t *at, uint32_t length);

// Sends what is in c->out, and watches for room if not everything left.
void conn_flush(struct conn *c);

// Sends c->out, then `count` units of `size` bytes each, and returns how many units were taken.
// A unit that was taken in part is taken: its rest is kept in c->out.
uint32_t conn_send_units(struct conn *c, const uint8_t *units, uint32_t size, uint32_t count);

// Says whether on_turn is to be called as soon as the socket takes bytes.
void conn_watch(struct conn *c, bool writable);

void conn_close(struct conn *c);

_Noreturn void conn_lost(struct conn *c, const char *how);

// Stops reading for good.
void conn_stall(struct conn *c);
