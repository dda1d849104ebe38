// Very many subscriptions: how fast the broker takes them, what each costs in memory, and whether a publish
// that concerns only one of them costs more than with few.
#include "clock.h"
#include "crowd.h"
#include "modes.h"
#include "options.h"
#include "process.h"
#include "report.h"
#include "subscriber.h"

// CPU and rate of publishes flat out, then their latency one at a time.
static void report_publishing(const char *name, bool paced) {
  struct usage from = usage_now();
  uint64_t count = paced ? (uint64_t)(opt.rate * 2) : opt.messages;
  subscribers_publish(count, paced ? opt.rate : 0);
  struct usage to = usage_now();
  double seconds = seconds_between(from.time, to.time);
  report_open(name);
  report_count("published", count);
  report_number("publishes_per_second", (double)count / seconds);
  if (opt.broker_pid) {
    report_number("broker_cpu_us_per_publish", (to.broker - from.broker) * 1e6 / (double)count);
  }
  report_others(&from, &to);
  histogram_report(&subscriber_latency);
  report_close();
}

void run_subs(void) {
  if (opt.rate == 0) opt.rate = 2000;
  subscribers_open();
  subscribers_take(1);
  report_publishing("flat_out_with_few", false);
  report_publishing("paced_with_few", true);

  loop_for(opt.settle);
  struct memory before = broker_memory();
  struct usage from = usage_now();
  uint32_t added = subscribers_take(UINT32_MAX);
  struct usage to = usage_now();
  double seconds = seconds_between(from.time, to.time);
  report_count("subscriptions", subscribers_total());
  report_number("subscribe_seconds", seconds);
  report_number("subscribes_per_second", added / seconds);
  if (opt.broker_pid) {
    report_number("broker_cpu_us_per_subscribe", (to.broker - from.broker) * 1e6 / added);
    loop_for(opt.settle);
    struct memory after = broker_memory();
    report_count("broker_rss_kb_before", before.rss_kb);
    report_count("broker_rss_kb_after", after.rss_kb);
    report_number("bytes_per_subscription", ((double)after.rss_kb - (double)before.rss_kb) * 1024 / added);
  }
  report_publishing("flat_out", false);
  report_publishing("paced", true);
}
