#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "conn.h"
#include "conn_internal.h"
#include "options.h"
#include "report.h"

uint64_t loop_time;

static int epoll_fd, timer_fd;
static uint64_t start_time;

static void allow_many_files(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files)) return;
  rlim_t wanted = (rlim_t)opt.clients * 2 + opt.beside + opt.churners + opt.readers + 64;
  if (files.rlim_cur >= wanted) return;
  struct rlimit raised = {.rlim_cur = wanted, .rlim_max = files.rlim_max > wanted ? files.rlim_max : wanted};
  if (setrlimit(RLIMIT_NOFILE, &raised)) {
    fail("The limit of open files is %llu and %llu are needed", (unsigned long long)files.rlim_cur,
         (unsigned long long)wanted);
  }
}

void loop_start(void) {
  allow_many_files();
  prctl(PR_SET_TIMERSLACK, 1); // paced publishes leave on time, not up to 50 µs later
  start_time = loop_time = now_ns();
  epoll_fd = epoll_create1(0);
  timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (epoll_fd < 0 || timer_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &event)) {
    fail("Cannot set up the event loop: %s", strerror(errno));
  }
}

void loop_watch(struct conn *c, uint32_t events) {
  if (c->events == events) return;
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(epoll_fd, c->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &event)) {
    fail("epoll_ctl: %s", strerror(errno));
  }
  c->events = events;
}

static void serve(struct conn *c, uint32_t events) {
  if (c->stalled) {
    if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) {
      conn_close(c);
    }
    return;
  }
  if (events & ~(uint32_t)EPOLLOUT) conn_read(c);
  c->on_turn(c);
}

void loop_turn(int milliseconds) {
  static struct epoll_event events[512];
  int count = epoll_wait(epoll_fd, events, 512, milliseconds);
  if (count < 0 && errno != EINTR) fail("epoll_wait: %s", strerror(errno));
  loop_time = now_ns();
  if (seconds_between(start_time, loop_time) > opt.limit) fail("The time limit of %g s is over", opt.limit);
  for (int i = 0; i < count; i++) {
    struct conn *c = events[i].data.ptr;
    uint64_t ticks;
    if (c) serve(c, events[i].events);
    else if (read(timer_fd, &ticks, sizeof ticks) < 0 && errno != EAGAIN) fail("timer: %s", strerror(errno));
  }
}

void loop_for(double seconds) {
  uint64_t from = now_ns();
  do loop_turn(10);
  while (seconds_between(from, loop_time) < seconds);
}

void loop_tick(double per_second) {
  long ns = per_second > 0 ? (long)(1e9 / per_second) : 0;
  struct timespec every = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
  struct itimerspec timer = {.it_interval = every, .it_value = every};
  if (timerfd_settime(timer_fd, 0, &timer, NULL)) fail("timerfd_settime: %s", strerror(errno));
}
