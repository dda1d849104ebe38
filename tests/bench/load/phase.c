// One phase of traffic: from the first publish to the last delivery and acknowledgement.
#include <sys/epoll.h>
#include <time.h>

#include "churn.h"
#include "client.h"
#include "clock.h"
#include "options.h"
#include "patience.h"
#include "report.h"
#include "traffic.h"

static uint64_t expected_deliveries(void) {
  return totals.sent * (opt.mode == FANOUT || opt.mode == MESH ? opt.clients : 1);
}

static bool all_sent(void) {
  for (uint32_t i = 0; i < publisher_count; i++) {
    if (clients[i].sent < clients[i].limit) return false;
  }
  return true;
}

static bool finished(void) {
  if (totals.received < expected_deliveries()) return false;
  if (opt.qos > 0 && totals.acknowledged < totals.sent) return false;
  if (opt.qos == 2 && totals.released < totals.received) return false;
  return all_sent();
}

// Sends what is due at this moment in the paced mode, one publish per client in turn.
static void publish_due(uint64_t start, uint64_t *done) {
  static uint32_t turn;
  uint64_t due = (uint64_t)(seconds_between(start, now_ns()) * opt.rate);
  while (*done < due) {
    struct client *c = &clients[turn];
    if (c->sent < c->limit && !client_publish_one(c)) return; // the window is full: be late rather than skip
    turn = (turn + 1) % publisher_count;
    ++*done;
  }
}

// A publisher that waits for deliveries to others is not woken by its own socket.
static void pump_waiting(void) {
  for (uint32_t i = 0; i < publisher_count; i++) {
    if (!(clients[i].conn.events & EPOLLOUT)) client_pump(&clients[i].conn);
  }
}

// A broker that sends message by message would wake us for each of them, and each wake-up costs both sides
// more than the message does. When much is on its way and little came at once, let more of it gather.
static void let_gather(void) {
  enum { LITTLE = 32, MUCH = 500 };
  if (opt.gather_us == 0) return;
  static uint64_t before;
  uint64_t arrived = totals.received + totals.acknowledged + totals.released, turn = arrived - before;
  before = arrived;
  if (turn < LITTLE && expected_deliveries() - totals.received > MUCH) {
    nanosleep(&(struct timespec){.tv_nsec = opt.gather_us * 1000}, NULL);
  }
}

static void stop_publishing(void) {
  for (uint32_t i = 0; i < publisher_count; i++) clients[i].limit = clients[i].sent;
}

static _Noreturn void give_up(void) {
  fail("No progress for %g s: %llu of %llu deliveries, %llu of %llu acknowledgements", opt.patience,
       (unsigned long long)totals.received, (unsigned long long)expected_deliveries(),
       (unsigned long long)totals.acknowledged, (unsigned long long)(opt.qos ? totals.sent : 0));
}

void traffic_phase(uint64_t messages, double seconds) {
  for (uint32_t i = 0; i < publisher_count; i++) {
    clients[i].limit = seconds > 0 ? UINT64_MAX : clients[i].sent + messages;
  }
  uint64_t start = now_ns(), paced = 0;
  struct patience patience = {0};
  bool timed = seconds > 0;
  loop_tick(opt.rate > 0 ? opt.rate : opt.mode == CHURN ? 1000 : 0);
  if (opt.rate == 0) pump_waiting();
  while (!finished()) {
    loop_turn(100);
    if (opt.rate > 0) publish_due(start, &paced);
    else let_gather();
    if (opt.rate == 0 && opt.qos == 0 && opt.ahead) pump_waiting();
    if (opt.mode == CHURN) churn_due();
    if (timed && seconds_between(start, loop_time) >= seconds) {
      stop_publishing();
      timed = false;
    }
    uint64_t sum = totals.received + totals.acknowledged + totals.released + totals.sent;
    if (patience_over(&patience, sum, loop_time)) give_up();
  }
  loop_tick(0);
}
