// Publishes to very many distinct topics that nobody subscribed to: what a broker keeps of a topic it has
// seen.
#include "clock.h"
#include "crowd.h"
#include "mqtt.h"
#include "modes.h"
#include "options.h"
#include "patience.h"
#include "process.h"
#include "report.h"
#include "stream.h"

// After each tenth of the topics a marker goes to the one subscriber. Its arrival shows that the broker is
// through.
enum { TENTHS = 10, LENGTH = 20 };
static char marker[] = "marker/0000000000/on";

static uint64_t step; // topics between two markers
static uint64_t rss[TENTHS], markers;

static void put_topic(uint8_t *at, uint64_t sequence) {
  uint64_t tenth = sequence / (step + 1), place = sequence % (step + 1);
  if (place == step) {
    memcpy(at, marker, LENGTH);
  } else {
    memcpy(at, "topic/0000000000/end", LENGTH);
    put_digits(at + 6, 10, tenth * step + place);
  }
}

static void on_marker(struct conn *c, uint8_t head, const uint8_t *body, uint32_t length) {
  (void)c;
  if (head >> 4 != PUBLISH) fail("Packet type %u arrived at the subscriber", head >> 4);
  struct delivery d = read_publish(head, body, length);
  struct stamp stamp = stamp_read(d.payload, d.payload_length);
  if (markers == TENTHS || stamp.sequence != (markers + 1) * (step + 1) - 1) {
    fail("Message %u arrived at the subscriber as its message %llu", stamp.sequence,
         (unsigned long long)markers);
  }
  rss[markers++] = broker_memory().rss_kb;
}

static void wait_for_markers(const struct stream *s) {
  struct patience patience = {0};
  while (markers < TENTHS) {
    loop_turn(100);
    if (patience_over(&patience, s->sent + markers, loop_time)) {
      fail("No progress for %g s: %llu of %d markers arrived", opt.patience, (unsigned long long)markers,
           TENTHS);
    }
  }
}

void run_topics(void) {
  struct conn subscriber = {.filter = marker, .when_ready = on_marker};
  struct crowd crowd = {.members = &subscriber, .size = sizeof subscriber, .count = 1};
  struct stream stream;
  step = (opt.messages + TENTHS - 1) / TENTHS;
  crowd_open(&crowd);
  stream_open(&stream, LENGTH, put_topic);
  loop_for(opt.settle);

  struct memory before = broker_memory();
  struct usage from = usage_now();
  uint64_t topics = step * TENTHS;
  stream_allow(&stream, topics + TENTHS);
  wait_for_markers(&stream);
  struct usage to = usage_now();
  double seconds = seconds_between(from.time, to.time);
  report_count("topics", topics);
  report_number("seconds", seconds);
  report_number("publishes_per_second", (double)topics / seconds);
  if (!opt.broker_pid) return;
  report_number("broker_cpu_us_per_publish", (to.broker - from.broker) * 1e6 / (double)topics);
  report_others(&from, &to);
  loop_for(opt.settle);
  struct memory after = broker_memory();
  report_count("broker_rss_kb_before", before.rss_kb);
  report_counts("broker_rss_kb_by_tenth", rss, TENTHS);
  report_count("broker_rss_kb_after", after.rss_kb);
  report_count("broker_rss_kb_peak", after.peak_kb);
  report_number("bytes_per_topic", ((double)after.rss_kb - (double)before.rss_kb) * 1024 / (double)topics);
}
