#include "conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "conn_internal.h"
#include "options.h"
#include "report.h"
#include "stencil.h"
#include "transport/transport.h"

// One read takes up to READ_SIZE bytes. All connections share the buffer, so that it stays in the CPU's
// cache; before it there is room for the incomplete packet that the connection's last read ended with.
enum { READ_SIZE = 256 * 1024, LARGEST_PACKET = MAX_PAYLOAD + 65536 };
static uint8_t inbox[LARGEST_PACKET + READ_SIZE];

void conn_open(struct conn *c, int receive_buffer) {
  int one = 1;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port)};
  if (inet_pton(AF_INET, opt.host, &to.sin_addr) != 1) fail("Not an IPv4 address: %s", opt.host);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) fail("socket: %s", strerror(errno));
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (receive_buffer) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (connect(c->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) {
    fail("Cannot connect to %s:%u: %s", opt.host, opt.port, strerror(errno));
  }
  transport_open(c);
  loop_watch(c, EPOLLIN | EPOLLOUT);
}

_Noreturn void conn_lost(struct conn *c, const char *how) {
  fail("Connection %u was lost: %s", c->index, how);
}

void conn_watch(struct conn *c, bool writable) {
  bool waits = c->wire.length || (writable && !c->opening);
  loop_watch(c, EPOLLIN | (waits ? EPOLLOUT : 0));
}

void conn_stall(struct conn *c) {
  c->stalled = true;
  loop_watch(c, EPOLLRDHUP);
}

void conn_close(struct conn *c) {
  transport_close(c);
  close(c->fd);
  c->fd = -1;
  c->events = 0;
}

void conn_flush(struct conn *c) {
  if (c->out.length || c->websocket || c->tls) {
    uint32_t sent = transport->send(c, (struct iovec[2]){{c->out.at, c->out.length}});
    if (sent) bytes_drop(&c->out, sent);
  }
  conn_watch(c, c->out.length > 0);
}

uint32_t conn_send_units(struct conn *c, const uint8_t *units, uint32_t size, uint32_t count) {
  struct iovec parts[2] = {{c->out.at, c->out.length}, {(void *)(uintptr_t)units, (size_t)size * count}};
  uint32_t sent = transport->send(c, parts);
  if (sent < c->out.length) {
    bytes_drop(&c->out, sent);
    return 0;
  }
  uint32_t of_units = sent - c->out.length;
  c->out.length = 0;
  uint32_t taken = of_units / size, part = of_units % size;
  if (part) {
    bytes_append(&c->out, units + (size_t)taken * size + part, size - part);
    taken++;
  }
  return taken;
}

// Hands over the complete packets and returns how many bytes they were.
static uint32_t cut_packets(struct conn *c, const uint8_t *data, uint32_t length) {
  uint32_t at = 0;
  while (length - at >= 2) {
    uint32_t body = data[at + 1] & 127, header = 2;
    if (data[at + 1] & 128) {
      unsigned shift = 0;
      do {
        if (header == length - at) return at;
        shift += 7;
        body |= (uint32_t)(data[at + header] & 127) << shift;
      } while (data[at + header++] & 128 && shift < 21);
    }
    if (body > LARGEST_PACKET - header) fail("Connection %u received a packet of %u bytes", c->index, body);
    if (length - at - header < body) return at;
    c->on_packet(c, data[at], data + at + header, body);
    at += header + body;
  }
  return at;
}

void conn_take(struct conn *c, uint8_t *at, uint32_t length) {
  uint32_t kept = c->in.length;
  if (kept) memcpy(at - kept, c->in.at, kept);
  at -= kept;
  length += kept;
  uint32_t used = cut_packets(c, at, length);
  c->in.length = 0;
  bytes_append(&c->in, at + used, length - used);
}

void conn_read(struct conn *c) {
  uint8_t *at = inbox + LARGEST_PACKET;
  uint32_t got = transport->read(c, at, READ_SIZE);
  if (!got) return;
  loop_time = now_ns();
  transport->arrived(c, at, got);
}
