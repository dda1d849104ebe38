#include "transport.h"

#include "../options.h"

static const struct transport plain = {"tcp", plain_read, conn_take, plain_send, plain_put};
static const struct transport tls = {"tls", tls_read, conn_take, tls_send, tls_put};
static const struct transport websocket = {"ws", plain_read, websocket_arrived, websocket_send, plain_put};
static const struct transport websocket_tls = {"wss", tls_read, websocket_arrived, websocket_send, tls_put};

const struct transport *transport = &plain;

void transport_choose(void) {
  if (opt.tls) tls_prepare();
  if (opt.websocket) transport = opt.tls ? &websocket_tls : &websocket;
  else transport = opt.tls ? &tls : &plain;
}

void transport_open(struct conn *c) {
  c->opening = opt.tls || opt.websocket;
  if (opt.tls) tls_open(c);
  if (opt.websocket) websocket_open(c);
}

void transport_close(struct conn *c) {
  if (opt.websocket) websocket_close(c);
  if (opt.tls) tls_close(c);
  c->wire.length = 0;
}
