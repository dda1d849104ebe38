#include "stall.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "crowd.h"
#include "mqtt.h"
#include "options.h"
#include "patience.h"
#include "report.h"
#include "stencil.h"

// Small messages would take minutes to fill the kernel's buffers, which hold 4 MB per connection on most
// machines. So the readers also subscribe to a topic for big ones. One more subscriber of it does read, and
// sends them as well: when it has them back, the broker has dealt with them.
enum { FILL_BYTES = 8 << 20, FILL_PAYLOAD = 64 << 10, ON_THEIR_WAY = 4, TOPIC = 12 };
static const char topic[] = "stalled/fill";

static struct crowd readers;
static uint64_t returned;

static void count_returned(struct conn *c, uint8_t head, const uint8_t *body, uint32_t length) {
  (void)body;
  if (head >> 4 != PUBLISH) fail("Packet type %u arrived at connection %u", head >> 4, c->index);
  if (length > FILL_PAYLOAD) returned++;
}

static void fill_buffers(void) {
  struct conn filler = {.filter = topic, .when_ready = count_returned};
  struct crowd crowd = {.members = &filler, .size = sizeof filler, .count = 1};
  struct patience patience = {0};
  struct stencil stencil;
  uint64_t sent = 0, count = FILL_BYTES / FILL_PAYLOAD;
  crowd_open(&crowd);
  stencil_make(&stencil, TOPIC, FILL_PAYLOAD, 0);
  memcpy(stencil_topic(&stencil, 0), topic, TOPIC);
  while (returned < count) {
    for (; sent < count && sent - returned < ON_THEIR_WAY; sent++) {
      bytes_append(&filler.out, stencil.packets, stencil.size);
    }
    conn_flush(&filler);
    loop_turn(100);
    if (patience_over(&patience, returned, loop_time)) {
      fail("Only %u of %u messages to the stalled readers were taken", (unsigned)returned, (unsigned)count);
    }
  }
  free(stencil.packets);
  conn_close(&filler);
}

void stall_open(void) {
  readers = crowd_idle(opt.readers);
  readers.receive_buffer = 4096; // the less fits into their sockets, the sooner they are stalled
  char (*filters)[2][FILTER_SIZE] = calloc(opt.readers ? opt.readers : 1, sizeof *filters);
  if (!filters) fail("Out of memory");
  for (uint32_t i = 0; i < opt.readers; i++) {
    const char *own = clients[i % opt.clients].topic;
    strcpy(filters[i][0], opt.readers_of_all ? "bench/+/t" : own);
    strcpy(filters[i][1], topic);
    crowd_member(&readers, i)->filter = filters[i][0];
    crowd_member(&readers, i)->more_filters = 1;
  }
  crowd_open(&readers);
  for (uint32_t i = 0; i < opt.readers; i++) conn_stall(crowd_member(&readers, i));
  if (opt.readers) fill_buffers();
}

uint32_t stall_closed(void) {
  uint32_t closed = 0;
  for (uint32_t i = 0; i < readers.count; i++) closed += crowd_member(&readers, i)->fd < 0;
  return closed;
}
