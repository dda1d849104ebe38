// WebSocket (RFC 6455), the client's side: what leaves at once is one masked binary message, what arrives may
// be cut into frames and reads anywhere.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../options.h"
#include "../report.h"
#include "transport.h"

enum { CONTINUATION, TEXT, BINARY, CLOSE = 8, PING, PONG };
enum { LARGEST_CONTROL = 125, LARGEST_HEADER = 14, LARGEST_ANSWER = 8192, FINAL = 0x80, MASKED = 0x80 };

// The key and its answer are those of the RFC's section 1.3.
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPTED "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

struct websocket {
  struct bytes answer; // of the broker to the handshake, as far as it is here
  bool asked;
  bool in_frame, in_message;
  uint8_t header[LARGEST_HEADER], header_length;
  uint64_t left; // of the frame's payload
  uint8_t control[LARGEST_CONTROL], control_length;
  uint8_t pong[LARGEST_CONTROL], pong_length; // to be sent: the answer to the last ping
  bool pong_due;
};

void websocket_open(struct conn *c) {
  c->websocket = calloc(1, sizeof *c->websocket);
  if (!c->websocket) fail("Out of memory");
}

void websocket_close(struct conn *c) {
  free(c->websocket->answer.at);
  free(c->websocket);
  c->websocket = NULL;
}

// The opening handshake.

static bool ask(struct conn *c) {
  char text[512];
  int length = snprintf(text, sizeof text,
                        "GET /mqtt HTTP/1.1\r\nHost: %s:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Protocol: mqtt\r\n\r\n",
                        opt.host, opt.port);
  return transport->put(c, (const uint8_t *)text, (uint32_t)length);
}

// Whether the head has this field with this value; names of fields have no case.
static bool has_field(const char *head, const char *name, const char *value) {
  for (const char *line = strchr(head, '\n'); line; line = strchr(line + 1, '\n')) {
    if (strncasecmp(line + 1, name, strlen(name)) || line[1 + strlen(name)] != ':') continue;
    const char *at = line + 2 + strlen(name);
    at += strspn(at, " \t");
    return !strncmp(at, value, strlen(value)) && strchr(" \t\r", at[strlen(value)]);
  }
  return false;
}

static void check_answer(struct conn *c, const char *head) {
  if (strncmp(head, "HTTP/1.1 101 ", 13)) {
    fail("Connection %u: the broker answered the WebSocket handshake with %.*s", c->index,
         (int)strcspn(head, "\r\n"), head);
  }
  if (!has_field(head, "Sec-WebSocket-Accept", ACCEPTED)) {
    fail("Connection %u: the broker's Sec-WebSocket-Accept is not " ACCEPTED, c->index);
  }
  if (!has_field(head, "Sec-WebSocket-Protocol", "mqtt")) {
    fail("Connection %u: the broker did not choose the WebSocket subprotocol mqtt", c->index);
  }
}

// Returns how many of the bytes belong to it.
static uint32_t take_answer(struct conn *c, const uint8_t *at, uint32_t length) {
  struct bytes *answer = &c->websocket->answer;
  uint32_t before = answer->length;
  bytes_append(answer, at, length);
  const uint8_t *end = memmem(answer->at, answer->length, "\r\n\r\n", 4);
  if (!end && answer->length < LARGEST_ANSWER) return length;
  if (!end) fail("Connection %u: the answer to the WebSocket handshake has no end", c->index);
  uint32_t head = (uint32_t)(end - answer->at) + 4;
  answer->at[head - 1] = 0;
  check_answer(c, (const char *)answer->at);
  c->opening = false;
  answer->length = 0;
  return head - before;
}

// Frames that arrive.

static uint32_t header_size(const struct websocket *w) {
  if (w->header_length < 2) return 2;
  uint8_t length = w->header[1] & 127;
  return length == 127 ? 10 : length == 126 ? 4 : 2;
}

static uint64_t payload_length(const struct websocket *w) {
  if (w->header_length == 2) return w->header[1] & 127;
  uint64_t length = 0;
  for (uint32_t i = 2; i < w->header_length; i++) length = length << 8 | w->header[i];
  return length;
}

static void end_frame(struct conn *c) {
  struct websocket *w = c->websocket;
  uint8_t opcode = w->header[0] & 15;
  if (opcode == CLOSE) {
    unsigned code = w->control_length < 2 ? 1005 : (unsigned)w->control[0] << 8 | w->control[1];
    fail("Connection %u was lost: closed by the broker with WebSocket code %u", c->index, code);
  }
  if (opcode == PING) {
    memcpy(w->pong, w->control, w->control_length);
    w->pong_length = w->control_length;
    w->pong_due = true;
  }
  if (opcode < CLOSE) w->in_message = !(w->header[0] & FINAL);
  w->header_length = w->control_length = 0;
  w->in_frame = false;
}

