/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of one TLS connection as a transformation of bytes; knows no socket.
 * Thread: its owner's. */
#ifndef NET_TLS_SESSION_H
#define NET_TLS_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tls_context;
struct tls_session;

/* What a record of `len` bytes may need, generously. */
#define TLS_RECORD_PLAIN_MAX    ((size_t)16 * 1024)
#define TLS_RECORD_OVERHEAD_MAX ((size_t)256)

/* Where a call puts the records it makes. */
struct tls_output {
    uint8_t *data;
    size_t len;
    size_t size;
};

/* NULL if OpenSSL has no memory. Returns owned. */
struct tls_session *tls_session_create(struct tls_context *context);
/* NULL is fine. */
void tls_session_destroy(struct tls_session *session);

/* `data` is what tls_session_read() reads from; borrowed until the next call of this. */
void tls_session_feed(struct tls_session *session, const uint8_t *data, size_t len);
/* How much of it was not read yet. */
size_t tls_session_unread(const struct tls_session *session);
/* The next plain bytes, at most a record: their number, -EAGAIN when all input was read, 0 after
 * the peer's goodbye, -EPROTO after nonsense. The handshake happens in here. */
ssize_t tls_session_read(struct tls_session *session, uint8_t *out, size_t size,
                         struct tls_output *records);
/* Whether the handshake is over. */
bool tls_session_is_ready(const struct tls_session *session);
/* Makes records of all of `data`, for which there must be room. Only when ready. 0 or -EPROTO. */
int tls_session_write(struct tls_session *session, const uint8_t *data, size_t len,
                      struct tls_output *records);
void tls_session_goodbye(struct tls_session *session, struct tls_output *records);

/* "h2", "http/1.1", or "". */
const char *tls_session_alpn(const struct tls_session *session);

#endif
