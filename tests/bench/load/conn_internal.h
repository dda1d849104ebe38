// Between the event loop and the connections.
#pragma once
#include "conn.h"

// Sets what epoll watches for on this connection.
void loop_watch(struct conn *c, uint32_t events);

// Reads once; every complete packet is given to c->on_packet.
void conn_read(struct conn *c);
