// The socket alone.
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "transport.h"

uint32_t plain_read(struct conn *c, uint8_t *at, uint32_t room) {
  ssize_t got = recv(c->fd, at, room, 0);
  if (got < 0 && errno == EAGAIN) return 0;
  if (got < 0) conn_lost(c, strerror(errno));
  if (got == 0) conn_lost(c, "closed by the broker");
  return (uint32_t)got;
}

uint32_t plain_send(struct conn *c, const struct iovec parts[2]) {
  struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = 2};
  ssize_t sent = sendmsg(c->fd, &message, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) conn_lost(c, strerror(errno));
  return sent < 0 ? 0 : (uint32_t)sent;
}

static uint32_t push(struct conn *c, const uint8_t *at, uint32_t length) {
  return plain_send(c, (struct iovec[2]){{(void *)(uintptr_t)at, length}});
}

bool wire_empty(struct conn *c) {
  if (c->wire.length) bytes_drop(&c->wire, push(c, c->wire.at, c->wire.length));
  return c->wire.length == 0;
}

void wire_send(struct conn *c, const uint8_t *at, uint32_t length) {
  uint32_t sent = wire_empty(c) ? push(c, at, length) : 0;
  bytes_append(&c->wire, at + sent, length - sent);
}

bool plain_put(struct conn *c, const uint8_t *at, uint32_t length) {
  if (!wire_empty(c)) return false;
  if (length) wire_send(c, at, length);
  return true;
}
