/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate and the settings of TLS: version 1.2 and up, forward secrecy, HTTP/2 or 1.1 by
 * ALPN, session tickets. One serves all ports.
 * Thread: any, but create and destroy. */
#ifndef NET_TLS_CONTEXT_H
#define NET_TLS_CONTEXT_H

#include <openssl/ssl.h>
#include <stddef.h>

struct tls_context;

struct tls_context_config {
    /* PEM, certificate chain first; NULL: a self-signed certificate is kept in `dir`. */
    const char *cert_file;
    const char *key_file;
    const char *dir;
    /* Host names and addresses that the self-signed one is for. */
    const char *const *names;
    size_t name_count;
};

/* -EINVAL if the files do not hold a certificate and its key, -ENOENT and the like if they cannot
 * be read or written; the log says which. Returns owned. */
int tls_context_create(struct tls_context **out, const struct tls_context_config *config);
/* After the last connection was made. NULL is fine. */
void tls_context_destroy(struct tls_context *context);

/* Reads the files again, for new connections; on failure everything stays as it was. Renews the
 * self-signed certificate when it will expire within 30 days, and the keys of session tickets
 * always: call it each day too. */
int tls_context_reload(struct tls_context *context);
/* Where the certificate stands, for clients that shall trust it. */
const char *tls_context_cert_file(const struct tls_context *context);

/* For tls_session: with one reference for the caller. */
SSL_CTX *tls_context_current(struct tls_context *context);

#endif
