// TLS 1.3 by OpenSSL. What arrived and what is to leave lies in buffers that all connections share, so that
// the socket is read and written as without TLS: much at once, one system call each.
#include <string.h>

#include "../options.h"
#include "../report.h"
#include "transport.h"

#ifdef WITH_TLS
#include <openssl/err.h>
#include <openssl/ssl.h>

enum { RECORD = 16384 + 256, PIECE = 256 * 1024 };

// The one suite every implementation has, so that all brokers do the same work.
static const char suite[] = "TLS_AES_128_GCM_SHA256";

static SSL_CTX *context;
static BIO_METHOD *method;
static const uint8_t *sealed; // what arrived and OpenSSL has not read yet; empty after every call
static uint32_t sealed_length;
static struct bytes outbox; // what OpenSSL has written; empty after every call

static int give_sealed(BIO *bio, char *to, int room) {
  BIO_clear_retry_flags(bio);
  uint32_t length = sealed_length < (uint32_t)room ? sealed_length : (uint32_t)room;
  if (length == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  memcpy(to, sealed, length);
  sealed += length;
  sealed_length -= length;
  return (int)length;
}

static int take_sealed(BIO *bio, const char *from, int length) {
  BIO_clear_retry_flags(bio);
  bytes_append(&outbox, from, (uint32_t)length);
  return length;
}

static long control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  return command == BIO_CTRL_FLUSH;
}

static _Noreturn void no_tls(void) { fail("OpenSSL: %s", ERR_error_string(ERR_get_error(), NULL)); }

void tls_prepare(void) {
  context = SSL_CTX_new(TLS_client_method());
  method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "shared buffers");
  if (!context || !method) no_tls();
  BIO_meth_set_read(method, give_sealed);
  BIO_meth_set_write(method, take_sealed);
  BIO_meth_set_ctrl(method, control);
  // Every connection has a whole handshake: nothing is remembered of the one before. Whose certificate it is
  // does not matter here; that the broker has its key is checked, as TLS 1.3 has it.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
  if (!SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION)) no_tls();
  if (!SSL_CTX_set_ciphersuites(context, suite)) no_tls();
}

void tls_open(struct conn *c) {
  BIO *bio = BIO_new(method);
  c->tls = SSL_new(context);
  if (!bio || !c->tls) no_tls();
  BIO_set_init(bio, 1);
  SSL_set_bio(c->tls, bio, bio);
  SSL_set_connect_state(c->tls);
}

static void send_outbox(struct conn *c) {
  if (outbox.length) wire_send(c, outbox.at, outbox.length);
  outbox.length = 0;
}

void tls_close(struct conn *c) {
  if (SSL_is_init_finished(c->tls)) SSL_shutdown(c->tls); // says that it is over, and does not wait
  ERR_clear_error();
  send_outbox(c);
  SSL_free(c->tls);
  c->tls = NULL;
}

static _Noreturn void broken(struct conn *c, const char *when) {
  const char *reason = ERR_reason_error_string(ERR_peek_last_error());
  fail("Connection %u: %s: %s", c->index, when, reason ? reason : "no reason given");
}

static bool shake_hands(struct conn *c) {
  if (SSL_is_init_finished(c->tls)) return true;
  int done = SSL_do_handshake(c->tls);
  if (done != 1 && SSL_get_error(c->tls, done) != SSL_ERROR_WANT_READ) broken(c, "TLS handshake");
  send_outbox(c);
  if (done == 1 && !opt.websocket) c->opening = false;
  return done == 1;
}

uint32_t tls_read(struct conn *c, uint8_t *at, uint32_t room) {
  static uint8_t buffer[PIECE];
  // What is in it fits into the room, with the record before it that had begun.
  uint32_t most = room - RECORD;
  sealed = buffer;
  sealed_length = plain_read(c, buffer, most < PIECE ? most : PIECE);
  if (sealed_length == 0 || !shake_hands(c)) return 0;
  uint32_t length = 0;
  int got;
  while ((got = SSL_read(c->tls, at + length, (int)(room - length))) > 0) length += (uint32_t)got;
  int error = SSL_get_error(c->tls, got);
  // (Its end is seen again in the socket, after what came before it.)
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_ZERO_RETURN) broken(c, "TLS");
  send_outbox(c);
  return length;
}

bool tls_put(struct conn *c, const uint8_t *at, uint32_t length) {
  if (!wire_empty(c) || !shake_hands(c)) return false;
  if (length && SSL_write(c->tls, at, (int)length) != (int)length) broken(c, "TLS");
  send_outbox(c);
  return true;
}
#else
void tls_prepare(void) { fail("This program was compiled without TLS: OpenSSL was not there"); }
void tls_open(struct conn *c) { (void)c; }
void tls_close(struct conn *c) { (void)c; }
uint32_t tls_read(struct conn *c, uint8_t *at, uint32_t room) {
  (void)c, (void)at, (void)room;
  return 0;
}
bool tls_put(struct conn *c, const uint8_t *at, uint32_t length) {
  (void)c, (void)at, (void)length;
  return false;
}
#endif

uint32_t tls_send(struct conn *c, const struct iovec parts[2]) {
  static struct bytes both; // in one record, where there are two
  const struct iovec *one = parts[0].iov_len ? parts : parts + 1;
  uint32_t length = (uint32_t)(parts[0].iov_len + parts[1].iov_len);
  if (one->iov_len == length) return tls_put(c, one->iov_base, length) ? length : 0;
  both.length = 0;
  bytes_append(&both, parts[0].iov_base, (uint32_t)parts[0].iov_len);
  bytes_append(&both, parts[1].iov_base, (uint32_t)parts[1].iov_len);
  return tls_put(c, both.at, length) ? length : 0;
}
