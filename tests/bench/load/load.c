// An MQTT load generator: one thread, epoll, built to cost far less per message than a broker does.
// It counts every delivery and checks its order and content.

#include "conn.h"
#include "modes.h"
#include "options.h"
#include "process.h"
#include "report.h"
#include "traffic.h"
#include "transport/transport.h"

static void report_options(void) {
  report_text("mode", opt.mode_name);
  report_text("protocol", opt.version == 5 ? "5.0" : "3.1.1");
  report_count("clients", opt.clients);
  report_text("transport", transport->name);
  if (opt.mode == IDLE || opt.mode == CONNECTS) return;
  report_count("payload", opt.payload);
  report_count("qos", (uint64_t)opt.qos);
  if (opt.qos) report_count("window", opt.window);
}

int main(int argc, char **argv) {
  parse_options(argc, argv);
  transport_choose();
  report_options();
  if (opt.pin) pin_processes();
  loop_start();
  if (opt.mode == IDLE) run_idle();
  else if (opt.mode == CONNECTS) run_connects();
  else if (opt.mode == SUBS) run_subs();
  else if (opt.mode == TOPICS) run_topics();
  else run_traffic();
  report_number("load_cpu_seconds", usage_now().own);
  report_success();
  return 0;
}
