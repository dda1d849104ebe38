#include "stencil.h"

#include <stdlib.h>

#include "mqtt.h"
#include "options.h"
#include "report.h"

enum { BATCH_BYTES = 64 * 1024 };

void stencil_make(struct stencil *s, uint32_t topic_length, uint32_t payload, uint32_t qos) {
  uint8_t header[5];
  uint32_t body = 2 + topic_length + (qos ? 2 : 0) + (opt.version == 5 ? 1 : 0) + payload;
  header[0] = (uint8_t)(PUBLISH << 4 | qos << 1);
  uint32_t header_length = 1 + put_varint(header + 1, body);
  s->size = header_length + body;
  s->payload = payload;
  s->capacity = BATCH_BYTES / s->size ? BATCH_BYTES / s->size : 1;
  s->topic_at = header_length + 2;
  s->id_at = qos ? s->topic_at + topic_length : 0;
  s->payload_at = s->size - payload;
  s->packets = calloc(s->capacity, s->size);
  if (!s->packets) fail("Out of memory");
  for (uint32_t i = 0; i < s->capacity; i++) {
    uint8_t *packet = s->packets + (size_t)i * s->size;
    memcpy(packet, header, header_length);
    packet[header_length] = (uint8_t)(topic_length >> 8);
    packet[header_length + 1] = (uint8_t)topic_length;
    for (uint32_t k = 0; k < payload; k++) packet[s->payload_at + k] = (uint8_t)('a' + k % 26);
  }
}

void stencil_fill(struct stencil *s, struct stamp stamp, uint32_t count) {
  uint8_t *packet = s->packets;
  for (uint32_t i = 0; i < count; i++, packet += s->size, stamp.sequence++) {
    if (s->id_at) {
      uint32_t id = packet_id_for(stamp.sequence);
      packet[s->id_at] = (uint8_t)(id >> 8);
      packet[s->id_at + 1] = (uint8_t)id;
    }
    memcpy(packet + s->payload_at, &stamp, STAMP_SIZE);
    if (s->payload >= CHECKED_PAYLOAD) {
      uint64_t check = stamp_check(&stamp);
      memcpy(packet + s->size - sizeof check, &check, sizeof check);
    }
  }
}

struct stamp stamp_read(const uint8_t *payload, uint32_t length) {
  struct stamp stamp;
  if (length != opt.payload) fail("A payload of %u bytes arrived, %u were sent", length, opt.payload);
  memcpy(&stamp, payload, STAMP_SIZE);
  if (length >= CHECKED_PAYLOAD) {
    uint64_t check;
    memcpy(&check, payload + length - sizeof check, sizeof check);
    if (check != stamp_check(&stamp)) fail("A payload arrived that is not the one that was sent");
  }
  return stamp;
}
