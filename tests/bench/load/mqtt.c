#include "mqtt.h"

#include <string.h>

#include "options.h"
#include "report.h"

enum { KEEP_ALIVE_SECONDS = 3600 }; // this program sends no PINGREQ

uint32_t put_varint(uint8_t *at, uint32_t value) {
  uint32_t length = 0;
  do {
    at[length] = value & 127;
    value >>= 7;
    if (value) at[length] |= 128;
    length++;
  } while (value);
  return length;
}

static void add_byte(struct bytes *out, uint8_t value) { bytes_append(out, &value, 1); }

static void add_number(struct bytes *out, uint16_t value) {
  add_byte(out, value >> 8);
  add_byte(out, value & 255);
}

static void add_text(struct bytes *out, const char *text) {
  add_number(out, (uint16_t)strlen(text));
  bytes_append(out, text, (uint32_t)strlen(text));
}

static void add_header(struct bytes *out, uint8_t head, uint32_t body) {
  uint8_t *at = bytes_reserve(out, 5);
  at[0] = head;
  out->length += 1 + put_varint(at + 1, body);
}

void add_connect(struct bytes *out, const char *client_id, bool persistent) {
  // Receive Maximum 65535, and a Session Expiry Interval of an hour.
  static const uint8_t properties[] = {0x21, 0xff, 0xff, 0x11, 0, 0, 0x0e, 0x10};
  bool v5 = opt.version == 5;
  uint8_t size = persistent ? sizeof properties : 3;
  add_header(out, CONNECT << 4, 10 + (v5 ? 1 + size : 0) + 2 + (uint32_t)strlen(client_id));
  add_text(out, "MQTT");
  add_byte(out, (uint8_t)opt.version);
  add_byte(out, persistent ? 0 : 2); // clean start
  add_number(out, KEEP_ALIVE_SECONDS);
  if (v5) {
    add_byte(out, size);
    bytes_append(out, properties, size);
  }
  add_text(out, client_id);
}

void add_disconnect(struct bytes *out) { add_header(out, DISCONNECT << 4, 0); }

static void add_filters(struct bytes *out, uint8_t head, uint16_t packet_id, const char *filters,
                        uint32_t count, const uint8_t *options) {
  uint32_t body = opt.version == 5 ? 3 : 2;
  for (uint32_t i = 0; i < count; i++) {
    body += 2 + (uint32_t)strlen(filters + i * FILTER_SIZE) + (options ? 1 : 0);
  }
  add_header(out, head, body);
  add_number(out, packet_id);
  if (opt.version == 5) add_byte(out, 0); // no properties
  for (uint32_t i = 0; i < count; i++) {
    add_text(out, filters + i * FILTER_SIZE);
    if (options) add_byte(out, *options);
  }
}

void add_subscribe(struct bytes *out, uint16_t packet_id, const char *filters, uint32_t count, uint32_t qos) {
  uint8_t options = (uint8_t)qos;
  add_filters(out, SUBSCRIBE << 4 | 2, packet_id, filters, count, &options);
}

void add_unsubscribe(struct bytes *out, uint16_t packet_id, const char *filters, uint32_t count) {
  add_filters(out, UNSUBSCRIBE << 4 | 2, packet_id, filters, count, NULL);
}

// Reads a variable byte integer and moves on; fails behind the end.
static uint32_t take_varint(const uint8_t **at, const uint8_t *end) {
  uint32_t value = 0;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    if (*at >= end) break;
    uint8_t byte = *(*at)++;
    value |= (uint32_t)(byte & 127) << shift;
    if (!(byte & 128)) return value;
  }
  fail("Malformed variable byte integer from the broker");
}

// The number of bytes of a CONNACK property's value.
static uint32_t property_length(uint8_t id, const uint8_t *at, const uint8_t *end) {
  if (id == 0x24 || id == 0x25 || id == 0x28 || id == 0x29 || id == 0x2a) return 1;
  if (id == 0x13 || id == 0x21 || id == 0x22) return 2;
  if (id == 0x11 || id == 0x27) return 4;
  uint32_t length = end - at >= 2 ? 2 + packet_id_of(at) : 0xffff;
  if (id == 0x26 && end - at >= (long)length + 2) length += 2 + packet_id_of(at + length); // name and value
  return length;
}

uint32_t check_connack(const uint8_t *body, uint32_t length) {
  if (length < 2) fail("Malformed CONNACK");
  if (body[1]) fail("The broker refused a connection with code %u", body[1]);
  if (body[0]) fail("The broker had a session of a client id that is new");
  if (opt.version != 5) return 65535;
  uint32_t receive_maximum = 65535;
  const uint8_t *at = body + 2, *end = body + length;
  take_varint(&at, end);
  while (at < end) {
    uint8_t id = *at++;
    uint32_t size = property_length(id, at, end);
    if (size > end - at) fail("Malformed CONNACK properties");
    if (id == 0x21) receive_maximum = packet_id_of(at);
    at += size;
  }
  return receive_maximum;
}

void check_suback(const uint8_t *body, uint32_t length, uint32_t filters, uint32_t qos) {
  const uint8_t *at = body + 2, *end = body + length;
  if (length < 3) fail("Malformed SUBACK");
  if (opt.version == 5) {
    uint32_t properties = take_varint(&at, end);
    if (properties > end - at) fail("Malformed SUBACK");
    at += properties;
  }
  if (end - at != (long)filters) fail("%ld results in a SUBACK for %u filters", (long)(end - at), filters);
  for (; at < end; at++) {
    if (*at > 2 || *at < qos) fail("The broker answered a subscription at QoS %u with %u", qos, *at);
  }
}

struct delivery read_publish(uint8_t head, const uint8_t *body, uint32_t length) {
  struct delivery d = {.qos = head >> 1 & 3};
  const uint8_t *end = body + length;
  uint32_t needed = 2 + (d.qos ? 2 : 0) + (opt.version == 5 ? 1 : 0);
  if (length < needed) fail("Malformed PUBLISH");
  d.topic_length = packet_id_of(body);
  d.topic = body + 2;
  if (length < needed + d.topic_length) fail("Malformed PUBLISH");
  const uint8_t *at = d.topic + d.topic_length;
  d.packet_id = at;
  if (d.qos) at += 2;
  if (opt.version == 5) {
    uint32_t properties = take_varint(&at, end);
    if (properties > end - at) fail("Malformed PUBLISH");
    at += properties;
  }
  d.payload = at;
  d.payload_length = (uint32_t)(end - at);
  return d;
}
