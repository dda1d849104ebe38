// Many connections that do nothing: how fast they open and what each of them costs the broker.
#include "clock.h"
#include "crowd.h"
#include "modes.h"
#include "options.h"
#include "process.h"
#include "report.h"

void run_idle(void) {
  struct memory before = broker_memory();
  struct usage from = usage_now();
  struct crowd crowd = crowd_idle(opt.clients);
  crowd_open(&crowd);
  struct usage to = usage_now();
  double seconds = seconds_between(from.time, to.time);
  report_number("connect_seconds", seconds);
  report_number("connects_per_second", opt.clients / seconds);
  if (opt.broker_pid) {
    report_number("broker_cpu_us_per_connect", (to.broker - from.broker) * 1e6 / opt.clients);
  }
  report_others(&from, &to);

  loop_for(opt.settle); // a closed connection fails the run here and below
  struct memory after = broker_memory();
  double cpu = broker_cpu();
  if (opt.hold > 0) loop_for(opt.hold);
  if (!opt.broker_pid) return;
  report_count("broker_rss_kb_before", before.rss_kb);
  report_count("broker_rss_kb_after", after.rss_kb);
  report_number("bytes_per_connection", ((double)after.rss_kb - (double)before.rss_kb) * 1024 / opt.clients);
  report_number("anonymous_bytes_per_connection",
                ((double)after.anonymous_kb - (double)before.anonymous_kb) * 1024 / opt.clients);
  if (opt.hold > 0) {
    report_count("broker_rss_kb_end", broker_memory().rss_kb);
    report_number("broker_cpu_percent_while_idle", (broker_cpu() - cpu) * 100 / opt.hold);
  }
}