static void begin_frame(struct conn *c) {
  struct websocket *w = c->websocket;
  uint8_t opcode = w->header[0] & 15;
  w->left = payload_length(w);
  w->in_frame = true;
  if (w->header[0] & 0x70 || w->header[1] & MASKED) {
    fail("Connection %u received a WebSocket frame that begins with %02x %02x", c->index, w->header[0],
         w->header[1]);
  }
  bool control = opcode == CLOSE || opcode == PING || opcode == PONG;
  if (!control && opcode != (w->in_message ? CONTINUATION : BINARY)) {
    fail("Connection %u received a WebSocket frame with opcode %u", c->index, opcode);
  }
  if (control && (w->left > LARGEST_CONTROL || !(w->header[0] & FINAL))) {
    fail("Connection %u received a WebSocket control frame that is too long or cut", c->index);
  }
  if (!w->left) end_frame(c);
}

static void take_payload(struct conn *c, uint8_t *at, uint32_t length) {
  struct websocket *w = c->websocket;
  if ((w->header[0] & 15) < CLOSE) {
    conn_take(c, at, length);
  } else {
    memcpy(w->control + w->control_length, at, length);
    w->control_length += (uint8_t)length;
  }
}

void websocket_arrived(struct conn *c, uint8_t *at, uint32_t length) {
  struct websocket *w = c->websocket;
  uint8_t *end = at + length;
  if (c->opening) at += take_answer(c, at, length);
  while (at < end) {
    if (!w->in_frame) {
      w->header[w->header_length++] = *at++;
      if (w->header_length == header_size(w)) begin_frame(c);
      continue;
    }
    uint32_t here = w->left < (uint64_t)(end - at) ? (uint32_t)w->left : (uint32_t)(end - at);
    take_payload(c, at, here);
    at += here;
    w->left -= here;
    if (!w->left) end_frame(c);
  }
}

// Frames that leave.

static struct bytes frame;

// Copies with the mask over it; `key` is that of the first byte's place.
static void mask(uint8_t *to, const uint8_t *from, size_t length, uint32_t key) {
  uint64_t keys = (uint64_t)key << 32 | key, word;
  size_t i = 0;
  for (; i + sizeof word <= length; i += sizeof word) {
    memcpy(&word, from + i, sizeof word);
    word ^= keys;
    memcpy(to + i, &word, sizeof word);
  }
  for (; i < length; i++) to[i] = from[i] ^ ((const uint8_t *)&keys)[i % 8];
}

// The key as it goes on after so many bytes.
static uint32_t key_after(uint32_t key, size_t bytes) {
  const uint8_t *of = (const uint8_t *)&key;
  uint8_t turned[4];
  for (size_t i = 0; i < 4; i++) turned[i] = of[(bytes + i) % 4];
  memcpy(&key, turned, sizeof key);
  return key;
}

static void make_frame(uint8_t opcode, const struct iovec parts[2]) {
  static uint32_t key = 2463534242; // (never 0)
  uint64_t length = parts[0].iov_len + parts[1].iov_len;
  frame.length = 0;
  uint8_t *at = bytes_reserve(&frame, (uint32_t)length + LARGEST_HEADER);
  *at++ = FINAL | opcode;
  uint32_t more = length > 65535 ? 8 : length > 125 ? 2 : 0;
  *at++ = (uint8_t)(MASKED | (more == 8 ? 127 : more == 2 ? 126 : length));
  while (more--) *at++ = (uint8_t)(length >> 8 * more);
  key ^= key << 13, key ^= key >> 17, key ^= key << 5;
  memcpy(at, &key, sizeof key);
  at += sizeof key;
  mask(at, parts[0].iov_base, parts[0].iov_len, key);
  mask(at + parts[0].iov_len, parts[1].iov_base, parts[1].iov_len, key_after(key, parts[0].iov_len));
  frame.length = (uint32_t)(at + length - frame.at);
}

uint32_t websocket_send(struct conn *c, const struct iovec parts[2]) {
  struct websocket *w = c->websocket;
  uint32_t length = (uint32_t)(parts[0].iov_len + parts[1].iov_len);
  if (!transport->put(c, NULL, 0)) return 0;
  if (c->opening) {
    if (!w->asked) w->asked = ask(c);
    return 0;
  }
  if (w->pong_due) {
    make_frame(PONG, (struct iovec[2]){{w->pong, w->pong_length}});
    w->pong_due = !transport->put(c, frame.at, frame.length);
    if (w->pong_due) return 0;
  }
  if (!length) return 0;
  make_frame(BINARY, parts);
  return transport->put(c, frame.at, frame.length) ? length : 0;
}
