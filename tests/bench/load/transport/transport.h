// What the bytes of all connections go through: the socket alone, TLS, WebSocket, or WebSocket over TLS.
#pragma once
#include <sys/uio.h>

#include "../conn.h"

struct transport {
  const char *name;
  // Reads once; 0 when there is nothing for the next layer yet. Fails when the connection is lost.
  uint32_t (*read)(struct conn *c, uint8_t *at, uint32_t room);
  // Hands what was read to conn_take().
  void (*arrived)(struct conn *c, uint8_t *at, uint32_t length);
  // Sends what these two parts hold, one behind the other, and returns how many bytes of it were taken. Goes
  // on with whatever is under way below MQTT, also when both are empty.
  uint32_t (*send)(struct conn *c, const struct iovec parts[2]);
  // Takes all of these bytes for the socket or for TLS, or nothing and returns false. With none: goes on.
  bool (*put)(struct conn *c, const uint8_t *at, uint32_t length);
};

// The one of the options.
extern const struct transport *transport;

void transport_choose(void);
void transport_open(struct conn *c);
void transport_close(struct conn *c);

uint32_t plain_read(struct conn *c, uint8_t *at, uint32_t room);
uint32_t plain_send(struct conn *c, const struct iovec parts[2]);
bool plain_put(struct conn *c, const uint8_t *at, uint32_t length);

// Sends what waits in c->wire; true when nothing of it is left.
bool wire_empty(struct conn *c);

// Sends what the socket takes; the rest waits in c->wire.
void wire_send(struct conn *c, const uint8_t *at, uint32_t length);

void tls_prepare(void);
void tls_open(struct conn *c);
void tls_close(struct conn *c);
uint32_t tls_read(struct conn *c, uint8_t *at, uint32_t room);
uint32_t tls_send(struct conn *c, const struct iovec parts[2]);
bool tls_put(struct conn *c, const uint8_t *at, uint32_t length);

void websocket_open(struct conn *c);
void websocket_close(struct conn *c);
void websocket_arrived(struct conn *c, uint8_t *at, uint32_t length);
uint32_t websocket_send(struct conn *c, const struct iovec parts[2]);
